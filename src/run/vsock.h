/* SPDX-License-Identifier: MIT */
#ifndef RUN_VSOCK_H
#define RUN_VSOCK_H

#include "run/calls.h"
#include "run/qgs_server.h"

/*
 * --qgs vsock:PORT: the program reaches the quoting service as a TD does, on a vsock port of the host,
 * whether or not the machine has vsock. In place of a vsock socket the program gets a unix socket, which is
 * connected to the service and has vsock addresses. Calls on other sockets go to the kernel unchanged
 * (doc/decisions/0007).
 *
 * Errors are those of Linux: ECONNRESET for another port of the host, ENODEV for another CID, and for sockets
 * that are not streams as with a virtio transport that supports streams only.
 * Threads   one
 */
struct run_vsock;

/* port: of run_qgs_port(). platform, qgs: borrowed. Handles calls of `calls` from here on. */
JURAT_MUST_CHECK int run_vsock_new(struct run_platform *platform, struct run_qgs *qgs, unsigned port,
				   struct run_calls *calls, struct run_vsock **ret, struct jurat_error *err);
void run_vsock_free(struct run_vsock *vsock); /* accepts NULL; after its calls */

#endif
