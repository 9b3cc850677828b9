/* SPDX-License-Identifier: MIT */
#include "base/text_stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { FIRST_ROOM = 512 };

/* Room for n bytes more and a NUL. */
static bool make_room(struct text_stream *s, size_t n)
{
	size_t room = s->room ? s->room : FIRST_ROOM;
	char *text;

	while (room - s->n <= n) {
		if (room > SIZE_MAX / 2)
			return false;
		room *= 2;
	}
	if (room == s->room)
		return true;
	text = realloc(s->text, room);
	if (!text)
		return false;
	s->text = text;
	s->room = room;
	return true;
}

static ssize_t take(void *cookie, const char *bytes, size_t n)
{
	struct text_stream *s = cookie;

	if (s->failed || !make_room(s, n)) {
		s->failed = true;
		return 0; /* what a write function returns for an error: fopencookie(3) */
	}
	memcpy(s->text + s->n, bytes, n);
	s->n += n;
	return (ssize_t)n;
}

int text_stream_open(struct text_stream *s)
{
	*s = (struct text_stream){ .to = NULL };
	s->to = fopencookie(s, "w", (cookie_io_functions_t){ .write = take });
	return s->to ? 0 : -ENOMEM;
}

int text_stream_close(struct text_stream *s, char **ret, size_t *ret_n)
{
	auto_free char *text = NULL;
	bool failed = fclose(s->to) != 0 || s->failed || !make_room(s, 0);

	text = s->text;
	if (failed)
		return -ENOMEM;
	text[s->n] = '\0';
	*ret = take_ptr(text);
	if (ret_n)
		*ret_n = s->n;
	return 0;
}
