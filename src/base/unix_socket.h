/* SPDX-License-Identifier: MIT */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "jurat/error.h"

/*
 * Binds a stream socket to a name in the file system and listens. A socket there that nobody listens on any
 * more is replaced, under a lock on a file beside it (".lock", 0600, removed at the end), so that of two that
 * start at once one fails.
 *
 * mode      of the name, from the moment it is there
 * wait_ms   how long to wait for another one that is just starting on that name
 * backlog   of listen(2); below 0: does not listen, and connections are refused
 * ret       what is known of the name, to remove no other's later
 * Returns   0; -EADDRINUSE somebody listens there, what is there is no socket, or the other start did not
 *           end in time, and `err` names it; -EACCES the lock file is somebody else's; another -errno
 */
JURAT_MUST_CHECK int base_unix_listen(int fd, const struct sockaddr_un *name, socklen_t size, mode_t mode,
				      uint64_t wait_ms, int backlog, struct stat *ret,
				      struct jurat_error *err);

#endif
