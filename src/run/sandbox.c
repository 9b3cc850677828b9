/* SPDX-License-Identifier: MIT */
#include "run/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/complete.h"
#include "run/user_namespace.h"

static int enter_namespaces(enum run_user_map map, struct jurat_error *err)
{
	int r = 0;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		r = run_user_namespace_enter(map, err);
	if (r < 0)
		return r;
	/* Later mounts of the machine propagate here; mounts made here do not propagate back. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return run_user_namespace_no_mount(-errno, err);
	return 0;
}

/* Source: Linux Documentation/admin-guide/devices.txt */
enum { FUSE_MAJOR = 10, FUSE_MINOR = 229 };

/* The namespaces are there, so the device is all that is missing. */
static int no_fuse(int r, struct jurat_error *err)
{
	const char *why = strerror(-r);

	if (r == -ENOENT || r == -ENODEV || r == -ENXIO)
		why = "does not exist (load the kernel module fuse; start a container with --device "
		      "/dev/fuse)";
	else if (r == -EACCES)
		why = "permission denied (expected mode 0666, as udev creates it; in a container it has "
		      "the mode that it has on the host)";
	else if (r == -EPERM)
		why = "forbidden by a policy (start the container with --device /dev/fuse)";
	return jurat_fail(err, r, "/dev/fuse: %s", why);
}

int run_sandbox_mount(const char *temp, int *ret_fd, struct jurat_error *err)
{
	auto_close int fd = -1;
	char at[PATH_MAX], options[128];
	struct stat st;

	/*
	 * Open it in here: the kernel requires the device to be opened in the user namespace of the mount.
	 */
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return no_fuse(-errno, err);
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(FUSE_MAJOR, FUSE_MINOR))
		return jurat_fail(
			err, -ENODEV,
			"/dev/fuse: is not the character device %d:%d (remove it, and load the kernel "
			"module fuse; start a container with --device /dev/fuse)",
			FUSE_MAJOR, FUSE_MINOR);
	snprintf(at, sizeof(at), "%s/fuse", temp);
	if (mkdir(at, 0700) < 0)
		return jurat_fail(err, -errno, "cannot make '%s': %s", at, strerror(errno));
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other,default_permissions", fd, geteuid(),
		 getegid());
	if (mount("jurat", at, "fuse.jurat", MS_NOSUID | MS_NODEV | MS_NOATIME, options) < 0)
		return jurat_fail(
			err, -errno,
			"cannot mount a FUSE filesystem: %s (ordinary users need Linux 4.18 and no policy "
			"against mounts in user namespaces)",
			strerror(errno));
	*ret_fd = take_fd(fd);
	return 0;
}

int run_sandbox_enter(const char *temp, enum run_user_map map, int *ret_fd, struct jurat_error *err)
{
	int r = enter_namespaces(map, err);

	return r < 0 ? r : run_sandbox_mount(temp, ret_fd, err);
}

/* The length of the longest leading part of `path` that exists. */
static size_t existing(const char *path)
{
	size_t end = strlen(path);
	char part[PATH_MAX];
	struct stat st;

	while (end > 1) {
		snprintf(part, sizeof(part), "%.*s", (int)end, path);
		if (lstat(part, &st) == 0)
			return end;
		do
			end--;
		while (end > 0 && path[end] != '/');
	}
	return 1;
}

/* Creates the missing directories and the file, directory or link itself, in a directory that is a copy. */
static int make_missing(const struct run_place *place, size_t from)
{
	char part[PATH_MAX];
	const char *slash;
	int fd;

	for (size_t at = from + 1; (slash = strchr(place->path + at, '/'));
	     at = (size_t)(slash - place->path) + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - place->path), place->path);
		if (mkdir(part, 0755) < 0)
			return -errno;
	}
	if (place->link) {
		if (unlink(place->path) < 0 && errno != ENOENT) /* that of a real device */
			return -errno;
		return symlink(place->node, place->path) < 0 ? -errno : 0;
	}
	if (place->directory)
		return mkdir(place->path, 0755) < 0 ? -errno : 0;
	fd = open(place->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int put(const char *temp, const struct run_place *place, struct run_copies *copies,
	       struct jurat_error *err)
{
	char from[PATH_MAX], parent[PATH_MAX];
	size_t end = existing(place->path);
	int r;

	if (end <= 1)
		return jurat_fail(err, -ENOENT, "cannot provide '%s': this machine has no such file system",
				  place->path);
	if (place->link && place->path[end] == '\0') /* an existing link is replaced, not followed */
		end = (size_t)(strrchr(place->path, '/') - place->path);
	if (place->path[end] != '\0') {
		snprintf(parent, sizeof(parent), "%.*s", (int)end, place->path);
		r = run_complete(temp, parent, copies, err);
		if (r == 0)
			r = make_missing(place, end);
		if (r < 0)
			return jurat_fail(err, r, "cannot add '%s': %s", place->path, strerror(-r));
	}
	if (place->link)
		return 0;
	snprintf(from, sizeof(from), "%s/%s%s", temp, place->is_of_temp ? "" : "fuse/", place->node);
	if (mount(from, place->path, NULL, MS_BIND, NULL) < 0)
		return jurat_fail(err, -errno, "cannot mount '%s': %s", place->path, strerror(errno));
	return 0;
}

int run_sandbox_put(const char *temp, const struct run_place *places, size_t n, struct run_copies *copies,
		    struct jurat_error *err)
{
	char at[PATH_MAX];
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = put(temp, &places[i], copies, err);
	snprintf(at, sizeof(at), "%s/fuse", temp);
	if (r == 0 && umount2(at, MNT_DETACH) < 0)
		r = jurat_fail(err, -errno, "cannot move '%s' away: %s", at, strerror(errno));
	rmdir(at);
	snprintf(at, sizeof(at), "%s/copy", temp);
	rmdir(at);
	return r;
}

int run_sandbox_place(const char *temp, const struct run_place *places, size_t n, struct jurat_error *err)
{
	struct run_copies copies = { .n = 0 };
	int r = run_sandbox_put(temp, places, n, &copies, err);

	return r < 0 ? r : run_copies_seal(&copies, err);
}
