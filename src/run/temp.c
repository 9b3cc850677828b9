/* SPDX-License-Identifier: MIT */
#include "run/temp.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The longest path that is made in it fits PATH_MAX: none is ever cut. */
enum { OURS_BYTES = 256 };

int run_temp_new(char **ret, struct jurat_error *err)
{
	const char *below = getenv("TMPDIR");
	auto_free char *path = NULL;

	if (!below || below[0] != '/')
		below = "/tmp";
	if (strlen(below) > PATH_MAX - OURS_BYTES)
		return jurat_fail(err, -ENAMETOOLONG, "$TMPDIR is longer than %d characters",
				  PATH_MAX - OURS_BYTES);
	if (asprintf(&path, "%s/jurat-run-XXXXXX", below) < 0) {
		path = NULL;
		return jurat_fail_memory(err);
	}
	if (!mkdtemp(path))
		return jurat_fail(err, -errno, "cannot make a directory in '%s': %s", below, strerror(errno));
	*ret = take_ptr(path);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *where)
{
	(void)!remove(path);
	return 0;
}

void run_temp_remove(const char *path)
{
	if (path)
		nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
