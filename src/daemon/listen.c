/* SPDX-License-Identifier: MIT */
#include "daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/unix_socket.h"

static int new_socket(const struct base_address *a, struct jurat_error *err)
{
	int fd = socket(a->sockaddr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? jurat_fail(err, -errno, "cannot create a socket: %s", strerror(errno)) : fd;
}

/*
 * In a world-writable directory, any user could replace the socket, or with the sticky bit create one before
 * ours.
 */
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
		return jurat_fail(err, -EACCES,
				  "the directory '%s' has mode %04o and owner %u: every user can replace the "
				  "socket (chmod o-w)",
				  folder, st.st_mode & 07777, st.st_uid);
	return 0;
}

static int bind_unix(int fd, const struct base_address *a, mode_t mode, uint64_t wait_ms, struct listener *l,
		     struct jurat_error *err)
{
	int r = check_folder(a->sockaddr.un.sun_path, err);

	return r < 0 ? r
		     : base_unix_listen(fd, &a->sockaddr.un, a->size, mode, wait_ms, LISTENER_BACKLOG,
					&l->name, err);
}

static int bind_other(int fd, struct base_address *a, struct jurat_error *err)
{
	if (a->sockaddr.any.sa_family == AF_INET || a->sockaddr.any.sa_family == AF_INET6)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, &a->sockaddr.any, a->size) < 0)
		return jurat_fail(err, -errno, "cannot bind: %s", strerror(errno));
	if (listen(fd, LISTENER_BACKLOG) < 0)
		return jurat_fail(err, -errno, "cannot listen: %s", strerror(errno));
	a->size = sizeof(a->sockaddr);
	if (getsockname(fd, &a->sockaddr.any, &a->size) < 0)
		return jurat_fail(err, -errno, "getsockname: %s", strerror(errno));
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
		r = bind_other(fd, &l.address, err);
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

int listener_adopt(int fd, bool any, struct listener *ret, struct jurat_error *err)
{
	struct listener l = { .fd = fd, .address.size = sizeof(l.address.sockaddr) };
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1)
		return jurat_fail(err, -EINVAL, "descriptor %d is not a listening stream socket", fd);
	if (getsockname(fd, &l.address.sockaddr.any, &l.address.size) < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return jurat_fail(err, -errno, "descriptor %d: %s", fd, strerror(errno));
	if (!any && address_check(&l.address, err) < 0)
		return jurat_wrap(err, -EACCES, "descriptor %d", fd);
	*ret = l;
	return 0;
}

void listener_unlink(const struct listener *l)
{
	if (l->made && l->address.sockaddr.any.sa_family == AF_UNIX)
		base_unix_remove(l->address.sockaddr.un.sun_path, &l->name);
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	listener_unlink(l);
	close(l->fd);
	l->fd = -1;
}
