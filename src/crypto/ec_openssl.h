/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_EC_OPENSSL_H
#define CRYPTO_EC_OPENSSL_H

#include "crypto/ec.h"

/* P-256, whose only maker is OpenSSL: the same operations on 32-byte numbers. */
extern const struct crypto_p384_maker crypto_p256_openssl;

/* A public key beside `other`, one of crypto_p256_openssl: 0; -EBADMSG; -ENOMEM. */
JURAT_MUST_CHECK int ec_p256_public_like(const void *other, const uint8_t *xy, void **ret);

#endif
