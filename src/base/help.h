/* SPDX-License-Identifier: MIT */
#ifndef BASE_HELP_H
#define BASE_HELP_H

#include <stdio.h>

/* Help texts of the programs, in 80 columns. */

/*
 * Prints text wrapped at words. The first line begins at column `at`; further lines are indented by `indent`
 * spaces.
 */
void base_print_wrapped(FILE *to, const char *text, int at, int indent);
/* " --name VALUE text", aligned with all other options. A NULL value means a flag. */
void base_print_option(FILE *to, const char *name, const char *value, const char *text);

#endif
