/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <sys/types.h>

#include "daemon/address.h"

/* A listening socket, and the name it left in the file system. */
struct listener {
	int fd;
	struct base_address address;
	bool made; /* by listener_open(): its name is ours to remove */
	dev_t dev;
	ino_t ino;
};

enum { LISTENER_BACKLOG = 4096 };

/*
 * mode      of a unix socket's name
 * Returns   0; -EADDRINUSE somebody listens there, or what is there is no socket. A socket that nobody
 *           listens on any more is replaced, under a lock on its folder, so that of two that start at once
 *           one fails; another -errno
 */
JURAT_MUST_CHECK int listener_open(const struct base_address *address, mode_t mode, struct listener *ret,
				   struct jurat_error *err);
/* Takes over a descriptor from the service manager; -EINVAL it is no listening stream socket; -EACCES. */
JURAT_MUST_CHECK int listener_adopt(int fd, struct listener *ret, struct jurat_error *err);
/* Removes the name only while it is still this socket's; who has connected waits on. */
void listener_unlink(const struct listener *listener);
/* Removes the name, too. */
void listener_close(struct listener *listener);

#endif
