/* SPDX-License-Identifier: MIT */
#include "cli/cases.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
	caught = number;
}

void cli_cases_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, before;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		sigaction(numbers[i], &stop, &before);
		if (before.sa_handler == SIG_IGN) /* as a shell's background job: Ctrl-C is not for it */
			sigaction(numbers[i], &before, NULL);
	}
}

int cli_cases_caught(void)
{
	return caught;
}

void cli_cases_progress(const char *what, size_t done, size_t n)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (what)
		fprintf(stderr, "\r\033[K%s: %zu of %zu", what, done, n);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

const char **cli_cases_only(const struct cli *cli)
{
	const char **only = calloc(CLI_MAX_VALUES + 1, sizeof(*only));

	for (size_t i = 0; only && i < CLI_MAX_VALUES; i++)
		only[i] = cli_get_nth(cli, "only", i);
	return only;
}

static bool go_on(void *ctx, size_t done, size_t n)
{
	if (done % 8 == 0)
		cli_cases_progress("cases made", done, n);
	return !caught;
}

int cli_cases_make(struct cli *cli, const char *dir, const char *const *only)
{
	const struct cases_make_options options = { .dir = dir, .only = only, .go_on = go_on };
	struct jurat_error err = { "" };
	int r;

	cli_cases_catch();
	r = cases_make(&options, &err);
	cli_cases_progress(NULL, 0, 0);
	if (caught)
		return 128 + caught;
	if (r == 0)
		return CLI_OK;
	return cli_fail(cli, r == -EINVAL ? CLI_USAGE : cli_status(r), "%s", err.text);
}

/* ---- list */

static json_t *describe(const struct cases_row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", row->id, "tee", row->tdx ? "tdx" : "sev-snp",
			 "class", cases_class_name(row->class), "verdict", cases_verdict_name(row->verdict),
			 "what", row->what);
}

static int list_json(struct cli *cli, const struct cases_table *table, const char *const *only)
{
	json_t *list = json_array();
	bool ok = list != NULL;

	for (size_t i = 0; ok && i < table->n; i++)
		if (cases_id_matches(table->rows[i].id, only))
			ok = json_array_append_new(list, describe(&table->rows[i])) == 0;
	if (ok) {
		json_dumpf(list, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(list);
	return ok ? CLI_OK : cli_fail_memory(cli);
}

static int list(struct cli *cli, const struct cases_table *table, const char *const *only)
{
	struct jurat_error err = { "" };

	if (cases_check_patterns(table, only, &err) < 0)
		return cli_fail(cli, CLI_USAGE, "%s", err.text);
	if (cli_wants_json(cli))
		return list_json(cli, table, only);
	for (size_t i = 0; i < table->n; i++) {
		const struct cases_row *row = &table->rows[i];

		if (cases_id_matches(row->id, only))
			printf("%-52s %-8s %-10s %s\n", row->id, cases_verdict_name(row->verdict),
			       cases_class_name(row->class), row->what);
	}
	return CLI_OK;
}

static int list_table(struct cli *cli, const char *const *only)
{
	const char *format = cli_get(cli, "output");
	struct jurat_error err = { "" };
	struct cases_table table;
	int status;

	if (format && !strcmp(format, "junit"))
		return cli_fail(cli, CLI_USAGE, "--output: expected text or json for list, found 'junit'");
	if (cases_table_new(&table, &err) < 0)
		return cli_fail(cli, CLI_INTERNAL, "%s", err.text);
	status = list(cli, &table, only);
	cases_table_done(&table);
	return status;
}

int cli_cases(struct cli *cli)
{
	auto_free const char **only = cli_cases_only(cli);

	if (!only)
		return cli_fail_memory(cli);
	if (!strcmp(cli->args[0], "make"))
		return cli_cases_make(cli, cli->args[1], only);
	if (!strcmp(cli->args[0], "list"))
		return list_table(cli, only);
	return cli_cases_run(cli);
}
