/* SPDX-License-Identifier: MIT */
#include "cli/forge.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/temp.h"

static int write_file(const char *dir, const struct sim_forged_file *file, struct jurat_error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	FILE *to;
	bool bad;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file->name) >= (int)sizeof(path))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", dir);
	snprintf(folder, sizeof(folder), "%s", path);
	if (mkdir(dirname(folder), 0777) < 0 && errno != EEXIST)
		return jurat_fail(err, -errno, "cannot make '%s': %s", folder, strerror(errno));
	to = fopen(path, "wxe");
	if (!to)
		return jurat_fail(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	bad = fwrite(file->bytes, 1, file->size, to) != file->size;
	bad |= fclose(to) != 0;
	return bad ? jurat_fail(err, -EIO, "cannot write '%s'", path) : 0;
}

/* The permissions of a new directory, or those of the empty one that is replaced. */
static mode_t mode_of(const char *dir)
{
	struct stat st;
	mode_t mask;

	if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		return st.st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0777 & ~mask;
}

/* rename(2) replaces an empty directory and nothing else. */
static int move_in(const char *temp, const char *dir, struct jurat_error *err)
{
	if (chmod(temp, mode_of(dir)) == 0 && rename(temp, dir) == 0)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST)
		return jurat_fail(err, -EEXIST, "'%s' is not empty: expected a new or empty directory", dir);
	if (errno == ENOTDIR)
		return jurat_fail(err, -EEXIST, "'%s' exists and is not a directory", dir);
	if (errno == EBUSY || errno == EINVAL) /* ".", "..", or where something is mounted */
		return jurat_fail(
			err, -EBUSY,
			"'%s' is in use: expected a new directory, or an empty one that can be replaced",
			dir);
	return jurat_fail(err, -errno, "cannot make '%s': %s", dir, strerror(errno));
}

int forge_write(const char *dir, const struct sim_forged *forged, struct jurat_error *err)
{
	auto_free char *to = strdup(dir), *temp = NULL;
	int r = 0;

	for (size_t n = to ? strlen(to) : 0; n > 1 && to[n - 1] == '/'; n--)
		to[n - 1] = '\0';
	if (!to || asprintf(&temp, "%s.XXXXXX", to) < 0) {
		temp = NULL;
		return jurat_fail_memory(err);
	}
	if (!mkdtemp(temp))
		return jurat_fail(err, -errno, "cannot make a directory beside '%s': %s", to,
				  strerror(errno));
	for (size_t i = 0; r == 0 && i < forged->n; i++)
		r = write_file(temp, &forged->files[i], err);
	if (r == 0)
		r = move_in(temp, to, err);
	if (r < 0)
		run_temp_remove(temp);
	return r;
}
