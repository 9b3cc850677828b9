/* SPDX-License-Identifier: MIT */
/*
 * P-256 and P-384 with OpenSSL. A key holds a context that is initialized once and duplicated for each use.
 */
#include "crypto/ec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

struct key {
	size_t n;          /* bytes of an integer */
	EVP_PKEY_CTX *ctx; /* initialized to verify or to sign; only duplicates are used */
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

static void key_free(void *key)
{
	struct key *k = key;

	if (!k)
		return;
	EVP_PKEY_CTX_free(k->ctx); /* also wipes a private scalar */
	free(k);
}

static int make_ready(EVP_PKEY *pkey, size_t n, const uint8_t *xy, bool is_private, struct key **ret)
{
	auto_call(free_ctx) EVP_PKEY_CTX *use = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	struct key *k;

	if (!use || (is_private ? EVP_PKEY_sign_init(use) : EVP_PKEY_verify_init(use)) != 1)
		return -ENOMEM;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->n = n;
	k->ctx = take_ptr(use);
	memcpy(k->xy, xy, 2 * n);
	*ret = k;
	return 0;
}

/*
 * scalar    n bytes in the machine's byte order, or NULL for a public key
 * Returns   0; -EBADMSG OpenSSL refuses the key; -ENOMEM
 */
static int key_new(enum crypto_curve curve, const uint8_t *xy, uint8_t *scalar, struct key **ret)
{
	size_t n = crypto_curve_bytes(curve);
	char group[] = "P-256";
	uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[4] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
				 OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n),
				 OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
	auto_call(free_ctx) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	auto_call(free_pkey) EVP_PKEY *pkey = NULL;

	if (curve == CRYPTO_P384)
		memcpy(group, "P-384", sizeof(group));
	memcpy(point + 1, xy, 2 * n);
	if (scalar)
		params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, n);
	if (!maker || EVP_PKEY_fromdata_init(maker) != 1)
		return -ENOMEM;
	if (EVP_PKEY_fromdata(maker, &pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		return -EBADMSG;
	return make_ready(pkey, n, xy, scalar != NULL, ret);
}

/* Looking up a group by name takes most of the time to make a key: a copy of another key has one already. */
static int key_like(const struct key *other, const uint8_t *xy, struct key **ret)
{
	auto_call(free_pkey) EVP_PKEY *pkey = EVP_PKEY_dup(EVP_PKEY_CTX_get0_pkey(other->ctx));
	uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };

	if (!pkey)
		return -ENOMEM;
	memcpy(point + 1, xy, 2 * other->n);
	if (EVP_PKEY_set1_encoded_public_key(pkey, point, 1 + 2 * other->n) != 1)
		return -EBADMSG;
	return make_ready(pkey, other->n, xy, false, ret);
}

static int public_like(const void *other, const uint8_t *xy, void **ret)
{
	struct key *k = NULL;
	int r;

	ERR_set_mark();
	r = key_like(other, xy, &k);
	ERR_pop_to_mark();
	if (r == 0)
		*ret = k;
	return r;
}

static int public_new(enum crypto_curve curve, const uint8_t *xy, void **ret)
{
	struct key *k = NULL;
	int r;

	ERR_set_mark();
	r = key_new(curve, xy, NULL, &k);
	ERR_pop_to_mark();
	if (r == 0)
		*ret = k;
	return r;
}

/* Encodes a signature in DER for EVP_PKEY_verify(). Returns its length, or -ENOMEM. */
static int to_der(const uint8_t *r, const uint8_t *s, size_t n, uint8_t der[DER_MAX])
{
	auto_call(free_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	auto_call(free_bn) BIGNUM *br = BN_bin2bn(r, (int)n, NULL);
	auto_call(free_bn) BIGNUM *bs = BN_bin2bn(s, (int)n, NULL);
	int size;

	if (!sig || !br || !bs || ECDSA_SIG_set0(sig, br, bs) != 1)
		return -ENOMEM;
	br = bs = NULL; /* owned by the signature now */
	size = i2d_ECDSA_SIG(sig, &der);
	return size > 0 ? size : -ENOMEM;
}

static int verify_marked(const struct key *k, const uint8_t *digest, size_t digest_size, const uint8_t *r,
			 const uint8_t *s)
{
	auto_call(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(k->ctx);
	uint8_t der[DER_MAX];
	int size = to_der(r, s, k->n, der);

	if (!ctx || size < 0)
		return -ENOMEM;
	/* The result is also < 0 for some invalid signatures, such as one whose point is at infinity. */
	return EVP_PKEY_verify(ctx, der, (size_t)size, digest, digest_size) == 1 ? 0 : JURAT_REFUSED;
}

static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	int result;

	ERR_set_mark();
	result = verify_marked(key, digest, digest_size, r, s);
	ERR_pop_to_mark();
	return result;
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
	struct key *k = NULL;
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
	const struct key *k = key;

	memcpy(ret_xy, k->xy, 2 * k->n);
}

static int sign_marked(const struct key *k, const uint8_t *digest, size_t digest_size, uint8_t *ret_r,
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
	.public_free = key_free,
	.verify = verify,
	.private_new = p256_private_new,
	.private_free = key_free,
	.private_public = private_public,
	.sign = sign,
};

const struct crypto_ec_maker crypto_p384_openssl = {
	.name = "openssl",
	.public_new = p384_public_new,
	.public_like = public_like,
	.public_free = key_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = key_free,
	.private_public = private_public,
	.sign = sign,
};
