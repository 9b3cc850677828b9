/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { CRYPTO_SHA256_BYTES = 32, CRYPTO_SHA384_BYTES = 48, CRYPTO_SHA512_BYTES = 64 };

/*
 * One-shot digests. Cannot fail: no allocation. `data` may be NULL when n is 0. Any thread. Spec: FIPS 180-4.
 */
void crypto_sha256(const void *data, size_t n, uint8_t ret[CRYPTO_SHA256_BYTES]);
void crypto_sha384(const void *data, size_t n, uint8_t ret[CRYPTO_SHA384_BYTES]);
void crypto_sha512(const void *data, size_t n, uint8_t ret[CRYPTO_SHA512_BYTES]);

/*
 * SHA-384 of what comes in pieces. Needs no end: a context that is not finished holds nothing. A context can
 * be copied by assignment.
 */
struct crypto_sha384 {
	uint64_t opaque[32];
};

void crypto_sha384_init(struct crypto_sha384 *c);
void crypto_sha384_add(struct crypto_sha384 *c, const void *data, size_t n);
void crypto_sha384_end(struct crypto_sha384 *c,
		       uint8_t ret[CRYPTO_SHA384_BYTES]); /* init() before it is used again */

/*
 * Key derivation of the software platform: HKDF-SHA-512 (RFC 5869), so that all keys of a simulated chip are
 * derived from its secret. Cannot fail.
 *
 * secret    the input keying material; the salt is empty
 * label     purpose (ASCII); HKDF's info is the label, one NUL, then the context, so no two pairs collide
 * context   inputs that the key is bound to; may be NULL when context_size is 0
 * ret_size  at most 255 * 64
 */
void crypto_derive(const void *secret, size_t secret_size, const char *label, const void *context,
		   size_t context_size, void *ret, size_t ret_size);

/* Its two steps (RFC 5869 2.2, 2.3), for a secret from which many keys are derived. */
void crypto_extract(const void *secret, size_t secret_size, uint8_t ret[CRYPTO_SHA512_BYTES]);
void crypto_expand(const uint8_t prk[CRYPTO_SHA512_BYTES], const char *label, const void *context,
		   size_t context_size, void *ret, size_t ret_size);

#endif
