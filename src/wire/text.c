/* SPDX-License-Identifier: MIT */
#include "wire/text.h"

#include <stdarg.h>
#include <stdio.h>

size_t wire_text_room(const struct wire_text *text)
{
	return text->len < text->room ? text->room - text->len : 0;
}

char *wire_text_end(const struct wire_text *text)
{
	return wire_text_room(text) > 0 ? text->buf + text->len : NULL;
}

void wire_text_add(struct wire_text *text, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(wire_text_end(text), wire_text_room(text), format, args);
	va_end(args);
	if (n > 0)
		text->len += (size_t)n;
}
