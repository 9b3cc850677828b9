/* SPDX-License-Identifier: MIT */
#include "base/installed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

char *base_own_directory(void)
{
	char *path = realpath("/proc/self/exe", NULL), *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return path;
}

int base_library_find(const struct base_library *library, char **ret, struct jurat_error *err)
{
	auto_free char *own = base_own_directory();
	const struct {
		const char *from, *to, *below;
	} places[] = {
		{ own, library->in_build, "" },
		{ own, library->to_libdir, "/jurat" },
		{ "", library->libdir, "/jurat" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		auto_free char *path = NULL;
		char *found;

		if (!places[i].from)
			continue;
		if (asprintf(&path, "%s%s%s%s/%s", places[i].from, *places[i].from ? "/" : "", places[i].to,
			     places[i].below, library->name) < 0) {
			path = NULL;
			return jurat_fail_memory(err);
		}
		found = realpath(path, NULL);
		if (!found && errno != ENOENT && errno != ENOTDIR)
			return jurat_fail(err, -errno, "cannot open '%s': %s", path, strerror(errno));
		if (found) {
			*ret = found;
			return 0;
		}
	}
	return jurat_fail(err, -ENOENT, "'%s' is not installed: expected in '%s/jurat' (reinstall jurat)",
			  library->name, library->libdir);
}

int base_preload_value(const char *path, const char *others, bool first, char **ret, struct jurat_error *err)
{
	const bool alone = !others || !*others;
	char *value;

	if (strpbrk(path, " :"))
		return jurat_fail(
			err, -EINVAL,
			"'%s': expected a path without spaces and colons, which separate the names in "
			"LD_PRELOAD",
			path);
	if (asprintf(&value, "%s%s%s", first || alone ? path : others, alone ? "" : ":",
		     alone   ? ""
		     : first ? others
			     : path) < 0)
		return jurat_fail_memory(err);
	*ret = value;
	return 0;
}
