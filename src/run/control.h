/* SPDX-License-Identifier: MIT */
#ifndef RUN_CONTROL_H
#define RUN_CONTROL_H

#include "run/platform.h"
#include "run/qgs_server.h"

/*
 * --control: changes to a platform that runs, for suites that want another fault in each case. A stream
 * socket in the file system, of this user alone. A line is a command, and is answered with one line, `ok` or
 * `error` and why, when the change has been made; what was under way ends before.
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
 * Returns   0; -EADDRINUSE somebody listens there; another -errno
 */
JURAT_MUST_CHECK int run_control_new(const char *path, struct run_platform *platform, struct run_qgs *qgs,
				     struct run_control **ret, struct jurat_error *err);
void run_control_free(struct run_control *control); /* NULL is nothing */
/* The socket's absolute path, to be removed should this process be killed; NULL without a control. */
const char *run_control_path(const struct run_control *control);
/* Readable when there is something to serve. */
int run_control_fd(const struct run_control *control);
void run_control_serve(struct run_control *control);

#endif
