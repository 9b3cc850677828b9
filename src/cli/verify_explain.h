/* SPDX-License-Identifier: MIT */
#ifndef CLI_VERIFY_EXPLAIN_H
#define CLI_VERIFY_EXPLAIN_H

#include "cli/measure_explain.h"
#include "cli/verify.h"

/* Whether --explain has what it needs, and nothing is used without it. false after an error message. */
bool cli_verify_explain_options(const struct cli *cli);
/* The same of a policy: one that requires no measurement is never missed. */
bool cli_verify_explain_policy(const struct cli *cli, const struct jurat_policy *policy);

/*
 * With --explain, and a measurement that is not the required one: which inputs have it. Else, nothing.
 *
 * ret_verified   nothing but measurements was the reason for the refusal
 * Returns        CLI_OK; another exit status after a message
 */
JURAT_MUST_CHECK int cli_verify_explain(struct cli *cli, const struct jurat_verdict *verdict,
					const struct cli_evidence *evidence, struct explanation *ret,
					bool *ret_verified);

#endif
