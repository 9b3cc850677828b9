/* SPDX-License-Identifier: MIT */
#include "run/complete.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Entries that disappear during the copy are left out. */
static bool is_gone(int e)
{
	return e == ENOENT || e == ENOTDIR || e == ENXIO || e == ENODEV;
}

static int copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return is_gone(errno) || errno == EINVAL ? 0 : -errno; /* EINVAL: no longer a link */
	target[n] = '\0';
	return symlink(target, to) < 0 ? -errno : 0;
}

static int bind_entry(const char *from, const char *to, bool directory)
{
	int fd, e;

	if (directory) {
		if (mkdir(to, 0755) < 0)
			return -errno;
	} else {
		fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0)
		return 0;
	e = errno;
	if (directory)
		rmdir(to);
	else
		unlink(to);
	/* some entries cannot be bind-mounted */
	return is_gone(e) || e == EPERM || e == EACCES || e == EINVAL ? 0 : -e;
}

static int copy_entry(const char *from_dir, const char *to_dir, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX];
	struct stat st;
	int r;

	if (snprintf(from, sizeof(from), "%s/%s", from_dir, name) >= (int)sizeof(from) ||
	    snprintf(to, sizeof(to), "%s/%s", to_dir, name) >= (int)sizeof(to))
		return -ENAMETOOLONG;
	if (lstat(from, &st) < 0)
		return 0;
	r = S_ISLNK(st.st_mode) ? copy_link(from, to) : bind_entry(from, to, S_ISDIR(st.st_mode));
	return r == -EEXIST ? 0 : r; /* readdir(3) may return a name twice while the directory changes */
}

static int copy_entries(const char *from, const char *to)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(from, to, entry->d_name);
	closedir(dir);
	return r;
}

/*
 * Mounts an empty directory at `at`, with the mode of the one that it will cover; it is moved there once it
 * is complete.
 */
static int mount_copy(const char *path, const char *at)
{
	struct stat st;
	char options[32];

	if (stat(path, &st) < 0)
		return -errno;
	if (mkdir(at, 0700) < 0 && errno != EEXIST)
		return -errno;
	snprintf(options, sizeof(options), "mode=%o", (unsigned)(st.st_mode & 07777) | 0200);
	return mount("jurat", at, "tmpfs", MS_NOSUID, options) < 0 ? -errno : 0;
}

int run_complete(const char *temp, const char *path, struct run_copies *copies, struct jurat_error *err)
{
	char at[PATH_MAX];
	int r;

	for (size_t i = 0; i < copies->n; i++)
		if (!strcmp(copies->paths[i], path))
			return 0;
	if (copies->n == RUN_MAX_COPIES)
		return jurat_fail(err, -ENOSPC, "too many directories to cover");
	copies->paths[copies->n] = strdup(path);
	if (!copies->paths[copies->n])
		return jurat_fail_memory(err);
	copies->n++;
	if (snprintf(at, sizeof(at), "%s/copy", temp) >= (int)sizeof(at))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", temp);
	r = mount_copy(path, at);
	if (r == 0)
		r = copy_entries(path, at);
	if (r == 0 && mount(at, path, NULL, MS_MOVE, NULL) < 0)
		r = -errno;
	return r < 0 ? jurat_fail(err, r, "cannot complete '%s': %s", path, strerror(-r)) : 0;
}

int run_copies_seal(struct run_copies *copies, struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; i < copies->n; i++) {
		if (r == 0 && geteuid() != 0 &&
		    mount(NULL, copies->paths[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) <
			    0)
			r = jurat_fail(err, -errno, "cannot seal '%s': %s", copies->paths[i],
				       strerror(errno));
		free(copies->paths[i]);
	}
	copies->n = 0;
	return r;
}
