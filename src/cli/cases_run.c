/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/text_stream.h"
#include "cases/run.h"
#include "cli/cases.h"
#include "cli/jobs.h"
#include "cli/output.h"

enum { DEFAULT_LIMIT_S = 10, MAX_LIMIT_S = 24 * 3600 };

struct running {
	struct cli *cli;
	const char **only;
	char *made; /* a temporary corpus; NULL: none */
	struct cases_index index;
	struct cases_result *results;
	struct cases_adapter **adapters;
	unsigned n_adapters;
	size_t next; /* case */
	struct cases_run run;
};

/* ---- the corpus */

/* Without --corpus and --index: made for this run. */
static int make_corpus(struct running *r)
{
	const char *tmp = cli_getenv("TMPDIR");

	if (asprintf(&r->made, "%s/jurat-cases-XXXXXX", tmp ? tmp : "/tmp") < 0) {
		r->made = NULL;
		return cli_fail_memory(r->cli);
	}
	if (!mkdtemp(r->made)) {
		int status =
			cli_fail(r->cli, CLI_ENVIRONMENT, "cannot create '%s': %s", r->made, strerror(errno));

		free(r->made);
		r->made = NULL;
		return status;
	}
	/* The file of --expect may name any case. */
	return cli_cases_make(r->cli, r->made, cli_has(r->cli, "expect") ? NULL : r->only);
}

static int read_index(struct running *r)
{
	const char *dir = cli_get(r->cli, "corpus"), *path = cli_get(r->cli, "index");
	auto_free char *own = NULL;
	struct jurat_error err = { "" };
	int status = CLI_OK;

	if (!dir && !path) {
		status = make_corpus(r);
		dir = r->made;
	}
	if (status != CLI_OK)
		return status;
	if (!path && asprintf(&own, "%s/index.json", dir) < 0) {
		own = NULL;
		return cli_fail_memory(r->cli);
	}
	if (cases_index_read(path ? path : own, dir, &r->index, &err) < 0)
		return cli_fail(r->cli, CLI_ENVIRONMENT, "%s", err.text);
	return CLI_OK;
}

/* Before cases are selected, so that the file may name all of them. */
static int read_expect(struct running *r)
{
	const char *path = cli_get(r->cli, "expect");
	auto_free uint8_t *text = NULL;
	struct jurat_error err = { "" };
	size_t n;
	int got;

	if (!path)
		return CLI_OK;
	if (cli_read(path, &text, &n, &err) < 0)
		return cli_fail(r->cli, CLI_ENVIRONMENT, "--expect: %s", err.text);
	got = cases_expect_read((const char *)text, n, &r->index, &err);
	if (got < 0)
		return cli_fail(r->cli, got == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "--expect: '%s': %s",
				path, err.text);
	r->run.has_expect = true;
	return CLI_OK;
}

/* ---- the run */

static bool stopped(void)
{
	return cli_cases_caught() != 0;
}

struct worker {
	const struct running *r;
	struct cases_adapter *adapter;
};

static bool next(void *context, void *item)
{
	struct running *r = context;

	if (r->next == r->index.n)
		return false;
	*(size_t *)item = r->next++;
	return true;
}

static void work(void *worker, void *item)
{
	const size_t i = *(const size_t *)item;
	struct worker *w = worker;

	cases_adapter_ask(w->adapter, &w->r->index.entries[i], &w->r->results[i]);
}

static bool done(void *context, void *item)
{
	return true;
}

static void waits(void *context, size_t n)
{
	const struct running *r = context;

	cli_cases_progress("cases run", n, r->index.n);
}

static int start_adapters(struct running *r, struct worker **ret_workers, void ***ret_pointers)
{
	struct cases_adapter_options options = { .argv = r->cli->args + 1,
						 .n = r->cli->n_args - 1,
						 .lines = cli_has(r->cli, "lines"),
						 .stopped = stopped };
	struct worker *workers;
	uint64_t seconds;
	unsigned n;

	if (!cli_get_number_from(r->cli, "time-limit", 1, MAX_LIMIT_S, DEFAULT_LIMIT_S, &seconds) ||
	    !cli_jobs_workers(r->cli, r->index.n, &n))
		return CLI_USAGE;
	options.limit_ms = (unsigned)seconds * 1000;
	*ret_workers = workers = calloc(n, sizeof(*workers));
	*ret_pointers = calloc(n, sizeof(**ret_pointers));
	r->results = calloc(r->index.n ? r->index.n : 1, sizeof(*r->results));
	if (!workers || !*ret_pointers || !r->results)
		return cli_fail_memory(r->cli);
	for (unsigned i = 0; i < n; i++) {
		if (cases_adapter_new(&options, &workers[i].adapter, NULL) < 0)
			return cli_fail_memory(r->cli);
		workers[i].r = r;
		(*ret_pointers)[i] = &workers[i];
		r->n_adapters++;
	}
	return CLI_OK;
}

static int run_all(struct running *r)
{
	auto_free struct worker *workers = NULL;
	auto_free void **pointers = NULL;
	int status = start_adapters(r, &workers, &pointers);
	const struct cli_jobs jobs = { .n_workers = r->n_adapters,
				       .workers = pointers,
				       .item_size = sizeof(size_t),
				       .next = next,
				       .work = work,
				       .done = done,
				       .waits = waits,
				       .context = r };

	cli_cases_catch();
	if (status == CLI_OK)
		status = cli_jobs_run(r->cli, &jobs);
	for (unsigned i = 0; i < r->n_adapters; i++)
		cases_adapter_free(workers[i].adapter);
	cli_cases_progress(NULL, 0, 0);
	return status;
}

/* ---- what comes of it */

static int print_json(const struct running *r)
{
	json_t *report = cases_report_json(&r->run);

	if (!report)
		return cli_fail_memory(r->cli);
	json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(report);
	return CLI_OK;
}

static int print(const struct running *r)
{
	const char *format = cli_get(r->cli, "output");

	if (cli_wants_json(r->cli))
		return print_json(r);
	if (format && !strcmp(format, "junit"))
		cases_print_junit(&r->run, stdout);
	else
		cases_print_text(&r->run, stdout);
	return CLI_OK;
}

static int write_expect(const struct running *r)
{
	const char *path = cli_get(r->cli, "write-expect");
	auto_free char *text = NULL;
	struct jurat_error err = { "" };
	struct text_stream stream;
	size_t n;

	if (!path)
		return CLI_OK;
	if (text_stream_open(&stream) < 0)
		return cli_fail_memory(r->cli);
	cases_print_expect(&r->run, stream.to);
	if (text_stream_close(&stream, &text, &n) < 0)
		return cli_fail_memory(r->cli);
	return cli_write(path, text, n, 0644, &err) < 0 ? cli_fail(r->cli, CLI_ENVIRONMENT, "%s", err.text)
							: CLI_OK;
}

static int status_of(const struct running *r)
{
	int status = CLI_OK;

	for (size_t i = 0; i < r->index.n; i++) {
		if (cases_is_expected(&r->run, i))
			continue;
		if (r->results[i].answer == CASES_ANSWERED_ERROR)
			return CLI_ENVIRONMENT;
		status = CLI_REFUSED;
	}
	return status;
}

static int run_selected(struct running *r)
{
	int status = run_all(r);

	r->run.index = &r->index;
	r->run.results = r->results;
	r->run.adapter = r->cli->args + 1;
	r->run.n_adapter = r->cli->n_args - 1;
	if (status == CLI_OK && cli_cases_caught())
		return 128 + cli_cases_caught();
	if (status == CLI_OK)
		status = write_expect(r);
	if (status == CLI_OK)
		status = print(r);
	return status == CLI_OK ? status_of(r) : status;
}

/* What is wrong with the command is said before a corpus is made, which takes seconds. */
static int check_command(struct cli *cli)
{
	const char *write = cli_get(cli, "write-expect"), *expect = cli_get(cli, "expect");
	struct jurat_error err = { "" };
	uint64_t seconds;
	unsigned n;

	if (!cli_get_number_from(cli, "time-limit", 1, MAX_LIMIT_S, DEFAULT_LIMIT_S, &seconds) ||
	    !cli_jobs_workers(cli, CLI_MAX_JOBS, &n))
		return CLI_USAGE;
	if (write && strcmp(write, "-") != 0 && output_check(base_env_real(), write, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "%s", err.text);
	if (expect && strcmp(expect, "-") != 0 && access(expect, R_OK) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "--expect: cannot open '%s': %s", expect,
				strerror(errno));
	/* Without a slash it is found in $PATH when it is run. */
	if (strchr(cli->args[1], '/') && access(cli->args[1], X_OK) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot run '%s': %s", cli->args[1], strerror(errno));
	return CLI_OK;
}

int cli_cases_run(struct cli *cli)
{
	struct running r = { .cli = cli, .only = cli_cases_only(cli) };
	struct jurat_error err = { "" };
	int status = r.only ? check_command(cli) : cli_fail_memory(cli);

	if (status == CLI_OK)
		status = read_index(&r);
	if (status == CLI_OK)
		status = read_expect(&r);
	if (status == CLI_OK && cases_index_select(&r.index, r.only, &err) < 0)
		status = cli_fail(cli, CLI_USAGE, "%s", err.text);
	if (status == CLI_OK)
		status = run_selected(&r);
	if (r.made)
		cases_remove(r.made);
	free(r.made);
	free(r.results);
	free(r.only);
	cases_index_done(&r.index);
	return status;
}
