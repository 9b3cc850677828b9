/* SPDX-License-Identifier: MIT */
#ifndef BASE_HELP_H
#define BASE_HELP_H

#include <stdio.h>

/* Help of the programs, in 80 columns. */

/* Words; further lines begin with `indent` spaces. `at` is the column where the first one begins. */
void base_print_wrapped(FILE *to, const char *text, int at, int indent);
/* "  --name VALUE   text", in the columns that all options have. value: NULL: it is a flag. */
void base_print_option(FILE *to, const char *name, const char *value, const char *text);

#endif
