/* SPDX-License-Identifier: MIT */
#include "crypto/ec.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"

/* A public or private key: the implementation and its key. */
struct crypto_ec_public {
	const struct crypto_ec_maker *maker;
	void *key;
};

struct crypto_ec_private {
	const struct crypto_ec_maker *maker;
	void *key;
};

static const struct crypto_ec_maker *maker_of(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? &CRYPTO_P256_MAKER : &CRYPTO_P384_MAKER;
}

/* Of a key that is not the software platform's. */
static const struct crypto_ec_maker *signer_of(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? &CRYPTO_P256_SIGNER : &CRYPTO_P384_SIGNER;
}

static const char *name_of(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? "P-256" : "P-384";
}

static int public_new(enum crypto_curve curve, const struct crypto_ec_public *like, const uint8_t *xy,
		      struct crypto_ec_public **ret, struct jurat_error *err)
{
	auto_free struct crypto_ec_public *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return jurat_fail_memory(err);
	k->maker = maker_of(curve);
	if (like && like->maker == k->maker && k->maker->public_like)
		r = k->maker->public_like(like->key, xy, &k->key);
	else
		r = k->maker->public_new(xy, &k->key);
	if (r == -EBADMSG)
		return jurat_fail(err, r, "public key: not a point of %s", name_of(curve));
	if (r < 0)
		return jurat_fail(err, r, "public key: cannot make a %s key", name_of(curve));
	*ret = take_ptr(k);
	return 0;
}

int crypto_ec_public_new(enum crypto_curve curve, const uint8_t *xy, struct crypto_ec_public **ret,
			 struct jurat_error *err)
{
	return public_new(curve, NULL, xy, ret, err);
}

int crypto_p256_public_like(const struct crypto_ec_public *other, const uint8_t xy[64],
			    struct crypto_ec_public **ret, struct jurat_error *err)
{
	return public_new(CRYPTO_P256, other, xy, ret, err);
}

void crypto_ec_public_free(struct crypto_ec_public *key)
{
	if (!key)
		return;
	key->maker->public_free(key->key);
	free(key);
}

int crypto_ec_verify(const struct crypto_ec_public *key, const uint8_t *digest, size_t digest_size,
		     const uint8_t *r, const uint8_t *s)
{
	return key->maker->verify(key->key, digest, digest_size, r, s);
}

int crypto_ec_private_derive(enum crypto_curve curve, const void *secret, size_t secret_size,
			     struct crypto_ec_private **ret, struct jurat_error *err)
{
	auto_free struct crypto_ec_private *k = calloc(1, sizeof(*k));
	uint8_t scalar[CRYPTO_EC_MAX_BYTES], context[4];
	int r = -EDOM;

	if (!k)
		return jurat_fail_memory(err);
	k->maker = maker_of(curve);
	/* One derived scalar in 2^32 is out of range for P-256, one in 2^190 for P-384. */
	for (uint32_t counter = 0; r == -EDOM; counter++) {
		bytes_put_le(context, counter, sizeof(context));
		crypto_derive(secret, secret_size,
			      curve == CRYPTO_P256 ? "jurat ecdsa p-256" : "jurat ecdsa p-384", context,
			      sizeof(context), scalar, crypto_curve_bytes(curve));
		r = k->maker->private_new(scalar, &k->key);
	}
	bytes_wipe(scalar, sizeof(scalar));
	if (r < 0)
		return jurat_fail(err, r, "private key: cannot make a %s key", name_of(curve));
	*ret = take_ptr(k);
	return 0;
}

int crypto_ec_private_new(enum crypto_curve curve, const uint8_t *scalar, struct crypto_ec_private **ret,
			  struct jurat_error *err)
{
	auto_free struct crypto_ec_private *k = calloc(1, sizeof(*k));
	int r;

	if (!k)
		return jurat_fail_memory(err);
	k->maker = signer_of(curve);
	r = k->maker->private_new(scalar, &k->key);
	if (r == -EDOM)
		return jurat_fail(err, -EBADMSG, "private key: not in the range of %s", name_of(curve));
	if (r < 0)
		return jurat_fail(err, r, "private key: cannot make a %s key", name_of(curve));
	*ret = take_ptr(k);
	return 0;
}

void crypto_ec_private_free(struct crypto_ec_private *key)
{
	if (!key)
		return;
	key->maker->private_free(key->key);
	free(key);
}

void crypto_ec_private_public(const struct crypto_ec_private *key, uint8_t *ret_xy)
{
	key->maker->private_public(key->key, ret_xy);
}

int crypto_ec_sign(const struct crypto_ec_private *key, struct base_env *env, const uint8_t *digest,
		   size_t digest_size, uint8_t *ret_r, uint8_t *ret_s)
{
	return key->maker->sign(key->key, env, digest, digest_size, ret_r, ret_s);
}
