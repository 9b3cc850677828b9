/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include <jansson.h>

#include "cli/load.h"
#include "wire/snp_report.h"

/*
 * `jurat verify` is in two programs: jurat, which verifies offline, and jurat-network, which has --fetch. The
 * verdict itself says what the evidence lacks.
 */
enum { CLI_VERIFY_MAX_ASKED = 16 };

/* What was asked for, for one piece of evidence. */
struct cli_verify_asked {
	size_t items[CLI_VERIFY_MAX_ASKED]; /* known to `fetch` */
	size_t n;
	enum snp_product product; /* of a VCEK that was fetched for a report which does not name it */
};

struct cli_verify {
	/*
	 * Fetches what a verdict lacks and adds it to verifier, collateral and `fetched`; NULL: offline. In
	 * any thread.
	 *
	 * ret_more   whether something was added
	 * Returns    CLI_OK; another exit status after an error message
	 */
	int (*fetch)(struct cli *cli, struct cli_verify *v, const struct jurat_verdict *verdict,
		     bool *ret_more);
	void *context;
	/* Set by cli_verify_with(): */
	bool several;                 /* pieces of evidence: nothing may be added to what they share */
	struct cli_endorsements kept; /* what the options have added to what is shared, for `several` */
	struct jurat_verifier *shared_verifier;
	struct jurat_tdx_collateral *shared_collateral;
	struct jurat_policy *policy, *quote_policy; /* NULL: the same for quotes */
	int64_t at;
	/* Of one piece of evidence: the shared ones, or its own. */
	struct jurat_verifier *verifier, *own_verifier;
	struct jurat_tdx_collateral *collateral, *own_collateral;
	const struct cli_evidence *evidence;
	struct cli_verify_asked asked;
	json_t *fetched; /* for the verdict: objects of item and from */
};

int cli_verify_with(struct cli *cli, struct cli_verify *v);

/* Begins with a piece of evidence, that is verified with what is shared; ends with it. */
void cli_verify_begin(struct cli_verify *v, const struct cli_evidence *evidence);
void cli_verify_end(struct cli_verify *v);
/*
 * Makes v->verifier or v->collateral fit to be added to: what one of several pieces of evidence brings, or
 * has fetched for it, must not serve another, or verdicts would depend on their order. So each of them gets
 * its own, with all that the options have named. CLI_OK; CLI_INTERNAL after a message
 */
int cli_verify_own_verifier(struct cli *cli, struct cli_verify *v);
int cli_verify_own_collateral(struct cli *cli, struct cli_verify *v);
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
