/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stock/dir.h"

/* Files and folders of a directory's stock. */

int dir_fail(int r, const char *what, const char *path, struct jurat_error *err)
{
	return jurat_fail(err, r, "cannot %s '%s': %s", what, path, strerror(-r));
}

char *dir_path(const struct dir_stock *d, const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s%s%s", d->path, folder, *folder ? "/" : "", name) < 0 ? NULL : path;
}

int dir_enter(const struct dir_stock *d, const char *path, struct jurat_error *err)
{
	int fd, r = base_mkdir(d->base.env, path, DIR_MODE);

	if (r < 0 && r != -EEXIST && r != -EROFS)
		return dir_fail(r, "make directory", path, err);
	fd = base_open(d->base.env, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd == -ENOENT && r == -EROFS)
		return dir_fail(r, "make directory", path, err);
	return fd < 0 ? dir_fail(fd, "open directory", path, err) : fd;
}

int dir_open_file(const struct dir_stock *d, const char *path, unsigned mode, struct jurat_error *err)
{
	int fd = base_open(d->base.env, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
	struct base_stat st;
	int r;

	if (fd < 0)
		return dir_fail(fd, "open", path, err);
	r = base_fstat(d->base.env, fd, &st);
	if (r == 0 && !S_ISREG(st.mode))
		r = -EMEDIUMTYPE;
	if (r == 0 && st.mode & 0777 & ~mode) /* of an earlier release, which let others lock it */
		(void)base_fchmod(d->base.env, fd, mode);
	if (r == 0)
		return fd;
	base_close(d->base.env, fd);
	return r == -EMEDIUMTYPE ? jurat_fail(err, r, "'%s' is not a regular file", path)
				 : dir_fail(r, "examine", path, err);
}

int dir_lock_file(const struct dir_stock *d, const char *folder, const char *path, struct jurat_error *err)
{
	int fd = dir_enter(d, folder, err), r;

	if (fd < 0)
		return fd;
	base_close(d->base.env, fd);
	fd = dir_open_file(d, path, LOCK_MODE, err);
	if (fd < 0)
		return fd;
	r = base_lock(d->base.env, fd, BASE_LOCK_EXCLUSIVE, d->base.timeout_ms * 1000000);
	if (r == 0)
		return fd;
	base_close(d->base.env, fd);
	return dir_fail(r == JURAT_BUSY ? -EBUSY : r, "lock", path, err);
}
