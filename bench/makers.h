/* SPDX-License-Identifier: MIT */
#ifndef BENCH_MAKERS_H
#define BENCH_MAKERS_H

#include "crypto/aead_maker.h"
#include "crypto/ec.h"
#include "crypto/rsa_maker.h"

/*
 * Who computes. jurat-bench has its own copy of the three files of src/crypto that choose an implementation,
 * in which the choice can be changed, so that one run measures all that are there (bench/switched.c).
 */
struct bench_makers {
	const struct crypto_ec_maker *p256, *p384, *p256_signer, *p384_signer;
	const struct crypto_rsa_maker *rsa;
	const struct crypto_aead_maker *aead;
};

extern const struct bench_makers bench_of_build;       /* what the libraries of this build use */
extern const struct bench_makers bench_openssl_nettle; /* the default of the build option */
extern const struct bench_makers *const bench_aws_lc;  /* NULL: not in this build */
extern const struct bench_makers *bench_makers_in_use; /* for keys made, and AES-GCM used, from now on */

/* Its library, as the output names it. */
const char *bench_library_of(const struct crypto_ec_maker *maker);

#endif
