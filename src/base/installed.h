/* SPDX-License-Identifier: MIT */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

#include <stdbool.h>

#include "base/error.h"

/*
 * What is installed with this executable: in the build directory that it is in, in a prefix that was moved as
 * a whole, or in the configured one, which needs no /proc.
 */

/* The directory of this executable, with symbolic links resolved; the caller frees it. NULL: not known. */
char *base_own_directory(void);

/* A library that is preloaded into other programs. All paths are without a slash at the end. */
struct base_library {
	const char *name;     /* "libjurat-vmm.so" */
	const char *in_build; /* its directory in a build, from this executable's: "../vmm" */
	const char
		*to_libdir; /* the library directory, from this executable's in the same prefix: "../lib" */
	const char *libdir; /* the configured one: "/usr/lib". It is in jurat/ of both. */
};
/*
 * Finds the library.
 *
 * ret       its path, without symbolic links and "..": people read it in /proc/PID/environ; the caller frees
 * Returns   0; -ENOENT it is not installed; -EACCES and others: it is there and cannot be reached; -ENOMEM
 */
JURAT_MUST_CHECK int base_library_find(const struct base_library *library, char **ret,
				       struct jurat_error *err);

/*
 * A value for $LD_PRELOAD: the library before what the variable has, or after that.
 *
 * others    its value now; NULL: it is not set
 * ret       the caller frees
 * Returns   0; -EINVAL a path that the loader would take for several; -ENOMEM
 */
JURAT_MUST_CHECK int base_preload_value(const char *path, const char *others, bool first, char **ret,
					struct jurat_error *err);

#endif
