/* SPDX-License-Identifier: MIT */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The words of a command line, one by one, in the same way for every program: "--name value" and
 * "--name=value" by whole names, -h and --help, arguments between them, of which "-" is one, and behind "--"
 * nothing but arguments. Nothing is moved or kept elsewhere, so that words can be read again. Why not
 * getopt_long(3): doc/decisions/0012-command-lines.md.
 */
struct base_option {
	const char *name;    /* without the dashes */
	const char *value;   /* what it takes, for people; NULL: nothing */
	const char *choices; /* "a|b|c": no other values; NULL: any */
	bool repeatable;
};

enum { BASE_OPTIONS_MAX = 64 };

struct base_words {
	char **words;
	int n;
	/* The i-th option of `table`, at most BASE_OPTIONS_MAX of them; false: there is none. */
	bool (*option)(const void *table, size_t i, struct base_option *ret);
	const void *table;
	/* The rest begins as 0. */
	int at;
	bool only_arguments;
	uint64_t seen; /* a bit for each option that was there */
};

/* -h or --help; the end; an argument, which is *ret_value; an option, whose value, or NULL, that is. */
enum base_word { BASE_WORD_END, BASE_WORD_HELP, BASE_WORD_ARGUMENT, BASE_WORD_OPTION };

/*
 * Returns   enum base_word, with *ret_option set for an option; -EINVAL an unknown option, a value that is
 *           missing, superfluous or none of the choices, or an option twice that is not repeatable; `err`
 *           names the option
 */
JURAT_MUST_CHECK int base_words_next(struct base_words *w, size_t *ret_option, const char **ret_value,
				     struct jurat_error *err);

#endif
