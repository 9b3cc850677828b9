/* SPDX-License-Identifier: MIT */
#ifndef JURAT_ERROR_H
#define JURAT_ERROR_H

/*
 * How every function of jurat answers.
 *
 * Returns   0 done, or accepted; > 0 one of JURAT_*, an outcome that this function documents and its caller
 *           must
 *           handle; < 0 -errno: something failed, pass it on.
 *
 * Text for people goes to a caller-owned `struct jurat_error`, which may be NULL wherever one is taken. It
 * holds no
 * pointers: nothing to free, safe to copy. It is written on failure only.
 *
 * Since     0.1
 */

#ifdef __cplusplus
extern "C" {
#endif

enum jurat_outcome {
	JURAT_REFUSED = 1,   /* evidence was judged and is not accepted: see the reasons */
	JURAT_TOO_SMALL = 2, /* the caller's buffer is too small: the needed size was returned */
	JURAT_BUSY = 3,      /* the other side asks to come back later: nothing was consumed */
	JURAT_NOT_FOUND = 4, /* what was looked for is not there: not an error in itself */
};

#define JURAT_ERROR_TEXT_BYTES 320

struct jurat_error {
	char text[JURAT_ERROR_TEXT_BYTES]; /* NUL-terminated UTF-8, one line: "where: what: why" */
};

#if defined(__GNUC__)
#define JURAT_MUST_CHECK __attribute__((warn_unused_result))
#else
#define JURAT_MUST_CHECK
#endif

#ifdef __cplusplus
}
#endif

#endif
