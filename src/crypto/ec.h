/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_EC_H
#define CRYPTO_EC_H

#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/error.h"

/*
 * ECDSA over P-256 and P-384 (FIPS 186-4). Numbers are big-endian, exactly `crypto_curve_bytes(curve)` bytes
 * each. Each curve is computed by nettle/hogweed or by OpenSSL, which src/crypto/meson.build chooses, behind
 * this one interface.
 */
enum crypto_curve { CRYPTO_P256, CRYPTO_P384 };
enum { CRYPTO_EC_MAX_BYTES = 48 };

static inline size_t crypto_curve_bytes(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? 32 : 48;
}

struct crypto_ec_public;
struct crypto_ec_private;

/*
 * xy        2 * crypto_curve_bytes bytes, untrusted: x then y of the uncompressed point
 * Returns   0; -EBADMSG not a point of the curve; -ENOMEM. Freed with crypto_ec_public_free.
 * Threads   a public key may be used by several threads at once
 */
JURAT_MUST_CHECK int crypto_ec_public_new(enum crypto_curve curve, const uint8_t *xy,
					  struct crypto_ec_public **ret, struct jurat_error *err);
/* The same on P-256, which OpenSSL does at a quarter of the cost beside any other key on it; NULL: none. */
JURAT_MUST_CHECK int crypto_p256_public_like(const struct crypto_ec_public *other, const uint8_t xy[64],
					     struct crypto_ec_public **ret, struct jurat_error *err);
void crypto_ec_public_free(struct crypto_ec_public *key);

/*
 * digest    `digest_size` bytes; of one longer than the curve the leftmost bits count, as FIPS 186-4 6.4 says
 * r, s      untrusted: out-of-range values (0, >= n) are refused
 * Returns   0 the signature holds; JURAT_REFUSED it was not shown to hold; -ENOMEM
 */
JURAT_MUST_CHECK int crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest,
				      size_t digest_size, const uint8_t *r, const uint8_t *s);

/*
 * A private key from secret bytes: the scalar is derived (crypto_derive, with a counter until it lies in [1,
 * n-1]), so the same secret gives the same key everywhere. Only the software platform has private keys.
 *
 * Returns   0; -ENOMEM. Freed with crypto_ec_private_free, which wipes it.
 * Threads   a private key may be used by several threads at once, each with its own `env`
 */
JURAT_MUST_CHECK int crypto_ec_private_derive(enum crypto_curve curve, const void *secret, size_t secret_size,
					      struct crypto_ec_private **ret, struct jurat_error *err);
void crypto_ec_private_free(struct crypto_ec_private *key);
/* ret_xy    2 * crypto_curve_bytes bytes: x then y */
void crypto_ec_private_public(const struct crypto_ec_private *key, uint8_t *ret_xy);

/*
 * env       gives randomness for the nonce to hogweed, which mixes it with key and digest: one that repeats
 *           itself makes equal signatures of equal digests but gives no key away. NULL: no randomness, and
 *           equal digests have equal signatures. OpenSSL uses its own generator whatever this is.
 * Returns   0; -errno of the environment's random; -ENOMEM; -EIO the computation failed
 */
JURAT_MUST_CHECK int crypto_ec_sign(const struct crypto_ec_private *key, struct base_env *env,
				    const uint8_t *digest, size_t digest_size, uint8_t *ret_r,
				    uint8_t *ret_s);

/* Who computes a curve, side by side for tests and figures: what the functions above call. */
struct crypto_ec_maker {
	const char *name; /* "hogweed", "openssl" */
	int (*public_new)(const uint8_t *xy, void **ret);
	/* The same beside another key of the same maker. NULL: that would not be cheaper. */
	int (*public_like)(const void *other, const uint8_t *xy, void **ret);
	void (*public_free)(void *key);
	int (*verify)(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		      const uint8_t *s);
	int (*private_new)(const uint8_t *scalar, void **ret); /* -EDOM: not in [1, n-1] */
	void (*private_free)(void *key);
	void (*private_public)(const void *key, uint8_t *ret_xy);
	int (*sign)(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		    uint8_t *ret_r, uint8_t *ret_s);
};

extern const struct crypto_ec_maker crypto_p256_hogweed, crypto_p256_openssl;
extern const struct crypto_ec_maker crypto_p384_hogweed, crypto_p384_openssl;

#endif
