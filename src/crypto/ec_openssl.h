/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_EC_OPENSSL_H
#define CRYPTO_EC_OPENSSL_H

#include "crypto/ec.h"

/* P-256, whose only maker is OpenSSL: the same operations on 32-byte numbers. */
extern const struct crypto_p384_maker crypto_p256_openssl;

#endif
