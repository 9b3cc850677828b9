/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "stock/dir.h"

/* Files and folders of a directory's stock. */

static int fail(int r, const char *what, const char *path, struct jurat_error *err)
{
	return jurat_fail(err, r, "cannot %s '%s': %s", what, path, strerror(-r));
}

int dir_fail(int r, const char *what, const struct dir_place *place, const char *name,
	     struct jurat_error *err)
{
	return jurat_fail(err, r, "cannot %s '%.*s%s': %s", what, (int)(place->name - place->path),
			  place->path, name, strerror(-r));
}

/* Opens a folder in another one. `path` is for messages. A descriptor; -errno. */
static int enter(const struct dir_stock *d, int folder, const char *name, const char *path, bool make,
		 struct jurat_error *err)
{
	int fd, r = make ? base_mkdir_at(d->base.env, folder, name, DIR_MODE) : 0;

	if (r < 0 && r != -EEXIST && r != -EROFS)
		return fail(r, "create directory", path, err);
	fd = base_open_at(d->base.env, folder, name, O_DIRECTORY | (make ? O_RDONLY : O_PATH), 0);
	if (fd == -ENOENT && r == -EROFS)
		return fail(r, "create directory", path, err);
	if (fd == -ENOTDIR)
		return jurat_fail(err, fd,
				  "'%s': expected a directory, found a symbolic link or another file", path);
	return fd < 0 ? fail(fd, "open directory", path, err) : fd;
}

int dir_find(const struct dir_stock *d, const char *file, bool make, struct dir_place *ret,
	     struct jurat_error *err)
{
	struct base_env *env = d->base.env;
	auto_free char *path = NULL;
	char *name, *slash;
	int fd;

	if (asprintf(&path, "%s/%s", d->path, file) < 0) {
		path = NULL;
		return jurat_fail_memory(err);
	}
	/* The path of the stock itself is the operator's, who may use links in it. */
	fd = base_open(env, d->path, O_DIRECTORY | (make ? O_RDONLY : O_PATH), 0);
	if (fd < 0)
		fail(fd, "open directory", d->path, err);
	for (name = path + strlen(d->path) + 1; fd >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		int above = fd;

		*slash = '\0';
		fd = enter(d, above, name, path, make, err);
		base_close(env, above);
		*slash = '/';
	}
	if (fd < 0)
		return fd == -ENOENT && !make ? JURAT_NOT_FOUND : fd;
	*ret = (struct dir_place){ .folder = fd, .path = take_ptr(path), .name = name };
	return 0;
}

void dir_place_done(const struct dir_stock *d, struct dir_place *place)
{
	base_close(d->base.env, place->folder);
	free(place->path);
}

int dir_open_file(const struct dir_stock *d, const struct dir_place *place, const char *name,
		  struct jurat_error *err)
{
	int fd = base_open_at(d->base.env, place->folder, name, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY,
			      LOCK_MODE);
	struct base_stat st;
	int r;

	if (fd < 0)
		return dir_fail(fd, "open", place, name, err);
	r = base_fstat(d->base.env, fd, &st);
	if (r == 0 && !S_ISREG(st.mode))
		r = -EMEDIUMTYPE;
	if (r == 0)
		return fd;
	base_close(d->base.env, fd);
	return r == -EMEDIUMTYPE ? jurat_fail(err, r, "'%.*s%s' is not a regular file",
					      (int)(place->name - place->path), place->path, name)
				 : dir_fail(r, "examine", place, name, err);
}

void dir_exclude_others(const struct dir_stock *d, int fd)
{
	struct base_stat st;

	if (base_fstat(d->base.env, fd, &st) == 0 && st.mode & 0777 & ~(unsigned)LOCK_MODE)
		(void)base_fchmod(d->base.env, fd, LOCK_MODE);
}

int dir_is_named(const struct dir_stock *d, const struct dir_place *place, const char *name, int fd)
{
	struct base_stat own, named;
	int r = base_fstat(d->base.env, fd, &own);

	if (r == 0)
		r = base_stat_at(d->base.env, place->folder, name, &named);
	if (r == -ENOENT)
		return JURAT_NOT_FOUND;
	if (r < 0)
		return r;
	return own.dev == named.dev && own.ino == named.ino ? 0 : JURAT_NOT_FOUND;
}

int dir_lock_file(const struct dir_stock *d, const char *file, struct jurat_error *err)
{
	struct dir_place place;
	int fd, r = dir_find(d, file, true, &place, err);

	if (r < 0)
		return r;
	fd = dir_open_file(d, &place, place.name, err);
	if (fd >= 0)
		dir_exclude_others(d, fd);
	r = fd < 0 ? fd : base_lock(d->base.env, fd, BASE_LOCK_EXCLUSIVE, d->base.timeout_ms * 1000000);
	if (fd >= 0 && r != 0) {
		base_close(d->base.env, fd);
		r = dir_fail(r == JURAT_BUSY ? -EBUSY : r, "lock", &place, place.name, err);
	}
	dir_place_done(d, &place);
	return r == 0 ? fd : r;
}
