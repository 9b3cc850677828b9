/* SPDX-License-Identifier: MIT */
/*
 * P-256 and P-384 with OpenSSL. A public key is an EC_KEY: OpenSSL deprecates it, but its EVP_PKEY takes
 * three times as long to create (doc/decisions/0028-public-keys-are-ec-keys.md). A private key holds a
 * context that is initialized once and duplicated for each use.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/ec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/describe.h"

enum {
	POINT_MAX = 1 + 2 * CRYPTO_EC_MAX_BYTES,
	DER_MAX = 128 /* two INTEGERs of 49 bytes and their headers */
};

struct private
{
	size_t n;
	EVP_PKEY_CTX *ctx; /* initialized to sign; only duplicates are used */
	uint8_t xy[2 * CRYPTO_EC_MAX_BYTES];
};

void crypto_describe_openssl(char ret[CRYPTO_LIBRARY_BYTES])
{
	snprintf(ret, CRYPTO_LIBRARY_BYTES, "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
}

static int curve_nid(enum crypto_curve curve)
{
	return curve == CRYPTO_P256 ? NID_X9_62_prime256v1 : NID_secp384r1;
}

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

static void free_key(EC_KEY **k)
{
	EC_KEY_free(*k);
}

static void public_free(void *key)
{
	EC_KEY_free(key);
}

/* Takes `key` over, which may be NULL: no memory for it. OpenSSL checks that the point is on the curve. */
static int set_point(EC_KEY *key, const uint8_t *xy, size_t n, void **ret)
{
	EC_KEY *owned auto_call(free_key) = key;
	uint8_t point[POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };

	if (!owned)
		return -ENOMEM;
	memcpy(point + 1, xy, 2 * n);
	if (EC_KEY_oct2key(owned, point, 1 + 2 * n, NULL) != 1)
		return -EBADMSG;
	*ret = take_ptr(owned);
	return 0;
}

static int public_new(enum crypto_curve curve, const uint8_t *xy, void **ret)
{
	int r;

	ERR_set_mark();
	r = set_point(EC_KEY_new_by_curve_name(curve_nid(curve)), xy, crypto_curve_bytes(curve), ret);
	ERR_pop_to_mark();
	return r;
}

static size_t integer_bytes(const EC_KEY *key)
{
	return ((size_t)EC_GROUP_get_degree(EC_KEY_get0_group(key)) + 7) / 8;
}

/* Looking up a group by name takes most of the time to make a key: this copies the other key's. */
static int public_like(const void *other, const uint8_t *xy, void **ret)
{
	EC_KEY *key = EC_KEY_new();
	int r;

	ERR_set_mark();
	if (key && EC_KEY_set_group(key, EC_KEY_get0_group(other)) != 1) {
		EC_KEY_free(key);
		key = NULL;
	}
	r = set_point(key, xy, integer_bytes(other), ret);
	ERR_pop_to_mark();
	return r;
}

static ECDSA_SIG *signature(const uint8_t *r, const uint8_t *s, size_t n)
{
	auto_call(free_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	auto_call(free_bn) BIGNUM *br = BN_bin2bn(r, (int)n, NULL);
	auto_call(free_bn) BIGNUM *bs = BN_bin2bn(s, (int)n, NULL);

	if (!sig || !br || !bs || ECDSA_SIG_set0(sig, br, bs) != 1)
		return NULL;
	br = bs = NULL; /* owned by the signature now */
	return take_ptr(sig);
}

static int verify(const void *key, const uint8_t *digest, size_t digest_size, const uint8_t *r,
		  const uint8_t *s)
{
	auto_call(free_sig) ECDSA_SIG *sig = signature(r, s, integer_bytes(key));
	int result;

	if (!sig)
		return -ENOMEM;
	ERR_set_mark();
	/* It takes a key that is not const, and does not change it. Also < 0 for some invalid signatures. */
	result = ECDSA_do_verify(digest, (int)digest_size, sig, (EC_KEY *)(uintptr_t)key);
	ERR_pop_to_mark();
	return result == 1 ? 0 : JURAT_REFUSED;
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
	auto_call(free_group) EC_GROUP *group = EC_GROUP_new_by_curve_name(curve_nid(curve));
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
	.describe = crypto_describe_openssl,
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
	.describe = crypto_describe_openssl,
	.public_new = p384_public_new,
	.public_like = public_like,
	.public_free = public_free,
	.verify = verify,
	.private_new = p384_private_new,
	.private_free = private_free,
	.private_public = private_public,
	.sign = sign,
};
