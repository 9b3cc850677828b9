/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_P256_SIGNER_H
#define CRYPTO_P256_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A P-256 key of the software platform whose signatures follow from key and digest alone, so that test
 * certificates and quotes are the same bytes on every machine. OpenSSL's signatures, which crypto_ec_sign()
 * makes, never are.
 *
 * Numbers are big-endian, 32 bytes each. The nonce is HKDF of key and digest: as with RFC 6979, whose bytes
 * these are not, no two digests share one.
 *
 * Threads   a key may be used by several threads at once
 */
enum { CRYPTO_P256_BYTES = 32 };
struct crypto_p256_signer;

/*
 * The key that crypto_ec_private_derive() makes of the same secret. 0; -ENOMEM. Freed with ..._free, which
 * wipes it.
 */
JURAT_MUST_CHECK int crypto_p256_signer_derive(const void *secret, size_t secret_size,
					       struct crypto_p256_signer **ret, struct jurat_error *err);
void crypto_p256_signer_free(struct crypto_p256_signer *signer);
/* x then y */
const uint8_t *crypto_p256_signer_public(const struct crypto_p256_signer *signer);
/* ECDSA over a SHA-256 digest: r then s. */
void crypto_p256_signer_sign(const struct crypto_p256_signer *signer, const uint8_t digest[32],
			     uint8_t ret[2 * CRYPTO_P256_BYTES]);

#endif
