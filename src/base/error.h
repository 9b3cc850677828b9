/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <jurat/error.h>

/*
 * Errors with a text. These functions return `r`, so that a failure is one statement: `return jurat_fail(err,
 * -EBADMSG, ...)`.
 *
 * jurat_fail  replaces the text; jurat_wrap puts context in front of it: "context: previous text".
 * err         may be NULL; text that does not fit is truncated at a character boundary
 *
 * What is too long loses its end, and a name in another error's text can have 145 characters: what a reader
 * must not miss goes in front of such a text (jurat_wrap), never behind it.
 */
__attribute__((format(printf, 3, 4))) int jurat_fail(struct jurat_error *err, int r, const char *format, ...);
__attribute__((format(printf, 3, 4))) int jurat_wrap(struct jurat_error *err, int r, const char *format, ...);
/*
 * Replaces control characters, those of C1 too, and bytes that are not UTF-8 with '?': from outside, which a
 * terminal or a log would obey, and JSON cannot have. All texts of errors are so. Returns `text`.
 */
char *base_plain_text(char *text);
/* The text for every failed allocation. Returns -ENOMEM. */
int jurat_fail_memory(struct jurat_error *err);

#endif
