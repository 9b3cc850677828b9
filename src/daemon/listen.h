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
 * wait_ms   how long to wait for another one that is just starting on that name
 * Returns   0; -EADDRINUSE somebody listens there, what is there is no socket, or the other start did not
 *           end in time, and `err` names it. A socket that nobody listens on any more is replaced, under a
 *           lock on a file beside it (".lock", 0600, removed at the end), so that of two that start at once
 *           one fails; -EACCES everyone can write to the directory, or the lock file is somebody else's;
 *           another -errno
 */
JURAT_MUST_CHECK int listener_open(const struct base_address *address, mode_t mode, uint64_t wait_ms,
				   struct listener *ret, struct jurat_error *err);
/* Takes over a descriptor from the service manager; -EINVAL it is no listening stream socket; -EACCES. */
JURAT_MUST_CHECK int listener_adopt(int fd, struct listener *ret, struct jurat_error *err);
/* Removes the name only while it is still this socket's; who has connected waits on. */
void listener_unlink(const struct listener *listener);
/* Removes the name, too. */
void listener_close(struct listener *listener);

#endif
