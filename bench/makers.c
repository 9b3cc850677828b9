/* SPDX-License-Identifier: MIT */
#include "bench/makers.h"

#include <string.h>

const struct bench_makers bench_of_build = {
	.p256 = &CRYPTO_P256_MAKER,
	.p384 = &CRYPTO_P384_MAKER,
	.p256_signer = &CRYPTO_P256_SIGNER,
	.p384_signer = &CRYPTO_P384_SIGNER,
	.rsa = &CRYPTO_RSA_MAKER,
	.aead = &CRYPTO_AEAD_MAKER,
};

const struct bench_makers bench_openssl_nettle = {
	.p256 = &crypto_p256_openssl,
	.p384 = &crypto_p384_hogweed,
	.p256_signer = &crypto_p256_openssl,
	.p384_signer = &crypto_p384_hogweed,
	.rsa = &crypto_rsa_openssl,
	.aead = &crypto_aead_openssl,
};

#ifdef CRYPTO_HAVE_AWS_LC
static const struct bench_makers aws_lc = {
	.p256 = &crypto_p256_awslc,
	.p384 = &crypto_p384_awslc,
	.p256_signer = &crypto_p256_hogweed,
	.p384_signer = &crypto_p384_hogweed,
	.rsa = &crypto_rsa_awslc,
	.aead = &crypto_aead_awslc,
};
const struct bench_makers *const bench_aws_lc = &aws_lc;
#else
const struct bench_makers *const bench_aws_lc = NULL;
#endif

const struct bench_makers *bench_makers_in_use = &bench_of_build;

const char *bench_library_of(const struct crypto_ec_maker *maker)
{
	return !strcmp(maker->name, "hogweed")   ? "nettle"
	       : !strcmp(maker->name, "openssl") ? "OpenSSL"
						 : "AWS-LC";
}
