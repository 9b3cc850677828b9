/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/load.h"
#include "run/trace.h"

/*
 * One SEV-SNP guest and one TDX guest attest on software machines, with the same guest library, host library,
 * store and verifier that run on hardware. The output is the traces of the machines.
 */
static const struct part {
	const char *tee, *title;
	int (*run)(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err);
	const char *option, *value, *evidence; /* how to verify it again; evidence is below the directory */
} parts[] = {
	{ "sev-snp", "An SEV-SNP guest asks for an extended report", demo_snp, "--certs", "certs.bin",
	  "report.bin" },
	{ "tdx", "A TDX guest asks for a quote", demo_tdx, "--collateral", "collateral", "quote.bin" },
};

/* The simulation fails only because of a bug in jurat: other failures are those of the directory. */
static int status_of(int r)
{
	int status = cli_status(r);

	return status == CLI_REFUSED ? CLI_INTERNAL : status;
}

/* Prints how to verify the evidence again, in any directory. */
static bool say_what_to_try(const struct demo *demo, const struct part *part)
{
	const char *const words[] = { "verify", "--roots", part->option, NULL };
	const char *const paths[] = { "", demo->roots, part->value, part->evidence };

	bool ok = cli_print_command(demo->cli, "Try:", words, demo->dir, paths, ARRAY_SIZE(words));

	puts("");
	return ok;
}

/* Outputs the verdict of a part: prints text, or adds JSON to `all`. */
static int print(struct demo *demo, const struct part *part, const struct jurat_verdict *verdict, json_t *all)
{
	auto_free char *text = all ? jurat_verdict_json(verdict) : jurat_verdict_text(verdict);

	if (!text)
		return cli_fail_memory(demo->cli);
	if (all)
		json_object_set_new(
			all, part->tee,
			json_pack("{s:O, s:o?}", "steps", demo->steps, "verdict", json_loads(text, 0, NULL)));
	else
		printf("\n%s\n", text);
	if (!all && !say_what_to_try(demo, part))
		return cli_fail_memory(demo->cli);
	return jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
}

static int run_part(struct demo *demo, const struct part *part, json_t *all)
{
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int status, r = 0;

	demo->n = 0;
	demo->steps = all ? json_array() : NULL;
	if (!all)
		printf("%s\n\n", part->title);
	if (!demo->has_report_data)
		r = base_random(base_env_real(), demo->report_data, sizeof(demo->report_data));
	if (r < 0)
		jurat_fail(&err, r, "cannot get random bytes: %s", strerror(-r));
	else
		r = part->run(demo, &verdict, &err);
	status = r < 0 ? cli_fail(demo->cli, status_of(r), "%s", err.text) : print(demo, part, verdict, all);
	jurat_verdict_free(verdict);
	json_decref(demo->steps);
	return status;
}

static int run_parts(struct demo *demo, json_t *all)
{
	const char *only = cli_get(demo->cli, "tee"), *path = cli_get(demo->cli, "trace");
	struct jurat_error err = { "" };
	int status = CLI_OK, r = run_trace_open_with(path, demo_step, demo, &demo->trace, &err);

	if (r < 0)
		return cli_fail(demo->cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && status == CLI_OK; i++)
		if (!only || !strcmp(only, parts[i].tee))
			status = run_part(demo, &parts[i], all);
	if (run_trace_close(demo->trace) < 0 && (status == CLI_OK || status == CLI_REFUSED))
		return path ? cli_fail(demo->cli, CLI_ENVIRONMENT, "cannot write all of '%s'", path)
			    : cli_fail_memory(demo->cli);
	return status;
}

static int make_directories(struct demo *demo)
{
	static const char *const names[] = { "", "/roots", "/collateral" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_free char *path = NULL;

		if (asprintf(&path, "%s%s", demo->dir, names[i]) < 0) {
			path = NULL;
			return cli_fail_memory(demo->cli);
		}
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return cli_fail(demo->cli, CLI_ENVIRONMENT, "cannot make '%s': %s", path,
					strerror(errno));
	}
	return CLI_OK;
}

/* --set, which an evidence of the same kind must have a use for. */
static int take_order(struct demo *demo, struct cli_order *ret)
{
	struct cli *cli = demo->cli;
	const char *tee = cli_get(cli, "tee"), *key = cli_get(cli, "sign-with");
	struct sim_forge_options like = { .product = demo->product, .seed = cli_get(cli, "seed") };
	uint64_t version;
	int status;

	if (!cli_has(cli, "set"))
		return CLI_OK;
	if (!tee)
		return cli_fail(cli, CLI_USAGE, "--set needs --tee: sev-snp or tdx");
	if (!cli_get_number(cli, "report-version", 5, 0, &version))
		return CLI_USAGE;
	like.tdx = !strcmp(tee, "tdx");
	like.vlek = key && !strcmp(key, "vlek");
	like.report_version = (uint32_t)version;
	status = cli_order_new(cli, like.tdx, demo->at, ret);
	if (status == CLI_OK)
		status = cli_order_try(cli, ret, &like);
	demo->order = ret->order;
	return status;
}

int cli_demo(struct cli *cli)
{
	char temporary[] = "/tmp/jurat-demo-XXXXXX";
	struct demo demo = { .cli = cli, .dir = cli_get(cli, "dir") };
	const char *product = cli_get(cli, "product");
	struct cli_order order = { .n = 0 };
	int status = cli_report_data(cli, demo.report_data, &demo.has_report_data);
	json_t *all;

	if (status == CLI_OK)
		status = cli_load_platform_time(cli, &demo.at);
	if (status != CLI_OK)
		return status;
	if (!demo.at)
		demo.at = time(NULL);
	demo.product = snp_product_by_name(product ? product : "milan");
	status = take_order(&demo, &order);
	if (status == CLI_OK && !demo.dir)
		demo.dir = mkdtemp(temporary);
	if (status == CLI_OK && !demo.dir)
		status = cli_fail(cli, CLI_ENVIRONMENT, "cannot make a directory in /tmp: %s",
				  strerror(errno));
	all = cli_wants_json(cli) ? json_object() : NULL;
	if (status == CLI_OK)
		status = make_directories(&demo);
	if (status == CLI_OK)
		status = run_parts(&demo, all);
	if (all && (status == CLI_OK || status == CLI_REFUSED)) {
		json_object_set_new(all, "dir", json_string(demo.dir));
		json_dumpf(all, stdout, JSON_INDENT(2));
		puts("");
	}
	json_decref(all);
	cli_order_done(&order);
	return status;
}
