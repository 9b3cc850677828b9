/* SPDX-License-Identifier: MIT */
#ifndef CLI_TCB_H
#define CLI_TCB_H

#include <jansson.h>

#include "cli/jobs.h"
#include "cli/load.h"
#include "cli/names.h"
#include "verify/policy.h"
#include "verify/render.h"
#include "verify/snp_minimum.h"

/* Result of a row, the best first. */
enum tcb_result {
	ROW_CURRENT,     /* verified, and its status is accepted on every set */
	ROW_SHORT_EARLY, /* not on the early set only */
	ROW_SHORT,
	ROW_UNKNOWN,    /* nothing that it could be compared with */
	ROW_UNVERIFIED, /* the status, if there is one, is a claim */
	ROW_UNREADABLE,
	ROW_N_RESULTS
};
const char *tcb_result_name(enum tcb_result result);

/* Collateral of one platform that was fetched. */
struct tcb_fetched {
	uint8_t fmspc[6];
	unsigned cas; /* bit: enum endorse_ca, whose CRL both have */
	struct jurat_tdx_collateral *standard, *early;
};

/* What all evidence is compared with; it does not change while there are workers. */
struct tcb_survey {
	struct cli *cli;
	int64_t at;
	struct jurat_policy policy; /* nothing but what a TCB needs */
	uint32_t accepted;          /* bit: enum tcb_status */
	bool allow_unsigned;        /* a platform's own statement is enough */
	bool has_standard;          /* --collateral; without it, that beside a quote */
	bool has_early;
	struct jurat_tdx_collateral *standard, *early; /* NULL: none */
	struct tcb_fetched *fetched;                   /* instead of both, by FMSPC */
	size_t n_fetched;
	bool has_table;
	struct snp_minimums table;
};

/* The row of one piece of evidence. */
struct tcb_row {
	json_t *json, *reasons; /* reasons: a member of json, borrowed */
	enum tcb_result result;
	struct render_json o;
};
int tcb_row_init(struct tcb_row *row, const char *name);
void tcb_row_done(struct tcb_row *row);
/* Sets the result if it is worse than the row's. */
void tcb_row_worsen(struct tcb_row *row, enum tcb_result result);
__attribute__((format(printf, 4, 5))) void tcb_row_reason(struct tcb_row *row, const char *set,
							  const char *code, const char *format, ...);
/* `out_of_date`: the day, if it is known, and what it is. */
void tcb_row_out_of_date(struct tcb_row *row, const int64_t *date, const char *by);

/* A quote: verified, and compared with both sets. CLI_OK, or another status after a message. */
int tcb_quote(const struct tcb_survey *s, struct cli *cli, struct jurat_verifier *verifier,
	      struct cli_evidence *e, struct tcb_row *row);
int tcb_report(const struct tcb_survey *s, struct cli *cli, struct jurat_verifier *verifier,
	       const struct cli_evidence *e, struct tcb_row *row);
/* A platform that states its TCB, as JSON: output of `jurat host status`, or an object of our own. */
/* 0; -EBADMSG; another -errno */
int tcb_snp_platform(const struct tcb_survey *s, const json_t *json, struct tcb_row *row,
		     struct jurat_error *err);
struct tdx_stated;
int tcb_stated(const struct tcb_survey *s, struct jurat_verifier *verifier, const struct tdx_stated *stated,
	       struct tcb_row *row, struct jurat_error *err);
/* The object as JSON; NULL: `bytes` is no platform, or cannot be read. */
json_t *tcb_platform_load(const uint8_t *bytes, size_t n);
int tcb_platform(const struct tcb_survey *s, struct jurat_verifier *verifier, json_t *json,
		 struct tcb_row *row, struct jurat_error *err);
/* What a platform of TDX states; JURAT_NOT_FOUND: it is of SEV-SNP. */
int tcb_platform_tdx(json_t *json, struct tdx_stated *ret, struct jurat_error *err);

/* --policy-out: writes the policy. CLI_OK, also without the option; another status after a message. */
int tcb_write_policy(const struct tcb_survey *s);

/* The text of a row in the output format; the caller frees it. NULL: no memory. */
enum tcb_format { TCB_TEXT, TCB_JSON, TCB_CSV };
char *tcb_row_text(const struct tcb_row *row, enum tcb_format format);
extern const char tcb_csv_header[];

/* Fetches both sets for the platforms of all quotes. CLI_OK, or another status after a message. */
typedef int tcb_fetch(struct tcb_survey *s, const struct cli_name_list *names);
/* fetch   NULL: offline */
int cli_tcb_with(struct cli *cli, tcb_fetch *fetch);

#endif
