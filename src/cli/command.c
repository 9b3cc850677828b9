/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* The commands of a verb, such as `commit` of `jurat host`: what it takes, by the table of verbs. */
bool cli_command(const struct cli_verb *verb, size_t i, char ret[CLI_COMMAND_BYTES], size_t *ret_args)
{
	const char *at = verb->args;
	size_t n;

	for (; at && i > 0; i--) {
		at = strstr(at, " | ");
		at = at ? at + 3 : NULL;
	}
	if (!at)
		return false;
	n = strcspn(at, " ");
	snprintf(ret, CLI_COMMAND_BYTES, "%.*s", (int)n, at);
	*ret_args = 0;
	for (at += n; at[0] == ' ' && at[1] != '|'; at += 1 + strcspn(at + 1, " "))
		++*ret_args;
	return true;
}

bool cli_option_belongs(const struct cli_option *option, const char *command)
{
	size_t n = strlen(command);

	for (const char *at = option->commands; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strcspn(at, "|") == n && !strncmp(at, command, n))
			return true;
	}
	return !option->commands;
}

static bool check_arguments(const struct cli *cli, size_t wanted)
{
	if (cli->n_args - 1 > wanted)
		return cli_misuse(cli, "%s: unexpected argument '%s'", cli->args[0], cli->args[wanted + 1]);
	if (cli->n_args - 1 < wanted)
		return cli_misuse(cli, "%s: expected %zu argument%s, found %zu (see jurat %s --help)",
				  cli->args[0], wanted, wanted == 1 ? "" : "s", cli->n_args - 1,
				  cli->verb->name);
	return true;
}

bool cli_check_command(const struct cli *cli)
{
	const struct cli_verb *verb = cli->verb;
	char name[CLI_COMMAND_BYTES] = "";
	size_t wanted = 0;
	bool found = false;

	for (size_t i = 0; cli->n_args > 0 && !found && cli_command(verb, i, name, &wanted); i++)
		found = !strcmp(name, cli->args[0]);
	if (!found)
		return cli_misuse(cli, "expected %s%s%s%s (see jurat %s --help)", verb->args,
				  cli->n_args > 0 ? ", found '" : "", cli->n_args > 0 ? cli->args[0] : "",
				  cli->n_args > 0 ? "'" : "", verb->name);
	for (size_t i = 0; i < cli->n_values; i++)
		if (!cli_option_belongs(cli->values[i].option, name))
			return cli_misuse(cli, "%s does not take --%s (see jurat %s --help)", name,
					  cli->values[i].option->name, verb->name);
	return check_arguments(cli, wanted);
}
