/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_MPZ_H
#define CRYPTO_MPZ_H

#include <gmp.h>

#include "base/bytes.h"

/*
 * Overwrites the limbs of a secret integer and sets it to 0. Copies that GMP made when it reallocated an
 * integer or used scratch memory are not wiped: that needs process-wide allocation hooks, which a library
 * must not install.
 */
static inline void crypto_mpz_wipe(mpz_t x)
{
	mp_size_t n = (mp_size_t)mpz_size(x);

	if (n > 0)
		bytes_wipe(mpz_limbs_modify(x, n), (size_t)n * sizeof(mp_limb_t));
	mpz_limbs_finish(x, 0);
}

#endif
