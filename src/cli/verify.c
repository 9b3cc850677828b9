/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/reasons.h"

static int set_report_data(struct cli *cli, struct jurat_policy *policy)
{
	const char *text = cli_get(cli, "report-data");
	struct jurat_error err = { "" };
	uint8_t data[64];
	char hex[BYTES_HEX_SIZE(sizeof(data))];

	if (!text)
		return CLI_OK;
	if (cli_bytes(text, data, sizeof(data), &err) < 0 ||
	    jurat_policy_set(policy, "report_data", bytes_to_hex(data, sizeof(data), hex), &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--report-data: %s", err.text);
	return CLI_OK;
}

/* The policy file first, then what the command line adds to it or puts in its place. */
static int load_policy(struct cli *cli, struct jurat_policy *policy)
{
	const char *path = cli_get(cli, "policy"), *measurement = cli_get(cli, "measurement"), *member;
	auto_free uint8_t *json = NULL;
	struct jurat_error err = { "" };
	size_t n;

	if (path) {
		if (cli_read(path, &json, &n, &err) < 0)
			return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
		if (jurat_policy_read_json(policy, (const char *)json, n, &err) < 0)
			return cli_fail(cli, CLI_USAGE, "'%s': %s", path, err.text);
	}
	for (size_t i = 0; (member = cli_get_nth(cli, "require", i)); i++) {
		const char *equals = strchr(member, '=');
		auto_free char *name = equals ? strndup(member, (size_t)(equals - member)) : NULL;

		if (!name)
			return cli_fail(cli, CLI_USAGE, "--require wants NAME=VALUE, not '%s'", member);
		if (jurat_policy_set(policy, name, equals + 1, &err) < 0)
			return cli_fail(cli, CLI_USAGE, "--require %s: %s", member, err.text);
	}
	if (cli_has(cli, "allow-no-collateral") &&
	    jurat_policy_set(policy, "allow_no_collateral", "true", &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (measurement && jurat_policy_set(policy, "measurement", measurement, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--measurement: %s", err.text);
	return set_report_data(cli, policy);
}

static int print_verdict(struct cli *cli, const struct jurat_verdict *verdict)
{
	auto_free char *text =
		cli_wants_json(cli) ? jurat_verdict_json(verdict) : jurat_verdict_text(verdict);

	if (!text)
		return cli_fail(cli, CLI_INTERNAL, "out of memory");
	fputs(text, stdout);
	if (text[0] && text[strlen(text) - 1] != '\n')
		putchar('\n');
	return jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
}

static int judge_report(struct cli *cli, struct jurat_verifier *verifier, const struct cli_evidence *loaded,
			const struct jurat_policy *policy, int64_t at)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = loaded->report,
					       .report_size = loaded->report_size,
					       .certs = loaded->certs,
					       .certs_size = loaded->certs_size };
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status;

	if (jurat_verify_snp(verifier, &evidence, policy, at, &verdict, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = print_verdict(cli, verdict);
	jurat_verdict_free(verdict);
	return status;
}

/* What --collateral names; without it, what lies beside a quote that demo or attest wrote. */
static int load_collateral(struct cli *cli, struct jurat_collateral *collateral,
			   const struct cli_evidence *loaded)
{
	const char *path;
	int status = CLI_OK;

	if (!cli_has(cli, "collateral"))
		return loaded->collateral ? cli_load_collateral(cli, collateral, loaded->collateral) : CLI_OK;
	for (size_t i = 0; status == CLI_OK && (path = cli_get_nth(cli, "collateral", i)); i++)
		status = cli_load_collateral(cli, collateral, path);
	return status;
}

static int judge_quote(struct cli *cli, struct jurat_verifier *verifier, const struct cli_evidence *loaded,
		       const struct jurat_policy *policy, int64_t at)
{
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence),
					       .quote = loaded->quote,
					       .quote_size = loaded->quote_size };
	struct jurat_collateral *collateral = NULL;
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status;

	if (jurat_collateral_new(&collateral, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = load_collateral(cli, collateral, loaded);
	if (status == CLI_OK &&
	    jurat_verify_tdx(verifier, &evidence, collateral, policy, at, &verdict, &err) < 0)
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = print_verdict(cli, verdict);
	jurat_verdict_free(verdict);
	jurat_collateral_free(collateral);
	return status;
}

static int judge(struct cli *cli, struct jurat_verifier *verifier, const struct jurat_policy *policy)
{
	struct cli_evidence loaded = { 0 };
	int64_t at;
	int status = cli_load_time(cli, &at);

	if (status == CLI_OK)
		status = cli_load_evidence(cli, cli->args[0], &loaded);
	if (status != CLI_OK)
		return status;
	if (loaded.report && loaded.quote && cli_wants_json(cli))
		puts("[");
	if (loaded.report)
		status = judge_report(cli, verifier, &loaded, policy, at);
	if (loaded.report && loaded.quote && status <= CLI_REFUSED)
		puts(cli_wants_json(cli) ? "," : "");
	if (loaded.quote && status <= CLI_REFUSED) {
		int quote = judge_quote(cli, verifier, &loaded, policy, at);

		status = quote > status ? quote : status;
	}
	if (loaded.report && loaded.quote && cli_wants_json(cli))
		puts("]");
	cli_evidence_done(&loaded);
	return status;
}

static int list_reasons(void)
{
	const char *code, *text;

	for (size_t i = 0; verify_reason_at(i, &code, &text); i++)
		printf("%-32s %s\n", code, text);
	return CLI_OK;
}

int cli_verify(struct cli *cli)
{
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (cli_has(cli, "list-reasons"))
		return list_reasons();
	if (cli->n_args < 1)
		return cli_fail(cli, CLI_USAGE, "wants EVIDENCE (see jurat verify --help)");
	if (jurat_verifier_new(&verifier, &err) < 0 || jurat_policy_new(&policy, &err) < 0)
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = load_policy(cli, policy);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "roots", CLI_LOAD_ROOTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "certs", CLI_LOAD_CERTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "crl", CLI_LOAD_CRL);
	if (status == CLI_OK)
		status = judge(cli, verifier, policy);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return status;
}
