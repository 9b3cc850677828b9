/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_MPZ_H
#define CRYPTO_MPZ_H

#include <gmp.h>

#include "base/bytes.h"

/*
 * Overwrites the limbs of a number that was secret, leaving 0. What GMP copied elsewhere on the way, when it
 * grew a number or used scratch memory, stays: GMP can be told to wipe that only for a whole process, which
 * is not a library's to decide.
 */
static inline void crypto_mpz_wipe(mpz_t x)
{
	mp_size_t n = (mp_size_t)mpz_size(x);

	if (n > 0)
		bytes_wipe(mpz_limbs_modify(x, n), (size_t)n * sizeof(mp_limb_t));
	mpz_limbs_finish(x, 0);
}

#endif
