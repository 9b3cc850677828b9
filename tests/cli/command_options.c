/* SPDX-License-Identifier: MIT */
/*
 * Prints the table of options of every verb with commands, a line for each command and option, for a test
 * that uses all of them: VERB COMMAND ARGUMENTS OPTION VALUE BELONGS, with "-" for an option without a value,
 * and a "+" behind the number of arguments of a command that takes more.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void print_command(const struct cli_verb *verb, const struct cli_command *command)
{
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];
		const char *belongs = !o->commands                           ? "all"
				      : cli_option_belongs(o, command->name) ? "yes"
									     : "no";
		const char *value = !o->value ? "-" : o->choices ? o->choices : "1";

		printf("%s %s %zu%s %s %.*s %s\n", verb->name, command->name, command->min_args,
		       command->max_args > command->min_args ? "+" : "", o->name, (int)strcspn(value, "|"),
		       value, belongs);
	}
}

int main(void)
{
	for (size_t v = 0; v < cli_n_verbs; v++) {
		struct cli_command command;

		for (size_t i = 0; cli_verbs[v].has_commands && cli_command(&cli_verbs[v], i, &command); i++)
			print_command(&cli_verbs[v], &command);
	}
	return 0;
}
