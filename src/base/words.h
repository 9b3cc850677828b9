/* SPDX-License-Identifier: MIT */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Parses command lines in the same way for every program: "--name value" and "--name=value" with
 * unabbreviated names, -h and --help, and arguments anywhere, "-" included; after "--" there are only
 * arguments. argv is not permuted and there is no global state, so that a command line can be parsed again.
 * Why not getopt_long(3): doc/decisions/0012-command-lines.md.
 */
struct base_option {
	const char *name;    /* without the dashes */
	const char *value;   /* placeholder for its value in help texts; NULL: it takes none */
	const char *choices; /* the only allowed values, "a|b|c"; NULL: any value */
	bool repeatable;
	bool any_case; /* the case of a choice does not matter: take it by a function of that kind */
};

enum { BASE_OPTIONS_MAX = 64 };

struct base_words {
	char **words;
	int n;
	/* Gets the i-th option of `table`, which has at most BASE_OPTIONS_MAX; false: past the end. */
	bool (*option)(const void *table, size_t i, struct base_option *ret);
	const void *table;
	/* State of the parser: initialize the members below to 0. */
	int at;
	bool only_arguments;
	uint64_t seen; /* a bit for each option that was used */
};

/* The end; -h or --help; an argument, in *ret_value; an option, whose value or NULL is in *ret_value. */
enum base_word { BASE_WORD_END, BASE_WORD_HELP, BASE_WORD_ARGUMENT, BASE_WORD_OPTION };

/*
 * Returns   enum base_word, with *ret_option set for an option; -EINVAL an unknown option, a value that is
 *           missing, superfluous or not one of the choices, or a second use of an option that is not
 *           repeatable; `err` names the option
 */
JURAT_MUST_CHECK int base_words_next(struct base_words *w, size_t *ret_option, const char **ret_value,
				     struct jurat_error *err);

#endif
