/* SPDX-License-Identifier: MIT */
#include "crypto/aead_maker.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

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

static int seal(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size, const uint8_t *from,
		size_t n, uint8_t *to, uint8_t *ret_tag)
{
	auto_call(free_ctx) EVP_CIPHER_CTX *c = NULL;
	uint8_t none[1];
	int r, done;

	ERR_set_mark();
	c = EVP_CIPHER_CTX_new();
	r = run(c, 1, key, iv, aad, aad_size, from, n, to);
	if (r == 0 && (EVP_CipherFinal_ex(c, none, &done) != 1 ||
		       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, CRYPTO_AEAD_TAG_BYTES, ret_tag) != 1))
		r = -ENOMEM;
	ERR_pop_to_mark();
	return r;
}

static int open(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size, const uint8_t *from,
		size_t n, uint8_t *to, const uint8_t *tag)
{
	auto_call(free_ctx) EVP_CIPHER_CTX *c = NULL;
	uint8_t expected[CRYPTO_AEAD_TAG_BYTES], none[1];
	int r, done;

	memcpy(expected, tag, sizeof(expected));
	ERR_set_mark();
	c = EVP_CIPHER_CTX_new();
	r = run(c, 0, key, iv, aad, aad_size, from, n, to);
	if (r == 0 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, sizeof(expected), expected) != 1)
		r = -ENOMEM;
	if (r == 0 && EVP_CipherFinal_ex(c, none, &done) != 1)
		r = -EBADMSG;
	ERR_pop_to_mark();
	return r;
}

const struct crypto_aead_maker crypto_aead_openssl = { .name = "openssl", .seal = seal, .open = open };
