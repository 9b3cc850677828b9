/* SPDX-License-Identifier: MIT */
#ifndef CASES_H
#define CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/snp_product.h"
#include "sim/tdx/tdx_module.h"

/*
 * The corpus: evidence that every verifier must accept or refuse. One table is the source of it
 * (table_snp*.c, table_tdx*.c); `jurat cases make` writes it, `jurat cases run` puts it before a verifier.
 *
 * An id is never renamed, and never changes its meaning.
 */
enum cases_verdict { CASES_ACCEPTED, CASES_REFUSED, CASES_EITHER };

enum cases_class {
	CASES_GOOD,       /* nothing is wrong */
	CASES_FORMAT,     /* sizes, versions, reserved bits, encodings */
	CASES_SIGNATURE,  /* of report, quote, QE report, documents */
	CASES_CHAIN,      /* certificates: issuer, profile, root */
	CASES_VALIDITY,   /* expired, not yet valid, stale */
	CASES_REVOCATION, /* CRLs, and what is on them */
	CASES_BINDING,    /* of other parts: another chip, TCB, FMSPC, key, enclave */
	CASES_TCB,        /* statuses, minimum TCBs, advisories */
	CASES_IDENTITY,   /* measurement, report data, signers ... that the policy names */
	CASES_STATE,      /* debug, migration, attributes, platform_info: what guest and platform may do */
	CASES_N_CLASSES,
};
const char *cases_class_name(enum cases_class c); /* "validity" */
const char *cases_class_what(enum cases_class c); /* a sentence */
const char *cases_verdict_name(enum cases_verdict v);

enum { CASES_MAX_ITEMS = 12, CASES_MAX_REASONS = 8 };

/* Strings are constant, or owned by the table. */
struct cases_row {
	const char *id;   /* "snp-report-signature-r-zero" */
	const char *what; /* one sentence: what is wrong, or what is unusual and right */
	const char *spec; /* "AMD 56860 rev 1.58, 7.3 table 23": document and section */
	const char *bug;  /* "B17", "V4", "CVE-2024-..."; NULL: none known */
	bool tdx;
	enum snp_product product; /* SEV-SNP */
	uint32_t report_version;  /* SEV-SNP; 0: the product's */
	bool vlek;
	enum sim_tdx_generation generation; /* TDX */
	const char *items[CASES_MAX_ITEMS]; /* the order (sim/forge/order.h); NULL at the end */
	const char *policy;                 /* the members of a jurat-policy(5), without braces; NULL: none */
	const char *judged_at;              /* a time as sim/forge/order.h has them; NULL: "at" */
	bool needs_crl;                     /* the verifier is to require CRLs */
	bool vendor_roots; /* the verifier is to trust the vendor's own roots only: none is supplied */
	enum cases_verdict verdict;
	enum cases_class class;
	/* jurat's codes, all that it gives, each once, in its order; NULL at the end */
	const char *reasons[CASES_MAX_REASONS];
};

/* The date of all evidence: 2026-07-01 00:00:00 UTC. */
#define CASES_AT INT64_C(1782864000)

/*
 * The whole table, made at the first call: rows that are written out, and those that follow from a rule (each
 * product, component, bit).
 *
 * Returns   0; -ENOMEM
 */
struct cases_table {
	struct cases_row *rows;
	size_t n;
	char **owned; /* strings of rows that follow from a rule */
	size_t n_owned;
};
JURAT_MUST_CHECK int cases_table_new(struct cases_table *ret, struct jurat_error *err);
void cases_table_done(struct cases_table *table);

/* Adds rows: one function for each file of the table. */
struct cases_builder;
JURAT_MUST_CHECK int cases_add(struct cases_builder *b, const struct cases_row *rows, size_t n);
/* Text that the table owns; NULL: no memory, and the builder fails at its end. */
__attribute__((format(printf, 2, 3))) const char *cases_text(struct cases_builder *b, const char *format,
							     ...);
int cases_add_snp(struct cases_builder *b);
int cases_add_tdx(struct cases_builder *b);

/*
 * Writes the corpus into a new or empty directory: index.json, cases.schema.json, README.md, LICENSE and a
 * folder for each case. Nothing is left behind on failure; index.json comes last.
 *
 * only      NULL-terminated ids or patterns (fnmatch); NULL: all
 * go_on     may be NULL: called after each case; false ends it
 * Returns   0; -EINVAL an order that cannot be made, or a pattern that no id matches: `err` names it;
 *           -ENOTEMPTY; -EINTR go_on said so; another -errno
 */
enum { CASES_INDEX_FORMAT = 1 };
struct cases_make_options {
	const char *dir;
	const char *const *only;
	bool (*go_on)(void *ctx, size_t done, size_t n);
	void *ctx;
};
JURAT_MUST_CHECK int cases_make(const struct cases_make_options *options, struct jurat_error *err);

/* Removes a corpus, or any other tree. */
void cases_remove(const char *dir);

/* Whether an id is among these patterns; NULL: all are. */
bool cases_id_matches(const char *id, const char *const *only);
/* 0; -EINVAL: a pattern that no row of the table matches. */
JURAT_MUST_CHECK int cases_check_patterns(const struct cases_table *table, const char *const *only,
					  struct jurat_error *err);

#endif
