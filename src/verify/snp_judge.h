/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_SNP_JUDGE_H
#define VERIFY_SNP_JUDGE_H

#include "verify/policy.h"
#include "verify/verdict.h"
#include "verify/verifier.h"
#include "wire/snp_certs.h"

enum { JUDGE_MAX_CERTS = 3, JUDGE_MAX_HELD = JUDGE_MAX_CERTS + 1 }; /* of a table; and its CRL */

/* State of one verification. Everything but `out` is borrowed, or freed with it. */
struct snp_judge {
	struct jurat_verifier *verifier;
	const struct jurat_policy *policy;
	int64_t at;
	struct jurat_verdict *out;
	const uint8_t *report_bytes;
	struct snp_report report;
	enum snp_product product; /* SNP_PRODUCT_UNKNOWN until it is determined */
	bool vlek;
	uint8_t digest[CRYPTO_SHA384_BYTES]; /* of the signed bytes */
	uint8_t r[48], s[48];
	bool has_signature;  /* r and s fit in 48 bytes */
	bool signature_seen; /* the report's signature was already verified with the chosen leaf */
	struct snp_certs table;
	struct cert_entry *table_leaf, *table_intermediate, *table_root; /* NULL: none, or unusable */
	struct crl_entry *table_crl;
	bool leaf_unusable; /* the table has an entry for the leaf that is not a certificate */
	struct cert_entry *leaf, *intermediate, *root; /* the chosen chain */
	struct cert_entry *fresh[JUDGE_MAX_CERTS];     /* owned; NULL once a cache owns them */
	size_t n_fresh;
	struct crl_entry *fresh_crl;             /* the same */
	struct cache_slot *held[JUDGE_MAX_HELD]; /* cached items in use, pinned */
	size_t n_held;
	bool leaf_signed;  /* by the chosen intermediate */
	bool root_trusted; /* pinned and self-signed, or supplied */
	bool no_report;    /* `report` is what one would say about its key: it has no signature */
};

/*
 * The steps, in order. Each returns 0, also when it found reasons to refuse; < 0 -errno when it could not
 * verify.
 */
JURAT_MUST_CHECK int judge_table(struct snp_judge *j, const uint8_t *certs, size_t n);
/* Chooses the leaf, then checks all but its signature. */
JURAT_MUST_CHECK int judge_leaf(struct snp_judge *j);
/* Chooses the intermediate and the root, then checks them and the signature of every certificate. */
JURAT_MUST_CHECK int judge_chain(struct snp_judge *j);
/*
 * The part of it above the leaf, for a chosen intermediate and a leaf or none. *ret_trusted: a trusted root
 * signed the intermediate.
 */
JURAT_MUST_CHECK int judge_authorities(struct snp_judge *j, bool *ret_trusted);
/* Needs an intermediate and a trusted root. */
JURAT_MUST_CHECK int judge_crls(struct snp_judge *j);
/* Needs a leaf whose signature verified. */
JURAT_MUST_CHECK int judge_report_signature(struct snp_judge *j);
void judge_policy(struct snp_judge *j);
void judge_done(struct snp_judge *j);

/* Caches an entry of the evidence whose signature by a trusted issuer was verified. */
void judge_keep(struct snp_judge *j, struct cert_entry *entry, struct cache *cache);
void judge_keep_crl(struct snp_judge *j);
/* Whether this can be the certificate of the signing key: same kind, product, chip and TCB. */
bool judge_fits(const struct snp_judge *j, const struct cert_entry *leaf);
void judge_missing(struct snp_judge *j); /* after the chain: notes missing certificates and their URLs */
/* The product, as determined by the report alone or by the issuer of this leaf. */
enum snp_product judge_product(const struct snp_judge *j, const struct cert_entry *leaf);

#endif
