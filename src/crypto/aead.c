/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/cleanup.h"

static void free_ctx(EVP_CIPHER_CTX **c)
{
	EVP_CIPHER_CTX_free(*c); /* wipes the key schedule */
}

/* Seals or opens, without the tag. These calls fail for lack of memory only. */
static int run(EVP_CIPHER_CTX *c, int seal, const uint8_t *key, const uint8_t *iv, const void *aad,
	       size_t aad_size, const uint8_t *from, size_t n, uint8_t *to)
{
	int done;

	if (!c || EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, iv, seal) != 1)
		return -ENOMEM;
	if (aad_size > 0 && EVP_CipherUpdate(c, NULL, &done, aad, (int)aad_size) != 1)
		return -ENOMEM;
	if (n > 0 && EVP_CipherUpdate(c, to, &done, from, (int)n) != 1)
		return -ENOMEM;
	return 0;
}

int crypto_aead_seal(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], const uint8_t iv[CRYPTO_AEAD_IV_BYTES],
		     const void *aad, size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
		     uint8_t ret_tag[CRYPTO_AEAD_TAG_BYTES])
{
	auto_call(free_ctx) EVP_CIPHER_CTX *c = NULL;
	uint8_t tag[CRYPTO_AEAD_TAG_BYTES], none[1];
	int r, done;

	if (n > INT_MAX || aad_size > INT_MAX)
		return -EINVAL;
	ERR_set_mark();
	c = EVP_CIPHER_CTX_new();
	r = run(c, 1, key, iv, aad, aad_size, from, n, to);
	if (r == 0 && (EVP_CipherFinal_ex(c, none, &done) != 1 ||
		       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, sizeof(tag), tag) != 1))
		r = -ENOMEM;
	ERR_pop_to_mark();
	if (r == 0)
		memcpy(ret_tag, tag, sizeof(tag));
	return r;
}

int crypto_aead_open(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], const uint8_t iv[CRYPTO_AEAD_IV_BYTES],
		     const void *aad, size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
		     const uint8_t tag[CRYPTO_AEAD_TAG_BYTES])
{
	auto_call(free_ctx) EVP_CIPHER_CTX *c = NULL;
	uint8_t expected[CRYPTO_AEAD_TAG_BYTES], none[1];
	int r, done;

	if (n > INT_MAX || aad_size > INT_MAX)
		return -EINVAL;
	memcpy(expected, tag, sizeof(expected));
	ERR_set_mark();
	c = EVP_CIPHER_CTX_new();
	r = run(c, 0, key, iv, aad, aad_size, from, n, to);
	if (r == 0 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, sizeof(expected), expected) != 1)
		r = -ENOMEM;
	if (r == 0 && EVP_CipherFinal_ex(c, none, &done) != 1)
		r = -EBADMSG;
	ERR_pop_to_mark();
	if (r < 0 && n > 0)
		bytes_wipe(to, n);
	return r;
}
