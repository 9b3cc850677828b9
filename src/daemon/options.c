/* SPDX-License-Identifier: MIT */
#include "daemon/options.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/help.h"
#include "base/words.h"

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
		return jurat_fail(err, -EINVAL, "%s: expected %s, found '%s'", row->name, row->value, text);
	return set_number(row, v, settings, err);
}

static int set_text(const struct option_row *row, const char *text, char to[OPTION_TEXT_BYTES],
		    struct jurat_error *err)
{
	size_t n = strlen(text);

	if (n == 0 || n >= OPTION_TEXT_BYTES)
		return jurat_fail(err, -EINVAL, "%s: expected %s of 1 to %d bytes", row->name, row->value,
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
		return jurat_fail(err, -EINVAL, "%s: used more than %d times", row->name, OPTION_LIST_MAX);
	r = set_text(row, text, list->text[list->n], err);
	list->n += r == 0;
	return r;
}

static int set_choice(const struct option_row *row, const char *text, void *settings, struct jurat_error *err)
{
	const size_t n = strlen(text);
	uint64_t v = 0;

	for (const char *word = row->value;; v++) {
		const size_t size = strcspn(word, "|");

		if (size == n && memcmp(word, text, n) == 0)
			break;
		if (word[size] == '\0')
			return jurat_fail(err, -EINVAL, "%s: expected %s, found '%s'", row->name, row->value,
					  text);
		word += size + 1;
	}
	memcpy((char *)settings + row->offset, &v, sizeof(v));
	return 0;
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
	case OPTION_CHOICE:
		return set_choice(row, text, settings, err);
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
	static const char *const wants[] = {
		"true or false",       "a number", "a string of octal digits", "a string",
		"an array of strings", "a string"
	};
	const bool flag = json_is_true(v);

	if (row->kind == OPTION_FLAG && json_is_boolean(v)) {
		memcpy((char *)settings + row->offset, &flag, sizeof(flag));
		return 0;
	}
	if (row->kind == OPTION_NUMBER && json_is_integer(v) && json_integer_value(v) >= 0)
		return set_number(row, (uint64_t)json_integer_value(v), settings, err);
	if ((row->kind == OPTION_MODE || row->kind == OPTION_TEXT || row->kind == OPTION_CHOICE) &&
	    json_is_string(v))
		return set_from_text(row, json_string_value(v), settings, err);
	if (row->kind == OPTION_LIST && json_is_array(v))
		return set_list_from_json(row, v, settings, err);
	return jurat_fail(err, -EINVAL, "%s: expected %s", row->name, wants[row->kind]);
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
		return jurat_fail(err, -EBADMSG, "not a JSON object");
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

/* The option for the configuration file comes after the rows of the table. */
static bool option_row(const void *table, size_t i, struct base_option *ret)
{
	const struct option_table *t = table;

	if (i > t->n)
		return false;
	*ret = i == t->n ? (struct base_option){ .name = "config", .value = "FILE" }
			 : (struct base_option){ .name = t->rows[i].name,
						 .value = t->rows[i].value,
						 .repeatable = t->rows[i].kind == OPTION_LIST };
	return true;
}

/* `argv` begins with the role's name. */
static struct base_words words_of(const struct option_table *table, int argc, char **argv)
{
	return (struct base_words){ .words = argv + 1, .n = argc - 1, .option = option_row, .table = table };
}

int options_read_words(const struct option_table *table, int argc, char **argv, void *settings, size_t size,
		       struct jurat_error *err)
{
	struct base_words words = words_of(table, argc, argv);
	auto_free void *copy = malloc(size);
	const char *value;
	uint64_t seen;
	size_t i;
	int r;

	if (!copy)
		return jurat_fail_memory(err);
	memcpy(copy, settings, size);
	for (seen = 0; (r = base_words_next(&words, &i, &value, err)) == BASE_WORD_OPTION;
	     seen = words.seen) {
		if (i == table->n)
			continue;
		if (table->rows[i].kind == OPTION_LIST &&
		    !(seen >> i & 1)) /* the command line replaces the list of the file */
			((struct option_list *)(void *)((char *)copy + table->rows[i].offset))->n = 0;
		r = set_from_text(&table->rows[i], value, copy, err);
		if (r < 0)
			return r;
	}
	if (r == BASE_WORD_HELP)
		return OPTIONS_HELP;
	if (r == BASE_WORD_ARGUMENT)
		return jurat_fail(err, -EINVAL, "unexpected argument '%s'", value);
	if (r == BASE_WORD_END)
		memcpy(settings, copy, size);
	return r;
}

int options_find_config(const struct option_table *table, int argc, char **argv, const char **ret,
			struct jurat_error *err)
{
	struct base_words words = words_of(table, argc, argv);
	const char *value, *path = NULL;
	size_t i;
	int r;

	while ((r = base_words_next(&words, &i, &value, err)) > BASE_WORD_HELP)
		if (r == BASE_WORD_OPTION && i == table->n)
			path = value;
	if (r == BASE_WORD_HELP)
		return OPTIONS_HELP;
	if (r == 0)
		*ret = path;
	return r;
}

static size_t size_of(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_FLAG:
		return sizeof(bool);
	case OPTION_TEXT:
		return OPTION_TEXT_BYTES;
	case OPTION_LIST:
		return sizeof(struct option_list);
	case OPTION_NUMBER:
	case OPTION_MODE:
	case OPTION_CHOICE:
		break;
	}
	return sizeof(uint64_t);
}

/* Bytes behind the end of a text do not count. */
static bool is_same(const struct option_row *row, const void *a, const void *b)
{
	const struct option_list *one = a, *other = b;

	if (row->kind == OPTION_TEXT)
		return strcmp(a, b) == 0;
	if (row->kind != OPTION_LIST)
		return memcmp(a, b, size_of(row)) == 0;
	for (size_t i = 0; i < one->n && i < other->n; i++)
		if (strcmp(one->text[i], other->text[i]) != 0)
			return false;
	return one->n == other->n;
}

static void add_name(char *names, const char *name)
{
	const size_t n = strlen(names);

	snprintf(names + n, OPTION_NAMES_BYTES - n, "%s%s", n > 0 ? "," : "", name);
}

char *options_keep(const struct option_table *table, const void *before, void *after, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		const char *old = (const char *)before + row->offset;
		char *new = (char *)after + row->offset;

		if (!row->restart || is_same(row, old, new))
			continue;
		add_name(text, row->name);
		memcpy(new, old, size_of(row));
	}
	return text;
}

char *options_changed(const struct option_table *table, const void *before, const void *after, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];

		if (!is_same(row, (const char *)before + row->offset, (const char *)after + row->offset))
			add_name(text, row->name);
	}
	return text;
}

void options_print_help(const struct option_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		base_print_option(stdout, table->rows[i].name, table->rows[i].value, table->rows[i].help);
	base_print_option(stdout, "config", "FILE", "read options from a JSON file first");
	base_print_option(stdout, "help", NULL, "print this help and exit");
	base_print_option(stdout, "version", NULL, "print the version and exit");
}

bool options_complete(const struct option_table *table, size_t i, struct base_complete_option *ret)
{
	static const struct base_complete_option more[] = {
		{ .name = "config", .value = "FILE", .help = "read options from a JSON file first" },
		{ .name = "version", .help = "print the version and exit" },
	};
	const struct option_row *row = &table->rows[i];

	if (i >= table->n + ARRAY_SIZE(more))
		return false;
	if (i >= table->n)
		*ret = more[i - table->n];
	else
		*ret = (struct base_complete_option){ .name = row->name,
						      .help = row->help,
						      .value = row->value,
						      .choices =
							      row->kind == OPTION_CHOICE ? row->value : NULL,
						      .repeatable = row->kind == OPTION_LIST };
	return true;
}
