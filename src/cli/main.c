/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/words.h"
#include "crypto/describe.h"

static void usage(FILE *to)
{
	fputs("Usage: jurat VERB [OPTION]... [ARGUMENT]...\n"
	      "Serves, fetches, verifies and simulates the attestation evidence of confidential virtual "
	      "machines.\n\n",
	      to);
	for (size_t i = 0; i < cli_n_verbs; i++)
		fprintf(to, "  %-8s %s\n", cli_verbs[i].name, cli_verbs[i].summary);
	fputs("\n`jurat VERB --help` lists the options of a verb. Start with `jurat demo`.\n", to);
}

static bool option_row(const void *table, size_t i, struct base_option *ret)
{
	const struct cli_verb *verb = table;

	if (i == verb->n_options)
		return false;
	*ret = (struct base_option){ .name = verb->options[i].name,
				     .value = verb->options[i].value,
				     .choices = verb->options[i].choices,
				     .any_case = verb->options[i].any_case,
				     .repeatable = verb->options[i].repeatable };
	return true;
}

/* Sorts the words after the verb into options and arguments, which are gathered at the front of `words`. */
static int parse(struct cli *cli, char **words, int n)
{
	struct base_words w = { .words = words, .n = n, .option = option_row, .table = cli->verb };
	struct jurat_error err = { "" };
	const char *value;
	size_t i;

	cli->args = words;
	for (;;) {
		switch (base_words_next(&w, &i, &value, &err)) {
		case BASE_WORD_END:
			return -1;
		case BASE_WORD_HELP:
			return cli_help_verb(cli->verb->name, cli->n_args > 0 ? cli->args[0] : NULL);
		case BASE_WORD_ARGUMENT:
			cli->args[cli->n_args++] = words[w.at - 1];
			break;
		case BASE_WORD_OPTION:
			if (cli->n_values == CLI_MAX_VALUES)
				return cli_fail(cli, CLI_USAGE, "more than %d options", CLI_MAX_VALUES);
			cli->values[cli->n_values].option = &cli->verb->options[i];
			cli->values[cli->n_values++].value = value ? value : "";
			break;
		default:
			return cli_fail(cli, CLI_USAGE, "%s (see jurat %s --help)", err.text,
					cli->verb->name);
		}
	}
}

/* The function of a verb in this program; NULL: it is in another program. */
static int (*find_run(const struct cli_verb *verb, const struct cli_run *runs, size_t n_runs))(struct cli *)
{
	for (size_t i = 0; i < n_runs; i++)
		if (!strcmp(runs[i].verb, verb->name))
			return runs[i].run;
	return NULL;
}

/* The program that an option, or the number of arguments, needs, unless it is this one; NULL: none. */
static const char *other_program(const struct cli *cli, const char *program)
{
	const char *many = cli->verb->many;

	for (size_t i = 0; i < cli->n_values; i++) {
		const char *needed = cli->values[i].option->program;

		if (needed && (!program || strcmp(needed, program) != 0))
			return needed;
	}
	return many && cli->n_args > 1 && (!program || strcmp(many, program) != 0) ? many : NULL;
}

/* Parses the words of a verb of this program, and runs it. `words`: room for a copy, which is rearranged. */
static int run_verb(struct cli *cli, int argc, char **argv, char **words, const char *program,
		    int (*run)(struct cli *))
{
	const char *other;
	int status;

	memcpy(words, argv, (size_t)argc * sizeof(*argv));
	status = parse(cli, words + 2, argc - 2);
	if (status >= 0)
		return cli_flush(cli, status);
	other = other_program(cli, program);
	if (other)
		return cli_execute(cli, other, argv);
	if (cli->verb->has_commands)
		return cli_flush(cli, cli_check_command(cli) ? run(cli) : CLI_USAGE);
	if (cli->n_args < cli->verb->min_args && !cli_has(cli, "list-reasons"))
		return cli_fail(cli, CLI_USAGE, "expected %s (see jurat %s --help)", cli->verb->args,
				cli->verb->name);
	if (cli->n_args > cli->verb->max_args)
		return cli_fail(cli, CLI_USAGE, "unexpected argument '%s'", cli->args[cli->verb->max_args]);
	return cli_flush(cli, run(cli));
}

int cli_main(int argc, char **argv, const char *program, const struct cli_run *runs, size_t n_runs)
{
	struct cli cli = { .name = argc > 0 ? argv[0] : "jurat" };
	auto_free char **words = NULL;
	char signatures[CRYPTO_DESCRIPTION_BYTES];
	int (*run)(struct cli *);

	if (argc < 2) {
		usage(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || (!strcmp(argv[1], "help") && argc == 2)) {
		usage(stdout);
		return cli_flush(&cli, CLI_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		crypto_describe(signatures);
		printf("jurat " JURAT_VERSION "\nsignatures: %s\n", signatures);
		return cli_flush(&cli, CLI_OK);
	}
	cli.verb = cli_find_verb(argv[1]);
	if (!cli.verb) {
		fprintf(stderr, "jurat: unknown verb '%s' (see jurat --help)\n", argv[1]);
		return CLI_USAGE;
	}
	run = find_run(cli.verb, runs, n_runs);
	if (!run)
		return cli_execute(&cli, cli.verb->program, argv);
	words = calloc((size_t)argc + 1, sizeof(*words));
	return words ? run_verb(&cli, argc, argv, words, program, run) : cli_fail_memory(&cli);
}
