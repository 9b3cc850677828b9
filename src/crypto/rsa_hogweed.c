/* SPDX-License-Identifier: MIT */
/* RSA with nettle/hogweed. GMP, which nettle uses, aborts the process when memory is exhausted. */
#include "crypto/rsa_maker.h"

#include <errno.h>
#include <stdlib.h>

#include <nettle/bignum.h>
#include <nettle/rsa.h>

#include "base/cleanup.h"
#include "crypto/describe.h"

static void public_free(void *key)
{
	if (!key)
		return;
	rsa_public_key_clear(key);
	free(key);
}

static int public_new(const uint8_t *n, size_t size, void **ret)
{
	struct rsa_public_key *key = malloc(sizeof(*key));

	if (!key)
		return -ENOMEM;
	rsa_public_key_init(key);
	nettle_mpz_set_str_256_u(key->n, size, n);
	mpz_set_ui(key->e, RSA_EXPONENT);
	if (!rsa_public_key_prepare(key)) {
		public_free(key);
		return -ENOMEM;
	}
	*ret = key;
	return 0;
}

static int verify(const void *key, const uint8_t digest[CRYPTO_SHA384_BYTES], const uint8_t *signature,
		  size_t size)
{
	mpz_t s;
	int holds;

	nettle_mpz_init_set_str_256_u(s, size, signature);
	holds = rsa_pss_sha384_verify_digest(key, CRYPTO_RSA_SALT_BYTES, digest,
					     s); /* s < n is checked first */
	mpz_clear(s);
	return holds ? 0 : JURAT_REFUSED;
}

const struct crypto_rsa_maker crypto_rsa_hogweed = {
	.name = "hogweed",
	.describe = crypto_describe_nettle,
	.public_new = public_new,
	.public_free = public_free,
	.verify = verify,
};
