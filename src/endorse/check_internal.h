/* SPDX-License-Identifier: MIT */
#ifndef ENDORSE_CHECK_INTERNAL_H
#define ENDORSE_CHECK_INTERNAL_H

#include "endorse/check.h"
#include "verify/policy.h"
#include "verify/tdx_judge.h"

/* Shared by the files check*.c. */
enum { NUMBERS_MAX = 64 };

/* Of a value, what no signature covers: white space, names of members, marks of PEM, the signature. */
enum { UNSIGNED_MAX_BYTES = 1024 };

/* TCB recoveries that Intel lists for a TEE. */
struct endorse_numbers {
	size_t n; /* 0: not known */
	int64_t issued, next_update;
	struct endorse_number {
		uint32_t number;
		int64_t event; /* tcbRecoveryEventDate */
	} items[NUMBERS_MAX];
};

/* An ASK or ASVK and its ARK, owned; NULL: not checked yet. */
struct endorse_chain {
	struct cert_entry *intermediate, *root;
};

struct endorse_checker {
	struct jurat_verifier *verifier;                /* has roots, and nothing else that was supplied */
	struct endorse_chain chains[SNP_N_PRODUCTS][2]; /* VCEK, VLEK */
	struct cert_entry *intel_root;                  /* of the last issuer chain; owned; NULL: none yet */
	struct endorse_numbers numbers[2];              /* by enum endorse_tee */
};

/* One check. The verifier's functions write why it fails to `out`. */
struct endorse_case {
	struct endorse_checker *checker;
	const struct endorse_item *item;
	const struct endorse_value *value;
	int64_t at, expires; /* `expires`: the earliest end that was seen */
	int64_t issued;      /* 0: it has no such date */
	uint64_t number;
	struct jurat_policy policy;
	struct jurat_verdict *out;
};

/* Each as endorse_check(), but for *ret_expires and what is set in the value. */
JURAT_MUST_CHECK int endorse_check_amd(struct endorse_case *c, struct jurat_error *err);
JURAT_MUST_CHECK int endorse_check_intel(struct endorse_case *c, struct jurat_error *err);

/* ---- check_parts.c */

/*
 * What the verdict says. `r`: what the verifier returned; `except`: a reason that does not count;
 * VERIFY_N_REASONS: none.
 */
JURAT_MUST_CHECK int endorse_check_outcome(const struct endorse_case *c, int r, enum verify_reason except,
					   struct jurat_error *err);
void endorse_check_expires(struct endorse_case *c, int64_t end);
/* Takes date and number of a CRL that was checked. */
void endorse_check_issue(struct endorse_case *c, const struct crypto_crl *crl);
/*
 * Reads a PEM text of exactly two certificates and a little white space. 0; -EBADMSG; -ENOMEM. The caller
 * frees both with cert_entry_free().
 */
JURAT_MUST_CHECK int endorse_read_chain(const void *text, size_t n, struct cert_entry *ret[2],
					struct jurat_error *err);
/*
 * Whether the root of a chain is the trusted one, or has its name and key and is signed by it. 0;
 * JURAT_REFUSED; < 0 -errno.
 */
JURAT_MUST_CHECK int endorse_is_root(struct cert_entry *own, struct cert_entry *root);
void endorse_keep(struct cert_entry **to, struct cert_entry *entry);

#endif
