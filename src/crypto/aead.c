/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/aead_maker.h"

int crypto_aead_seal_by(const struct crypto_aead_maker *maker, const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
			const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad, size_t aad_size,
			const uint8_t *from, size_t n, uint8_t *to, uint8_t ret_tag[CRYPTO_AEAD_TAG_BYTES])
{
	uint8_t tag[CRYPTO_AEAD_TAG_BYTES];
	int r;

	if (n > INT_MAX || aad_size > INT_MAX)
		return -EINVAL;
	r = maker->seal(key, iv, aad, aad_size, from, n, to, tag);
	if (r == 0)
		memcpy(ret_tag, tag, sizeof(tag));
	return r;
}

int crypto_aead_open_by(const struct crypto_aead_maker *maker, const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
			const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad, size_t aad_size,
			const uint8_t *from, size_t n, uint8_t *to, const uint8_t tag[CRYPTO_AEAD_TAG_BYTES])
{
	int r;

	if (n > INT_MAX || aad_size > INT_MAX)
		return -EINVAL;
	r = maker->open(key, iv, aad, aad_size, from, n, to, tag);
	if (r < 0 && n > 0)
		bytes_wipe(to, n);
	return r;
}

int crypto_aead_seal(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], const uint8_t iv[CRYPTO_AEAD_IV_BYTES],
		     const void *aad, size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
		     uint8_t ret_tag[CRYPTO_AEAD_TAG_BYTES])
{
	return crypto_aead_seal_by(&CRYPTO_AEAD_MAKER, key, iv, aad, aad_size, from, n, to, ret_tag);
}

int crypto_aead_open(const uint8_t key[CRYPTO_AEAD_KEY_BYTES], const uint8_t iv[CRYPTO_AEAD_IV_BYTES],
		     const void *aad, size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
		     const uint8_t tag[CRYPTO_AEAD_TAG_BYTES])
{
	return crypto_aead_open_by(&CRYPTO_AEAD_MAKER, key, iv, aad, aad_size, from, n, to, tag);
}
