/* SPDX-License-Identifier: MIT */
#ifndef CASES_RUN_H
#define CASES_RUN_H

#include <jansson.h>
#include <stdio.h>

#include "cases/cases.h"

/* A corpus on disk, adapters that put its cases before a verifier, and what comes of it. */

/* ---- the index */

struct cases_entry {
	const char *id, *what, *class, *tee; /* borrowed from the index */
	enum cases_verdict verdict;
	char *dir; /* absolute path of its folder */
	int known; /* enum cases_answer that is known to differ (cases_expect_read()); -1: none */
};
struct cases_index {
	json_t *json;
	struct cases_entry *entries;
	size_t n;
};
/*
 * Reads an index.
 *
 * dir       the directory of the corpus; NULL: that of `path`
 * Returns   0; -EPROTO another format: `err` names it; -EBADMSG malformed; -ENOMEM; another -errno
 */
JURAT_MUST_CHECK int cases_index_read(const char *path, const char *dir, struct cases_index *ret,
				      struct jurat_error *err);
void cases_index_done(struct cases_index *index);
/* Keeps only these cases. -EINVAL: a pattern that no id matches. */
JURAT_MUST_CHECK int cases_index_select(struct cases_index *index, const char *const *only,
					struct jurat_error *err);

/* ---- answers */

enum cases_answer {
	CASES_ANSWERED_ACCEPTED,
	CASES_ANSWERED_REFUSED,
	CASES_ANSWERED_UNSUPPORTED,
	CASES_ANSWERED_ERROR, /* no answer: a fault of the adapter */
	CASES_N_ANSWERS,
};
const char *cases_answer_name(enum cases_answer answer); /* "accepted", ... "error" */

enum { CASES_RESULT_TEXT = 400 };
struct cases_result {
	enum cases_answer answer;
	char text[CASES_RESULT_TEXT]; /* the reason, or what is wrong with the adapter; printable */
	uint64_t ns;
};
/* Reads what an adapter printed for a case: one line. Anything else is an error, and *ret says so. */
void cases_answer_read(const char *text, size_t n, const char *id, struct cases_result *ret);

enum cases_outcome { CASES_RIGHT, CASES_WRONG, CASES_UNSUPPORTED, CASES_ERROR, CASES_N_OUTCOMES };
enum cases_outcome cases_outcome(const struct cases_entry *entry, const struct cases_result *result);
const char *cases_outcome_name(enum cases_outcome outcome);

/* ---- adapters */

struct cases_adapter_options {
	char *const *argv; /* n of them; borrowed */
	size_t n;
	bool lines; /* one process for many cases, which is started with --lines */
	unsigned limit_ms;
	bool (*stopped)(void); /* asked some times a second; NULL: never */
};
/* One adapter, for one thread. No process is started yet. 0; -ENOMEM. */
struct cases_adapter;
JURAT_MUST_CHECK int cases_adapter_new(const struct cases_adapter_options *options,
				       struct cases_adapter **ret, struct jurat_error *err);
/* Ends the process: with --lines, when it has read the end of its input. */
void cases_adapter_free(struct cases_adapter *adapter);
/*
 * Puts a case before the adapter. A process that fails, hangs or prints anything but the answer is killed
 * with its process group, and the result says why.
 *
 * ret       borrowed until the next call or the end of the adapter: a process that is found to have failed
 *           after its answer has not answered
 */
void cases_adapter_ask(struct cases_adapter *adapter, const struct cases_entry *entry,
		       struct cases_result *ret);

/* ---- known differences */

/*
 * A text of lines "ID ANSWER": what an adapter is known to answer where that is not the verdict of the
 * corpus. ID may be a pattern (fnmatch); of several that match, the last counts. "#" begins a comment.
 *
 * Returns   0: the cases of the index know it; -EINVAL: `err` names the line; -ENOMEM
 */
JURAT_MUST_CHECK int cases_expect_read(const char *text, size_t n, struct cases_index *index,
				       struct jurat_error *err);

/* ---- what comes of it */

struct cases_run {
	const struct cases_index *index;
	const struct cases_result *results; /* by case */
	bool has_expect;                    /* cases_expect_read() was called */
	char *const *adapter;
	size_t n_adapter;
};
/*
 * Whether a case came out as it is to: as the file says, or right; without a file unsupported cases are no
 * difference either.
 */
bool cases_is_expected(const struct cases_run *run, size_t i);
/* The differences, one a line, then a table by class. */
void cases_print_text(const struct cases_run *run, FILE *to);
/* NULL: no memory. */
json_t *cases_report_json(const struct cases_run *run);
void cases_print_junit(const struct cases_run *run, FILE *to);
/* A text for cases_expect_read() with which all would be as expected. */
void cases_print_expect(const struct cases_run *run, FILE *to);

#endif
