/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_SNP_JUDGE_H
#define VERIFY_SNP_JUDGE_H

#include "verify/policy.h"
#include "verify/verdict.h"
#include "verify/verifier.h"
#include "wire/snp_certs.h"

enum { JUDGE_MAX_FRESH = 4 };

/* One judgement in the making. Everything but `out` is borrowed or ends with it. */
struct snp_judge {
	struct jurat_verifier *verifier;
	const struct jurat_policy *policy;
	int64_t at;
	struct jurat_verdict *out;
	const uint8_t *report_bytes;
	struct snp_report report;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN until something says it */
	bool vlek;
	uint8_t digest[CRYPTO_SHA384_BYTES]; /* of the signed bytes */
	uint8_t r[48], s[48];
	bool has_signature;  /* r and s are numbers of 48 bytes */
	bool signature_seen; /* the report's signature was already found to hold under the chosen leaf */
	struct snp_certs table;
	struct cert_entry *table_leaf, *table_intermediate, *table_root; /* NULL: none, or unusable */
	struct crl_entry *table_crl;
	bool leaf_unusable;                            /* the table has the leaf, but not as a certificate */
	struct cert_entry *leaf, *intermediate, *root; /* the chosen chain */
	struct cert_entry *fresh[JUDGE_MAX_FRESH];     /* owned; NULL once a cache has taken them */
	size_t n_fresh;
	struct crl_entry *fresh_crl; /* the same */
	bool leaf_signed;            /* by the chosen intermediate */
	bool root_trusted;           /* pinned and its own word, or given */
};

/* Each returns 0, also when it found reasons to refuse; < 0 when it could not judge: -ENOMEM and the like. */
JURAT_MUST_CHECK int judge_table(struct snp_judge *j, const uint8_t *certs, size_t n);
JURAT_MUST_CHECK int judge_leaf(struct snp_judge *j); /* chooses it, then judges all but its signature */
JURAT_MUST_CHECK int judge_chain(
	struct snp_judge *j); /* chooses the others, judges them and every signature */
JURAT_MUST_CHECK int judge_crls(struct snp_judge *j); /* needs a trusted root and an intermediate */
JURAT_MUST_CHECK int judge_report_signature(struct snp_judge *j); /* needs a leaf */
void judge_policy(struct snp_judge *j);
void judge_done(struct snp_judge *j);

/* Remembers an entry of the evidence whose signature was found to hold under a trusted issuer. */
void judge_keep(struct snp_judge *j, struct cert_entry *entry, struct cert_cache *cache);
void judge_keep_crl(struct snp_judge *j);
/* Whether this can be the certificate of the key that signed: of its kind, chip and TCB. */
bool judge_fits(const struct snp_judge *j, const struct cert_entry *leaf);
void judge_missing(struct snp_judge *j); /* after the chain: what there is to be had at AMD */
/* The product as far as the report alone, or the issuer of this leaf, says it. */
enum snp_product judge_product(const struct snp_judge *j, const struct cert_entry *leaf);

#endif
