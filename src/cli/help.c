/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/help.h"
#include "base/text_stream.h"

/* Prints the table of verbs for users and manual pages. */
/*
 * "command, command: help: a, b or c (default a; repeatable)"; with `alone`, without the commands. The caller
 * frees it; NULL: no memory.
 */
static char *describe(const struct cli_option *o, bool alone)
{
	struct text_stream stream;
	char *text = NULL;

	if (text_stream_open(&stream) < 0)
		return NULL;
	for (const char *at = alone ? NULL : o->commands; at; at = strchr(at, '|')) {
		at += *at == '|';
		fprintf(stream.to, "%s%.*s", at == o->commands ? "" : ", ", (int)strcspn(at, "|"), at);
	}
	fprintf(stream.to, "%s%s", o->commands && !alone ? ": " : "", o->help);
	for (const char *at = o->items; at; at = strchr(at, '|')) {
		at += *at == '|';
		fprintf(stream.to, "%s%.*s", at == o->items ? ": " : ", ", (int)strcspn(at, "|"), at);
	}
	for (const char *at = o->choices; at;) {
		const char *end = strchr(at, '|');
		int n = (int)(end ? end - at : (long)strlen(at));

		fprintf(stream.to, "%s%.*s", at == o->choices ? ": " : end ? ", " : " or ", n, at);
		at = end ? end + 1 : NULL;
	}
	if (o->fallback || o->repeatable)
		fprintf(stream.to, " (%s%s%s%s)", o->fallback ? "default " : "",
			o->fallback ? o->fallback : "", o->fallback && o->repeatable ? "; " : "",
			o->repeatable ? "repeatable" : "");
	return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
}

/* "load-vlek" -> "load-vlek FILE"; NULL: no command of the verb, or no memory. The caller frees it. */
static char *usage_of(const struct cli_verb *verb, const char *command)
{
	const char *at = verb->args;
	struct cli_command found;

	for (size_t i = 0; cli_command(verb, i, &found); i++, at += 3) {
		const char *end = strstr(at, " | ");
		size_t n = end ? (size_t)(end - at) : strlen(at);

		if (!strcmp(found.name, command))
			return strndup(at, n);
		at += n;
	}
	return NULL;
}

/* With a command, what that command takes. */
static int print_text(const struct cli_verb *verb, const char *command)
{
	auto_free char *usage = verb->has_commands && command ? usage_of(verb, command) : NULL;
	int at = printf("Usage: jurat %s [OPTION]...%s", verb->name, verb->args[0] ? " " : "");
	bool differ = false;

	base_print_wrapped(stdout, usage ? usage : verb->args, at, 4);
	putchar('\n');
	printf("%c", verb->summary[0] & ~0x20);
	base_print_wrapped(stdout, verb->summary + 1, 1, 0);
	puts(".\n");
	for (size_t i = 0; i < verb->n_options; i++) {
		auto_free char *text = NULL;

		if (usage && !cli_option_belongs(&verb->options[i], command))
			continue;
		differ = differ || verb->options[i].commands;
		text = describe(&verb->options[i], usage != NULL);
		if (!text)
			return CLI_INTERNAL;
		base_print_option(stdout, verb->options[i].name, verb->options[i].value, text);
	}
	base_print_option(stdout, "help", NULL, "print this help and exit");
	if (!usage && differ && verb->has_commands)
		printf("\n`jurat %s COMMAND --help` lists the options of one command.\n", verb->name);
	if (verb->more) {
		putchar('\n');
		base_print_wrapped(stdout, verb->more, 0, 0);
	}
	return CLI_OK;
}

static int print_scdoc(const struct cli_verb *verb)
{
	for (size_t i = 0; i < verb->n_options; i++) {
		const struct cli_option *o = &verb->options[i];
		auto_free char *text = describe(o, true);
		bool upper;

		if (!text)
			return CLI_INTERNAL;
		printf("*--%s*%s%s%s\n\t", o->name, o->value ? " _" : "", o->value ? o->value : "",
		       o->value ? "_" : "");
		for (const char *at = o->commands; at; at = strchr(at, '|')) {
			at += *at == '|';
			printf("%s*%.*s*", at == o->commands ? "" : ", ", (int)strcspn(at, "|"), at);
		}
		upper = !o->commands && text[0] >= 'a' && text[0] <= 'z';
		printf("%s%c%s.\n\n", o->commands ? ": " : "", upper ? text[0] & ~0x20 : text[0], text + 1);
	}
	printf("*--help*\n\tPrint a summary of the options and exit.\n");
	return CLI_OK;
}

int cli_help_verb(const char *name, const char *command)
{
	const struct cli_verb *verb = cli_find_verb(name);

	if (!verb)
		return CLI_USAGE;
	return print_text(verb, command);
}

int cli_help(struct cli *cli)
{
	const char *format = cli_get(cli, "format"), *name = cli->n_args > 0 ? cli->args[0] : NULL;
	const struct cli_verb *verb = name ? cli_find_verb(name) : NULL;

	if (format && strcmp(format, "text") != 0 && strcmp(format, "scdoc") != 0)
		return cli_complete(cli, format);
	if (!name)
		return cli_fail(cli, CLI_USAGE, "expected a verb (see jurat --help)");
	if (!verb)
		return cli_fail(cli, CLI_USAGE, "unknown verb '%s' (see jurat --help)", name);
	if (!format || strcmp(format, "scdoc"))
		return cli_help_verb(name, cli->n_args > 1 ? cli->args[1] : NULL);
	return print_scdoc(verb);
}
