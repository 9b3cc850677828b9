/* SPDX-License-Identifier: MIT */
#ifndef SIM_PKI_INTERNAL_H
#define SIM_PKI_INTERNAL_H

#include "crypto/der.h"
#include "crypto/rsa.h"
#include "sim/pki/pki.h"
#include "sim/pki/x509_put.h"

/* Shared by the files pki*.c and their tests. */
enum { SIM_N_CAS = 3, SIM_SKI_BYTES = 20, SIM_WORLD_BYTES = 64 };

/*
 * Distances of the primes of the default seed's keys from their starting points: see scripts/make-pki-hints.
 */
extern const uint32_t sim_pki_hints[SNP_N_PRODUCTS][SIM_N_CAS][2];

/* The same of the key of sim_pki_other_secret(). */
extern const uint32_t sim_pki_other_hints[2];

/* Bytes of the seed that name the world: up to its first '/'. */
size_t sim_seed_world_size(const char *seed);
/* The secret of one CA's RSA key, SIM_WORLD_BYTES. */
void sim_pki_ca_secret(const char *seed, enum snp_product product, enum sim_ca ca,
		       uint8_t ret[SIM_WORLD_BYTES]);
/* "ARK-Milan", "SEV-VLEK-Turin": `ret` has 32 bytes. */
void sim_pki_ca_name(enum snp_product product, enum sim_ca ca, char ret[32]);

/* The key of a CA, borrowed: it has one before it has a certificate. 0; -ENOMEM. */
JURAT_MUST_CHECK int sim_pki_ca_key(struct sim_pki *pki, enum snp_product product, enum sim_ca ca,
				    const struct crypto_rsa_private **ret, struct jurat_error *err);
/*
 * The secret of the RSA key that is no CA's, of any seed: what it signs is signed, but by no one whom a
 * verifier knows.
 */
void sim_pki_other_secret(uint8_t ret[SIM_WORLD_BYTES]);
/* The serial number of a CA's certificate. */
uint32_t sim_pki_ca_serial(enum snp_product product, enum sim_ca ca);
/* The salt for a digest: `ret_size` bytes that follow from it and the seed. */
void sim_pki_salt(const struct sim_pki *pki, const uint8_t *digest, size_t n, uint8_t *ret, size_t ret_size);

/* DER of AMD's profiles, in pki_der.c. */
void pki_put_name(struct der_wr *d, const char *common_name);
/* RSASSA-PSS with SHA-384; older certificates spell out the default trailerField. */
void pki_put_pss(struct der_wr *d, bool trailer_field);
void pki_put_rsa_key(struct der_wr *d, const uint8_t n[512]);
void pki_put_version(struct der_wr *d, unsigned tag, uint64_t version);
void pki_put_ca_extensions(struct der_wr *d, enum snp_product product, enum sim_ca ca,
			   const uint8_t subject_key_id[SIM_SKI_BYTES],
			   const uint8_t authority_key_id[SIM_SKI_BYTES]);
void pki_put_leaf_extensions(struct der_wr *d, const struct sim_endorsement *what);
void pki_put_crl_extensions(struct der_wr *d, const uint8_t authority_key_id[SIM_SKI_BYTES], uint64_t number);

#endif
