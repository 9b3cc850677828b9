/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* The commands of a verb, such as `commit` of `jurat host`: what it takes, by the table of verbs. */
bool cli_command(const struct cli_verb *verb, size_t i, struct cli_command *ret)
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
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)n, at);
	ret->min_args = ret->max_args = 0;
	for (at += n; at[0] == ' ' && at[1] != '|'; at += 1 + strcspn(at + 1, " ")) {
		ret->min_args += at[1] != '[' && at[1] != '-';
		ret->max_args = at[1] == '[' ? SIZE_MAX : ret->min_args;
	}
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

static bool check_arguments(const struct cli *cli, const struct cli_command *command)
{
	const size_t found = cli->n_args - 1, wanted = command->min_args;

	if (found > command->max_args)
		return cli_misuse(cli, "%s: unexpected argument '%s'", cli->args[0], cli->args[wanted + 1]);
	if (found < wanted)
		return cli_misuse(cli, "%s: expected %s%zu argument%s, found %zu (see jurat %s --help)",
				  cli->args[0], command->max_args > wanted ? "at least " : "", wanted,
				  wanted == 1 ? "" : "s", found, cli->verb->name);
	return true;
}

bool cli_check_command(const struct cli *cli)
{
	const struct cli_verb *verb = cli->verb;
	struct cli_command command = { .name = "" };
	bool found = false;

	for (size_t i = 0; cli->n_args > 0 && !found && cli_command(verb, i, &command); i++)
		found = !strcmp(command.name, cli->args[0]);
	if (!found)
		return cli_misuse(cli, "expected %s%s%s%s (see jurat %s --help)", verb->args,
				  cli->n_args > 0 ? ", found '" : "", cli->n_args > 0 ? cli->args[0] : "",
				  cli->n_args > 0 ? "'" : "", verb->name);
	for (size_t i = 0; i < cli->n_values; i++)
		if (!cli_option_belongs(cli->values[i].option, command.name))
			return cli_misuse(cli, "%s does not take --%s (see jurat %s --help)", command.name,
					  cli->values[i].option->name, verb->name);
	return check_arguments(cli, &command);
}
