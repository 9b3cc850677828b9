/* SPDX-License-Identifier: MIT */
#include "base/help.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, INDENT = 26 };

void base_print_wrapped(FILE *to, const char *text, int at, int indent)
{
	bool first = true; /* first word of its line */
	int column = at;

	while (*text) {
		int n = (int)strcspn(text, " \n");

		if (!first && column + 1 + n > COLUMNS) {
			fprintf(to, "\n%*s", indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", n, text);
		first = false;
		column += n;
		text += n;
		if (*text == '\n') {
			fputc('\n', to);
			column = 0;
			first = true;
		}
		text += *text != '\0';
	}
}

void base_print_option(FILE *to, const char *name, const char *value, const char *text)
{
	int n = fprintf(to, "  --%s%s%s", name, value ? " " : "", value ? value : "");

	if (n >= INDENT - 1)
		fprintf(to, "\n%*s", INDENT, "");
	else
		fprintf(to, "%*s", INDENT - n, "");
	base_print_wrapped(to, text, INDENT, INDENT);
	fputc('\n', to);
}
