/* SPDX-License-Identifier: MIT */
#include "base/complete.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/complete_scripts.h" /* of complete.bash, complete.zsh and complete.fish */

/*
 * A row of the table has fields that a tab separates, "-" for none:
 *   verb NAME SUMMARY
 *   takes VERB COMMAND KIND...              arguments; a last "..." repeats the kind before it
 *   option VERB NAME COMMANDS KIND VALUES once|many PLACEHOLDER HELP
 * In single quotes it is the same word in all three shells.
 */
struct rows {
	FILE *to;
	const char *end; /* what continues the list in the next line */
	bool bad;
};

static void field(struct rows *rows, const char *before, const char *text, size_t n)
{
	fputs(before, rows->to);
	for (size_t i = 0; i < n; i++) {
		rows->bad = rows->bad || text[i] == '\\' || (unsigned char)text[i] < ' ';
		if (text[i] == '\'')
			fputs("'\\''", rows->to);
		else
			fputc(text[i], rows->to);
	}
}

static void next(struct rows *rows, const char *text)
{
	field(rows, "\t", text ? text : "-", text ? strlen(text) : 1);
}

static void end(struct rows *rows)
{
	fprintf(rows->to, "'%s\n", rows->end);
}

static bool has_word(const char *words, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = words; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strcspn(at, "|") == n && strncmp(at, word, n) == 0)
			return true;
	}
	return false;
}

static bool has_one_of(const char *words, const char *const *names)
{
	for (; *names; names++)
		if (has_word(words, *names))
			return true;
	return false;
}

/* What a value or argument is, by its placeholder. */
static const char *kind_of(const char *placeholder)
{
	static const char *const files[] = { "FILE", "BLOB", "EVIDENCE", "PATH", NULL };
	static const char *const programs[] = { "PROGRAM", "ADAPTER", "VMM", NULL };

	if (has_one_of(placeholder, files))
		return "file";
	if (has_word(placeholder, "DIR"))
		return "dir";
	if (has_word(placeholder, "@FILE"))
		return "atfile";
	if (has_one_of(placeholder, programs))
		return "program";
	return has_word(placeholder, "VERB") ? "verb" : has_word(placeholder, "COMMAND") ? "command" : "text";
}

/* "DIR BLOB", "-- PROGRAM [ARGUMENT]..." or "[VERB [COMMAND]]" */
static void put_arguments(struct rows *rows, const char *at, const char *stop)
{
	char word[32];

	fputc('\t', rows->to);
	for (const char *space = ""; at < stop;) {
		const size_t n = strcspn(at, " []."), skip = strspn(at, " []");

		if (strncmp(at, "...", 3) == 0) {
			fputs(" ...", rows->to);
			at += 3;
		} else if (skip > 0) {
			at += skip;
		} else {
			snprintf(word, sizeof(word), "%.*s", (int)n, at);
			at += n > 0 ? n : 1;
			if (strcmp(word, "--") == 0 || strcmp(word, "ARGUMENT") == 0)
				continue;
			fprintf(rows->to, "%s%s", space, kind_of(word));
			space = " ";
		}
	}
}

static void put_takes(struct rows *rows, const struct base_complete_verb *verb)
{
	for (const char *at = verb->args; at;) {
		const char *bar = verb->has_commands ? strstr(at, " | ") : NULL;
		const char *stop = bar ? bar : at + strlen(at);
		size_t n = verb->has_commands ? strcspn(at, " ") : 0;

		field(rows, "\t'takes\t", verb->name, strlen(verb->name));
		field(rows, "\t", n > 0 ? at : "-", n > 0 ? n : 1);
		put_arguments(rows, at + n, stop);
		end(rows);
		at = bar ? bar + 3 : NULL;
	}
}

static void put_option(struct rows *rows, const char *verb, const struct base_complete_option *o)
{
	const char *kind = !o->value    ? "flag"
			   : o->choices ? o->any_case ? "names" : "words"
			   : o->items   ? "list"
					: kind_of(o->value);

	field(rows, "\t'option\t", verb, strlen(verb));
	next(rows, o->name);
	next(rows, o->commands);
	next(rows, kind);
	next(rows, o->choices ? o->choices : o->items);
	next(rows, o->repeatable ? "many" : "once");
	next(rows, o->value);
	next(rows, o->help);
	end(rows);
}

static int put_table(FILE *to, const struct base_complete *program, const char *line_end)
{
	const struct base_complete_option help = { .name = "help", .help = "print this help and exit" };
	struct rows rows = { .to = to, .end = line_end };
	struct base_complete_option option;
	struct base_complete_verb verb;

	for (size_t i = 0; program->verb(i, &verb); i++) {
		field(&rows, "\t'verb\t", verb.name, strlen(verb.name));
		next(&rows, verb.summary);
		end(&rows);
		put_takes(&rows, &verb);
		for (size_t k = 0; program->option(i, k, &option); k++)
			put_option(&rows, verb.name, &option);
		put_option(&rows, verb.name, &help);
	}
	return rows.bad ? -EINVAL : 0;
}

int base_complete_print(FILE *to, const struct base_complete *program, const char *shell)
{
	static const struct {
		const char *shell, *line_end, *script;
	} scripts[] = {
		{ "bash", "", complete_bash },
		{ "zsh", "", complete_zsh },
		{ "fish", " \\", complete_fish },
	};
	const char *at = NULL, *line_end = "";
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcmp(scripts[i].shell, shell) != 0)
			continue;
		at = scripts[i].script;
		line_end = scripts[i].line_end;
	}
	if (!at)
		return -EINVAL;
	/* @PROGRAM@ is the name, @TABLE@ (a line of its own) the table. */
	while (*at && r == 0) {
		const size_t n = strcspn(at, "@");

		fwrite(at, 1, n, to);
		at += n;
		if (strncmp(at, "@PROGRAM@", 9) == 0) {
			fputs(program->program, to);
			at += 9;
		} else if (strncmp(at, "@TABLE@\n", 8) == 0) {
			r = put_table(to, program, line_end);
			at += 8;
		} else if (*at) {
			fputc(*at++, to);
		}
	}
	return r;
}
