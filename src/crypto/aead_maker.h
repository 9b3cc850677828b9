/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_AEAD_MAKER_H
#define CRYPTO_AEAD_MAKER_H

#include "crypto/aead.h"

/*
 * An implementation of AES-256-GCM, of which src/crypto/meson.build chooses one; here so that tests and
 * benchmarks can compare them. Parameters are those of crypto_aead_seal() and crypto_aead_open(), which check
 * the sizes and wipe `to` after a failure. 0; -ENOMEM; open also -EBADMSG.
 */
struct crypto_aead_maker {
	const char *name; /* "openssl", "awslc" */
	int (*seal)(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size,
		    const uint8_t *from, size_t n, uint8_t *to, uint8_t *ret_tag);
	int (*open)(const uint8_t *key, const uint8_t *iv, const void *aad, size_t aad_size,
		    const uint8_t *from, size_t n, uint8_t *to, const uint8_t *tag);
};

extern const struct crypto_aead_maker crypto_aead_openssl;
#ifdef CRYPTO_HAVE_AWS_LC
extern const struct crypto_aead_maker crypto_aead_awslc;
#endif

/* As crypto_aead_seal() and crypto_aead_open(), by an implementation of the caller's choice. */
JURAT_MUST_CHECK int crypto_aead_seal_by(const struct crypto_aead_maker *maker,
					 const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
					 const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad,
					 size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
					 uint8_t ret_tag[CRYPTO_AEAD_TAG_BYTES]);
JURAT_MUST_CHECK int crypto_aead_open_by(const struct crypto_aead_maker *maker,
					 const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
					 const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad,
					 size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
					 const uint8_t tag[CRYPTO_AEAD_TAG_BYTES]);

#endif
