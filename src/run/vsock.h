/* SPDX-License-Identifier: MIT */
#ifndef RUN_VSOCK_H
#define RUN_VSOCK_H

#include "run/qgs_server.h"

/*
 * --qgs vsock:PORT: the program reaches the quoting service as a TD does, on a vsock port of the host,
 * whether or not the machine has vsock. A seccomp filter notifies this process of socket(2) with AF_VSOCK, of
 * connect(2) with an address of the size of struct sockaddr_vm, and of getsockname(2) and getpeername(2). In
 * place of a vsock socket the program gets a unix socket, which is connected to the service and has vsock
 * addresses. Calls on other sockets go to the kernel unchanged (doc/decisions/0007).
 *
 * Errors are those of Linux: ECONNRESET for another port of the host, ENODEV for another CID, and for sockets
 * that are not streams as with a virtio transport that supports streams only.
 * Threads   one
 */
struct run_vsock;

/* port: of run_qgs_port(). platform, qgs: borrowed. */
JURAT_MUST_CHECK int run_vsock_new(struct run_platform *platform, struct run_qgs *qgs, unsigned port,
				   struct run_vsock **ret, struct jurat_error *err);
void run_vsock_free(struct run_vsock *vsock); /* accepts NULL; pending calls fail with ENOSYS */
/* Takes ownership of the descriptor of run_vsock_intercept() and serves it. */
void run_vsock_attach(struct run_vsock *vsock, int fd);
int run_vsock_fd(const struct run_vsock *vsock);
/*
 * Call it when the descriptor is readable: handles one call. 0; -ENODEV no process with the filter is left;
 * another -errno.
 */
JURAT_MUST_CHECK int run_vsock_serve(struct run_vsock *vsock);

/*
 * In vsock_filter.c, for the process that executes the program: from here on, in it and all descendants,
 * those calls block until the process that serves *ret_fd handles them.
 * Returns   0; -EBUSY an ancestor has such a filter; another -errno
 */
JURAT_MUST_CHECK int run_vsock_intercept(int *ret_fd, struct jurat_error *err);

#endif
