/* SPDX-License-Identifier: MIT */
#ifndef JURAT_ERROR_H
#define JURAT_ERROR_H

/*
 * What all functions of jurat have in common: how they answer, and how structs grow from release to release.
 *
 * Answers. 0: done, or accepted. > 0: a value of enum jurat_outcome that this function documents and its
 * caller must handle. < 0: -errno, something failed; pass it on. Text for people goes to a struct jurat_error
 * of the caller, which may be NULL wherever one is taken. It is written on failure only.
 *
 * Structs. Every struct that a program shares with a library begins with `size_t size`. Whoever owns the
 * memory sets it to sizeof the struct: the program, and the library in what it hands to a callback. Zero is
 * the default of every other member, so `struct jurat_guest_options o = { .size = sizeof(o) };` asks for all
 * defaults. Releases add members at the end, and only there:
 *
 *	a smaller struct is that of an older program: the members that it lacks have their defaults
 *	a larger struct is that of a newer program: what this library does not know must be zero, or the
 *		function returns -E2BIG and has done nothing
 *	a size that no release has had, such as 0, is -EINVAL
 *
 * The same holds for structs that a function fills in: it fills in the members that are there, and a callback
 * does not read behind the size. struct jurat_error alone has no size: it is a text buffer whose length never
 * changes.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* The answers above 0. They are outcomes, not errors: the caller decides. */
enum jurat_outcome {
	JURAT_REFUSED = 1,   /* the evidence is not accepted: see the reasons of the verdict */
	JURAT_TOO_SMALL = 2, /* the caller's buffer is too small: the size that it needs was returned */
	JURAT_BUSY = 3,      /* the other side is at work: nothing was consumed, try again later */
	JURAT_NOT_FOUND = 4, /* there is nothing of this kind */
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
