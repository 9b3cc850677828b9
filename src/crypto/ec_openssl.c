/* SPDX-License-Identifier: MIT */
/*
 * P-256 and P-384 with OpenSSL. Signatures are verified with its arithmetic on the curve: EVP_PKEY objects
 * take a fifth of the time of a verification to create (doc/decisions/0028-verifying-with-points.md). A
 * private key holds a context that is initialized once and duplicated for each use. GMP aborts the process
 * when memory is exhausted; -ENOMEM refers to OpenSSL's allocations and those here.
 */
#include "crypto/ec.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <gmp.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum {
	POINT_MAX = 1 + 2 * CRYPTO_EC_MAX_BYTES,
	DER_MAX = 128 /* two INTEGERs of 49 bytes and their headers */
};

/* Constant, and shared by keys that are made from another: it takes longer to create than a key. */
struct curve {
	atomic_uint users;
	size_t n; /* bytes of an integer */
	EC_GROUP *group;
	mpz_t order;
};

struct public
{
	struct curve *curve;
	EC_POINT *point;
};

struct private
{
	size_t n;
	EVP_PKEY_CTX *ctx; /* initialized to sign; only duplicates are used */
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];
};

static void free_bn(BIGNUM **b)
{
	BN_clear_free(*b);
}

static void free_ctx(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void free_pkey(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static void free_group(EC_GROUP **g)
{
	EC_GROUP_free(*g);
}

static void free_point(EC_POINT **p)
{
	EC_POINT_free(*p);
}

static void free_sig(ECDSA_SIG **s)
{
	ECDSA_SIG_free(*s);
}

static void free_bn_ctx(BN_CTX **c)
{
	BN_CTX_free(*c);
}

static void curve_drop(struct curve *c)
{
	if (!c || atomic_fetch_sub(&c->users, 1) > 1)
		return;
	EC_GROUP_free(c->group);
	mpz_clear(c->order);
	free(c);
}

static void drop_curve(struct curve **c)
{
	curve_drop(*c);
}

static struct curve *curve_new(enum crypto_curve curve)
{
	struct curve *c = calloc(1, sizeof(*c));
	uint8_t order[CRYPTO_EC_MAX_BYTES];

	if (!c)
		return NULL;
	atomic_init(&c->users, 1);
	c->n = crypto_curve_bytes(curve);
	mpz_init(c->order);
	c->group = EC_GROUP_new_by_curve_name(curve == CRYPTO_P256 ? NID_X9_62_prime256v1 : NID_secp384r1);
	if (!c->group || BN_bn2binpad(EC_GROUP_get0_order(c->group), order, (int)c->n) < 0) {
		curve_drop(c);
		return NULL;
	}
	mpz_import(c->order, c->n, 1, 1, 1, 0, order);
	return c;
}

static void public_free(void *key)
{
	struct public *k = key;

	if (!k)
		return;
	EC_POINT_free(k->point);
	curve_drop(k->curve);
	free(k);
}

static void free_public(struct public **k)
{
	public_free(*k);
}

/* Takes `curve` over, which may be NULL: no memory for it. OpenSSL checks that the point is on the curve. */
static int public_on(struct curve *curve, const uint8_t *xy, void **ret)
{
	struct curve *owned auto_call(drop_curve) = curve;
	struct public *k auto_call(free_public) = calloc(1, sizeof(*k));
	uint8_t bytes[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	int is_point;

	if (!owned || !k)
		return -ENOMEM;
	k->point = EC_POINT_new(owned->group);
	if (!k->point)
		return -ENOMEM;
	memcpy(bytes + 1, xy, 2 * owned->n);
	ERR_set_mark();
	is_point = EC_POINT_oct2point(owned->group, k->point, bytes, 1 + 2 * owned->n, NULL);
	ERR_pop_to_mark();
	if (is_point != 1)
		return -EBADMSG;
	k->curve = take_ptr(owned);
	*ret = take_ptr(k);
	return 0;
}

static int public_new(enum crypto_curve curve, const uint8_t *xy, void **ret)
{
	struct curve *c;

	ERR_set_mark();
	c = curve_new(curve);
	ERR_pop_to_mark();
	return public_on(c, xy, ret);
}

static int public_like(const void *other, const uint8_t *xy, void **ret)
{
	struct curve *c = ((const struct public *)other)->curve;

	atomic_fetch_add(&c->users, 1);
	return public_on(c, xy, ret);
}

/* GMP reads whole, aligned words ten times as fast as bytes. */
struct words {
	uint64_t w[CRYPTO_EC_MAX_BYTES / sizeof(uint64_t)];
};

static void number(mpz_t to, const uint8_t *bytes, size_t n)
{
	struct words words = { { 0 } };

	memcpy((uint8_t *)(&words + 1) - n, bytes, n);
	mpz_init(to);
	mpz_import(to, ARRAY_SIZE(words.w), 1, sizeof(words.w[0]), 1, 0, words.w);
}

static bool in_range(const mpz_t v, const mpz_t order)
{
	return mpz_sgn(v) > 0 && mpz_cmp(v, order) < 0;
}

static void put_number(const mpz_t v, uint8_t *to, size_t n)
{
	struct words words = { { 0 } };
	size_t used = (mpz_sizeinbase(v, 2) + 63) / 64;

	mpz_export(words.w + ARRAY_SIZE(words.w) - used, NULL, 1, sizeof(words.w[0]), 1, 0, v);
	memcpy(to, (uint8_t *)(&words + 1) - n, n);
}

/*
 * u1 = e / s and u2 = r / s modulo the order of the curve. False: r or s is not in [1, n - 1]. By GMP, whose
 * inverse takes a tenth of the time of BN_mod_inverse().
 */
static bool divide(const struct curve *c, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		   const uint8_t *s, uint8_t *ret_u1, uint8_t *ret_u2)
{
	mpz_t u1, u2, w;
	bool good;

	number(u1, digest, digest_size < c->n ? digest_size : c->n); /* the leftmost bits of a longer one */
	number(u2, r, c->n);
	number(w, s, c->n);
	good = in_range(u2, c->order) && in_range(w, c->order) && mpz_invert(w, w, c->order);
	if (good) {
		mpz_mul(u1, u1, w);
		mpz_mod(u1, u1, c->order);
		mpz_mul(u2, u2, w);
		mpz_mod(u2, u2, c->order);
		put_number(u1, ret_u1, c->n);
		put_number(u2, ret_u2, c->n);
	}
	mpz_clear(u1);
	mpz_clear(u2);
	mpz_clear(w);
	return good;
}

/* x of u1 * G + u2 * Q modulo the order. 0; JURAT_REFUSED that is the point at infinity; -ENOMEM. */
static int sum_x(const struct public *k, const uint8_t *u1, const uint8_t *u2, uint8_t *ret_x)
{
	const EC_GROUP *group = k->curve->group;
	int n = (int)k->curve->n;
	auto_call(free_bn_ctx) BN_CTX *ctx = BN_CTX_new();
	auto_call(free_bn) BIGNUM *b1 = BN_bin2bn(u1, n, NULL), *b2 = BN_bin2bn(u2, n, NULL), *x = BN_new();
	auto_call(free_point) EC_POINT *sum = EC_POINT_new(group);

	if (!ctx || !b1 || !b2 || !x || !sum || EC_POINT_mul(group, sum, b1, k->point, b2, ctx) != 1)
		return -ENOMEM;
	if (EC_POINT_is_at_infinity(group, sum))
		return JURAT_REFUSED;
	if (EC_POINT_get_affine_coordinates(group, sum, x, NULL, ctx) != 1 ||
	    BN_nnmod(x, x, EC_GROUP_get0_order(group), ctx) != 1 || BN_bn2binpad(x, ret_x, n) != n)
		return -ENOMEM;
	return 0;
}

/* Spec: FIPS 186-5, 6.4.2. Everything is public, so nothing needs constant time. */
static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	const struct public *k = key;
	uint8_t u1[CRYPTO_EC_MAX_BYTES], u2[CRYPTO_EC_MAX_BYTES], x[CRYPTO_EC_MAX_BYTES];
	int result;

	if (!divide(k->curve, digest, digest_size, r, s, u1, u2))
		return JURAT_REFUSED;
	ERR_set_mark();
	result = sum_x(k, u1, u2, x);
	ERR_pop_to_mark();
	if (result != 0)
		return result;
	return memcmp(x, r, k->curve->n) == 0 ? 0 : JURAT_REFUSED;
}

static void private_free(void *key)
{
	struct private *k = key;

	if (!k)
		return;
	EVP_PKEY_CTX_free(k->ctx); /* also wipes the scalar */
	free(k);
}

/*
 * scalar    n bytes in the machine's byte order
 * Returns   0; -EBADMSG OpenSSL refuses the key; -ENOMEM
 */
static int make_pkey(enum crypto_curve curve, const uint8_t *xy, uint8_t *scalar, EVP_PKEY **ret)
{
	size_t n = crypto_curve_bytes(curve);
	char group[] = "P-256";
	uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
				OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n),
				OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, n),
				OSSL_PARAM_construct_end() };
	auto_call(free_ctx) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

	if (curve == CRYPTO_P384)
		memcpy(group, "P-384", sizeof(group));
	memcpy(point + 1, xy, 2 * n);
	if (!maker || EVP_PKEY_fromdata_init(maker) != 1)
		return -ENOMEM;
	return EVP_PKEY_fromdata(maker, ret, EVP_PKEY_KEYPAIR, params) == 1 ? 0 : -EBADMSG;
}

static int key_new(enum crypto_curve curve, const uint8_t *xy, uint8_t *scalar, struct private **ret)
{
	auto_call(free_pkey) EVP_PKEY *pkey = NULL;
	auto_call(free_ctx) EVP_PKEY_CTX *use = NULL;
	struct private *k;
	int r = make_pkey(curve, xy, scalar, &pkey);

	if (r < 0)
		return r;
	use = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (!use || EVP_PKEY_sign_init(use) != 1)
		return -ENOMEM;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->n = crypto_curve_bytes(curve);
	k->ctx = take_ptr(use);
	memcpy(k->xy, xy, 2 * k->n);
	*ret = k;
	return 0;
}

/* x and y of d * G; `d` again in the machine's byte order. */
static int multiply(enum crypto_curve curve, const uint8_t *scalar, uint8_t *ret_point, uint8_t *ret_native)
{
	int n = (int)crypto_curve_bytes(curve);
	auto_call(free_group) EC_GROUP *group =
		EC_GROUP_new_by_curve_name(curve == CRYPTO_P256 ? NID_X9_62_prime256v1 : NID_secp384r1);
	auto_call(free_bn) BIGNUM *d = BN_secure_new();
	auto_call(free_point) EC_POINT *point = group ? EC_POINT_new(group) : NULL;

	if (!d || !point || !BN_bin2bn(scalar, n, d))
		return -ENOMEM;
	BN_set_flags(d, BN_FLG_CONSTTIME);
	if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		return -EDOM;
	if (EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 || BN_bn2nativepad(d, ret_native, n) != n ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_point, 1 + 2 * (size_t)n,
			       NULL) != 1 + 2 * (size_t)n)
		return -ENOMEM;
	return 0;
}

static int private_new(enum crypto_curve curve, const uint8_t *scalar, void **ret)
{
	uint8_t point[POINT_MAX], native[CRYPTO_EC_MAX_BYTES];
	struct private *k = NULL;
	int r;

	ERR_set_mark();
	r = multiply(curve, scalar, point, native);
	if (r == 0)
		r = key_new(curve, point + 1, native, &k);
	ERR_pop_to_mark();
	bytes_wipe(native, sizeof(native));
	if (r == 0)
		*ret = k;
	return r == -EBADMSG ? -EIO : r;
}

static void private_public(const void *key, uint8_t *ret_xy)
{
	const struct private *k = key;

	memcpy(ret_xy, k->xy, 2 * k->n);
}

static int sign_marked(const struct private *k, const uint8_t *digest, size_t digest_size, uint8_t *ret_r,
		       uint8_t *ret_s)
{
	auto_call(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(k->ctx);
	auto_call(free_sig) ECDSA_SIG *sig = NULL;
	uint8_t der[DER_MAX], both[2 * CRYPTO_EC_MAX_BYTES];
	const uint8_t *p = der;
	size_t size = sizeof(der);
	int n = (int)k->n;

	if (!ctx)
		return -ENOMEM;
	if (EVP_PKEY_sign(ctx, der, &size, digest, digest_size) != 1)
		return -EIO;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)size);
	if (!sig)
		return -ENOMEM;
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), both, n) != n ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), both + n, n) != n)
		return -EIO;
	memcpy(ret_r, both, k->n);
	memcpy(ret_s, both + n, k->n);
	return 0;
}

static int sign(const void *key, struct base_env *env, const uint8_t *digest, size_t digest_size,
		uint8_t *ret_r, uint8_t *ret_s)
{
	int r;

	(void)env;
	ERR_set_mark();
	r = sign_marked(key, digest, digest_size, ret_r, ret_s);
	ERR_pop_to_mark();
	return r;
}

static int p256_public_new(const uint8_t *xy, void **ret)
{
	return public_new(CRYPTO_P256, xy, ret);
}

static int p384_public_new(const uint8_t *xy, void **ret)
{
	return public_new(CRYPTO_P384, xy, ret);
}

static int p256_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(CRYPTO_P256, scalar, ret);
}

static int p384_private_new(const uint8_t *scalar, void **ret)
{
	return private_new(CRYPTO_P384, scalar, ret);
}

const struct crypto_ec_maker crypto_p256_openssl = {
	.name = "openssl",
	.public_new = p256_public_new,
	.public_like = public_like,
	.public_free = public_free,
	.verify = verify,
	.private_new = p256_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
};

const struct crypto_ec_maker crypto_p384_openssl = {
	.name = "openssl",
	.public_new = p384_public_new,
	.public_like = public_like,
	.public_free = public_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
};
