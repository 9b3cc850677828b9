/* SPDX-License-Identifier: MIT */
#include "cli/verify_explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/policy.h"

static const struct {
	const char *member, *reason;
} rows[] = {
	{ "measurement", JURAT_REASON_MEASUREMENT_MISMATCH },
	{ "mrtd", JURAT_REASON_MRTD_MISMATCH },
	{ "rtmr0", JURAT_REASON_RTMR0_MISMATCH },
	{ "rtmr1", JURAT_REASON_RTMR1_MISMATCH },
	{ "rtmr2", JURAT_REASON_RTMR2_MISMATCH },
};

bool cli_verify_explain_options(const struct cli *cli)
{
	/* Of the options behind them in the table, which are the inputs of a measurement. */
	bool is_input = false;

	if (cli_has(cli, "explain"))
		return cli_has(cli, "firmware") || cli_misuse(cli, "--explain requires --firmware");
	for (size_t i = 0; i < cli->verb->n_options; i++) {
		const char *name = cli->verb->options[i].name;

		if (is_input && !strcmp(name, "output"))
			break;
		is_input = is_input || !strcmp(name, "explain");
		if (is_input && cli_has(cli, name))
			return cli_misuse(cli, "--%s is used with --explain", name);
	}
	return true;
}

bool cli_verify_explain_policy(const struct cli *cli, const struct jurat_policy *policy)
{
	if (!cli_has(cli, "explain"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (policy_is_set(policy, rows[i].member))
			return true;
	return cli_misuse(cli, "--explain: no measurement is required (see --measurement and --policy)");
}

static bool is_of_measurement(const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].reason, reason))
			return true;
	return false;
}

static int explain(struct measuring *m, enum jurat_tee tee, const struct cli_evidence *evidence,
		   struct explanation *ret)
{
	struct measuring_lists lists = { 0 };
	struct measure_snp snp;
	struct measure_tdx tdx;
	int status;

	if (tee == JURAT_TEE_TDX) {
		status = measuring_tdx_options(m, &lists, &tdx);
		return status == CLI_OK ? explain_quote(m, &tdx, evidence->quote, evidence->quote_size, ret)
					: status;
	}
	status = measuring_snp_options(m, &snp);
	return status == CLI_OK ? explain_report(m, &snp, evidence->report, evidence->report_size, ret)
				: status;
}

int cli_verify_explain(struct cli *cli, const struct jurat_verdict *verdict,
		       const struct cli_evidence *evidence, struct explanation *ret, bool *ret_verified)
{
	struct measuring m = { .cli = cli };
	const char *code;
	bool differs = false;
	int status;

	*ret = (struct explanation){ .text = NULL };
	*ret_verified = true;
	for (size_t i = 0; (code = jurat_verdict_reason_code(verdict, i)); i++) {
		differs = differs || is_of_measurement(code);
		*ret_verified = *ret_verified && is_of_measurement(code);
	}
	if (!differs || !cli_has(cli, "explain"))
		return CLI_OK;
	status = explain(&m, jurat_verdict_tee(verdict), evidence, ret);
	for (size_t i = 0; i < m.n_files; i++)
		free(m.files[i]);
	return status;
}
