/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/ec.h"

/*
 * Baseline operations that figures are compared with, without the rest of jurat: one key pair, one digest,
 * one signature. nettle for P-384 and OpenSSL for P-256 are called directly. Other implementations are those
 * of src/crypto; AWS-LC's functions can be called only there, as they may have the names of OpenSSL's.
 */
struct bare_p384;

JURAT_MUST_CHECK int bare_p384_new(const struct crypto_ec_maker *maker, struct bare_p384 **ret);
void bare_p384_free(struct bare_p384 *bare);
/* One signature of a digest. 1 when it was made. */
int bare_p384_sign(struct bare_p384 *bare);
/* SHA-384 over 672 bytes, then one verification. 1 when the signature is valid. */
int bare_p384_verify(struct bare_p384 *bare);

struct bare_p256;

JURAT_MUST_CHECK int bare_p256_new(const struct crypto_ec_maker *maker, struct bare_p256 **ret);
void bare_p256_free(struct bare_p256 *bare);
/* One verification; for OpenSSL, EVP_PKEY_verify() with a context made before. 1: the signature is valid. */
int bare_p256_verify(struct bare_p256 *bare);

/*
 * An SEV-SNP report verified from nothing with OpenSSL alone: d2i_X509 of leaf, intermediate and root,
 * X509_verify_cert at `at` with the root as the only anchor, EVP_DigestVerify of the signed bytes. Names,
 * TCB, HWID and policy are not checked. 1 when everything is valid.
 */
struct bare_chain {
	const uint8_t *report, *leaf, *intermediate, *root;
	size_t report_size, leaf_size, intermediate_size, root_size;
	int64_t at;
};
int bare_openssl_verify(const struct bare_chain *chain);

#endif
