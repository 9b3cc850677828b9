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
	struct jurat_policy *policy;
	const struct cli_evidence *evidence;
	int64_t at;
	json_t *fetched; /* for the verdict: objects of item and from */
};

int cli_verify_with(struct cli *cli, struct cli_verify *v);
/* `jurat verify` in jurat-network. */
int cli_verify_network(struct cli *cli);

#endif
