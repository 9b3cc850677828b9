/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/policy_file.h"
#include "cli/verify_explain.h"
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

/* The policy and --require, then the options of `verify` that override both. */
static int load_policy(struct cli *cli, struct jurat_policy *policy)
{
	const char *measurement = cli_get(cli, "measurement");
	struct jurat_error err = { "" };
	int status = cli_policy_load(cli, policy);

	if (status != CLI_OK)
		return status;
	if (measurement && jurat_policy_set(policy, "measurement", measurement, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "--measurement: %s", err.text);
	return set_report_data(cli, policy);
}

/*
 * The verdict on one piece of evidence. Nothing is printed before all are verified, so that the output is
 * complete.
 */
struct judged {
	char *text; /* NULL: there was no such evidence */
	int status;
};

/* Adds a line or a member to the text of a verdict, which is freed. NULL: no memory. */
static char *add_member(struct cli *cli, char *text, const char *name, const char *line, json_t *value)
{
	json_t *verdict = NULL;
	char *more = NULL;

	if (cli_wants_json(cli))
		verdict = json_loads(text, 0, NULL);
	else if (asprintf(&more, "%s%-*s %s\n", text, RENDER_LABEL, name, line) < 0)
		more = NULL;
	if (verdict && json_object_set(verdict, name, value) == 0)
		more = json_dumps(verdict, JSON_INDENT(2));
	json_decref(verdict);
	free(text);
	return more;
}

/* Adds what evidence was decoded from to its verdict. */
static char *add_decoded(struct cli *cli, char *text, const char *how)
{
	json_t *value;

	if (!text || !how[0])
		return text;
	value = json_string(how);
	text = add_member(cli, text, "decoded", how, value);
	json_decref(value);
	return text;
}

/* Adds what was fetched for it: a line for each item, or a list of objects. */
static char *add_fetched(struct cli *cli, char *text, json_t *fetched)
{
	const size_t n = json_array_size(fetched);

	if (!text || n == 0)
		return text;
	if (cli_wants_json(cli))
		return add_member(cli, text, "fetched", "", fetched);
	for (size_t i = 0; text && i < n; i++) {
		const json_t *row = json_array_get(fetched, i);
		auto_free char *line = NULL;

		if (asprintf(&line, "%s from %s", json_string_value(json_object_get(row, "item")),
			     json_string_value(json_object_get(row, "from"))) < 0)
			line = NULL;
		text = add_member(cli, text, "fetched", line ? line : "", NULL);
	}
	return text;
}

/* Adds what --explain found: a line for each measurement, or an object. */
static int add_explained(struct cli *cli, const struct jurat_verdict *verdict, const struct cli_verify *v,
			 char **text)
{
	struct explanation x;
	json_t *value = NULL;
	char *line, *rest;
	bool verified;
	int status = cli_verify_explain(cli, verdict, v->evidence, &x, &verified);

	if (status == CLI_OK && x.text && cli_wants_json(cli)) {
		value = json_pack("{s:b, s:O}", "verified", verified, "values", x.list);
		*text = value && *text ? add_member(cli, *text, "explanation", "", value) : *text;
	} else if (status == CLI_OK && x.text) {
		if (!verified && *text)
			*text = add_member(cli, *text, "explained",
					   "NOT VERIFIED: the measurements of refused evidence are claims",
					   NULL);
		for (line = strtok_r(x.text, "\n", &rest); *text && line; line = strtok_r(NULL, "\n", &rest))
			*text = add_member(cli, *text, "explained", line, NULL);
	}
	json_decref(value);
	explanation_done(&x);
	return status;
}

static int keep(struct cli *cli, const struct jurat_verdict *verdict, const char *how,
		const struct cli_verify *v, struct judged *ret)
{
	int status;

	ret->text = add_decoded(
		cli, cli_wants_json(cli) ? jurat_verdict_json(verdict) : jurat_verdict_text(verdict), how);
	ret->text = add_fetched(cli, ret->text, v->fetched);
	status = add_explained(cli, verdict, v, &ret->text);
	if (status == CLI_OK && !ret->text)
		status = cli_fail_memory(cli);
	if (status != CLI_OK)
		return status;
	ret->status = jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
	return CLI_OK;
}

/* Verifies one piece of evidence with what is there. CLI_OK: there is a verdict. */
static int verify_once(struct cli *cli, const struct cli_verify *v, bool quote, struct jurat_verdict **ret)
{
	const struct cli_evidence *loaded = v->evidence;
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = loaded->report,
					  .report_size = loaded->report_size,
					  .certs = loaded->certs,
					  .certs_size = loaded->certs_size };
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = loaded->quote,
					  .quote_size = loaded->quote_size,
					  .event_log = loaded->event_log,
					  .event_log_size = loaded->event_log_size };
	struct jurat_error err = { "" };
	int r = quote ? jurat_verify_tdx(v->verifier, &tdx, v->collateral, v->policy, v->at, ret, &err)
		      : jurat_verify_snp(v->verifier, &snp, v->policy, v->at, ret, &err);

	return r < 0 ? cli_fail(cli, CLI_INTERNAL, "%s", err.text) : CLI_OK;
}

/* Verifies, and again while the verdict lacks something that can be fetched. */
static int judge_one(struct cli *cli, struct cli_verify *v, bool quote, struct judged *ret)
{
	struct jurat_verdict *verdict = NULL;
	int status = verify_once(cli, v, quote, &verdict);
	bool more = true;

	json_array_clear(v->fetched);
	while (status == CLI_OK && v->fetch && more) {
		status = v->fetch(cli, v, verdict, &more);
		if (status == CLI_OK && more) {
			jurat_verdict_free(verdict);
			verdict = NULL;
			status = verify_once(cli, v, quote, &verdict);
		}
	}
	if (status == CLI_OK)
		status = keep(cli, verdict, quote ? v->evidence->quote_how : v->evidence->report_how, v, ret);
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

static int judge(struct cli *cli, struct cli_verify *v)
{
	struct judged report = { 0 }, quote = { 0 };
	struct cli_evidence loaded = { 0 };
	int status = cli_load_time(cli, &v->at);

	v->evidence = &loaded;
	if (status == CLI_OK)
		status = cli_load_evidence(cli, cli->args[0], &loaded);
	if (status == CLI_OK)
		status = cli_load_event_log(cli, &loaded);
	if (status == CLI_OK)
		status = cli_load_collateral(cli, v->collateral, &loaded);
	if (status == CLI_OK)
		status = cli_load_carried(cli, v->verifier, v->collateral, &loaded);
	if (status == CLI_OK && loaded.report)
		status = judge_one(cli, v, false, &report);
	if (status == CLI_OK && loaded.quote)
		status = allow_no_collateral(cli, v->policy);
	if (status == CLI_OK && loaded.quote)
		status = judge_one(cli, v, true, &quote);
	if (status == CLI_OK && quote.text && quote.status == CLI_OK && loaded.unusable)
		status =
			/* collateral that was named must be used */
			cli_fail(cli, CLI_ENVIRONMENT, "%s", loaded.unusable);
	if (status == CLI_OK)
		status = print(cli, &report, &quote);
	free(report.text);
	free(quote.text);
	cli_evidence_done(&loaded);
	v->evidence = NULL;
	return status;
}

static int list_reasons(void)
{
	const char *code, *text;

	for (size_t i = 0; verify_reason_at(i, &code, &text); i++)
		printf("%-32s %s\n", code, text);
	return CLI_OK;
}

static int check_words(struct cli *cli, const struct cli_verify *v)
{
	static const char *const fetching[] = { "from", "ca-file", "attempts", "timeout" };

	if (cli->n_args < 1)
		return cli_fail(cli, CLI_USAGE, "expected EVIDENCE (see jurat verify --help)");
	for (size_t i = 0; i < ARRAY_SIZE(fetching); i++)
		if (!v->fetch && cli_has(cli, fetching[i]))
			return cli_fail(cli, CLI_USAGE, "--%s is used with --fetch", fetching[i]);
	return cli_reads_stdin_once(cli, cli->args[0]) && cli_verify_explain_options(cli) ? CLI_OK
											  : CLI_USAGE;
}

int cli_verify_with(struct cli *cli, struct cli_verify *v)
{
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (cli_has(cli, "list-reasons"))
		return list_reasons();
	status = check_words(cli, v);
	if (status != CLI_OK)
		return status;
	v->fetched = json_array();
	if (!v->fetched)
		return cli_fail_memory(cli);
	if (jurat_verifier_new(&v->verifier, &err) < 0 || jurat_policy_new(&v->policy, &err) < 0 ||
	    jurat_tdx_collateral_new(&v->collateral, &err) < 0)
		status = cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	if (status == CLI_OK)
		status = load_policy(cli, v->policy);
	if (status == CLI_OK && !cli_verify_explain_policy(cli, v->policy))
		status = CLI_USAGE;
	if (status == CLI_OK)
		status = cli_load_all(cli, v->verifier, "roots", CLI_LOAD_ROOTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, v->verifier, "certs", CLI_LOAD_CERTS);
	if (status == CLI_OK)
		status = cli_load_all(cli, v->verifier, "crl", CLI_LOAD_CRL);
	if (status == CLI_OK)
		status = judge(cli, v);
	jurat_tdx_collateral_free(v->collateral);
	jurat_policy_free(v->policy);
	jurat_verifier_free(v->verifier);
	json_decref(v->fetched);
	return status;
}

int cli_verify(struct cli *cli)
{
	return cli_verify_with(cli, &(struct cli_verify){ .fetch = NULL });
}
