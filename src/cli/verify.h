/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <jansson.h>

#include "cli/load.h"

/*
 * `jurat verify` is in two programs: jurat, which verifies offline, and jurat-network, which has --fetch. The
 * verdict itself says what the evidence lacks.
 */
struct cli_verify {
	/*
	 * Fetches what a verdict lacks and adds it to verifier, collateral and `fetched`; NULL: offline.
	 *
	 * ret_more   whether something was added
	 * Returns    CLI_OK; another exit status after an error message
	 */
	int (*fetch)(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		     bool *ret_more);
	void *context;
	/* Set by cli_verify_with(): */
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	struct jurat_policy *policy, *quote_policy; /* NULL: the same for quotes */
	int64_t at;
	/* Of one piece of evidence: */
	const struct cli_evidence *evidence;
	json_t *fetched; /* for the verdict: objects of item and from */
};

int cli_verify_with(struct cli *cli, struct cli_verify *v);

/* Verifies v->evidence, and again while the verdict lacks something that can be fetched. CLI_OK: a verdict */
int cli_verify_evidence(struct cli *cli, struct cli_verify *v, bool quote, struct jurat_verdict **ret);
/* The verdict as it is printed, without what --explain found. NULL: no memory */
json_t *cli_verify_json(const struct jurat_verdict *verdict, const struct cli_verify *v);

/*
 * Several pieces of evidence: one line each, and a summary (verify_many.c).
 *
 * Returns   words: whether the options fit together, false after a message. CLI_OK: all are accepted, or
 *           another exit status
 */
bool cli_verify_many_words(struct cli *cli);
int cli_verify_many(struct cli *cli, struct cli_verify *v);
/* `jurat verify` in jurat-network. */
int cli_verify_network(struct cli *cli);

#endif
