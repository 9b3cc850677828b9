/* SPDX-License-Identifier: MIT */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/env.h"

#define START_LOCK_SUFFIX ".lock"

static int new_socket(const struct base_address *a, struct jurat_error *err)
{
	int fd = socket(a->sockaddr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno)) : fd;
}

/* Whoever starts on a name holds the lock on the file beside it, which only its own user can open. */
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

/* Everyone could put a socket of his own there; in a directory with the sticky bit, only before ours. */
static int check_folder(const char *path, struct jurat_error *err)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *folder;
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", path);
	folder = dirname(copy);
	if (stat(folder, &st) < 0)
		return jurat_fail(err, -errno, "cannot stat '%s': %s", folder, strerror(errno));
	if (st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
		return jurat_fail(
			err, -EACCES,
			"the directory '%s' has mode %04o and owner %u: everyone can replace the socket "
			"(chmod o-w)",
			folder, st.st_mode & 07777, st.st_uid);
	return 0;
}

/* 0 it is locked; JURAT_NOT_FOUND it has lost its name meanwhile: once more. */
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

/* Its holder removes the file, so whoever gets the lock compares. */
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

/* Removes the name of a socket that nobody listens on. */
static int remove_stale(const struct base_address *a, struct jurat_error *err)
{
	const char *path = a->sockaddr.un.sun_path;
	auto_close int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : jurat_fail(err, -errno, "cannot stat it: %s", strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return jurat_fail(err, -EADDRINUSE, "something that is not a socket is there");
	fd = new_socket(a, err);
	if (fd < 0)
		return fd;
	if (connect(fd, &a->sockaddr.any, a->size) == 0 || errno != ECONNREFUSED)
		return jurat_fail(err, -EADDRINUSE, "another process is listening on it");
	if (unlink(path) < 0)
		return jurat_fail(err, -errno, "cannot remove a stale socket: %s", strerror(errno));
	return 0;
}

static int bind_unix(int fd, const struct base_address *a, mode_t mode, uint64_t wait_ms, struct listener *l,
		     struct jurat_error *err)
{
	auto_call(unlock_start) struct start_lock lock = { .fd = -1 };
	struct stat st;
	mode_t before;
	int r = check_folder(a->sockaddr.un.sun_path, err);

	if (r == 0)
		r = lock_start(a->sockaddr.un.sun_path, wait_ms, &lock, err);
	if (r == 0)
		r = remove_stale(a, err);
	if (r < 0)
		return r;
	before = umask(~mode & 0777); /* there is no time at which it has another mode */
	r = bind(fd, &a->sockaddr.any, a->size) < 0 ? -errno : 0;
	umask(before);
	if (r < 0)
		return jurat_fail(err, r, "cannot bind: %s", strerror(-r));
	if (stat(a->sockaddr.un.sun_path, &st) < 0)
		return jurat_fail(err, -errno, "cannot stat it: %s", strerror(errno));
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	/* Listening before the lock goes: until then it looks stale to others. */
	if (listen(fd, LISTENER_BACKLOG) < 0)
		return jurat_fail(err, -errno, "cannot listen: %s", strerror(errno));
	return 0;
}

static int bind_other(int fd, const struct base_address *a, struct jurat_error *err)
{
	if (a->sockaddr.any.sa_family == AF_INET)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, &a->sockaddr.any, a->size) < 0)
		return jurat_fail(err, -errno, "cannot bind: %s", strerror(errno));
	if (listen(fd, LISTENER_BACKLOG) < 0)
		return jurat_fail(err, -errno, "cannot listen: %s", strerror(errno));
	return 0;
}

int listener_open(const struct base_address *address, mode_t mode, uint64_t wait_ms, struct listener *ret,
		  struct jurat_error *err)
{
	struct listener l = { .address = *address, .made = true };
	char text[DAEMON_ADDRESS_BYTES];
	auto_close int fd = -1;
	int r;

	fd = new_socket(address, err);
	if (fd < 0)
		r = fd;
	else if (address->sockaddr.any.sa_family == AF_UNIX)
		r = bind_unix(fd, address, mode, wait_ms, &l, err);
	else
		r = bind_other(fd, address, err);
	if (r < 0)
		return jurat_wrap(err, r, "%s", address_text(address, text));
	l.fd = take_fd(fd);
	*ret = l;
	return 0;
}

static int socket_option(int fd, int option)
{
	socklen_t n = sizeof(int);
	int v = -1;

	return getsockopt(fd, SOL_SOCKET, option, &v, &n) == 0 ? v : -1;
}

int listener_adopt(int fd, struct listener *ret, struct jurat_error *err)
{
	struct listener l = { .fd = fd, .address.size = sizeof(l.address.sockaddr) };
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1)
		return jurat_fail(err, -EINVAL, "descriptor %d is not a listening stream socket", fd);
	if (getsockname(fd, &l.address.sockaddr.any, &l.address.size) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return jurat_fail(err, -errno, "descriptor %d: %s", fd, strerror(errno));
	if (address_check(&l.address, err) < 0)
		return jurat_wrap(err, -EACCES, "descriptor %d", fd);
	*ret = l;
	return 0;
}

void listener_unlink(const struct listener *l)
{
	struct stat st;

	if (l->made && l->address.sockaddr.any.sa_family == AF_UNIX &&
	    stat(l->address.sockaddr.un.sun_path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->address.sockaddr.un.sun_path);
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	listener_unlink(l);
	close(l->fd);
	l->fd = -1;
}
