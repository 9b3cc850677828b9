/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_VERDICT_H
#define VERIFY_VERDICT_H

#include <jurat/verify.h>

#include "verify/reasons.h"
#include "verify/snp_vek.h"
#include "verify/tdx_status.h"
#include "wire/snp_report.h"

struct cert_entry;
struct verdict_tdx;

enum {
	VERDICT_MAX_REASONS = 48,
	VERDICT_DETAIL_BYTES = 256,
	VERDICT_NAME_BYTES = 48,
	VERDICT_MAX_PASSED = 128, /* every bit of two words: td_attributes and xfam of a TD */
	VERDICT_PASSED_BYTES = 32,
	VERDICT_MAX_SHORTFALLS = 128, /* every component of every TCB of a TD quote, or of a report */
	VERDICT_COMPONENT_BYTES = 48,
	VERDICT_DN_BYTES = 256,
	VERDICT_URL_BYTES = 256,
	VERDICT_MAX_MISSING = 2,
	VERDICT_COMPONENT_NAME_BYTES = 64,
};

/* A value below what the policy or the next better TCB level of Intel's collateral requires. */
struct verdict_shortfall {
	const char *part; /* "reported_tcb", "platform" ...: a constant string */
	char component[VERDICT_COMPONENT_BYTES];
	uint64_t is, wanted;
	bool is_flags;                           /* bit masks: `is` lacks some bits of `wanted` */
	char name[VERDICT_COMPONENT_NAME_BYTES]; /* name of the component in the collateral; may be empty */
	/* TDX: of the level that requires it. */
	enum tcb_status status; /* TCB_STATUS_NONE: the members below are not valid */
	int64_t date;
	char **advisories; /* owned, as is each string */
	size_t n_advisories;
};

/* A certificate that is missing to verify an SEV-SNP report, and its URLs at AMD. */
enum verdict_missing_kind { MISSING_LEAF, MISSING_CHAIN };
struct verdict_missing {
	enum verdict_missing_kind kind;
	bool vlek;
	enum snp_product products[2]; /* one of these */
	size_t n_products;
	char urls[2][VERDICT_URL_BYTES]; /* by product; "": there is no public URL */
	bool has_tcb;                    /* MISSING_LEAF: */
	struct snp_tcb tcb;
};

/* Self-contained: borrows nothing from evidence or verifier; certificates are shared. */
struct jurat_verdict {
	bool refused, has_report, roots_given, signature_holds;
	unsigned not_judged; /* bits of enum verify_not_judged */
	int64_t at;
	size_t n_passed, n_shortfalls;
	size_t n_reasons; /* stored reasons; further ones still refuse */
	struct verdict_tdx
		/* for a TD quote, owned; NULL: for an SEV-SNP report, which the members below are for */
		*tdx;
	struct snp_report report;
	enum snp_product product;
	bool vlek;
	struct verdict_missing missing[VERDICT_MAX_MISSING];
	size_t n_missing;
	struct cert_entry *leaf, *intermediate, *root; /* for display, shared; NULL: none */
	struct vek leaf_says;                          /* when there is a leaf */
	/* The rest has 40 KB, of which most verdicts use nothing: entries are set when their number grows. */
	char passed[VERDICT_MAX_PASSED][VERDICT_PASSED_BYTES]; /* "platform_info bit-8": allowed unknown */
	struct verdict_shortfall shortfalls[VERDICT_MAX_SHORTFALLS];
	struct {
		enum verify_reason reason;
		char detail[VERDICT_DETAIL_BYTES];
	} reasons[VERDICT_MAX_REASONS];
};

/* An empty verdict. NULL: out of memory. Freed with jurat_verdict_free(). */
struct jurat_verdict *verdict_new(void);
/* The same on a TD quote, or on what Intel signs. */
struct jurat_verdict *verdict_new_tdx(void);
/* Adds a reason for refusal; the same reason with the same detail is added once. */
__attribute__((format(printf, 3, 4))) void verdict_refuse(struct jurat_verdict *verdict,
							  enum verify_reason reason, const char *format, ...);
/*
 * Adds a shortfall, for the verdict's text, its JSON and jurat_verdict_shortfall(). Does not refuse the
 * evidence. Returns the entry, so that the level of a TD quote can be filled in.
 */
struct verdict_shortfall *verdict_short(struct jurat_verdict *verdict, const char *part,
					const char *component, uint64_t is, uint64_t wanted);
/*
 * Refuses evidence if a certificate is not valid at the time `at`. The detail begins with `name`, which may
 * be NULL if the reason identifies the certificate.
 */
void verdict_check_time(struct jurat_verdict *verdict, int64_t at, const struct crypto_cert *cert,
			const char *name, enum verify_reason not_yet, enum verify_reason expired);
void verdict_shortfalls_free(struct jurat_verdict *verdict);
/* For auto_call(). */
void verdict_drop(struct jurat_verdict **verdict);
/* The kind of signing key, for a verdict on a report. */
enum jurat_signer verdict_snp_signer(const struct jurat_verdict *verdict);
enum jurat_signer verdict_tdx_signer(const struct jurat_verdict *verdict);
void verdict_not_judged(struct jurat_verdict *verdict, enum verify_not_judged what);
/*
 * Handles bits of a bit field that have no name in this version. Those not in `can_pass` may weaken
 * guarantees of the evidence and are always refused. Of the others, those in `allowed` are listed as not
 * checked, by their numbers, and the rest is refused with a detail that names the policy member
 * allow_unknown_<field>.
 */
void verdict_unknown_bits(struct jurat_verdict *verdict, const struct wire_bits *set, uint64_t value,
			  uint64_t can_pass, uint64_t allowed, enum verify_reason reason);

/*
 * Reports that verification was not possible: out of memory, or an internal error of the cryptographic
 * library. Returns `r`.
 */
int verdict_not_reached(struct jurat_error *err, int r, const char *what);

enum { VERDICT_TIME_BYTES = 32 };
/* Formats a time as RFC 3339 in UTC; as a plain number outside the calendar's range. Returns `to`. */
char *verdict_time(int64_t seconds, char to[VERDICT_TIME_BYTES]);
/* Copies untrusted text: replaces what is not printable ASCII with '?', and truncates. Returns `to`. */
char *verdict_name(const struct bytes_rd *text, char *to, size_t size);

#endif
