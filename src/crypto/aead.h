/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CRYPTO_AEAD_KEY_BYTES = 32, CRYPTO_AEAD_IV_BYTES = 12, CRYPTO_AEAD_TAG_BYTES = 16 };

/*
 * AES-256-GCM (NIST SP 800-38D). A key must never seal two messages with the same iv.
 *
 * aad       aad_size bytes that are authenticated but not encrypted; may be NULL when aad_size is 0
 * from, to  n bytes each; `to` may be `from`, and must not overlap it otherwise; may be NULL when n is 0
 * Returns   0; -ENOMEM; -EINVAL a size of 2^31 or more; crypto_aead_open also -EBADMSG when the tag does not
 *           match: then `to` is zeroed, so that unauthenticated plaintext cannot be used
 * Threads   any
 */
JURAT_MUST_CHECK int crypto_aead_seal(const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
				      const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad,
				      size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
				      uint8_t ret_tag[CRYPTO_AEAD_TAG_BYTES]);
JURAT_MUST_CHECK int crypto_aead_open(const uint8_t key[CRYPTO_AEAD_KEY_BYTES],
				      const uint8_t iv[CRYPTO_AEAD_IV_BYTES], const void *aad,
				      size_t aad_size, const uint8_t *from, size_t n, uint8_t *to,
				      const uint8_t tag[CRYPTO_AEAD_TAG_BYTES]);

#endif
