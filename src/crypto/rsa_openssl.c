/* SPDX-License-Identifier: MIT */
/*
 * RSA with OpenSSL. A key is a context that is initialized once, including the look-up of algorithms; each
 * verification works on a duplicate.
 */
#include "crypto/rsa_maker.h"

#include <errno.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/cleanup.h"
#include "crypto/describe.h"

static void free_bn(BIGNUM **b)
{
	BN_free(*b);
}

static void free_ctx(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void free_pkey(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static EVP_PKEY *make_pkey(const uint8_t *n, size_t size)
{
	auto_call(free_bn) BIGNUM *bn = BN_bin2bn(n, (int)size, NULL);
	auto_call(free_ctx) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned char native[CRYPTO_RSA_BYTES];
	unsigned int exponent = RSA_EXPONENT;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, sizeof(native)),
				OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
				OSSL_PARAM_construct_end() };

	if (!maker || !bn || BN_bn2nativepad(bn, native, sizeof(native)) < 0 ||
	    EVP_PKEY_fromdata_init(maker) != 1 ||
	    EVP_PKEY_fromdata(maker, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

static EVP_PKEY_CTX *make_ready(EVP_PKEY *pkey)
{
	auto_call(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (!ctx || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, CRYPTO_RSA_SALT_BYTES) != 1)
		return NULL;
	return take_ptr(ctx);
}

static int public_new(const uint8_t *n, size_t size, void **ret)
{
	auto_call(free_pkey) EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx;

	ERR_set_mark();
	pkey = make_pkey(n, size);
	ctx = pkey ? make_ready(pkey) : NULL;
	ERR_pop_to_mark();
	if (!ctx)
		return -ENOMEM;
	*ret = ctx;
	return 0;
}

static void public_free(void *key)
{
	EVP_PKEY_CTX_free(key);
}

static int verify(const void *key, const uint8_t digest[CRYPTO_SHA384_BYTES], const uint8_t *signature,
		  size_t size)
{
	auto_call(free_ctx) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key);
	int holds;

	if (!ctx)
		return -ENOMEM;
	ERR_set_mark();
	holds = EVP_PKEY_verify(ctx, signature, size, digest, CRYPTO_SHA384_BYTES);
	ERR_pop_to_mark();
	return holds == 1 ? 0 : JURAT_REFUSED;
}

const struct crypto_rsa_maker crypto_rsa_openssl = {
	.name = "openssl",
	.describe = crypto_describe_openssl,
	.public_new = public_new,
	.public_free = public_free,
	.verify = verify,
};
