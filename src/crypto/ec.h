/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_EC_H
#define CRYPTO_EC_H

#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/error.h"

/*
 * ECDSA over P-256 and P-384 (FIPS 186-4). Integers are big-endian, exactly `crypto_curve_bytes(curve)` bytes
 * each. Each curve is implemented by nettle/hogweed, OpenSSL or AWS-LC, as src/crypto/meson.build chooses.
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
/*
 * The same for P-256. With `other`, any key on that curve, OpenSSL needs an eighth of the time, because it
 * copies the curve's parameters; either may be freed first. NULL: none.
 */
JURAT_MUST_CHECK int crypto_p256_public_like(const struct crypto_ec_public *other, const uint8_t xy[64],
					     struct crypto_ec_public **ret, struct jurat_error *err);
void crypto_ec_public_free(struct crypto_ec_public *key);

/*
 * digest    `digest_size` bytes; the leftmost bits of one that is longer than the curve, see FIPS 186-4 6.4
 * r, s      untrusted: out-of-range values (0, >= n) are refused
 * Returns   0 the signature is valid; JURAT_REFUSED it is not, or could not be verified; -ENOMEM
 */
JURAT_MUST_CHECK int crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest,
				      size_t digest_size, const uint8_t *r, const uint8_t *s);

/*
 * Derives a private key from secret bytes: the scalar comes from crypto_derive, with a counter until it is in
 * [1, n-1], so the same secret gives the same key everywhere. Only the software platform derives private
 * keys.
 *
 * Returns   0; -ENOMEM. Freed with crypto_ec_private_free, which wipes it.
 * Threads   a private key may be used by several threads at once, each with its own `env`
 */
JURAT_MUST_CHECK int crypto_ec_private_derive(enum crypto_curve curve, const void *secret, size_t secret_size,
					      struct crypto_ec_private **ret, struct jurat_error *err);
/*
 * A private key that is known.
 *
 * scalar    crypto_curve_bytes(curve) bytes; wiped by the caller
 * Returns   0; -EBADMSG not in [1, n-1]; -ENOMEM. Freed with crypto_ec_private_free.
 */
JURAT_MUST_CHECK int crypto_ec_private_new(enum crypto_curve curve, const uint8_t *scalar,
					   struct crypto_ec_private **ret, struct jurat_error *err);
/*
 * Reads a private key from a file: RFC 5915 ("EC PRIVATE KEY") or PKCS #8 ("PRIVATE KEY"), as PEM or DER, not
 * encrypted. If it states its public key too, that must be the one of the private key.
 *
 * file      n bytes, untrusted; wiped by the caller
 * Returns   0; -EBADMSG not such a file, or a key of another kind or curve; -ENOMEM
 */
JURAT_MUST_CHECK int crypto_ec_private_read(enum crypto_curve curve, const uint8_t *file, size_t n,
					    struct crypto_ec_private **ret, struct jurat_error *err);
void crypto_ec_private_free(struct crypto_ec_private *key);
/* ret_xy    2 * crypto_curve_bytes bytes: x then y */
void crypto_ec_private_public(const struct crypto_ec_private *key, uint8_t *ret_xy);

/*
 * env       source of randomness for the nonce, which is mixed with key and digest: if it repeats, equal
 *           digests have equal signatures, but the key is not disclosed. NULL: no randomness, and equal
 *           digests have equal signatures. hogweed and AWS-LC make the same signatures; OpenSSL, and
 *           AWS-LC with keys that are not derived, always use their own generators.
 * Returns   0; -errno from the environment's random source; -ENOMEM; -EIO the computation failed
 */
JURAT_MUST_CHECK int crypto_ec_sign(const struct crypto_ec_private *key, struct base_env *env,
				    const uint8_t *digest, size_t digest_size, uint8_t *ret_r,
				    uint8_t *ret_s);

/*
 * An implementation of a curve, which the functions above call; public so that tests and benchmarks can
 * compare them.
 */
struct crypto_ec_maker {
	const char *name;            /* "hogweed", "openssl", "awslc", "awslc_random" */
	void (*describe)(char *ret); /* CRYPTO_LIBRARY_BYTES bytes: crypto/describe.h */
	int (*public_new)(const uint8_t *xy, void **ret);
	/* The same, derived from another key of the same implementation. NULL: that would not be faster. */
	int (*public_like)(const void *other, const uint8_t *xy, void **ret);
	void (*public_free)(void *key);
	int (*verify)(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		      const uint8_t *s);
	int (*private_new)(const uint8_t *scalar, void **ret); /* -EDOM: not in [1, n-1] */
	void (*private_free)(void *key);
	void (*private_public)(const void *key, uint8_t *ret_xy);
	int (*sign)(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		    uint8_t *ret_r, uint8_t *ret_s);
	/*
	 * Signs with the first nonce in range that `draw` makes: n big-endian bytes. 0, always with hogweed;
	 * -ENOMEM. NULL: OpenSSL cannot.
	 */
	int (*sign_drawn)(const void *key, void (*draw)(void *ctx, size_t n, uint8_t *to), void *ctx,
			  const uint8_t *digest, size_t digest_size, uint8_t *ret_r, uint8_t *ret_s);
};

extern const struct crypto_ec_maker crypto_p256_hogweed, crypto_p256_openssl;
extern const struct crypto_ec_maker crypto_p384_hogweed, crypto_p384_openssl;
#ifdef CRYPTO_HAVE_AWS_LC
extern const struct crypto_ec_maker crypto_p256_awslc, crypto_p384_awslc;
/* The same, signing with AWS-LC's own nonces. */
extern const struct crypto_ec_maker crypto_p256_awslc_random, crypto_p384_awslc_random;
#endif

#endif
