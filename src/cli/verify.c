/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text_stream.h"
#include "cli/names.h"
#include "cli/names_directory.h"
#include "cli/policy_file.h"
#include "cli/verify_explain.h"
#include "cli/verify_page.h"
#include "page/tree.h"
#include "verify/policy_from.h"
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

/* --allow-no-collateral is for quotes only: the member restricts a policy to TDX. */
static int load_policies(struct cli *cli, struct cli_verify *v)
{
	struct jurat_error err = { "" };
	int status = load_policy(cli, v->policy);

	if (status != CLI_OK || !cli_has(cli, "allow-no-collateral"))
		return status;
	if (jurat_policy_new(&v->quote_policy, &err) < 0 ||
	    policy_merge(v->quote_policy, v->policy, NULL, NULL, &err) < 0 ||
	    jurat_policy_set(v->quote_policy, "allow_no_collateral", "true", &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	return CLI_OK;
}

/*
 * The verdict on one piece of evidence. Nothing is printed before all are verified, so that the output is
 * complete.
 */
struct judged {
	char *text; /* NULL: there was no such evidence */
	int status;
};

static char *text_of_json(struct cli *cli, const struct jurat_verdict *verdict, const struct cli_verify *v,
			  const struct explanation *x, bool verified)
{
	struct render_json o = { 0 };
	json_t *root = cli_verify_json(verdict, v);
	char *text;

	if (x->text)
		render_put(&o, root, "explanation",
			   json_pack("{s:b, s:O}", "verified", verified, "values", x->list));
	text = o.bad || !root ? NULL : json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	return text;
}

static char *text_of_page(const struct jurat_verdict *verdict, const struct cli_verify *v,
			  const struct explanation *x, bool verified)
{
	json_t *explanation =
		x->text ? json_pack("{s:b, s:O}", "verified", verified, "values", x->list) : NULL;
	char *text = x->text && !explanation ? NULL : cli_verify_page_one(verdict, v, explanation);

	json_decref(explanation);
	return text;
}

static void put_line(FILE *f, const char *name, const char *line)
{
	fprintf(f, "%-*s %s\n", RENDER_LABEL, name, line);
}

/* The text of a verdict, and lines for what was decoded, fetched and explained. */
static char *text_of(struct cli *cli, const struct jurat_verdict *verdict, const struct cli_verify *v,
		     struct explanation *x, bool verified)
{
	const char *how = verdict->tdx ? v->evidence->quote_how : v->evidence->report_how;
	auto_free char *text = jurat_verdict_text(verdict);
	struct text_stream stream;
	char *line, *rest, *ret;

	if (!text || text_stream_open(&stream) < 0)
		return NULL;
	fputs(text, stream.to);
	if (how[0])
		put_line(stream.to, "decoded", how);
	for (size_t i = 0; i < json_array_size(v->fetched); i++) {
		const json_t *row = json_array_get(v->fetched, i);

		fprintf(stream.to, "%-*s %s from %s\n", RENDER_LABEL, "fetched",
			json_string_value(json_object_get(row, "item")),
			json_string_value(json_object_get(row, "from")));
	}
	if (x->text && !verified)
		put_line(stream.to, "explained",
			 "NOT VERIFIED: the measurements of refused evidence are claims");
	line = x->text ? strtok_r(x->text, "\n", &rest) : NULL;
	for (; line; line = strtok_r(NULL, "\n", &rest))
		put_line(stream.to, "explained", line);
	return text_stream_close(&stream, &ret, NULL) == 0 ? ret : NULL;
}

static int keep(struct cli *cli, const struct jurat_verdict *verdict, const struct cli_verify *v,
		struct judged *ret)
{
	struct explanation x;
	bool verified;
	int status = cli_verify_explain(cli, verdict, v->evidence, &x, &verified);

	if (status == CLI_OK) {
		if (cli_wants_page(cli))
			ret->text = text_of_page(verdict, v, &x, verified);
		else
			ret->text = cli_wants_json(cli) ? text_of_json(cli, verdict, v, &x, verified)
							: text_of(cli, verdict, v, &x, verified);
		ret->status = jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
		if (!ret->text)
			status = cli_fail_memory(cli);
	}
	explanation_done(&x);
	return status;
}

static int judge_one(struct cli *cli, struct cli_verify *v, bool quote, struct judged *ret)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	int status = cli_verify_evidence(cli, v, quote, &verdict);

	return status == CLI_OK ? keep(cli, verdict, v, ret) : status;
}

static void print_text(const char *text)
{
	fputs(text, stdout);
	if (text[0] && text[strlen(text) - 1] != '\n')
		putchar('\n');
}

static void print_page(const struct cli *cli, const struct judged *report, const struct judged *quote)
{
	auto_free char *title = NULL;

	if (asprintf(&title, "%s: verdict", cli->args[0]) < 0)
		title = NULL;
	page_tree_begin(stdout, title ? title : "verdict");
	if (report->text)
		fputs(report->text, stdout);
	if (quote->text)
		fputs(quote->text, stdout);
	page_tree_end(stdout);
}

/* Prints one or both verdicts. Returns the more severe exit status. */
static int print(const struct cli *cli, const struct judged *report, const struct judged *quote)
{
	const bool both = report->text && quote->text, json = cli_wants_json(cli);

	if (cli_wants_page(cli)) {
		print_page(cli, report, quote);
		return report->status > quote->status ? report->status : quote->status;
	}
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

static int judge(struct cli *cli, struct cli_verify *v)
{
	struct judged report = { 0 }, quote = { 0 };
	struct cli_evidence loaded = { 0 };
	int status = cli_load_evidence(cli, cli->args[0], &loaded);

	cli_verify_begin(v, &loaded);
	if (status == CLI_OK)
		status = cli_load_event_log(cli, &loaded);
	if (status == CLI_OK)
		status = cli_load_collateral(cli, v->collateral, &loaded);
	if (status == CLI_OK)
		status = cli_load_carried(cli, v->verifier, v->collateral, &loaded);
	if (status == CLI_OK && loaded.report)
		status = judge_one(cli, v, false, &report);
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
	cli_verify_end(v);
	return status;
}

static int list_reasons(void)
{
	const char *code, *text;

	for (size_t i = 0; verify_reason_at(i, &code, &text); i++)
		printf("%-32s %s\n", code, text);
	return CLI_OK;
}

/* Whether there is more than one piece of evidence, each of which has a line. */
static bool is_many(const struct cli *cli)
{
	struct stat st;

	if (cli->n_args != 1 || cli_has(cli, "files-from"))
		return true;
	return strcmp(cli->args[0], "-") != 0 && stat(cli->args[0], &st) == 0 && S_ISDIR(st.st_mode) &&
	       !cli_is_evidence_directory(cli->args[0]);
}

static int check_words(struct cli *cli)
{
	if (!cli_names_words(cli) || !cli_verify_explain_options(cli))
		return CLI_USAGE;
	return !is_many(cli) || cli_verify_many_words(cli) ? CLI_OK : CLI_USAGE;
}

/* All that the options name, except collateral. */
static int load_options(struct cli *cli, struct cli_verify *v)
{
	struct jurat_error err = { "" };
	int status = CLI_OK;

	v->fetched = json_array();
	if (!v->fetched)
		return cli_fail_memory(cli);
	if (jurat_policy_new(&v->policy, &err) < 0 ||
	    jurat_tdx_collateral_new(&v->shared_collateral, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = load_policies(cli, v);
	if (status == CLI_OK && !cli_verify_explain_policy(cli, v->policy))
		status = CLI_USAGE;
	if (status == CLI_OK)
		status = cli_load_verifier(cli, is_many(cli) ? &v->kept : NULL, &v->shared_verifier);
	if (status == CLI_OK)
		status = cli_load_time(cli, &v->at);
	return status;
}

int cli_verify_with(struct cli *cli, struct cli_verify *v)
{
	int status;

	if (cli_has(cli, "list-reasons"))
		return list_reasons();
	status = check_words(cli);
	if (status != CLI_OK)
		return status;
	status = load_options(cli, v);
	if (status == CLI_OK)
		status = is_many(cli) ? cli_verify_many(cli, v) : judge(cli, v);
	jurat_tdx_collateral_free(v->shared_collateral);
	jurat_policy_free(v->quote_policy);
	jurat_policy_free(v->policy);
	jurat_verifier_free(v->shared_verifier);
	cli_endorsements_done(&v->kept);
	json_decref(v->fetched);
	return status;
}

int cli_verify(struct cli *cli)
{
	return cli_verify_with(cli, &(struct cli_verify){ .fetch = NULL });
}
