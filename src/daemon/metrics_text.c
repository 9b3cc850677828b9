/* SPDX-License-Identifier: MIT */
#include "daemon/metrics_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { GROW_BYTES = 8192, LABEL_BYTES = 128 };

void metrics_print(struct metrics_text *to, const char *format, ...)
{
	char line[512], *grown;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line) || to->failed) {
		to->failed = true;
		return;
	}
	if (to->room - to->size <= (size_t)n) {
		grown = realloc(to->text, to->room + GROW_BYTES);
		if (!grown) {
			to->failed = true;
			return;
		}
		to->text = grown;
		to->room += GROW_BYTES;
	}
	memcpy(to->text + to->size, line, (size_t)n + 1);
	to->size += (size_t)n;
}

/* Labels are addresses and the like: a byte beyond ASCII is not worth a decoder. */
void metrics_print_label(struct metrics_text *to, const char *value)
{
	for (unsigned n = 0; *value && n < LABEL_BYTES; value++, n++)
		if (*value == '\n')
			metrics_print(to, "\\n");
		else if (*value == '"' || *value == '\\')
			metrics_print(to, "\\%c", *value);
		else
			metrics_print(to, "%c", *value >= ' ' && *value <= '~' ? *value : '?');
}

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

void metrics_head(struct metrics_text *to, const char *name, const char *type, const char *help)
{
	static const char *const units[] = { "seconds", "bytes" };

	metrics_print(to, "# TYPE %s %s\n", name, type);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (ends_with(name, units[i]))
			metrics_print(to, "# UNIT %s %s\n", name, units[i]);
	metrics_print(to, "# HELP %s %s\n", name, help);
}

void metrics_one(struct metrics_text *to, const char *name, const char *type, const char *help,
		 uint64_t value)
{
	metrics_head(to, name, type, help);
	metrics_print(to, "%s%s %" PRIu64 "\n", name, strcmp(type, "counter") == 0 ? "_total" : "", value);
}

void metrics_print_end(struct metrics_text *to)
{
	metrics_print(to, "# EOF\n");
}
