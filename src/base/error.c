/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Removes an incomplete UTF-8 character from the end of a truncated text. */
static void trim_utf8(char *text, size_t size)
{
	size_t n = strnlen(text, size - 1), start = n;

	if (n < size - 1)
		return;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0xc0)
		text[start - 1] = '\0';
}

char *base_plain_text(char *text)
{
	size_t n = strlen(text), length;

	for (char *at = text; n > 0; at += length, n -= length) {
		uint32_t c;

		length = base_utf8_read(at, n, &c);
		if (length == 0) {
			*at = '?';
			length = 1;
		} else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
			memset(at, '?', length);
		}
	}
	return text;
}

int jurat_fail(struct jurat_error *err, int r, const char *format, ...)
{
	va_list ap;

	if (!err)
		return r;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	trim_utf8(err->text, sizeof(err->text));
	base_plain_text(err->text);
	return r;
}

int jurat_wrap(struct jurat_error *err, int r, const char *format, ...)
{
	char cause[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return r;
	memcpy(cause, err->text, sizeof(cause));
	va_start(ap, format);
	n = vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	/* Truncation is intended; using the result silences -Wformat-truncation. */
	if (n >= 0 && (size_t)n < sizeof(err->text) &&
	    snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", cause) < 0)
		err->text[n] = '\0';
	trim_utf8(err->text, sizeof(err->text));
	base_plain_text(err->text);
	return r;
}

int jurat_fail_memory(struct jurat_error *err)
{
	return jurat_fail(err, -ENOMEM, "out of memory");
}
