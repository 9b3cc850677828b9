/* SPDX-License-Identifier: MIT */
#include "cli/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

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
