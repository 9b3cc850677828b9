/* SPDX-License-Identifier: MIT */
#include "verify/json_names.h"

/* Ignores case, underscores and hyphens in ASCII only; other bytes are compared as they are. */
static int next(const char **p, const char *end)
{
	while (*p < end && (**p == '_' || **p == '-'))
		(*p)++;
	if (*p == end)
		return -1;
	return **p >= 'A' && **p <= 'Z' ? *(*p)++ + ('a' - 'A') : (unsigned char)*(*p)++;
}

bool json_names_alike(const char *a, size_t n_a, const char *b, size_t n_b)
{
	const char *end_a = a + n_a, *end_b = b + n_b;

	for (;;) {
		int x = next(&a, end_a), y = next(&b, end_b);

		if (x != y)
			return false;
		if (x < 0)
			return true;
	}
}
