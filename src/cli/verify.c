/* SPDX-License-Identifier: MIT */
#include "cli/load.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/reasons.h"
#include "verify/render.h"

static int set_report_data(struct cli *cli, struct jurat_policy *policy)
{
	struct jurat_error err = { "" };
	uint8_t data[64];
	char hex[2 + BYTES_HEX_SIZE(sizeof(data))] = "0x";
	bool there;
	int status = cli_report_data(cli, data, &there);

	if (status != CLI_OK || !there)
		return status;
	bytes_to_hex(data, sizeof(data), hex + 2);
	if (jurat_policy_set(policy, "report_data", hex, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	return CLI_OK;
}

/* Loads the policy file, then the options that add to it or override it. */
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
			return cli_fail(cli, CLI_ENVIRONMENT, "'%s': %s", path, err.text);
	}
	for (size_t i = 0; (member = cli_get_nth(cli, "require", i)); i++) {
		const char *equals = strchr(member, '=');
		auto_free char *name = equals ? strndup(member, (size_t)(equals - member)) : NULL;

		if (!name)
			return cli_fail(cli, CLI_USAGE, "--require: expected NAME=VALUE, found '%s'", member);
		if (jurat_policy_set(policy, name, equals + 1, &err) < 0)
			return cli_fail(cli, CLI_USAGE, "--require %s: %s", member, err.text);
	}
	if (measurement && jurat_policy_set(policy, "measurement", measurement, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--measurement: %s", err.text);
	return set_report_data(cli, policy);
}

static void warn_of_policy(struct cli *cli, const struct jurat_policy *policy)
{
	const char *warning;

	for (size_t i = 0; (warning = jurat_policy_warning(policy, i)); i++)
		cli_warn(cli, "policy: %s", warning);
}

/*
 * The verdict on one piece of evidence. Nothing is printed before all are verified, so that the output is
 * complete.
 */
struct judged {
	char *text; /* NULL: there was no such evidence */
	int status;
};

/* Adds what evidence was decoded from to its verdict, as a line or a member. */
static char *add_decoded(struct cli *cli, char *text, const char *how)
{
	json_t *verdict = NULL;
	char *more = NULL;

	if (!text || !how[0])
		return text;
	if (cli_wants_json(cli))
		verdict = json_loads(text, 0, NULL);
	else if (asprintf(&more, "%s%-*s %s\n", text, RENDER_LABEL, "decoded", how) < 0)
		more = NULL;
	if (verdict && json_object_set_new(verdict, "decoded", json_string(how)) == 0)
		more = json_dumps(verdict, JSON_INDENT(2));
	json_decref(verdict);
	free(text);
	return more;
}

static int keep(struct cli *cli, const struct jurat_verdict *verdict, const char *how, struct judged *ret)
{
	ret->text = add_decoded(
		cli, cli_wants_json(cli) ? jurat_verdict_json(verdict) : jurat_verdict_text(verdict), how);
	if (!ret->text)
		return cli_fail_memory(cli);
	ret->status = jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
	return CLI_OK;
}

static int judge_report(struct cli *cli, struct jurat_verifier *verifier, const struct cli_evidence *loaded,
			const struct jurat_policy *policy, int64_t at, struct judged *ret)
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
	status = keep(cli, verdict, loaded->report_how, ret);
	jurat_verdict_free(verdict);
	return status;
}

static int judge_quote(struct cli *cli, struct jurat_verifier *verifier, const struct cli_evidence *loaded,
		       const struct jurat_tdx_collateral *collateral, const struct jurat_policy *policy,
		       int64_t at, struct judged *ret)
{
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence),
					       .quote = loaded->quote,
					       .quote_size = loaded->quote_size };
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status;

	if (jurat_verify_tdx(verifier, &evidence, collateral, policy, at, &verdict, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = keep(cli, verdict, loaded->quote_how, ret);
	jurat_verdict_free(verdict);
	return status;
}

static void print_text(const char *text)
{
	fputs(text, stdout);
	if (text[0] && text[strlen(text) - 1] != '\n')
		putchar('\n');
}

/* Prints one or both verdicts. Returns the more severe exit status. */
static int print(const struct cli *cli, const struct judged *report, const struct judged *quote)
{
	const bool both = report->text && quote->text, json = cli_wants_json(cli);

	if (both && json)
		puts("[");
	if (report->text)
		print_text(report->text);
	if (both)
		puts(json ? "," : "");
	if (quote->text)
		print_text(quote->text);
	if (both && json)
		puts("]");
	return report->status > quote->status ? report->status : quote->status;
}

/* Set for quotes, after a report beside one was verified, because this member restricts a policy to TDX. */
static int allow_no_collateral(struct cli *cli, struct jurat_policy *policy)
{
	struct jurat_error err = { "" };

	if (cli_has(cli, "allow-no-collateral") &&
	    jurat_policy_set(policy, "allow_no_collateral", "true", &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	return CLI_OK;
}

static int judge(struct cli *cli, struct jurat_verifier *verifier, struct jurat_tdx_collateral *collateral,
		 struct jurat_policy *policy)
{
	struct judged report = { 0 }, quote = { 0 };
	struct cli_evidence loaded = { 0 };
	int64_t at;
	int status = cli_load_time(cli, &at);

	if (status == CLI_OK)
		status = cli_load_evidence(cli, cli->args[0], &loaded);
	if (status == CLI_OK)
		status = cli_load_collateral(cli, collateral, &loaded);
	if (status == CLI_OK)
		status = cli_load_carried(cli, verifier, collateral, &loaded);
	if (status == CLI_OK && loaded.report)
		status = judge_report(cli, verifier, &loaded, policy, at, &report);
	if (status == CLI_OK && loaded.quote)
		status = allow_no_collateral(cli, policy);
	if (status == CLI_OK && loaded.quote)
		status = judge_quote(cli, verifier, &loaded, collateral, policy, at, &quote);
	if (status == CLI_OK && quote.text && quote.status == CLI_OK && loaded.unusable)
		status =
			/* collateral that was named must be used */
			cli_fail(cli, CLI_ENVIRONMENT, "%s", loaded.unusable);
	if (status == CLI_OK)
		status = print(cli, &report, &quote);
	free(report.text);
	free(quote.text);
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
	struct jurat_tdx_collateral *collateral = NULL;
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (cli_has(cli, "list-reasons"))
		return list_reasons();
	if (cli->n_args < 1)
		return cli_fail(cli, CLI_USAGE, "expected EVIDENCE (see jurat verify --help)");
	if (!cli_reads_stdin_once(cli, cli->args[0]))
		return CLI_USAGE;
	if (jurat_verifier_new(&verifier, &err) < 0 || jurat_policy_new(&policy, &err) < 0 ||
	    jurat_tdx_collateral_new(&collateral, &err) < 0)
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = load_policy(cli, policy);
	if (status == CLI_OK)
		warn_of_policy(cli, policy);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "roots", CLI_LOAD_ROOTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "certs", CLI_LOAD_CERTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, verifier, "crl", CLI_LOAD_CRL);
	if (status == CLI_OK)
		status = judge(cli, verifier, collateral, policy);
	jurat_tdx_collateral_free(collateral);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return status;
}
