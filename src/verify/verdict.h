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

/* What is below what the policy, or the next better TCB level of Intel's collateral, asks for. */
struct verdict_shortfall {
	const char *part; /* "reported_tcb", "platform" ...: a constant string */
	char component[VERDICT_COMPONENT_BYTES];
	uint64_t is, wanted;
	bool is_flags; /* they are words of flags, of which `wanted` has some that `is` lacks */
	char name[VERDICT_COMPONENT_NAME_BYTES]; /* what the collateral calls the component; may be empty */
	/* TDX: of the level that asks for it. */
	enum tcb_status status; /* TCB_STATUS_NONE: nothing below this line holds */
	int64_t date;
	char **advisories; /* owned, and each of them */
	size_t n_advisories;
};

/* One certificate of the chain, as far as people want to see it. */
struct verdict_cert {
	bool there;
	char subject[VERDICT_NAME_BYTES], issuer[VERDICT_NAME_BYTES]; /* common names */
	char subject_dn[VERDICT_DN_BYTES], issuer_dn[VERDICT_DN_BYTES];
	uint8_t sha256[32];
	int64_t not_before, not_after;
};

/* A certificate that an SEV-SNP report was not verified for want of, and where AMD has it. */
enum verdict_missing_kind { MISSING_LEAF, MISSING_CHAIN };
struct verdict_missing {
	enum verdict_missing_kind kind;
	bool vlek;
	enum snp_product products[2]; /* one of these */
	size_t n_products;
	char urls[2][VERDICT_URL_BYTES]; /* by product; "": AMD has none for anybody */
	bool has_tcb;                    /* MISSING_LEAF: */
	struct snp_tcb tcb;
};

/* Self-contained: nothing in it borrows from evidence or verifier. */
struct jurat_verdict {
	bool refused, has_report, roots_given, signature_holds;
	unsigned not_judged;                                   /* bits of enum verify_not_judged */
	char passed[VERDICT_MAX_PASSED][VERDICT_PASSED_BYTES]; /* "platform_info bit-8": allowed unknown */
	size_t n_passed;
	int64_t at;
	struct verdict_shortfall shortfalls[VERDICT_MAX_SHORTFALLS];
	size_t n_shortfalls;
	size_t n_reasons; /* kept ones; more than fit still refuse */
	struct {
		enum verify_reason reason;
		char detail[VERDICT_DETAIL_BYTES];
	} reasons[VERDICT_MAX_REASONS];
	struct verdict_tdx
		*tdx; /* of a TD quote, owned; NULL: of an SEV-SNP report, and what follows speaks of that */
	struct snp_report report;
	enum snp_product product;
	bool vlek;
	struct verdict_missing missing[VERDICT_MAX_MISSING];
	size_t n_missing;
	struct verdict_cert leaf, intermediate, root;
	struct vek leaf_says; /* when leaf.there */
};

/* The same reason with the same detail counts once. */
__attribute__((format(printf, 3, 4))) void verdict_refuse(struct jurat_verdict *verdict,
							  enum verify_reason reason, const char *format, ...);
/*
 * Notes what is short; the verdict's text, its JSON and jurat_verdict_shortfall() show it. Whether it
 * is refused for that is another matter. Returns the entry, in which a TD quote's level can be filled in.
 */
struct verdict_shortfall *verdict_short(struct jurat_verdict *verdict, const char *part,
					const char *component, uint64_t is, uint64_t wanted);
/*
 * Refuses evidence whose certificate is not valid at `at`. The detail begins with `name`, which may be NULL
 * where the reason says which certificate it is.
 */
void verdict_check_time(struct jurat_verdict *verdict, int64_t at, const struct crypto_cert *cert,
			const char *name, enum verify_reason not_yet, enum verify_reason expired);
void verdict_shortfalls_free(struct jurat_verdict *verdict);
/* Who signed, of a verdict with a report or quote. */
enum jurat_signer verdict_snp_signer(const struct jurat_verdict *verdict);
enum jurat_signer verdict_tdx_signer(const struct jurat_verdict *verdict);
/* Nothing when there is no entry. */
void verdict_show_cert(const struct cert_entry *entry, struct verdict_cert *to);
void verdict_not_judged(struct jurat_verdict *verdict, enum verify_not_judged what);
/*
 * Bits of a word of flags that have no name in this version. Those outside of `can_pass` may weaken what the
 * evidence promises: refused, whatever the policy says. Those of `allowed` are listed as not judged, by their
 * numbers; the others are refused, and the detail names the policy's member allow_unknown_<field>.
 */
void verdict_unknown_bits(struct jurat_verdict *verdict, const struct wire_bits *set, uint64_t value,
			  uint64_t can_pass, uint64_t allowed, enum verify_reason reason);

/* What could not be verified: no memory, or an internal error of the cryptographic library. Returns `r`. */
int verdict_not_reached(struct jurat_error *err, int r, const char *what);

enum { VERDICT_TIME_BYTES = 32 };
/* RFC 3339 in UTC; seconds that no calendar has as a plain number. Returns `to`. */
char *verdict_time(int64_t seconds, char to[VERDICT_TIME_BYTES]);
/*
 * Text of untrusted origin: what is not printable ASCII becomes '?', what does not fit is cut. Returns
 * `to`.
 */
char *verdict_name(const struct bytes_rd *text, char *to, size_t size);

#endif
