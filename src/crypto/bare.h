/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_BARE_H
#define CRYPTO_BARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The bare operations that `jurat bench` sets its figures beside: the libraries' own calls with nothing of
 * jurat around them. In a library of their own: nothing else links it.
 */
struct crypto_bare_p384; /* hogweed: one key pair, one digest, one signature */

JURAT_MUST_CHECK int crypto_bare_p384_new(struct crypto_bare_p384 **ret);
void crypto_bare_p384_free(struct crypto_bare_p384 *bare);
/* ecdsa_sign() over P-384. */
void crypto_bare_p384_sign(struct crypto_bare_p384 *bare);
/* sha384 over 672 bytes, then ecdsa_verify() over P-384. 1 when it holds. */
int crypto_bare_p384_verify(struct crypto_bare_p384 *bare);

struct crypto_bare_p256; /* OpenSSL: one key pair, one digest, one signature */

JURAT_MUST_CHECK int crypto_bare_p256_new(struct crypto_bare_p256 **ret);
void crypto_bare_p256_free(struct crypto_bare_p256 *bare);
/* EVP_PKEY_verify() over P-256 with a context made before. 1 when it holds. */
int crypto_bare_p256_verify(struct crypto_bare_p256 *bare);

/*
 * An SEV-SNP report verified from nothing with OpenSSL alone: d2i_X509 of leaf, intermediate and root,
 * X509_verify_cert at `at` with the root as the only anchor, EVP_DigestVerify of the signed bytes. Names,
 * TCB, HWID and policy are not looked at. 1 when it holds.
 */
struct crypto_bare_chain {
	const uint8_t *report, *leaf, *intermediate, *root;
	size_t report_size, leaf_size, intermediate_size, root_size;
	int64_t at;
};
int crypto_bare_openssl_verify(const struct crypto_bare_chain *chain);

#endif
