/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stddef.h>

/*
 * Builds text in a caller's buffer with several snprintf() calls, with snprintf()'s contract for the whole:
 * `len` is the untruncated length, and the buffer holds what fits and a NUL. `buf` may be NULL when `room` is
 * 0.
 */
struct wire_text {
	char *buf;
	size_t room, len;
};

__attribute__((format(printf, 2, 3))) void wire_text_add(struct wire_text *text, const char *format, ...);
/* The end of the text and the number of bytes left there, for another function with the same contract. */
char *wire_text_end(const struct wire_text *text);
size_t wire_text_room(const struct wire_text *text);

#endif
