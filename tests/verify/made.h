/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VERIFY_MADE_H
#define TESTS_VERIFY_MADE_H

#include "support/test.h"

#include <jurat/verify.h>

#include "crypto/ec.h"
#include "crypto/rsa.h"
#include "sim/pki/pki.h"
#include "verify/cache.h"
#include "wire/snp_report.h"

/*
 * Evidence made to order from the software platform's roots, so that one thing at a time can be wrong with
 * it.
 */
struct made {
	enum snp_product product;
	bool vlek;
	struct snp_report report;
	uint8_t report_bytes[SNP_REPORT_BYTES];
	size_t report_size;
	uint8_t leaf[SIM_CERT_MAX_BYTES], intermediate[SIM_CERT_MAX_BYTES], root[SIM_CERT_MAX_BYTES],
		crl[SIM_CERT_MAX_BYTES];
	size_t leaf_size, intermediate_size, root_size, crl_size; /* 0: not in the table */
	const char *csp_id;
	int64_t at;
};

/* The roots of this world: made once per program. */
struct sim_pki *made_pki(void);
/* A root of another world with the same names. */
struct sim_pki *made_other_pki(void);
const struct crypto_ec_private *made_key(void);

/* A good one of everything. `version` 2, 3, 4 or 5. */
void made_init(struct made *m, enum snp_product product, bool vlek, uint32_t version);
/* Writes m->report into m->report_bytes and signs it. */
void made_sign(struct made *m);
/* Issues the leaf anew: for what it says now. */
void made_endorse(struct made *m, uint64_t tcb, const uint8_t hwid[64]);
/* After a certificate or CRL was changed in place: signs it again as the CA of `product` would. */
void made_resign(uint8_t *der, size_t n, enum snp_product product, enum sim_ca ca);
/* Replaces the only occurrence of `from` by `to`, both of n bytes. */
void made_patch(uint8_t *der, size_t size, const char *from, const char *to, size_t n);

/* The certificate table, exact-size heap bytes. */
uint8_t *made_table(const struct made *m, size_t *ret_size);
/* Judges; the test frees the verdict. */
struct jurat_verdict *made_judge(const struct made *m, struct jurat_verifier *v,
				 const struct jurat_policy *policy);
/* A verifier with no roots but this world's. */
struct jurat_verifier *made_verifier(enum snp_product product);
/* How many items a cache has; nobody may be using one. */
size_t made_cached(const struct cache *cache);
/* Exactly these codes, in this order, NULL at the end. */
void assert_verdict(const struct jurat_verdict *v, const char *const *codes, const char *what);

#endif
