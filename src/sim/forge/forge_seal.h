/* SPDX-License-Identifier: MIT */
#ifndef SIM_FORGE_SEAL_H
#define SIM_FORGE_SEAL_H

#include "crypto/ec.h"
#include "crypto/p256_signer.h"
#include "crypto/rsa.h"
#include "sim/forge/x509_edit_internal.h"
#include "sim/pki/pki.h"

/* A key that signs certificates and CRLs: borrowed, or its own, which forge_key_done() frees. */
struct forge_key {
	enum { FORGE_RSA, FORGE_P256, FORGE_P384 } kind;
	const struct crypto_rsa_private *rsa;
	const struct crypto_p256_signer *p256;
	const struct crypto_ec_private *p384;
	struct crypto_rsa_private *own_rsa;
	struct crypto_p256_signer *own_p256;
	struct crypto_ec_private *own_p384;
};
void forge_key_done(struct forge_key *key);
/* The key of this kind that nobody knows: the same for every seed. 0; -ENOMEM */
JURAT_MUST_CHECK int forge_key_other(int kind, struct forge_key *ret, struct jurat_error *err);

/* Its SubjectPublicKeyInfo, and the 20 bytes that key identifiers of such keys are. */
void forge_key_put_spki(const struct forge_key *key, struct der_wr *d);
void forge_key_id(const struct forge_key *key, uint8_t ret[20]);

/* How such a key signs where nothing else is ordered. */
struct tbs_algorithm forge_key_algorithm(const struct forge_key *key, bool has_trailer_field);

/*
 * Signs n bytes: the bits of the signature.
 *
 * pki       makes the salt of PSS; NULL: there are none but the digest's
 * Returns   0; -EINVAL: the key does not sign like that; -ENOMEM; -EIO
 */
enum { FORGE_SIGNATURE_MAX_BYTES = CRYPTO_RSA_BYTES };
JURAT_MUST_CHECK int forge_key_sign(const struct forge_key *key, const struct tbs_algorithm *algorithm,
				    const struct sim_pki *pki, const uint8_t *bytes, size_t n,
				    uint8_t ret[FORGE_SIGNATURE_MAX_BYTES], size_t *ret_size,
				    struct jurat_error *err);

#endif
