/* SPDX-License-Identifier: MIT */
#include "crypto/rsa.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"

enum { EXPONENT = 65537, MIN_BITS = 2048, MAX_BITS = 8 * CRYPTO_RSA_BYTES };

/* The operation is made ready once, algorithm names looked up and all; each check works on a duplicate. */
struct crypto_rsa_public {
	EVP_PKEY_CTX *ctx;
	size_t size;
};

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

static EVP_PKEY *make_pkey(const BIGNUM *n)
{
	auto_call(free_ctx) EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned char native[CRYPTO_RSA_BYTES];
	unsigned int exponent = EXPONENT;
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, sizeof(native)),
				OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
				OSSL_PARAM_construct_end() };

	if (!maker || BN_bn2nativepad(n, native, sizeof(native)) < 0 || EVP_PKEY_fromdata_init(maker) != 1 ||
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

static int public_new(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size,
		      struct crypto_rsa_public **ret, struct jurat_error *err)
{
	auto_call(free_bn) BIGNUM *bn = NULL, *be = NULL;
	auto_call(free_pkey) EVP_PKEY *pkey = NULL;
	auto_free struct crypto_rsa_public *k = calloc(1, sizeof(*k));
	int bits;

	if (n_size > CRYPTO_RSA_BYTES || e_size > CRYPTO_RSA_BYTES)
		return jurat_fail(err, -EBADMSG, "RSA key: modulus of %zu bytes, exponent of %zu", n_size,
				  e_size);
	bn = BN_bin2bn(n, (int)n_size, NULL);
	be = BN_bin2bn(e, (int)e_size, NULL);
	if (!k || !bn || !be)
		return jurat_fail_memory(err);
	bits = BN_num_bits(bn);
	if (bits < MIN_BITS || bits > MAX_BITS)
		return jurat_fail(err, -EBADMSG, "RSA key: modulus of %d bits, not %d to %d", bits, MIN_BITS,
				  MAX_BITS);
	if (!BN_is_odd(bn))
		return jurat_fail(err, -EBADMSG, "RSA key: modulus is even");
	if (!BN_is_word(be, EXPONENT))
		return jurat_fail(err, -EBADMSG, "RSA key: exponent is not %d", EXPONENT);
	pkey = make_pkey(bn);
	k->ctx = pkey ? make_ready(pkey) : NULL;
	if (!k->ctx)
		return jurat_fail(err, -ENOMEM, "RSA key: rejected by OpenSSL");
	k->size = (size_t)BN_num_bytes(bn);
	*ret = take_ptr(k);
	return 0;
}

int crypto_rsa_public_new(const uint8_t *n, size_t n_size, const uint8_t *e, size_t e_size,
			  struct crypto_rsa_public **ret, struct jurat_error *err)
{
	int r;

	ERR_set_mark();
	r = public_new(n, n_size, e, e_size, ret, err);
	ERR_pop_to_mark();
	return r;
}

void crypto_rsa_public_free(struct crypto_rsa_public *key)
{
	if (!key)
		return;
	EVP_PKEY_CTX_free(key->ctx);
	free(key);
}

int crypto_rsa_pss_verify(const struct crypto_rsa_public *key, const uint8_t digest[CRYPTO_SHA384_BYTES],
			  const uint8_t *signature, size_t signature_size)
{
	auto_call(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	int holds;

	if (signature_size != key->size)
		return JURAT_REFUSED;
	ctx = EVP_PKEY_CTX_dup(key->ctx);
	if (!ctx)
		return -ENOMEM;
	ERR_set_mark();
	holds = EVP_PKEY_verify(ctx, signature, signature_size, digest, CRYPTO_SHA384_BYTES);
	ERR_pop_to_mark();
	return holds == 1 ? 0 : JURAT_REFUSED;
}
