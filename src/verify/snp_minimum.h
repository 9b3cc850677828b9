/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_SNP_MINIMUM_H
#define VERIFY_SNP_MINIMUM_H

#include "base/error.h"
#include "wire/snp_product.h"

/*
 * A user's table of minimum TCBs, jurat-snp-tcb-table(5): AMD publishes them in security bulletins for
 * people, and signs none. Pure functions on what was read.
 */
enum { SNP_MINIMUM_MAX_ROWS = 1024, SNP_MINIMUM_BULLETIN_BYTES = 33, SNP_MINIMUM_TITLE_BYTES = 161 };

struct snp_minimum {
	enum snp_product product;
	/* Processors that the row is for: a CPUID family, and one or both of the others; unset: all. */
	bool has_cpuid, has_stepping;
	uint8_t family, model, stepping;
	char bulletin[SNP_MINIMUM_BULLETIN_BYTES];
	char title[SNP_MINIMUM_TITLE_BYTES]; /* "": none */
	bool has_published;
	int64_t published;
	int64_t required_from; /* INT64_MIN: always */
	bool named[SNP_TCB_COMPONENTS];
	struct snp_tcb tcb; /* of the components that are named */
};

struct snp_minimums {
	struct snp_minimum *rows;
	size_t n;
};

/*
 * json      n bytes, the user's, parsed strictly
 * Returns   0; -EBADMSG: `err` names the row and the member; -ENOMEM. Free it with snp_minimums_done().
 */
JURAT_MUST_CHECK int snp_minimums_read(const char *json, size_t n, struct snp_minimums *ret,
				       struct jurat_error *err);
void snp_minimums_done(struct snp_minimums *minimums);

/* What is compared with the table. */
struct snp_minimum_subject {
	enum snp_product product;
	struct snp_tcb tcb;
	bool has_cpuid; /* reports of version 2 have none */
	uint8_t family, model, stepping;
};

enum snp_minimum_state {
	SNP_MINIMUM_OTHER, /* the row is for other processors, or not in force yet */
	SNP_MINIMUM_MET,
	SNP_MINIMUM_SHORT,
	/* not met, by a processor of which it is not known whether the row is for it */
	SNP_MINIMUM_UNDECIDED,
};

/* at   time when the row must be in force; INT64_MAX: whenever that is */
enum snp_minimum_state snp_minimum_state(const struct snp_minimum *row,
					 const struct snp_minimum_subject *subject, int64_t at);

#endif
