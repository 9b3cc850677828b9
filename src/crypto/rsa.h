/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CRYPTO_RSA_BYTES = 512, CRYPTO_RSA_SALT_BYTES = 48 }; /* RSA-4096, PSS with SHA-384: the only kind AMD uses */

struct crypto_rsa_public;
struct crypto_rsa_private;

/*
 * n, e      big-endian, untrusted
 * Returns   0; -EBADMSG not an odd modulus of 2048 to 4096 bits with an odd exponent of 65537; -ENOMEM
 */
JURAT_MUST_CHECK int crypto_rsa_public_new(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size,
					   struct crypto_rsa_public **ret, struct jurat_error *err);
void crypto_rsa_public_free(struct crypto_rsa_public *key);

/* RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt 48 (RFC 8017). 0 holds; JURAT_REFUSED; < 0 -errno. */
JURAT_MUST_CHECK int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, const uint8_t digest[48],
					   const uint8_t *signature, size_t signature_size);

/*
 * An RSA-4096 test key from secret bytes: p and q are the first primes at or after two derived starting
 * points, so the
 * same secret gives the same key on every machine. That search takes about a second; `hints`, when not NULL,
 * are the
 * two distances found before (checked, and ignored when wrong), which makes it immediate. ret_hints may be
 * NULL.
 */
JURAT_MUST_CHECK int crypto_rsa_private_derive(const void *secret, size_t secret_size, const uint32_t hints[2],
					       struct crypto_rsa_private **ret, uint32_t ret_hints[2],
					       struct jurat_error *err);
void crypto_rsa_private_free(struct crypto_rsa_private *key); /* wipes it */
void crypto_rsa_private_modulus(const struct crypto_rsa_private *key, uint8_t ret_n[CRYPTO_RSA_BYTES]);
/* The salt is the caller's, so that certificates can be reproduced from a seed. */
JURAT_MUST_CHECK int crypto_rsa_pss_sign(const struct crypto_rsa_private *key, const uint8_t digest[48],
					 const uint8_t salt[CRYPTO_RSA_SALT_BYTES],
					 uint8_t ret_signature[CRYPTO_RSA_BYTES]);

#endif
