/* SPDX-License-Identifier: MIT */
#ifndef BASE_COMPLETE_H
#define BASE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/*
 * Completion scripts for shells. Each is the same table of verbs and options, and a part that reads it in the
 * language of the shell: complete.bash, complete.zsh and complete.fish.
 */
#define BASE_COMPLETE_SHELLS "bash|zsh|fish"

struct base_complete_verb {
	const char *name, *summary;
	const char *args; /* "FILE" or, with commands, "build DIR BLOB | check BLOB": as in help texts */
	bool has_commands;
};

struct base_complete_option {
	const char *name, *help;
	const char *value;    /* placeholder: FILE, BLOB, EVIDENCE and PATH are files; NULL: a flag */
	const char *choices;  /* "a|b": the only values; NULL: others */
	const char *items;    /* "a|b": what a comma-separated list has; NULL: no list, or of other words */
	const char *commands; /* "a|b": commands that take it; NULL: every one */
	bool any_case, repeatable;
};

struct base_complete {
	const char *program;
	/* Get the i-th verb, and the i-th option of a verb, but for --help. false: past the end. */
	bool (*verb)(size_t i, struct base_complete_verb *ret);
	bool (*option)(size_t verb, size_t i, struct base_complete_option *ret);
};

/*
 * Writes the script of one of BASE_COMPLETE_SHELLS.
 *
 * Returns   0; -EINVAL another shell, or a text of the table that cannot be quoted in all of them
 */
JURAT_MUST_CHECK int base_complete_print(FILE *to, const struct base_complete *program, const char *shell);

#endif
