/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static void usage(FILE *to)
{
	fputs("Usage: jurat VERB [OPTION]... [ARGUMENT]...\n"
	      "Serves, fetches, verifies and simulates the attestation evidence of confidential virtual "
	      "machines.\n\n",
	      to);
	for (size_t i = 0; i < cli_n_verbs; i++)
		fprintf(to, "  %-8s %s\n", cli_verbs[i].name, cli_verbs[i].summary);
	fputs("\n`jurat VERB --help` tells more. Start with `jurat demo`.\n", to);
}

const struct cli_verb *cli_find_verb(const char *name)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		if (!strcmp(cli_verbs[i].name, name))
			return &cli_verbs[i];
	return NULL;
}

static const struct cli_option *find_option(const struct cli_verb *verb, const char *name, size_t n)
{
	for (size_t i = 0; i < verb->n_options; i++)
		if (strlen(verb->options[i].name) == n && !strncmp(verb->options[i].name, name, n))
			return &verb->options[i];
	return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (const char *at = choices; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (n > 0 && !strncmp(at, value, n) && (at[n] == '|' || at[n] == '\0'))
			return true;
	}
	return false;
}

/* One `--name`, `--name=value` or `--name value`. How many words it took; 0 after telling what is wrong. */
static int parse_option(struct cli *cli, char **words, int n_words)
{
	const char *name = words[0] + 2, *equals = strchr(name, '='), *value = "";
	const struct cli_option *o =
		find_option(cli->verb, name, equals ? (size_t)(equals - name) : strlen(name));
	int taken = 1;

	if (!o)
		return cli_misuse(cli, "unknown option '%s' (see jurat %s --help)", words[0],
				  cli->verb->name);
	if (o->value && equals) {
		value = equals + 1;
	} else if (o->value) {
		if (n_words < 2)
			return cli_misuse(cli, "--%s: expected %s", o->name, o->value);
		value = words[1];
		taken = 2;
	} else if (equals) {
		return cli_misuse(cli, "--%s: takes no value", o->name);
	}
	if (o->choices && !is_choice(o->choices, value))
		return cli_misuse(cli, "--%s: expected one of %s, found '%s'", o->name, o->choices, value);
	if (!o->repeatable && cli_has(cli, o->name))
		return cli_misuse(cli, "--%s: given more than once", o->name);
	if (cli->n_values == CLI_MAX_VALUES)
		return cli_misuse(cli, "too many options");
	cli->values[cli->n_values].option = o;
	cli->values[cli->n_values++].value = value;
	return taken;
}

/* Sorts the words after the verb into options and arguments, which are gathered at the front of `words`. */
static int parse(struct cli *cli, char **words, int n)
{
	bool only_args = false;

	cli->args = words;
	for (int i = 0; i < n;) {
		if (!only_args && !strcmp(words[i], "--")) {
			only_args = true;
			i++;
		} else if (!only_args && (!strcmp(words[i], "--help") || !strcmp(words[i], "-h"))) {
			return cli_help_verb(cli->verb->name);
		} else if (!only_args && !strncmp(words[i], "--", 2)) {
			int taken = parse_option(cli, words + i, n - i);

			if (taken == 0)
				return CLI_USAGE;
			i += taken;
		} else if (!only_args && words[i][0] == '-' && words[i][1]) {
			return cli_fail(cli, CLI_USAGE, "unknown option '%s' (see jurat %s --help)", words[i],
					cli->verb->name);
		} else {
			cli->args[cli->n_args++] = words[i++];
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status;

	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || (!strcmp(argv[1], "help") && argc == 2)) {
		usage(stdout);
		return cli_flush(&cli, CLI_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("jurat " JURAT_VERSION);
		return cli_flush(&cli, CLI_OK);
	}
	cli.verb = cli_find_verb(argv[1]);
	if (!cli.verb) {
		fprintf(stderr, "jurat: unknown verb '%s' (see jurat --help)\n", argv[1]);
		return CLI_USAGE;
	}
	status = parse(&cli, argv + 2, argc - 2);
	if (status >= 0)
		return cli_flush(&cli, status);
	if (cli.n_args < cli.verb->min_args && !cli_has(&cli, "list-reasons"))
		return cli_fail(&cli, CLI_USAGE, "expected %s (see jurat %s --help)", cli.verb->args,
				cli.verb->name);
	if (cli.n_args > cli.verb->max_args)
		return cli_fail(&cli, CLI_USAGE, "unexpected argument '%s'", cli.args[cli.verb->max_args]);
	return cli_flush(&cli, cli.verb->run(&cli));
}
