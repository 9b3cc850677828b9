/* SPDX-License-Identifier: MIT */
#include "cases/builder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` elements behind the n that there are. The array stays as it is when there is no memory. */
static bool grow(void **array, size_t *room, size_t n, size_t more, size_t element_bytes)
{
	size_t wanted = *room ? *room : 64;
	void *p;

	while (wanted - n < more)
		wanted *= 2;
	if (wanted == *room)
		return true;
	p = reallocarray(*array, wanted, element_bytes);
	if (!p)
		return false;
	*array = p;
	*room = wanted;
	return true;
}

int cases_add(struct cases_builder *b, const struct cases_row *rows, size_t n)
{
	void *array = b->table.rows;

	if (b->failed || !grow(&array, &b->rows_room, b->table.n, n, sizeof(*rows))) {
		b->failed = true;
		return -ENOMEM;
	}
	b->table.rows = array;
	memcpy(b->table.rows + b->table.n, rows, n * sizeof(*rows));
	b->table.n += n;
	return 0;
}

const char *cases_text(struct cases_builder *b, const char *format, ...)
{
	void *array = b->table.owned;
	char *text = NULL;
	va_list args;

	if (b->failed || !grow(&array, &b->owned_room, b->table.n_owned, 1, sizeof(*b->table.owned))) {
		b->failed = true;
		return NULL;
	}
	b->table.owned = array;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		b->failed = true;
	}
	va_end(args);
	if (text)
		b->table.owned[b->table.n_owned++] = text;
	return text;
}
