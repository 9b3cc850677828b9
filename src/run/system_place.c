/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/spawn.h"
#include "run/system.h"
#include "run/temp.h"

/* What the mount helper has done and undoes at the end. */
struct placed {
	char *made[RUN_MAX_DEVICES];    /* nodes that devtmpfs did not create */
	char *covered[RUN_MAX_DEVICES]; /* nodes of real devices that are covered by a mount */
	size_t n_made, n_covered;
	struct run_copies copies;
};

/* Covers a real device's node with a bind mount, until the server ends. */
static int cover(const char *path, mode_t mode, dev_t number)
{
	auto_free char *node = NULL;
	int r = 0;

	if (asprintf(&node, "%s.jurat", path) < 0) {
		node = NULL;
		return -ENOMEM;
	}
	if (mknod(node, S_IFCHR | 0600, number) < 0)
		return -errno;
	if (chmod(node, mode) < 0)
		r = -errno;
	else if (mount(node, path, NULL, MS_BIND, NULL) < 0)
		r = -errno;
	unlink(node);
	return r;
}

/* On a devtmpfs the kernel has created the node, unless a node of this name existed. */
static int place_node(const struct run_cuse *cuse, struct placed *placed)
{
	auto_free char *path = NULL;
	struct stat st;
	int r;

	if (asprintf(&path, "/dev/%s", run_cuse_name(cuse)) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (stat(path, &st) < 0) {
		if (mknod(path, S_IFCHR | 0600, run_cuse_number(cuse)) < 0)
			return -errno;
		r = chmod(path, run_cuse_mode(cuse)) < 0 ? -errno : 0; /* regardless of the umask */
		placed->made[placed->n_made++] = take_ptr(path);
		return r;
	}
	if (S_ISCHR(st.st_mode) && st.st_rdev == run_cuse_number(cuse))
		return chmod(path, run_cuse_mode(cuse)) < 0 ? -errno : 0;
	r = cover(path, run_cuse_mode(cuse), run_cuse_number(cuse));
	if (r == 0)
		placed->covered[placed->n_covered++] = take_ptr(path);
	return r;
}

/*
 * Prepares the mounts in `temp`, which is mounted on itself and made private, because mounts cannot be
 * moved out of a shared one. The mounts below a copy become slaves of the originals: otherwise, unmounting
 * a copy would also unmount the originals' submounts.
 */
static int place_directories(const struct run_placing *placing, int socket, struct placed *placed,
			     struct jurat_error *err)
{
	int fd, r;

	if (placing->n_places == 0)
		return 0;
	if (mount(placing->temp, placing->temp, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, placing->temp, NULL, MS_PRIVATE, NULL) < 0)
		return jurat_fail(err, -errno, "cannot mount in '%s': %s", placing->temp, strerror(errno));
	r = run_sandbox_mount(placing->temp, &fd, err);
	if (r == 0) {
		run_message_send(socket, RUN_SERVE_THIS, 0, NULL, fd);
		close(fd);
		r = run_sandbox_put(placing->temp, placing->places, placing->n_places, &placed->copies, err);
	}
	for (size_t i = 0; i < placed->copies.n; i++)
		mount(NULL, placed->copies.paths[i], NULL, MS_REC | MS_SLAVE, NULL);
	umount2(placing->temp, MNT_DETACH);
	return r;
}

static int place(const struct run_placing *placing, int socket, struct placed *placed,
		 struct jurat_error *err)
{
	int r = 0;

	for (size_t i = 0; i < placing->n_cuse && r == 0; i++) {
		r = place_node(placing->cuse[i], placed);
		if (r < 0)
			jurat_fail(err, r, "cannot mount '/dev/%s': %s", run_cuse_name(placing->cuse[i]),
				   strerror(-r));
	}
	return r < 0 ? r : place_directories(placing, socket, placed, err);
}

static void undo(const struct run_placing *placing, struct placed *placed)
{
	for (size_t i = placing->n_places; i-- > 0;)
		if (!placing->places[i].link)
			umount2(placing->places[i].path, MNT_DETACH | UMOUNT_NOFOLLOW);
	for (size_t i = placed->copies.n; i-- > 0;)
		umount2(placed->copies.paths[i], MNT_DETACH | UMOUNT_NOFOLLOW);
	for (size_t i = 0; i < placed->n_covered; i++)
		umount2(placed->covered[i], MNT_DETACH | UMOUNT_NOFOLLOW);
	for (size_t i = 0; i < placed->n_made; i++)
		unlink(placed->made[i]);
}

_Noreturn static void be_mount_helper(const struct run_placing *placing, int socket)
{
	struct placed placed = { .n_made = 0 };
	struct jurat_error err = { "" };
	char byte;
	int r;

	for (size_t i = 0; i < placing->n_cuse; i++) /* the devices end with the server */
		close(run_cuse_fd(placing->cuse[i]));
	r = place(placing, socket, &placed, &err);
	run_message_send(socket, r < 0 ? RUN_SETUP_FAILED : RUN_PLACED, r, &err, -1);
	while (read(socket, &byte, 1) < 0 && errno == EINTR)
		;
	undo(placing, &placed);
	run_temp_remove(placing->temp);
	_exit(0);
}

int run_mount_helper_fork(const struct run_placing *placing, pid_t *ret_pid, int *ret_socket,
			  struct jurat_error *err)
{
	int sockets[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(sockets[0]);
		be_mount_helper(placing, sockets[1]);
	}
	close(sockets[1]);
	if (pid < 0) {
		close(sockets[0]);
		return jurat_fail(err, -errno, "cannot fork: %s", strerror(errno));
	}
	*ret_pid = pid;
	*ret_socket = sockets[0];
	return 0;
}
