/* SPDX-License-Identifier: MIT */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Finds files that are installed with this executable: in the build directory, in a prefix that was moved as
 * a whole, or in the configured prefix, for which no /proc is needed.
 */

/* The directory of this executable, with symbolic links resolved; the caller frees it. NULL: unknown. */
char *base_own_directory(void);

/* A library to preload into other programs. No path ends with a slash. */
struct base_library {
	const char *name;      /* "libjurat-vmm.so" */
	const char *in_build;  /* its directory in a build, relative to this executable's: "../vmm" */
	const char *to_libdir; /* the library directory, relative to this executable's: "../lib" */
	const char *libdir;    /* the configured one: "/usr/lib". Both have the library in jurat/. */
};
/*
 * Finds the library.
 *
 * ret       its path, without symbolic links and "..", because people read it in /proc/PID/environ; the
 *           caller frees it
 * Returns   0; -ENOENT it is not installed; -EACCES and others: it exists but cannot be reached; -ENOMEM
 */
JURAT_MUST_CHECK int base_library_find(const struct base_library *library, char **ret,
				       struct jurat_error *err);

/*
 * Makes a value for $LD_PRELOAD: the library before or after the present value.
 *
 * others    the present value of the variable; NULL: it is not set
 * first     whether the library comes before `others`
 * ret       the caller frees it
 * Returns   0; -EINVAL `path` has a character that separates paths for the loader; -ENOMEM
 */
JURAT_MUST_CHECK int base_preload_value(const char *path, const char *others, bool first, char **ret,
					struct jurat_error *err);

#endif
