/* SPDX-License-Identifier: MIT */
#ifndef RUN_FAULT_H
#define RUN_FAULT_H

#include "run/platform.h"

/*
 * --fault: fault injection, for tests of a program's error handling. One table (fault.c) has syntax, effect,
 * and what a program should do about it; `jurat run --list-faults` and the manual page print it.
 */
struct run_fault {
	const char *syntax, *happens, *advice;
};
/* The i-th row; NULL: past the end. */
const struct run_fault *run_fault_row(size_t i);

/* Reads one SPEC into `to`. 0; -EINVAL, and `err` lists the known faults. */
JURAT_MUST_CHECK int run_fault_parse(const char *spec, struct run_faults *to, struct jurat_error *err);

/* Applies the faults that exist from the start, after the machine was created and its guest launched. */
JURAT_MUST_CHECK int run_faults_apply(struct run_platform *platform, struct jurat_error *err);

/*
 * Replaces the faults of a running platform, with no request in progress. Counts of requests restart. 0;
 * -EINVAL one is not possible on this platform, and nothing was changed; another -errno.
 */
JURAT_MUST_CHECK int run_faults_replace(struct run_platform *platform, const struct run_faults *faults,
					struct jurat_error *err);

/*
 * Call it before each request of the program, while the machine is idle: triggers faults of the N-th request.
 */
void run_faults_before_request(struct run_platform *platform);

#endif
