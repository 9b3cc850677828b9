/* SPDX-License-Identifier: MIT */
#ifndef RUN_QGS_SERVER_H
#define RUN_QGS_SERVER_H

#include "run/platform.h"

/*
 * --qgs: the quoting service of the machine's TD, for a program that asks it without its kernel. What it says
 * to which bytes is that of `juratd qgs`, whose protocol (host/conn.h) and service (sim/tdx/qgs_service.h) it
 * has: quotes, the collateral of $JURAT_ROOTS, platform information. At most RUN_QGS_CONNECTIONS at once: a
 * newcomer takes the place of the one whose time is over first. Nothing here waits.
 * Threads   one
 */
enum {
	RUN_QGS_CONNECTIONS = 16,
	RUN_QGS_WAITING = 64,     /* in run_qgs_connect()'s queue */
	RUN_QGS_LIMIT_MS = 30000, /* for a connection, from its acceptance, as Intel's service has it */
};
struct run_qgs;

/* The port of "vsock:PORT", 1 to 65535, which is what Intel's library can be told; 0: another address. */
unsigned run_qgs_port(const char *address);

/*
 * address   "unix:PATH", until run_qgs_free(); a socket there that nobody listens on is replaced.
 *           "vsock:PORT": on no socket that anybody could find; run_qgs_connect() is the way to it
 * platform  with a TD; borrowed
 * Returns   0; -EINVAL an address of another kind, or no TD; -EADDRINUSE; other -errno
 */
JURAT_MUST_CHECK int run_qgs_new(const char *address, const struct run_platform *platform, unsigned limit_ms,
				 struct run_qgs **ret, struct jurat_error *err);
/* After faults.qgs_down has changed: connections to its address are taken, or refused, from here on. */
JURAT_MUST_CHECK int run_qgs_reopen(struct run_qgs *qgs, struct jurat_error *err);
void run_qgs_free(struct run_qgs *qgs); /* NULL is nothing */
/* The socket's absolute path, to be removed should this process be killed. NULL: it has none. */
const char *run_qgs_path(const struct run_qgs *qgs);
/* Readable when there is something to serve. */
int run_qgs_fd(const struct run_qgs *qgs);
void run_qgs_serve(struct run_qgs *qgs);

/*
 * Connects somebody's AF_UNIX stream socket, which has a name, to a service on a vsock address.
 * Returns   0, also when it is connected already and has not said anything yet; -ECONNREFUSED the service is
 *           down, or too many wait for it; -EISCONN; other -errno of connect(2)
 */
JURAT_MUST_CHECK int run_qgs_connect(struct run_qgs *qgs, int fd);

#endif
