/* SPDX-License-Identifier: MIT */
#ifndef SIM_PKI_H
#define SIM_PKI_H

#include "base/error.h"
#include "crypto/ec.h"
#include "wire/snp_report.h"

/*
 * Test roots with AMD's certificate profiles: RSA-4096 PSS, the names, serials, extensions and their order as
 * real ones have (see doc/test-roots.md), but with a description "TEST ..." in front of every name, so that
 * they are recognizable. Everything is derived from a seed: the same seed gives the same certificates, byte
 * for byte, on every machine. Keys are created on first use.
 *
 * Threads   one thread per object
 */
struct sim_pki;

#define SIM_PKI_DEFAULT_SEED "jurat" /* its primes are known (pki_hints.c), so its roots cost no search */

enum sim_ca { SIM_ARK, SIM_ASK, SIM_ASVK };

/*
 * seed      not empty. The part after its first '/' selects a chip, not the roots: "jurat/2" is another chip
 *           with the same roots and cloud providers' VLEKs as "jurat"
 * Returns   0; -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int sim_pki_new(const char *seed, struct sim_pki **ret, struct jurat_error *err);
void sim_pki_free(struct sim_pki *pki);

/*
 * DER, borrowed from the object for its lifetime.
 * Returns   0; -EINVAL no such product or CA; -ENOMEM
 */
JURAT_MUST_CHECK int sim_pki_ca(struct sim_pki *pki, enum snp_product product, enum sim_ca ca,
				const uint8_t **ret, size_t *ret_size, struct jurat_error *err);

/* Contents of an endorsement key's certificate. */
struct sim_endorsement {
	enum snp_product product;
	bool vlek;
	uint64_t tcb;       /* TCB_VERSION as in reported_tcb */
	uint8_t hwid[64];   /* VCEK: 8 significant bytes on Turin */
	const char *csp_id; /* VLEK: "CN=..." */
	uint8_t public_xy[96];
	const struct crypto_ec_private *key; /* for a hook; NULL: only its public key is known */
};

enum { SIM_CERT_MAX_BYTES = 4096, SIM_CSP_ID_MAX_CHARS = 128 };

/*
 * Signs a VCEK (by the ASK) or VLEK (by the ASVK): DER into `to` (SIM_CERT_MAX_BYTES).
 * Returns   0; -EINVAL no such product, a TCB with bytes that the product does not have, a CSP_ID that is
 *           empty, not printable ASCII or too long; -ENOMEM
 */
JURAT_MUST_CHECK int sim_pki_endorse(struct sim_pki *pki, const struct sim_endorsement *what, uint8_t *to,
				     size_t *ret_size, struct jurat_error *err);

/*
 * A CRL signed by the ARK. `revoke` says which of the two intermediates are on it. DER into `to`
 * (SIM_CERT_MAX_BYTES).
 */
JURAT_MUST_CHECK int sim_pki_crl(struct sim_pki *pki, enum snp_product product, bool revoke_ask,
				 bool revoke_asvk, uint8_t *to, size_t *ret_size, struct jurat_error *err);

/*
 * Evidence to order: who sets a hook makes the signed objects himself, of what the roots would have signed.
 *
 * draft     what it is; `tbs` is its tbsCertificate or tbsCertList
 * to        SIM_CERT_MAX_BYTES; a size of 0 leaves it out of everything
 * Returns   as sim_pki_sign()
 */
enum sim_pki_item { SIM_PKI_ARK, SIM_PKI_ASK, SIM_PKI_ASVK, SIM_PKI_VCEK, SIM_PKI_VLEK, SIM_PKI_CRL };
struct sim_pki_draft {
	enum sim_pki_item item;
	enum snp_product product;
	const struct sim_endorsement *leaf; /* NULL: a CA's certificate or a CRL */
	const uint8_t *tbs;
	size_t tbs_size;
};
typedef int sim_pki_hook(void *ctx, struct sim_pki *pki, const struct sim_pki_draft *draft, uint8_t *to,
			 size_t *ret_size, struct jurat_error *err);
/* From now on everything is made by the hook, CAs' certificates anew. NULL: by the roots again. */
void sim_pki_set_hook(struct sim_pki *pki, sim_pki_hook *hook, void *ctx);
/* As the roots sign: by the key and with the algorithm of what it is. 0; -ENOMEM; -EINVAL it is too large. */
JURAT_MUST_CHECK int sim_pki_sign(struct sim_pki *pki, const struct sim_pki_draft *draft, uint8_t *to,
				  size_t *ret_size, struct jurat_error *err);

/*
 * From now on signatures are remembered: for who makes the same certificates many times over, an RSA
 * signature is most of the work.
 */
void sim_pki_remember(struct sim_pki *pki);

/*
 * When leaves begin and end, for tests of validity. Seconds since 1970. CAs begin at or before and end at or
 * after. Leaves last as long as their CAs (doc/decisions/0004-test-roots.md) unless AMD's terms were asked
 * for.
 */
int64_t sim_pki_not_before(const struct sim_pki *pki);
int64_t sim_pki_leaf_not_after(const struct sim_pki *pki, bool vlek);
/* When a leaf that is issued now begins: the midnight (UTC) before the last one, the same all day. */
int64_t sim_pki_leaf_begin(int64_t now);
/* Makes later leaves valid from `not_before` for as long as AMD's: a VCEK 7 years, a VLEK 1 year. */
void sim_pki_use_amd_terms(struct sim_pki *pki, int64_t not_before);

#endif
