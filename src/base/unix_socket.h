/* SPDX-License-Identifier: MIT */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "jurat/error.h"

/*
 * Binds a stream socket to a path and listens. A stale socket, which no process listens on any more, is
 * replaced under a lock on a file beside it (suffix ".lock", mode 0600, removed at the end), so that of two
 * processes that start at once one fails.
 *
 * mode      mode of the socket file, from its creation on
 * wait_ms   how long to wait for another process that is just starting on that path
 * backlog   as of listen(2); below 0: do not listen, so that connections are refused
 * ret       identity of the socket file, so that a later removal does not hit another process's socket
 * Returns   0; -EADDRINUSE a process listens there, the file is not a socket, or another starting process
 *           held the lock for too long, and `err` names it; -EACCES the lock file belongs to another user;
 *           another -errno
 */
JURAT_MUST_CHECK int base_unix_listen(int fd, const struct sockaddr_un *name, socklen_t size, mode_t mode,
				      uint64_t wait_ms, int backlog, struct stat *ret,
				      struct jurat_error *err);
/* Removes the file that base_unix_listen() created, unless another has taken its place. */
void base_unix_remove(const char *path, const struct stat *made);

#endif
