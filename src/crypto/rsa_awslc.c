/* SPDX-License-Identifier: MIT */
/* RSA with AWS-LC. A key computes what it needs for its modulus once, at the first verification, locked. */
#include "crypto/rsa_maker.h"

#include <errno.h>

#include <openssl/bn.h>
#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/cleanup.h"
#include "crypto/describe.h"
#include "crypto/rsa.h"

static void free_bn(BIGNUM **b)
{
	BN_free(*b);
}

static int public_new(const uint8_t *n, size_t size, void **ret)
{
	auto_call(free_bn) BIGNUM *bn = BN_bin2bn(n, size, NULL);
	auto_call(free_bn) BIGNUM *e = BN_new();
	RSA *key = bn && e && BN_set_word(e, RSA_EXPONENT) == 1 ? RSA_new_public_key(bn, e) : NULL;

	ERR_clear_error();
	if (!key)
		return -ENOMEM;
	*ret = key;
	return 0;
}

static void public_free(void *key)
{
	RSA_free(key);
}

static int verify(const void *key, const uint8_t digest[CRYPTO_SHA384_BYTES], const uint8_t *signature,
		  size_t size)
{
	/* It takes a key that is not const, and changes nothing that two threads would notice. */
	int holds = RSA_verify_pss_mgf1((RSA *)(uintptr_t)key, digest, CRYPTO_SHA384_BYTES, EVP_sha384(),
					EVP_sha384(), CRYPTO_RSA_SALT_BYTES, signature, size);
	bool no_memory = holds != 1 && ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;

	if (holds != 1)
		ERR_clear_error();
	return holds == 1 ? 0 : no_memory ? -ENOMEM : JURAT_REFUSED;
}

const struct crypto_rsa_maker crypto_rsa_awslc = {
	.name = "awslc",
	.describe = crypto_describe_awslc,
	.public_new = public_new,
	.public_free = public_free,
	.verify = verify,
};
