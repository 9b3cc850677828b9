/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <sys/stat.h>

#include "daemon/address.h"

/* A listening socket, and its name in the file system. */
struct listener {
	int fd;
	struct base_address address;
	bool made;        /* created by listener_open(), so its name must be removed */
	struct stat name; /* of a Unix socket: to remove no other's */
};

enum { LISTENER_BACKLOG = 4096 };

/*
 * address   port 0: one that the system chooses, which ret->address names
 * mode      mode of a unix socket
 * wait_ms   how long to wait for another process that is just starting on that path
 * Returns   0; -EADDRINUSE a process listens there, the file is not a socket, or another starting process
 *           held the lock for too long, and `err` names it. A stale socket is replaced under a lock, see
 *           base/unix_socket.h; -EACCES the directory is world-writable, or the lock file belongs to another
 *           user; another -errno
 */
JURAT_MUST_CHECK int listener_open(const struct base_address *address, mode_t mode, uint64_t wait_ms,
				   struct listener *ret, struct jurat_error *err);
/*
 * Adopts a descriptor from the service manager. `any`: from any address, not only a local one. 0; -EINVAL not
 * a listening stream socket; -EACCES.
 */
JURAT_MUST_CHECK int listener_adopt(int fd, bool any, struct listener *ret, struct jurat_error *err);
/* Unlinks the name, if it is still that of this socket. Clients in the backlog keep waiting. */
void listener_unlink(const struct listener *listener);
/* Closes the socket and unlinks its name. */
void listener_close(struct listener *listener);

#endif
