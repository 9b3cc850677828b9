/* SPDX-License-Identifier: MIT */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static int new_socket(const struct base_address *a, struct jurat_error *err)
{
	int fd = socket(a->sockaddr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno)) : fd;
}

/* A descriptor that holds the lock on the folder of `path` until it is closed. */
static int lock_folder(const char *path, struct jurat_error *err)
{
	char copy[sizeof(((struct sockaddr_un *)0)->sun_path)];
	auto_close int fd = -1;
	const char *folder;

	strncpy(copy, path, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	folder = dirname(copy);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return jurat_fail(err, -errno, "cannot open '%s': %s", folder, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return jurat_fail(err, -EADDRINUSE, "another daemon starts in '%s'", folder);
	return take_fd(fd);
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
		return jurat_fail(err, -EADDRINUSE, "there is something that is no socket");
	fd = new_socket(a, err);
	if (fd < 0)
		return fd;
	if (connect(fd, &a->sockaddr.any, a->size) == 0 || errno != ECONNREFUSED)
		return jurat_fail(err, -EADDRINUSE, "another process listens there");
	if (unlink(path) < 0)
		return jurat_fail(err, -errno, "cannot remove a stale socket: %s", strerror(errno));
	return 0;
}

static int bind_unix(int fd, const struct base_address *a, mode_t mode, struct listener *l,
		     struct jurat_error *err)
{
	auto_close int folder = lock_folder(a->sockaddr.un.sun_path, err);
	struct stat st;
	mode_t before;
	int r;

	if (folder < 0)
		return folder;
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

int listener_open(const struct base_address *address, mode_t mode, struct listener *ret,
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
		r = bind_unix(fd, address, mode, &l, err);
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
