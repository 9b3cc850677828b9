/* SPDX-License-Identifier: MIT */
#ifndef RUN_QGS_SERVER_H
#define RUN_QGS_SERVER_H

#include "run/platform.h"

/*
 * --qgs: the quoting service of the machine's TD, for a program that connects to it directly. It responds as
 * `juratd qgs`, with which it shares the protocol (host/conn.h) and the service (sim/tdx/qgs_service.h):
 * quotes, the collateral of $JURAT_ROOTS, platform information. At most RUN_QGS_CONNECTIONS at once:
 * the next one waits until one of them ends, or takes the place of the oldest that has been silent for a
 * second. Never blocks.
 * Threads   one
 */
enum {
	RUN_QGS_CONNECTIONS = 16,
	RUN_QGS_WAITING = 64,     /* queue of run_qgs_connect() */
	RUN_QGS_LIMIT_MS = 30000, /* time limit of a connection from accept, as in Intel's service */
};
struct run_qgs;

/*
 * The port of "vsock:PORT", 1 to 65535, the range that Intel's library can be configured with; 0: another
 * address.
 */
unsigned run_qgs_port(const char *address);

/*
 * address   "unix:PATH", until run_qgs_free(); a stale socket is replaced. "vsock:PORT": on an unnamed
 *           socket, reachable with run_qgs_connect() only
 * platform  with a TD; borrowed
 * Returns   0; -EINVAL an address of another kind, or no TD; -EADDRINUSE; other -errno
 */
JURAT_MUST_CHECK int run_qgs_new(const char *address, const struct run_platform *platform, unsigned limit_ms,
				 struct run_qgs **ret, struct jurat_error *err);
/* Call it after faults.qgs_down has changed: accepts or refuses connections from here on. */
JURAT_MUST_CHECK int run_qgs_reopen(struct run_qgs *qgs, struct jurat_error *err);
void run_qgs_free(struct run_qgs *qgs); /* accepts NULL */
/* The socket's absolute path, which another process removes if this one is killed. NULL: none. */
const char *run_qgs_path(const struct run_qgs *qgs);
/* Readable when there is something to serve. */
int run_qgs_fd(const struct run_qgs *qgs);
void run_qgs_serve(struct run_qgs *qgs);

/*
 * Connects an AF_UNIX stream socket of the program, which has a name, to a service with a vsock address.
 * Returns   0, also when it is connected already and has not sent anything yet; -ECONNREFUSED the service is
 *           down, or its queue is full; -EISCONN; another -errno of connect(2)
 */
JURAT_MUST_CHECK int run_qgs_connect(struct run_qgs *qgs, int fd);

#endif
