/* SPDX-License-Identifier: MIT */
/*
 * P-256 and P-384 with nettle/hogweed. GMP, which nettle uses, aborts the process when memory is exhausted;
 * -ENOMEM refers to allocations here only.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/version.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/describe.h"
#include "crypto/ec.h"
#include "crypto/ec_nonce.h"
#include "crypto/mpz.h"

enum { MAX = CRYPTO_EC_MAX_BYTES };

struct public
{
	struct ecc_point point;
	size_t n; /* bytes of an integer */
};

struct private
{
	struct ecc_scalar d;
	/* limbs of d, here and not in GMP's memory, so that they can be wiped */
	mp_limb_t limbs[MAX / sizeof(mp_limb_t)];
	size_t n;
	uint8_t scalar[MAX]; /* d as bytes, for the nonce */
	uint8_t xy[2 * MAX];
};

void crypto_describe_nettle(char ret[CRYPTO_LIBRARY_BYTES])
{
	snprintf(ret, CRYPTO_LIBRARY_BYTES, "nettle %d.%d", nettle_version_major(), nettle_version_minor());
}

static const struct ecc_curve *curve_of(size_t n)
{
	return n == 32 ? nettle_get_secp_256r1() : nettle_get_secp_384r1();
}

static int public_new(size_t n, const uint8_t *xy, void **ret)
{
	struct public *key = malloc(sizeof(*key));
	mpz_t x, y;
	int is_on_curve;

	if (!key)
		return -ENOMEM;
	key->n = n;
	ecc_point_init(&key->point, curve_of(n));
	nettle_mpz_init_set_str_256_u(x, n, xy);
	nettle_mpz_init_set_str_256_u(y, n, xy + n);
	is_on_curve = ecc_point_set(&key->point, x, y);
	mpz_clear(x);
	mpz_clear(y);
	if (!is_on_curve) {
		ecc_point_clear(&key->point);
		free(key);
		return -EBADMSG;
	}
	*ret = key;
	return 0;
}

static void public_free(void *key)
{
	struct public *k = key;

	if (!k)
		return;
	ecc_point_clear(&k->point);
	free(k);
}

/*
 * Nettle up to 3.8 also refuses one valid signature: the one for which the two points to be added are equal.
 * It exists only for the digest r * d mod n, so a signer would have to find a message with that digest.
 */
static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	const struct public *k = key;
	struct dsa_signature sig;
	int holds;

	nettle_mpz_init_set_str_256_u(sig.r, k->n, r);
	nettle_mpz_init_set_str_256_u(sig.s, k->n, s);
	holds = ecdsa_verify(&k->point, digest_size, digest, &sig); /* checks the ranges of r and s first */
	dsa_signature_clear(&sig);
	return holds ? 0 : JURAT_REFUSED;
}

static void private_free(void *key)
{
	base_secret_free(key, sizeof(struct private));
}

static void set_public(struct private *k)
{
	struct ecc_point point;
	mpz_t x, y;

	ecc_point_init(&point, k->d.ecc);
	ecc_point_mul_g(&point, &k->d);
	mpz_init(x);
	mpz_init(y);
	ecc_point_get(&point, x, y);
	nettle_mpz_get_str_256(k->n, k->xy, x);
	nettle_mpz_get_str_256(k->n, k->xy + k->n, y);
	mpz_clear(x);
	mpz_clear(y);
	ecc_point_clear(&point);
}

static int private_new(size_t n, const uint8_t *scalar, void **ret)
{
	struct private *k = base_secret_new(sizeof(*k));
	mpz_t d;
	int is_in_range;

	if (!k)
		return -ENOMEM;
	k->n = n;
	k->d = (struct ecc_scalar){ .ecc = curve_of(n), .p = k->limbs };
	assert((size_t)ecc_size(k->d.ecc) <= ARRAY_SIZE(k->limbs));
	nettle_mpz_init_set_str_256_u(d, n, scalar);
	is_in_range = ecc_scalar_set(&k->d, d);
	crypto_mpz_wipe(d);
	mpz_clear(d);
	if (!is_in_range) {
		private_free(k);
		return -EDOM;
	}
	memcpy(k->scalar, scalar, n);
	set_public(k);
	*ret = k;
	return 0;
}

static void private_public(const void *key, uint8_t *ret_xy)
{
	const struct private *k = key;

	memcpy(ret_xy, k->xy, 2 * k->n);
}

static int sign_drawn(const void *key, void (*draw)(void *ctx, size_t n, uint8_t *to), void *ctx,
		      const uint8_t *digest, size_t digest_size, uint8_t *ret_r, uint8_t *ret_s)
{
	const struct private *k = key;
	struct dsa_signature sig;

	dsa_signature_init(&sig);
	ecdsa_sign(&k->d, ctx, draw, digest_size, digest, &sig);
	nettle_mpz_get_str_256(k->n, ret_r, sig.r);
	nettle_mpz_get_str_256(k->n, ret_s, sig.s);
	dsa_signature_clear(&sig);
	return 0;
}

static int sign(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		uint8_t *ret_r, uint8_t *ret_s)
{
	const struct private *k = key;
	struct ec_nonce nonce;
	int r = ec_nonce_init(&nonce, env, k->scalar, k->n, digest, digest_size);

	if (r < 0)
		return r;
	r = sign_drawn(key, ec_nonce_draw, &nonce, digest, digest_size, ret_r, ret_s);
	bytes_wipe(&nonce, sizeof(nonce));
	return r;
}

static int p256_public_new(const uint8_t *xy, void **ret)
{
	return public_new(32, xy, ret);
}

static int p256_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(32, scalar, ret);
}

static int p384_public_new(const uint8_t *xy, void **ret)
{
	return public_new(48, xy, ret);
}

static int p384_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(48, scalar, ret);
}

const struct crypto_ec_maker crypto_p256_hogweed = {
	.name = "hogweed",
	.describe = crypto_describe_nettle,
	.public_new = p256_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p256_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
	.sign_drawn = sign_drawn,
};

const struct crypto_ec_maker crypto_p384_hogweed = {
	.name = "hogweed",
	.describe = crypto_describe_nettle,
	.public_new = p384_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
	.sign_drawn = sign_drawn,
};
