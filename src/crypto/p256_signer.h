/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_P256_SIGNER_H
#define CRYPTO_P256_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A P-256 key of the software platform with deterministic signatures, so that test certificates and quotes
 * are the same bytes on every machine. Signatures of crypto_ec_sign() with OpenSSL are randomized.
 *
 * Integers are big-endian, 32 bytes each. The nonce is HKDF of key and digest, so that, as in RFC 6979 (with
 * other values), no two digests share a nonce.
 *
 * Threads   a key may be used by several threads at once
 */
enum { CRYPTO_P256_BYTES = 32 };
struct crypto_p256_signer;

/*
 * Derives the same key from a secret as crypto_ec_private_derive(). 0; -ENOMEM. Freed with ..._free, which
 * wipes it.
 */
JURAT_MUST_CHECK int crypto_p256_signer_derive(const void *secret, size_t secret_size,
					       struct crypto_p256_signer **ret, struct jurat_error *err);
void crypto_p256_signer_free(struct crypto_p256_signer *signer);
/* x then y */
const uint8_t *crypto_p256_signer_public(const struct crypto_p256_signer *signer);
/* The scalar, CRYPTO_P256_BYTES; for a key that another program signs with. */
const uint8_t *crypto_p256_signer_private(const struct crypto_p256_signer *signer);
/* ECDSA over a SHA-256 digest: r then s. */
void crypto_p256_signer_sign(const struct crypto_p256_signer *signer, const uint8_t digest[32],
			     uint8_t ret[2 * CRYPTO_P256_BYTES]);

#endif
