/* SPDX-License-Identifier: MIT */
#ifndef RUN_QGS_SERVER_H
#define RUN_QGS_SERVER_H

#include "run/platform.h"

/*
 * --qgs: the quoting service of the machine's TD, on a socket that the program connects to. One request on
 * each connection; at most RUN_QGS_CONNECTIONS at once, the others wait to be accepted. Nothing here waits.
 * Threads   one
 */
enum { RUN_QGS_CONNECTIONS = 16 };
struct run_qgs;

/*
 * address   "unix:PATH"; PATH must not exist, and does until run_qgs_free()
 * platform  with a TD; borrowed
 * Returns   0; -EINVAL an address of another kind, or no TD; -EADDRINUSE; other -errno
 */
JURAT_MUST_CHECK int run_qgs_new(const char *address, const struct run_platform *platform,
				 struct run_qgs **ret, struct jurat_error *err);
void run_qgs_free(struct run_qgs *qgs); /* NULL is nothing */
/* The socket's absolute path, to be removed should this process be killed. NULL for NULL. */
const char *run_qgs_path(const struct run_qgs *qgs);
/* Readable when there is something to serve. */
int run_qgs_fd(const struct run_qgs *qgs);
void run_qgs_serve(struct run_qgs *qgs);

#endif
