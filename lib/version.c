/* SPDX-License-Identifier: MIT */
#include <jurat/version.h>

/* Built into each library, by the name of its own: VERSION_OF and PROJECT_VERSION come from lib/meson.build. */
_Static_assert(!__builtin_strcmp(JURAT_VERSION_STRING, PROJECT_VERSION),
	       "jurat/version.h is of another version");

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
_Static_assert(!__builtin_strcmp(
		       TEXT(JURAT_VERSION_MAJOR) "." TEXT(JURAT_VERSION_MINOR) "." TEXT(JURAT_VERSION_PATCH),
		       JURAT_VERSION_STRING),
	       "jurat/version.h contradicts itself");

#define AT_LEAST(major, minor, patch)                                                                        \
	JURAT_VERSION_AT_LEAST(JURAT_VERSION_MAJOR + (major), JURAT_VERSION_MINOR + (minor),                 \
			       JURAT_VERSION_PATCH + (patch))
_Static_assert(AT_LEAST(0, 0, 0) && AT_LEAST(0, 0, -1) && AT_LEAST(0, -1, 1) && AT_LEAST(-1, 1, 1) &&
		       !AT_LEAST(0, 0, 1) && !AT_LEAST(0, 1, -1) && !AT_LEAST(1, -1, -1),
	       "JURAT_VERSION_AT_LEAST compares wrongly");

const char *VERSION_OF(void)
{
	return JURAT_VERSION_STRING;
}
