/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_EC_NONCE_H
#define CRYPTO_EC_NONCE_H

#include "crypto/ec.h"
#include "crypto/hash.h"

/*
 * Nonces for ECDSA: SHA-512 over the key, fresh randomness, the digest and a counter. Key and digest keep
 * nonces from repeating even if the randomness does. The randomness is collected once, because callers draw
 * where nothing can fail; the counter makes each draw another. Implementations that draw from here make the
 * same signatures. Secret: wiped by the caller.
 */
struct ec_nonce {
	uint8_t scalar[CRYPTO_EC_MAX_BYTES], random[CRYPTO_EC_MAX_BYTES], digest[CRYPTO_SHA512_BYTES];
	uint8_t counter[4];
};

/*
 * scalar    n bytes: the private key
 * env       NULL: no randomness
 * Returns   0; -errno from the environment's random source
 */
JURAT_MUST_CHECK int ec_nonce_init(struct ec_nonce *nonce, struct base_env *env, const uint8_t *scalar,
				   size_t n, const uint8_t *digest, size_t digest_size);
/* ctx: a struct ec_nonce. n bytes, big-endian: a nonce of n bytes that may be out of range. */
void ec_nonce_draw(void *ctx, size_t n, uint8_t *to);

#endif
