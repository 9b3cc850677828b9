/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_TABLE_H
#define VERIFY_POLICY_TABLE_H

#include "verify/policy.h"

/* The members of a policy, one row each, which its reader, writer and scope share. */

enum policy_kind {
	POLICY_KIND_REPORT_DATA, /* struct policy_list: 64 bytes, as policy_read_report_data() takes them */
	POLICY_KIND_VECTOR,      /* uint64_t: a whole number, or "0x..." */
	POLICY_KIND_BYTES,       /* struct policy_list: hex of `arg` bytes, one or several */
	POLICY_KIND_CHIP_ID,     /* the same, also 8 bytes for Turin */
	POLICY_KIND_BOOL,        /* bool */
	POLICY_KIND_NUMBER,      /* uint32_t, at most `arg` */
	POLICY_KIND_NUMBERS,     /* uint32_t bit set of numbers up to `arg`, one or several */
	POLICY_KIND_SVNS,        /* struct policy_svns: up to 16 numbers */
	POLICY_KIND_TIME,        /* int64_t: a date, or a date and time */
	POLICY_KIND_TCB,         /* struct policy_tcb */
	POLICY_KIND_VERSION,     /* struct policy_version of `arg` parts */
	POLICY_KIND_PRODUCTS,    /* uint32_t bit set, one or several names */
	POLICY_KIND_WORDS,       /* struct policy_words, one or several */
	POLICY_KIND_TEXTS,       /* the same, also the empty string */
	POLICY_KIND_ADVISORIES,  /* the same of advisory ids */
	POLICY_KIND_EVENTS,      /* struct policy_events */
	POLICY_KIND_TEES,        /* uint32_t bit set, one or several names */
	POLICY_KIND_STATUSES,    /* uint32_t bit set, one or several names */
	POLICY_KIND_FLAGS, /* uint64_t bit set of enum policy_flags `arg`: "0x..." or one or several names */
	POLICY_KIND_UNKNOWN, /* the same of bits without a name: true, false, or one or several numbers */
};

struct policy_row {
	const char *name;
	enum policy_scope scope;
	enum policy_kind kind;
	size_t off; /* in struct jurat_policy */
	uint64_t arg;
	bool widens; /* its purpose is to accept more than the default policy */
};

extern const struct policy_row policy_rows[];
extern const size_t policy_n_rows;

/* Finds a row by the current name of a member; NULL: there is none. */
const struct policy_row *policy_row_find(const char *name);

#endif
