/* SPDX-License-Identifier: MIT */
#ifndef SIM_PKI_H
#define SIM_PKI_H

#include "base/error.h"
#include "wire/snp_report.h"

/*
 * Test roots with AMD's certificate profiles: RSA-4096 PSS, the names, serials, extensions and their order
 * as real ones
 * have (see doc/test-roots.md), but "TEST" in the organisation, so that a person who looks sees what they
 * are. Everything follows from
 * a seed: the same seed gives the same certificates, to the byte, on every machine. Keys are made when first
 * needed.
 *
 * Threads   one thread per object
 */
struct sim_pki;

#define SIM_PKI_DEFAULT_SEED "jurat" /* its primes are known (sim/pki_hints.c), so its roots cost no search */

enum sim_ca { SIM_ARK, SIM_ASK, SIM_ASVK };

JURAT_MUST_CHECK int sim_pki_new(const char *seed, struct sim_pki **ret, struct jurat_error *err);
void sim_pki_free(struct sim_pki *pki);

/* DER, borrowed from the object for its lifetime. */
JURAT_MUST_CHECK int sim_pki_ca(struct sim_pki *pki, enum snp_product product, enum sim_ca ca, const uint8_t **ret,
				size_t *ret_size, struct jurat_error *err);

/* What an endorsement key's certificate says. */
struct sim_endorsement {
	enum snp_product product;
	bool vlek;
	uint64_t tcb;		/* TCB_VERSION as in reported_tcb */
	uint8_t hwid[64];	/* VCEK: 8 significant bytes on Turin */
	const char *csp_id;	/* VLEK: "CN=..." */
	uint8_t public_xy[96];
};

enum { SIM_CERT_MAX_BYTES = 2048 };

/* Signs a VCEK (by the ASK) or VLEK (by the ASVK): DER into `to` (SIM_CERT_MAX_BYTES). */
JURAT_MUST_CHECK int sim_pki_endorse(struct sim_pki *pki, const struct sim_endorsement *what, uint8_t *to,
				     size_t *ret_size, struct jurat_error *err);

/* A CRL signed by the ARK. `revoke` says which of the two intermediates are on it. DER into `to` (SIM_CERT_MAX_BYTES). */
JURAT_MUST_CHECK int sim_pki_crl(struct sim_pki *pki, enum snp_product product, bool revoke_ask, bool revoke_asvk,
				 uint8_t *to, size_t *ret_size, struct jurat_error *err);

/* When every certificate of this object begins, and when leaves end: for tests of validity. Seconds since 1970. */
int64_t sim_pki_not_before(const struct sim_pki *pki);
int64_t sim_pki_leaf_not_after(const struct sim_pki *pki, bool vlek);

#endif
