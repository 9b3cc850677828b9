/* SPDX-License-Identifier: MIT */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int set_number(const struct option_row *row, uint64_t v, void *settings, struct jurat_error *err)
{
	if (v < row->min || v > row->max)
		return jurat_fail(err, -EINVAL,
				  row->kind == OPTION_MODE ? "%s is from %#" PRIo64 " to %#" PRIo64
							   : "%s is from %" PRIu64 " to %" PRIu64,
				  row->name, row->min, row->max);
	memcpy((char *)settings + row->offset, &v, sizeof(v));
	return 0;
}

static int read_number(const struct option_row *row, const char *text, void *settings,
		       struct jurat_error *err)
{
	char *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, row->kind == OPTION_MODE ? 8 : 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
		return jurat_fail(err, -EINVAL, "%s wants %s, not '%s'", row->name, row->value, text);
	return set_number(row, v, settings, err);
}

static int set_text(const struct option_row *row, const char *text, char to[OPTION_TEXT_BYTES],
		    struct jurat_error *err)
{
	size_t n = strlen(text);

	if (n == 0 || n >= OPTION_TEXT_BYTES)
		return jurat_fail(err, -EINVAL, "%s wants %s of 1 to %d bytes", row->name, row->value,
				  OPTION_TEXT_BYTES - 1);
	memcpy(to, text, n + 1);
	return 0;
}

static int add_to_list(const struct option_row *row, const char *text, void *settings,
		       struct jurat_error *err)
{
	struct option_list *list = (void *)((char *)settings + row->offset);
	int r;

	if (list->n == OPTION_LIST_MAX)
		return jurat_fail(err, -EINVAL, "%s: given more than %d times", row->name, OPTION_LIST_MAX);
	r = set_text(row, text, list->text[list->n], err);
	list->n += r == 0;
	return r;
}

static int set_from_text(const struct option_row *row, const char *text, void *settings,
			 struct jurat_error *err)
{
	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_MODE:
		return read_number(row, text, settings, err);
	case OPTION_TEXT:
		return set_text(row, text, (char *)settings + row->offset, err);
	case OPTION_LIST:
		return add_to_list(row, text, settings, err);
	case OPTION_FLAG:
		break;
	}
	memcpy((char *)settings + row->offset, &(bool){ true }, sizeof(bool));
	return 0;
}

static const struct option_row *find(const struct option_table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (!strcmp(table->rows[i].name, name))
			return &table->rows[i];
	return NULL;
}

static int set_list_from_json(const struct option_row *row, const json_t *v, void *settings,
			      struct jurat_error *err)
{
	const json_t *item;
	size_t i;

	((struct option_list *)(void *)((char *)settings + row->offset))->n = 0;
	json_array_foreach(v, i, item)
	{
		int r = json_is_string(item) ? add_to_list(row, json_string_value(item), settings, err)
					     : jurat_fail(err, -EINVAL, "%s: expected strings", row->name);

		if (r < 0)
			return r;
	}
	return 0;
}

static int set_from_json(const struct option_row *row, const json_t *v, void *settings,
			 struct jurat_error *err)
{
	static const char *const wants[] = { "true or false", "a number", "a string of octal digits",
					     "a string", "an array of strings" };
	const bool flag = json_is_true(v);

	if (row->kind == OPTION_FLAG && json_is_boolean(v)) {
		memcpy((char *)settings + row->offset, &flag, sizeof(flag));
		return 0;
	}
	if (row->kind == OPTION_NUMBER && json_is_integer(v) && json_integer_value(v) >= 0)
		return set_number(row, (uint64_t)json_integer_value(v), settings, err);
	if ((row->kind == OPTION_MODE || row->kind == OPTION_TEXT) && json_is_string(v))
		return set_from_text(row, json_string_value(v), settings, err);
	if (row->kind == OPTION_LIST && json_is_array(v))
		return set_list_from_json(row, v, settings, err);
	return jurat_fail(err, -EINVAL, "%s wants %s", row->name, wants[row->kind]);
}

static void free_json(json_t **j)
{
	json_decref(*j);
}

int options_read_json(const struct option_table *table, const char *text, size_t n, void *settings,
		      size_t size, struct jurat_error *err)
{
	json_error_t e;
	auto_call(free_json) json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
	auto_free void *copy = malloc(size);
	const char *name;
	json_t *v;

	if (!copy)
		return jurat_fail_memory(err);
	if (!root)
		return jurat_fail(err, -EBADMSG, "line %d: %s", e.line, e.text);
	if (!json_is_object(root))
		return jurat_fail(err, -EBADMSG, "is no object");
	memcpy(copy, settings, size);
	json_object_foreach(root, name, v)
	{
		const struct option_row *row = find(table, name);
		int r = row ? set_from_json(row, v, copy, err)
			    : jurat_fail(err, -EINVAL, "unknown option '%s'", name);

		if (r < 0)
			return r;
	}
	memcpy(settings, copy, size);
	return 0;
}

/* A list that the words mention is theirs alone, whatever the file said. */
static int set_from_word(const struct option_row *row, const char *text, bool *first, void *settings,
			 struct jurat_error *err)
{
	if (row->kind == OPTION_LIST && *first)
		((struct option_list *)(void *)((char *)settings + row->offset))->n = 0;
	else if (!*first && row->kind != OPTION_LIST)
		return jurat_fail(err, -EINVAL, "--%s: given more than once", row->name);
	*first = false;
	return set_from_text(row, text, settings, err);
}

/* getopt_long(3)'s form of the table; the two that every role has stand behind it. */
static struct option *long_options(const struct option_table *table)
{
	struct option *o = calloc(table->n + 3, sizeof(*o));

	for (size_t i = 0; o && i < table->n; i++)
		o[i] = (struct option){ .name = table->rows[i].name,
					.has_arg = table->rows[i].kind == OPTION_FLAG ? no_argument
										      : required_argument,
					.val = (int)i + 256 };
	if (o) {
		o[table->n] = (struct option){ .name = "help", .val = 'h' };
		o[table->n + 1] =
			(struct option){ .name = "config", .has_arg = required_argument, .val = 'c' };
	}
	return o;
}

int options_read_words(const struct option_table *table, int argc, char **argv, void *settings, size_t size,
		       struct jurat_error *err)
{
	auto_free struct option *options = long_options(table);
	auto_free void *copy = malloc(size);
	auto_free bool *firsts = malloc(table->n);
	int c, r;

	if (!options || !copy || !firsts)
		return jurat_fail_memory(err);
	memset(firsts, true, table->n);
	memcpy(copy, settings, size);
	opterr = 0;
	optind = 0; /* anew: a reload reads the same words again */
	while ((c = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		if (c == 'h')
			return OPTIONS_HELP;
		if (c == ':' || c == '?')
			return jurat_fail(err, -EINVAL,
					  c == ':' ? "'%s': expected a value" : "unknown option '%s'",
					  argv[optind - 1]);
		if (c == 'c')
			continue;
		r = set_from_word(&table->rows[c - 256], optarg, &firsts[c - 256], copy, err);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return jurat_fail(err, -EINVAL, "unexpected argument '%s'", argv[optind]);
	memcpy(settings, copy, size);
	return 0;
}

const char *options_find_config(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "--config=", 9))
			return argv[i] + 9;
		if (!strcmp(argv[i], "--config") && i + 1 < argc)
			return argv[i + 1];
	}
	return NULL;
}

static void print_row(const char *name, const char *value, const char *help)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", name, value ? " " : "", value ? value : "");
	printf("  %-28s %s\n", left, help);
}

void options_print_help(const struct option_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		print_row(table->rows[i].name, table->rows[i].value, table->rows[i].help);
	print_row("config", "FILE", "options from a JSON file; those given here come after it");
	print_row("help", NULL, "print this, and stop");
}
