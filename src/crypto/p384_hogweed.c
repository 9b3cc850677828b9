/* SPDX-License-Identifier: MIT */
/* GMP, which nettle computes with, ends the process when memory is out; -ENOMEM is about our own. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/ec.h"
#include "crypto/hash.h"
#include "crypto/mpz.h"

enum { N = 48 };

struct private
{
	struct ecc_scalar d;
	mp_limb_t limbs[N / sizeof(mp_limb_t)]; /* of d: all of it in one place, none of GMP's */
	uint8_t scalar[N];                      /* d again, for the nonce */
	uint8_t xy[2 * N];
};

static int public_new(const uint8_t *xy, void **ret)
{
	struct ecc_point *key = malloc(sizeof(*key));
	mpz_t x, y;
	int is_on_curve;

	if (!key)
		return -ENOMEM;
	ecc_point_init(key, nettle_get_secp_384r1());
	nettle_mpz_init_set_str_256_u(x, N, xy);
	nettle_mpz_init_set_str_256_u(y, N, xy + N);
	is_on_curve = ecc_point_set(key, x, y);
	mpz_clear(x);
	mpz_clear(y);
	if (!is_on_curve) {
		ecc_point_clear(key);
		free(key);
		return -EBADMSG;
	}
	*ret = key;
	return 0;
}

static void public_free(void *key)
{
	if (!key)
		return;
	ecc_point_clear(key);
	free(key);
}

/*
 * Nettle up to 3.8 also refuses the one good signature whose two summands are the same point. It belongs to
 * the digest r * d mod n alone: its maker would have to find a message with that digest.
 */
static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	struct dsa_signature sig;
	int holds;

	nettle_mpz_init_set_str_256_u(sig.r, N, r);
	nettle_mpz_init_set_str_256_u(sig.s, N, s);
	holds = ecdsa_verify(key, digest_size, digest, &sig); /* checks the ranges first */
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
	nettle_mpz_get_str_256(N, k->xy, x);
	nettle_mpz_get_str_256(N, k->xy + N, y);
	mpz_clear(x);
	mpz_clear(y);
	ecc_point_clear(&point);
}

static int private_new(const uint8_t *scalar, void **ret)
{
	struct private *k = base_secret_new(sizeof(*k));
	mpz_t d;
	int is_in_range;

	if (!k)
		return -ENOMEM;
	k->d = (struct ecc_scalar){ .ecc = nettle_get_secp_384r1(), .p = k->limbs };
	assert(ecc_size(k->d.ecc) == ARRAY_SIZE(k->limbs));
	nettle_mpz_init_set_str_256_u(d, N, scalar);
	is_in_range = ecc_scalar_set(&k->d, d);
	crypto_mpz_wipe(d);
	mpz_clear(d);
	if (!is_in_range) {
		private_free(k);
		return -EDOM;
	}
	memcpy(k->scalar, scalar, N);
	set_public(k);
	*ret = k;
	return 0;
}

static void private_public(const void *key, uint8_t *ret_xy)
{
	const struct private *k = key;

	memcpy(ret_xy, k->xy, sizeof(k->xy));
}

/*
 * Where a nonce comes from: SHA-512 over the key, fresh randomness, the digest and a counter. The randomness
 * is collected before nettle starts, whose callback cannot fail; the counter gives another nonce each time
 * nettle asks, so its search for one in range ends; key and digest keep a nonce from repeating even if the
 * randomness does.
 */
struct nonce {
	uint8_t scalar[N], random[N], digest[CRYPTO_SHA512_BYTES];
	uint8_t counter[4];
};

static void next_nonce(void *ctx, size_t n, uint8_t *to)
{
	struct nonce *c = ctx;
	uint8_t block[CRYPTO_SHA512_BYTES];

	while (n > 0) {
		size_t part = n < sizeof(block) ? n : sizeof(block);

		bytes_put_le(c->counter, bytes_get_le(c->counter, sizeof(c->counter)) + 1,
			     sizeof(c->counter));
		crypto_sha512(c, sizeof(*c), block);
		memcpy(to, block, part);
		to += part;
		n -= part;
	}
	bytes_wipe(block, sizeof(block));
}

static int sign(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		uint8_t *ret_r, uint8_t *ret_s)
{
	const struct private *k = key;
	struct nonce nonce = { 0 };
	struct dsa_signature sig;
	int r = base_random(env, nonce.random, sizeof(nonce.random));

	if (r < 0)
		return r;
	memcpy(nonce.scalar, k->scalar, sizeof(nonce.scalar));
	crypto_sha512(digest, digest_size, nonce.digest);
	dsa_signature_init(&sig);
	ecdsa_sign(&k->d, &nonce, next_nonce, digest_size, digest, &sig);
	bytes_wipe(&nonce, sizeof(nonce));
	nettle_mpz_get_str_256(N, ret_r, sig.r);
	nettle_mpz_get_str_256(N, ret_s, sig.s);
	dsa_signature_clear(&sig);
	return 0;
}

const struct crypto_p384_maker crypto_p384_hogweed = {
	.name = "hogweed",
	.public_new = public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
};
