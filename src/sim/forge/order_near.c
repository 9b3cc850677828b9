/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/forge/order_internal.h"

struct order_near order_near(const char *unknown)
{
	return (struct order_near){ .unknown = unknown };
}

/* Insertions, deletions and replacements from one name to the other; 0 where one contains the other. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[ORDER_NAME_BYTES + 1];
	size_t n = strnlen(b, ORDER_NAME_BYTES);

	if (*a && strstr(b, a))
		return 0;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			unsigned best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

void order_near_add(struct order_near *near, const char *name)
{
	unsigned d = distance(near->unknown, name), i = near->n;

	while (i > 0 && near->distance[i - 1] > d)
		i--;
	if (i == ORDER_N_NEAR)
		return;
	if (near->n < ORDER_N_NEAR)
		near->n++;
	for (unsigned j = near->n - 1; j > i; j--) {
		near->distance[j] = near->distance[j - 1];
		memcpy(near->names[j], near->names[j - 1], sizeof(near->names[j]));
	}
	near->distance[i] = d;
	snprintf(near->names[i], sizeof(near->names[i]), "%s", name);
}

int order_near_fail(const struct order_near *near, struct jurat_error *err, const char *format, ...)
{
	char what[160], names[ORDER_N_NEAR * (ORDER_NAME_BYTES + 2)] = "";
	size_t n = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	for (unsigned i = 0; i < near->n && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", near->names[i]);
	return jurat_fail(err, -EINVAL, "%s%s%s", what, near->n ? "; nearest: " : "", names);
}
