/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>

#include "base/complete.h"

/* Completion scripts, of the table of verbs. */
static bool get_verb(size_t i, struct base_complete_verb *ret)
{
	if (i == cli_n_verbs)
		return false;
	*ret = (struct base_complete_verb){ .name = cli_verbs[i].name,
					    .summary = cli_verbs[i].summary,
					    .args = cli_verbs[i].args,
					    .has_commands = cli_verbs[i].has_commands };
	return true;
}

static bool get_option(size_t verb, size_t i, struct base_complete_option *ret)
{
	const struct cli_option *o = &cli_verbs[verb].options[i];

	if (i == cli_verbs[verb].n_options)
		return false;
	*ret = (struct base_complete_option){ .name = o->name,
					      .help = o->help,
					      .value = o->value,
					      .choices = o->choices,
					      .items = o->items,
					      .commands = o->commands,
					      .any_case = o->any_case,
					      .repeatable = o->repeatable };
	return true;
}

int cli_complete(const struct cli *cli, const char *shell)
{
	static const struct base_complete jurat = { "jurat", get_verb, get_option };

	if (base_complete_print(stdout, &jurat, shell) < 0)
		return cli_fail(cli, CLI_INTERNAL, "cannot print a completion script for %s", shell);
	return CLI_OK;
}
