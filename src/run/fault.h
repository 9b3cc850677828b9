/* SPDX-License-Identifier: MIT */
#ifndef RUN_FAULT_H
#define RUN_FAULT_H

#include "run/platform.h"

/*
 * --fault: what goes wrong, for tests of a program's error handling. One table (fault.c) has the syntax,
 * what happens, and what a program should do about it; `jurat run --list-faults` and the manual page print
 * it.
 */
struct run_fault {
	const char *syntax, *happens, *advice;
};
/* The i-th row; NULL: there are no more. */
const struct run_fault *run_fault_row(size_t i);

/* Reads one SPEC into `to`. 0; -EINVAL, with what is known. */
JURAT_MUST_CHECK int run_fault_parse(const char *spec, struct run_faults *to, struct jurat_error *err);

/* With the machine made and its guest launched: what there is from the start. */
JURAT_MUST_CHECK int run_faults_apply(struct run_platform *platform, struct jurat_error *err);

/*
 * On a platform that runs, with nothing under way: these instead of those that there are. Counts of requests
 * begin here. 0; -EINVAL one of them cannot be here, and nothing changed; another -errno.
 */
JURAT_MUST_CHECK int run_faults_replace(struct run_platform *platform, const struct run_faults *faults,
					struct jurat_error *err);

/* Before each request of the program, while the machine is idle: what happens at the N-th. */
void run_faults_before_request(struct run_platform *platform);

#endif
