/* SPDX-License-Identifier: MIT */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

#include "run/platform.h"
#include "run/qgs_server.h"

/*
 * --control: changes a running platform, for test suites that need another fault in each case. A unix stream
 * socket that only this user can connect to. Each line is a command. The response is one line, `ok` or
 * `error` and the reason, after the change was made; requests in progress are completed before it.
 *
 *	faults [SPEC]...   these faults, as --fault has them, and no others; counts begin here
 *	restart            a new SEV-SNP guest: its driver has its keys, and its counters are 1
 *
 * Threads   the platform's
 */
struct run_control;

/*
 * platform  borrowed
 * qgs       its quoting service, borrowed; NULL: none
 * Returns   0; -EADDRINUSE a process listens there; another -errno
 */
JURAT_MUST_CHECK int run_control_new(const char *path, struct run_platform *platform, struct run_qgs *qgs,
				     struct run_control **ret, struct jurat_error *err);
void run_control_free(struct run_control *control); /* accepts NULL */
/* The socket's absolute path, which another process removes if this one is killed; NULL without --control. */
const char *run_control_path(const struct run_control *control);
/* Readable when there is something to serve. */
int run_control_fd(const struct run_control *control);
void run_control_serve(struct run_control *control);

#endif
