/* SPDX-License-Identifier: MIT */
#include "base/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/error.h"

#define START_LOCK_SUFFIX ".lock"

/* A process that binds a socket name holds a lock on the file NAME.lock, which only its own user can open. */
struct start_lock {
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(START_LOCK_SUFFIX)];
	int fd;
};

static void unlock_start(struct start_lock *l)
{
	if (l->fd < 0)
		return;
	unlink(l->name);
	close(l->fd);
}

/* 0 locked; JURAT_NOT_FOUND the file was unlinked meanwhile: try again. */
static int try_lock(struct start_lock *l, uint64_t wait_ns, struct jurat_error *err)
{
	char who[BASE_HOLDERS_BYTES];
	struct stat mine, there;
	int r;

	if (fstat(l->fd, &mine) < 0)
		return jurat_fail(err, -errno, "cannot stat '%s': %s", l->name, strerror(errno));
	if (!S_ISREG(mine.st_mode) || mine.st_uid != geteuid() || mine.st_mode & 0077)
		return jurat_fail(
			err, -EACCES,
			"'%s' has mode %04o and owner %u, expected 0600 and %u: somebody else may have put "
			"it there to stop this start; remove it",
			l->name, mine.st_mode & 07777, mine.st_uid, geteuid());
	r = base_lock(base_env_real(), l->fd, BASE_LOCK_EXCLUSIVE, wait_ns);
	if (r == JURAT_BUSY) {
		base_lock_holders(base_env_real(), l->fd, who, sizeof(who));
		return jurat_fail(err, -EADDRINUSE, "another start is not finished: '%s' is held by %s",
				  l->name, who);
	}
	if (r < 0)
		return jurat_fail(err, r, "cannot lock '%s': %s", l->name, strerror(-r));
	if (lstat(l->name, &there) < 0 || mine.st_dev != there.st_dev || mine.st_ino != there.st_ino)
		return JURAT_NOT_FOUND;
	return 0;
}

/* The holder of the lock unlinks the file, so compare the inode once the lock is taken. */
static int lock_start(const char *path, uint64_t wait_ms, struct start_lock *l, struct jurat_error *err)
{
	const uint64_t until = base_now_ns(base_env_real()) + wait_ms * 1000000;
	int r = JURAT_NOT_FOUND;

	snprintf(l->name, sizeof(l->name), "%s" START_LOCK_SUFFIX, path);
	while (r == JURAT_NOT_FOUND) {
		const uint64_t now = base_now_ns(base_env_real());

		l->fd = open(l->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
			     0600);
		if (l->fd < 0)
			return jurat_fail(err, -errno, "cannot open '%s': %s", l->name, strerror(errno));
		r = try_lock(l, now < until ? until - now : 0, err);
		if (r != 0) {
			close(l->fd);
			l->fd = -1;
		}
	}
	return r;
}

/* Removes a stale socket: one that no process listens on. */
static int remove_stale(const struct sockaddr_un *name, socklen_t size, struct jurat_error *err)
{
	const char *path = name->sun_path;
	auto_close int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : jurat_fail(err, -errno, "cannot stat it: %s", strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return jurat_fail(err, -EADDRINUSE, "something that is not a socket is there");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)name, size) == 0 || errno != ECONNREFUSED)
		return jurat_fail(err, -EADDRINUSE, "another process is listening on it");
	if (unlink(path) < 0)
		return jurat_fail(err, -errno, "cannot remove a stale socket: %s", strerror(errno));
	return 0;
}

int base_unix_listen(int fd, const struct sockaddr_un *name, socklen_t size, mode_t mode, uint64_t wait_ms,
		     int backlog, struct stat *ret, struct jurat_error *err)
{
	auto_call(unlock_start) struct start_lock lock = { .fd = -1 };
	struct stat st;
	mode_t before;
	int r = lock_start(name->sun_path, wait_ms, &lock, err);

	if (r == 0)
		r = remove_stale(name, size, err);
	if (r < 0)
		return r;
	before = umask(~mode & 0777); /* so that the socket never has another mode */
	r = bind(fd, (const struct sockaddr *)name, size) < 0 ? -errno : 0;
	umask(before);
	if (r < 0)
		return jurat_fail(err, r, "cannot bind: %s", strerror(-r));
	if (stat(name->sun_path, &st) < 0)
		return jurat_fail(err, -errno, "cannot stat it: %s", strerror(errno));
	/* Listen before the lock is released: until then the socket looks stale to others. */
	if (backlog >= 0 && listen(fd, backlog) < 0)
		return jurat_fail(err, -errno, "cannot listen: %s", strerror(errno));
	*ret = st;
	return 0;
}

void base_unix_remove(const char *path, const struct stat *made)
{
	struct stat there;

	if (lstat(path, &there) == 0 && there.st_dev == made->st_dev && there.st_ino == made->st_ino)
		unlink(path);
}
