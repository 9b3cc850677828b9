/* SPDX-License-Identifier: MIT */
#ifndef JURAT_ERROR_H
#define JURAT_ERROR_H

/*
 * Conventions of all functions of jurat: return values, error texts, and how structs grow from release to
 * release.
 *
 * Return values. 0: done, or accepted. > 0: a value of enum jurat_outcome that the function documents and its
 * caller must handle. < 0: -errno, a failure. The reason as text is written, on failure only, to the caller's
 * struct jurat_error; that pointer may always be NULL.
 *
 * Structs. Every struct that a program shares with a library begins with `size_t size`. The owner of the
 * memory sets it to the sizeof of the struct: the program, or the library in a struct that it passes to a
 * callback. Zero is the default of every other member, so `struct jurat_guest_options o = { .size = sizeof(o)
 * };` asks for all defaults. New releases add members at the end only:
 *
 *	a smaller struct is that of an older program: the members that it lacks have their defaults
 *	a larger struct is that of a newer program: what this library does not know must be zero, or the
 *		function returns -E2BIG and has done nothing
 *	a size that no release has had, such as 0, is -EINVAL
 *
 * The same holds for structs that a function fills in: it fills in the members that exist according to the
 * size, and a callback must not read beyond the size. Only struct jurat_error has no size: it is a text
 * buffer whose length never changes.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* Return values above 0. They are outcomes, not errors: the caller decides what to do. */
enum jurat_outcome {
	JURAT_REFUSED = 1,   /* the evidence is refused: see the reasons in the verdict */
	JURAT_TOO_SMALL = 2, /* the caller's buffer is too small: the required size was returned */
	JURAT_BUSY = 3,      /* the resource is in use: nothing was changed, try again later */
	JURAT_NOT_FOUND = 4, /* there is no such item */
};

#define JURAT_ERROR_TEXT_BYTES 320

/* Holds no pointers: nothing to free, safe to copy, need not be initialized. */
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
