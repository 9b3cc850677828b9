/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/complete.h"
#include "base/error.h"

/*
 * A role's options: one table defines the command line, the configuration file and --help. The file is one
 * JSON object with the same names; the command line overrides it.
 */
enum option_kind {
	OPTION_FLAG,   /* bool; in the file true or false */
	OPTION_NUMBER, /* uint64_t, from min to max; in the file a number */
	OPTION_MODE,   /* uint64_t in octal; in the file a string */
	OPTION_TEXT,   /* char[room] */
	OPTION_LIST,   /* struct option_list; in the file an array of strings; replaces the previous list */
	OPTION_CHOICE, /* uint64_t, which of the words of `value`, "one|another"; in the file a string */
};

enum { OPTION_TEXT_BYTES = 128, OPTION_LIST_MAX = 16 };

struct option_list {
	char text[OPTION_LIST_MAX][OPTION_TEXT_BYTES];
	size_t n;
};

struct option_row {
	const char *name, *value, *help; /* `value`: placeholder in help texts; NULL for a flag */
	enum option_kind kind;
	size_t offset; /* offset in the role's settings */
	uint64_t min, max;
	bool restart; /* a change takes effect only when the daemon is started again */
};

struct option_table {
	const struct option_row *rows;
	size_t n;
};

/*
 * text      n bytes, untrusted: must be an object without duplicate or unknown members, each of its type and
 *           in range
 * settings  changed on success only; `size` bytes
 * Returns   0; -EBADMSG not JSON; -EINVAL an invalid member; -ENOMEM
 */
JURAT_MUST_CHECK int options_read_json(const struct option_table *table, const char *text, size_t n,
				       void *settings, size_t size, struct jurat_error *err);
/*
 * Parses the command line from the role on, as base/words.h. 0; -EINVAL; -ENOMEM; OPTIONS_HELP: --help was
 * used.
 */
enum { OPTIONS_HELP = 1 };
JURAT_MUST_CHECK int options_read_words(const struct option_table *table, int argc, char **argv,
					void *settings, size_t size, struct jurat_error *err);
/* Finds --config only, whose file is read first. *ret is NULL when it was not used. Returns as above. */
JURAT_MUST_CHECK int options_find_config(const struct option_table *table, int argc, char **argv,
					 const char **ret, struct jurat_error *err);
/*
 * For a reload: options that take effect at a start only keep their value of `before` in `after`. Returns the
 * names of those that differed, separated by commas, in `text` of OPTION_NAMES_BYTES.
 */
enum { OPTION_NAMES_BYTES = 512 };
char *options_keep(const struct option_table *table, const void *before, void *after, char *text);
/* The names of all options that differ. */
char *options_changed(const struct option_table *table, const void *before, const void *after, char *text);
void options_print_help(const struct option_table *table);
/* The i-th option for a completion script, but for --help; false: past the end. */
bool options_complete(const struct option_table *table, size_t i, struct base_complete_option *ret);

#endif
