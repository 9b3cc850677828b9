/* SPDX-License-Identifier: MIT */
/*
 * P-256 and P-384 with AWS-LC. What it says of errors is dropped where they happen: its queue is the
 * thread's, and nobody else reads it.
 */
#include "crypto/ec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/nid.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/describe.h"
#include "crypto/ec_nonce.h"

#ifndef OPENSSL_IS_AWSLC
#error "these are not AWS-LC's headers"
#endif

enum { MAX = CRYPTO_EC_MAX_BYTES };

struct private
{
	EC_KEY *key; /* without its public half, which signing does not need */
	size_t n;
	uint8_t scalar[MAX]; /* as bytes, for the nonce */
	uint8_t xy[2 * MAX];
};

static int curve_nid(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? NID_X9_62_prime256v1 : NID_secp384r1;
}

static void free_bn(BIGNUM **b)
{
	BN_clear_free(*b);
}

static void free_point(EC_POINT **p)
{
	EC_POINT_free(*p);
}

static void free_sig(ECDSA_SIG **s)
{
	ECDSA_SIG_free(*s);
}

static void free_key(EC_KEY **k)
{
	EC_KEY_free(*k);
}

void crypto_describe_awslc(char ret[CRYPTO_LIBRARY_BYTES])
{
	snprintf(ret, CRYPTO_LIBRARY_BYTES, "%s", OpenSSL_version(OPENSSL_VERSION)); /* "AWS-LC 1.2.3" */
}

static int make_public(enum crypto_curve curve, const uint8_t *xy, void **ret)
{
	const size_t n = crypto_curve_bytes(curve);
	auto_call(free_key) EC_KEY *key = EC_KEY_new_by_curve_name(curve_nid(curve));
	auto_call(free_point) EC_POINT *point = key ? EC_POINT_new(EC_KEY_get0_group(key)) : NULL;
	uint8_t octets[1 + 2 * MAX] = { POINT_CONVERSION_UNCOMPRESSED };

	if (!point)
		return -ENOMEM;
	memcpy(octets + 1, xy, 2 * n);
	/* Needs no memory, so it fails for one reason only. */
	if (EC_POINT_oct2point(EC_KEY_get0_group(key), point, octets, 1 + 2 * n, NULL) != 1)
		return -EBADMSG;
	if (EC_KEY_set_public_key(key, point) != 1)
		return -ENOMEM;
	*ret = take_ptr(key);
	return 0;
}

static int public_new(enum crypto_curve curve, const uint8_t *xy, void **ret)
{
	int r = make_public(curve, xy, ret);

	ERR_clear_error();
	return r;
}

static void public_free(void *key)
{
	EC_KEY_free(key);
}

static size_t integer_bytes(const EC_KEY *key)
{
	return ((size_t)EC_GROUP_get_degree(EC_KEY_get0_group(key)) + 7) / 8;
}

static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	const size_t n = integer_bytes(key);
	auto_call(free_bn) BIGNUM *br = BN_bin2bn(r, n, NULL);
	auto_call(free_bn) BIGNUM *bs = BN_bin2bn(s, n, NULL);
	const ECDSA_SIG sig = { br, bs };
	int holds;

	if (br && bs) {
		holds = ECDSA_do_verify(digest, digest_size, &sig, key); /* needs no memory */
		if (holds != 1)
			ERR_clear_error();
		return holds == 1 ? 0 : JURAT_REFUSED;
	}
	ERR_clear_error();
	return -ENOMEM;
}

static void private_free(void *key)
{
	struct private *k = key;

	if (!k)
		return;
	EC_KEY_free(k->key); /* also wipes the scalar */
	base_secret_free(k, sizeof(*k));
}

/* k->xy = d * G */
static int multiply(struct private *k, const BIGNUM *d)
{
	const EC_GROUP *group = EC_KEY_get0_group(k->key);
	auto_call(free_point) EC_POINT *point = EC_POINT_new(group);
	uint8_t octets[1 + 2 * MAX];

	if (!point || EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, 1 + 2 * k->n, NULL) !=
		    1 + 2 * k->n)
		return -ENOMEM;
	memcpy(k->xy, octets + 1, 2 * k->n);
	return 0;
}

static int fill_private(struct private *k, enum crypto_curve curve, const uint8_t *scalar)
{
	auto_call(free_bn) BIGNUM *d = BN_bin2bn(scalar, crypto_curve_bytes(curve), NULL);

	k->n = crypto_curve_bytes(curve);
	memcpy(k->scalar, scalar, k->n);
	k->key = EC_KEY_new_by_curve_name(curve_nid(curve));
	if (!d || !k->key)
		return -ENOMEM;
	if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(EC_KEY_get0_group(k->key))) >= 0)
		return -EDOM;
	return EC_KEY_set_private_key(k->key, d) == 1 ? multiply(k, d) : -ENOMEM;
}

static int private_new(enum crypto_curve curve, const uint8_t *scalar, void **ret)
{
	struct private *k = base_secret_new(sizeof(*k));
	int r = k ? fill_private(k, curve, scalar) : -ENOMEM;

	ERR_clear_error();
	if (r < 0)
		private_free(k);
	else
		*ret = k;
	return r;
}

static void private_public(const void *key, uint8_t *ret_xy)
{
	const struct private *k = key;

	memcpy(ret_xy, k->xy, 2 * k->n);
}

/* In [1, n-1], found in a time that does not depend on the nonce. */
static bool is_in_range(const uint8_t *nonce, size_t n)
{
	static const uint8_t p256[] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
					0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };
	static const uint8_t p384[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
					0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a,
					0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73 };
	const uint8_t *order = n == sizeof(p256) ? p256 : p384;
	unsigned borrow = 0, any = 0;

	for (size_t i = n; i-- > 0;) {
		borrow = ((unsigned)nonce[i] - order[i] - borrow) >> 8 & 1;
		any |= nonce[i];
	}
	return borrow && any;
}

/* AWS-LC's functions below leave copies of the nonce where the stack of this one comes to lie. */
__attribute__((noinline)) static void wipe_stack(void)
{
	uint8_t area[8192];

	bytes_wipe(area, sizeof(area));
}

/* sig: NULL, where AWS-LC had no memory to sign */
static int put_signature(const struct private *k, const ECDSA_SIG *sig, uint8_t *ret_r, uint8_t *ret_s)
{
	if (!sig) {
		ERR_clear_error();
		return -ENOMEM;
	}
	/* Fail for a number that is longer only. */
	if (BN_bn2bin_padded(ret_r, k->n, ECDSA_SIG_get0_r(sig)) != 1 ||
	    BN_bn2bin_padded(ret_s, k->n, ECDSA_SIG_get0_s(sig)) != 1)
		return -EIO;
	return 0;
}

/*
 * ECDSA_do_sign() with a nonce of ours, so that signatures repeat as those of hogweed do. AWS-LC has it for
 * tests, as a nonce that somebody else may know or that occurs twice discloses the key; these do neither.
 */
static int sign_drawn(const void *key, void (*draw)(void *ctx, size_t n, uint8_t *to), void *ctx,
		      const uint8_t *digest, size_t digest_size, uint8_t *ret_r, uint8_t *ret_s)
{
	const struct private *k = key;
	auto_call(free_sig) ECDSA_SIG *sig = NULL;
	uint8_t nonce[MAX];

	do { /* the second time with a probability of 2^-32 at most */
		draw(ctx, k->n, nonce);
	} while (!is_in_range(nonce, k->n));
	sig = ECDSA_sign_with_nonce_and_leak_private_key_for_testing(digest, digest_size, k->key, nonce,
								     k->n);
	wipe_stack();
	bytes_wipe(nonce, sizeof(nonce));
	return put_signature(k, sig, ret_r, ret_s);
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

/* For keys that are not the software platform's: AWS-LC's own nonces, and signatures that do not repeat. */
static int sign_random(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		       uint8_t *ret_r, uint8_t *ret_s)
{
	const struct private *k = key;
	auto_call(free_sig) ECDSA_SIG *sig = ECDSA_do_sign(digest, digest_size, k->key);

	(void)env;
	wipe_stack();
	return put_signature(k, sig, ret_r, ret_s);
}

static int p256_public_new(const uint8_t *xy, void **ret)
{
	return public_new(CRYPTO_P256, xy, ret);
}

static int p256_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(CRYPTO_P256, scalar, ret);
}

static int p384_public_new(const uint8_t *xy, void **ret)
{
	return public_new(CRYPTO_P384, xy, ret);
}

static int p384_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(CRYPTO_P384, scalar, ret);
}

const struct crypto_ec_maker crypto_p256_awslc = {
	.name = "awslc",
	.describe = crypto_describe_awslc,
	.public_new = p256_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p256_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
	.sign_drawn = sign_drawn,
};

const struct crypto_ec_maker crypto_p384_awslc = {
	.name = "awslc",
	.describe = crypto_describe_awslc,
	.public_new = p384_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
	.sign_drawn = sign_drawn,
};

const struct crypto_ec_maker crypto_p256_awslc_random = {
	.name = "awslc_random",
	.describe = crypto_describe_awslc,
	.public_new = p256_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p256_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign_random,
};

const struct crypto_ec_maker crypto_p384_awslc_random = {
	.name = "awslc_random",
	.describe = crypto_describe_awslc,
	.public_new = p384_public_new,
	.public_free = public_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign_random,
};
