/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_STREAM_H
#define BASE_TEXT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "jurat/error.h"

/*
 * A stream to a text in memory, which is complete or absent. open_memstream of glibc 2.36 truncates the text
 * when memory runs out, and neither ferror(3) nor fclose(3) reports it.
 */
struct text_stream {
	FILE *to; /* to be written to */
	char *text;
	size_t n, room;
	bool failed;
};

/*
 * stream    the caller's, at the same address until text_stream_close(), which must follow
 * Returns   0; -ENOMEM
 */
JURAT_MUST_CHECK int text_stream_open(struct text_stream *stream);
/*
 * ret       the text with a NUL behind its *ret_n bytes; the caller frees it. ret_n may be NULL
 * Returns   0; -ENOMEM: closed, and there is no text
 */
JURAT_MUST_CHECK int text_stream_close(struct text_stream *stream, char **ret, size_t *ret_n);

#endif
