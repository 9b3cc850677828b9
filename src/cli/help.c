/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* What the table of verbs says, for people, for manual pages and for the shell. */
static void print_text(const struct cli_verb *verb)
{
	printf("Usage: jurat %s [OPTION]... %s\n%c%s.\n", verb->name, verb->args, verb->summary[0] & ~0x20,
	       verb->summary + 1);
	if (verb->n_options > 0)
		puts("");
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		printf("  %-24s %s%s\n", left, o->help, o->repeatable ? "; may be repeated" : "");
	}
	if (verb->more)
		printf("\n%s", verb->more);
}

static void print_scdoc(const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];

		if (o->value)
			printf("*--%s* _%s_\n\t%s%s.\n\n", o->name, o->value, o->help,
			       o->repeatable ? "; may be repeated" : "");
		else
			printf("*--%s*\n\t%s.\n\n", o->name, o->help);
	}
	printf("*--help*\n\tprint a summary of the options, and stop.\n");
}

static void print_bash(void)
{
	puts("_jurat() {\n\tlocal word=${COMP_WORDS[COMP_CWORD]}\n\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; i < cli_n_verbs; i++) {
		const struct cli_verb *verb = &cli_verbs[i];

		printf("\t%s) COMPREPLY=($(compgen -f -W '", verb->name);
		for (size_t k = 0; k < verb->n_options; k++)
			printf("--%s ", verb->options[k].name);
		puts("--help' -- \"$word\")) ;;");
	}
	printf("\t*) COMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < cli_n_verbs; i++)
		printf("%s ", cli_verbs[i].name);
	puts("' -- \"$word\")) ;;\n\tesac\n}\ncomplete -F _jurat jurat");
}

int cli_help_verb(const char *name)
{
	const struct cli_verb *verb = cli_find_verb(name);

	if (!verb)
		return CLI_USAGE;
	print_text(verb);
	return CLI_OK;
}

int cli_help(struct cli *cli)
{
	const char *format = cli_get(cli, "format"), *name = cli->n_args > 0 ? cli->args[0] : NULL;
	const struct cli_verb *verb = name ? cli_find_verb(name) : NULL;

	if (format && !strcmp(format, "bash")) {
		print_bash();
		return CLI_OK;
	}
	if (!name)
		return cli_fail(cli, CLI_USAGE, "wants a verb (see jurat --help)");
	if (!verb)
		return cli_fail(cli, CLI_USAGE, "unknown verb '%s' (see jurat --help)", name);
	if (!format || strcmp(format, "scdoc"))
		return cli_help_verb(name);
	print_scdoc(verb);
	return CLI_OK;
}
