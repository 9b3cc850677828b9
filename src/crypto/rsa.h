/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	CRYPTO_RSA_BYTES = 512,
	CRYPTO_RSA_SALT_BYTES = 48
}; /* RSA-4096, PSS with SHA-384: the only kind AMD uses */

struct crypto_rsa_public;
struct crypto_rsa_private;

/*
 * n, e      big-endian, untrusted
 * Returns   0; -EBADMSG not an odd modulus of 2048 to 4096 bits with the exponent 65537; -ENOMEM. Freed with
 *           crypto_rsa_public_free.
 * Threads   a public key may be used by several threads at once
 */
JURAT_MUST_CHECK int crypto_rsa_public_new(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size,
					   struct crypto_rsa_public **ret, struct jurat_error *err);
void crypto_rsa_public_free(struct crypto_rsa_public *key);

/*
 * RSASSA-PSS, SHA-384, MGF1 with SHA-384, salt of exactly 48 bytes (RFC 8017 8.1.2).
 *
 * signature  untrusted; must be exactly as long as the modulus, and less than it
 * Returns    0 the signature is valid; JURAT_REFUSED it is not, or could not be verified; -ENOMEM
 */
JURAT_MUST_CHECK int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, const uint8_t digest[48],
					   const uint8_t *signature, size_t signature_size);

/*
 * Derives an RSA-4096 test key from secret bytes: p and q are the first primes at or after two derived
 * starting points, so the same secret gives the same key on every machine. The search takes some tenths of a
 * second.
 *
 * hints      when not NULL, the two distances that an earlier call returned for this secret, which reduce the
 *            time to microseconds. They are not verified, because a primality test takes longer than signing.
 *            With wrong hints the call fails, or signatures of the key fail their self-check.
 * ret_hints  may be NULL
 * Returns    0; -ENOMEM; -ERANGE no prime within 2^33 of a starting point, which does not happen in practice,
 *            or hints of another secret
 */
JURAT_MUST_CHECK int crypto_rsa_private_derive(const void *secret, size_t secret_size,
					       const uint32_t hints[2], struct crypto_rsa_private **ret,
					       uint32_t ret_hints[2], struct jurat_error *err);
void crypto_rsa_private_free(struct crypto_rsa_private *key); /* wipes it */
void crypto_rsa_private_modulus(const struct crypto_rsa_private *key, uint8_t ret_n[CRYPTO_RSA_BYTES]);

/*
 * Signs with the caller's salt, so that certificates can be reproduced from a seed.
 *
 * Returns   0; -EIO the signature failed its self-check
 * Threads   a private key may be used by several threads at once
 */
JURAT_MUST_CHECK int crypto_rsa_pss_sign(const struct crypto_rsa_private *key, const uint8_t digest[48],
					 const uint8_t salt[CRYPTO_RSA_SALT_BYTES],
					 uint8_t ret_signature[CRYPTO_RSA_BYTES]);
/*
 * Signs for evidence to order, also as AMD does not; for PSS with SHA-384 and the same salt, the same bytes
 * as crypto_rsa_pss_sign() in a third of the time. Its duration depends on the key, so the key must be one
 * that everyone may know.
 *
 * digest    hash_bytes: 32, 48 or 64, of SHA-256, SHA-384 or SHA-512; MGF1 has the same hash
 * salt      at most CRYPTO_RSA_MAX_SALT_BYTES. NULL: PKCS #1 v1.5 (RFC 8017 8.2.1)
 * Returns   0; -EINVAL another hash, or a longer salt; -EIO
 */
enum { CRYPTO_RSA_MAX_SALT_BYTES = 64 };
JURAT_MUST_CHECK int crypto_rsa_sign_otherwise(const struct crypto_rsa_private *key, const uint8_t *digest,
					       size_t hash_bytes, const uint8_t *salt, size_t salt_size,
					       uint8_t ret_signature[CRYPTO_RSA_BYTES]);

#endif
