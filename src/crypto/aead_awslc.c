/* SPDX-License-Identifier: MIT */
/* AES-256-GCM with AWS-LC: the context is on the stack, nothing needs memory. */
#include "crypto/aead_maker.h"

#include <errno.h>

#include <openssl/aead.h>
#include <openssl/err.h>

#include "base/bytes.h"

static int seal(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size, const uint8_t *from,
		size_t n, uint8_t *to, uint8_t *ret_tag)
{
	EVP_AEAD_CTX c;
	size_t tag_size;
	int r = -ENOMEM;

	if (EVP_AEAD_CTX_init(&c, EVP_aead_aes_256_gcm(), key, CRYPTO_AEAD_KEY_BYTES, CRYPTO_AEAD_TAG_BYTES,
			      NULL) == 1 &&
	    EVP_AEAD_CTX_seal_scatter(&c, to, ret_tag, &tag_size, CRYPTO_AEAD_TAG_BYTES, iv,
				      CRYPTO_AEAD_IV_BYTES, from, n, NULL, 0, aad, aad_size) == 1)
		r = 0;
	else
		ERR_clear_error();
	EVP_AEAD_CTX_cleanup(&c);
	bytes_wipe(&c, sizeof(c)); /* the key schedule */
	return r;
}

static int open(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size, const uint8_t *from,
		size_t n, uint8_t *to, const uint8_t *tag)
{
	EVP_AEAD_CTX c;
	int r = -ENOMEM;

	if (EVP_AEAD_CTX_init(&c, EVP_aead_aes_256_gcm(), key, CRYPTO_AEAD_KEY_BYTES, CRYPTO_AEAD_TAG_BYTES,
			      NULL) == 1)
		r = EVP_AEAD_CTX_open_gather(&c, to, iv, CRYPTO_AEAD_IV_BYTES, from, n, tag,
					     CRYPTO_AEAD_TAG_BYTES, aad, aad_size) == 1
			    ? 0
			    : -EBADMSG;
	if (r < 0)
		ERR_clear_error();
	EVP_AEAD_CTX_cleanup(&c);
	bytes_wipe(&c, sizeof(c)); /* the key schedule */
	return r;
}

const struct crypto_aead_maker crypto_aead_awslc = { .name = "awslc", .seal = seal, .open = open };
