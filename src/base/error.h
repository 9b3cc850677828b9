/* SPDX-License-Identifier: MIT */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <jurat/error.h>

/*
 * Failing with words. These return `r`, so that a failure is one statement: `return jurat_fail(err, -EBADMSG,
 * ...)`.
 *
 * jurat_fail  starts the text anew; jurat_wrap puts context in front of it: "context: what was there".
 * err         may be NULL; text that does not fit is cut at a character, never overflows
 */
__attribute__((format(printf, 3, 4))) int jurat_fail(struct jurat_error *err, int r, const char *format, ...);
__attribute__((format(printf, 3, 4))) int jurat_wrap(struct jurat_error *err, int r, const char *format, ...);
/* The one text for an allocation that failed. Returns -ENOMEM. */
int jurat_fail_memory(struct jurat_error *err);

#endif
