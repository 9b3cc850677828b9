/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_RSA_MAKER_H
#define CRYPTO_RSA_MAKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/hash.h"

/*
 * The implementation of RSA, rsa_openssl.c or rsa_hogweed.c, as src/crypto/meson.build chooses. rsa.c checks
 * the numbers of a key and the size of a signature before it calls these functions.
 */
enum { RSA_EXPONENT = 65537 };

/* n: odd, of `size` bytes, 256 to 512, the first of them not 0. 0; -ENOMEM. Freed with rsa_maker_free. */
JURAT_MUST_CHECK int rsa_maker_new(const uint8_t *n, size_t size, void **ret);
void rsa_maker_free(void *key);
/* signature: as long as the modulus. 0; JURAT_REFUSED; -ENOMEM */
JURAT_MUST_CHECK int rsa_maker_verify(const void *key, const uint8_t digest[CRYPTO_SHA384_BYTES],
				      const uint8_t *signature, size_t size);

#endif
