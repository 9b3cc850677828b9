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

const char *VERSION_OF(void)
{
	return JURAT_VERSION_STRING;
}
