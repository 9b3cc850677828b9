/* SPDX-License-Identifier: MIT */
#ifndef JURAT_VERSION_H
#define JURAT_VERSION_H

/*
 * The version of the headers, and of the libraries that a program runs with. A library with the same major
 * version that is not older than the headers provides everything that they declare.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define JURAT_VERSION_MAJOR  0
#define JURAT_VERSION_MINOR  1
#define JURAT_VERSION_PATCH  0
#define JURAT_VERSION_STRING "0.1.0"

/* For #if: whether the headers are of this release or of a later one. */
#define JURAT_VERSION_AT_LEAST(major, minor, patch)                                                          \
	(JURAT_VERSION_MAJOR > (major) ||                                                                    \
	 (JURAT_VERSION_MAJOR == (major) &&                                                                  \
	  (JURAT_VERSION_MINOR > (minor) ||                                                                  \
	   (JURAT_VERSION_MINOR == (minor) && JURAT_VERSION_PATCH >= (patch)))))

/*
 * Return the version of libjurat, libjurat-host or libjurat-sim. Each library has a function of its own
 * because a program may be linked to more than one.
 *
 * Returns   "MAJOR.MINOR.PATCH", a constant string: the JURAT_VERSION_STRING that the library was built with
 * Threads   any thread
 * Since     0.1
 */
const char *jurat_version(void);
const char *jurat_host_version(void);
const char *jurat_sim_version(void);

#ifdef __cplusplus
}
#endif

#endif
