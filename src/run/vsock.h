/* SPDX-License-Identifier: MIT */
#ifndef RUN_VSOCK_H
#define RUN_VSOCK_H

#include "run/qgs_server.h"

/*
 * --qgs vsock:PORT: the program finds the quoting service where a TD does, on a port of the host, whether or
 * not the machine has vsock. seccomp hands its socket(2) of AF_VSOCK, its connect(2) to addresses of struct
 * sockaddr_vm's size, and its getsockname(2) and getpeername(2) to this process. It gets a unix socket for a
 * vsock one, which is connected to the service and has vsock's names. Whatever is not about such a socket the
 * kernel does as ever (doc/decisions/0007).
 *
 * Errors are Linux's: ECONNRESET for another port of the host, ENODEV for another machine, and for sockets
 * that are not streams what it says where only virtio carries vsock, and that only streams.
 * Threads   one
 */
struct run_vsock;

/* port: of run_qgs_port(). platform, qgs: borrowed. */
JURAT_MUST_CHECK int run_vsock_new(struct run_platform *platform, struct run_qgs *qgs, unsigned port,
				   struct run_vsock **ret, struct jurat_error *err);
void run_vsock_free(struct run_vsock *vsock); /* NULL is nothing; calls that wait end with ENOSYS */
/* Serves the descriptor of run_vsock_intercept(), which it takes over. */
void run_vsock_attach(struct run_vsock *vsock, int fd);
int run_vsock_fd(const struct run_vsock *vsock);
/* When it is readable: answers one call. 0; -ENODEV nobody is left to call; another -errno. */
JURAT_MUST_CHECK int run_vsock_serve(struct run_vsock *vsock);

/*
 * vsock_filter.c, in the process that becomes the program: from here on those calls wait for whoever serves
 * *ret_fd, here and in all descendants.
 * Returns   0; -EBUSY there is such a descriptor in a process above; -errno, in words
 */
JURAT_MUST_CHECK int run_vsock_intercept(int *ret_fd, struct jurat_error *err);

#endif
