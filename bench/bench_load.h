/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_LOAD_H
#define BENCH_BENCH_LOAD_H

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

/* What the figures of daemons under load share: a processor for the daemon, the others for its clients. */
uint64_t bench_cpu_ns(clockid_t clock);
/* The most memory a process has had, in bytes. */
uint64_t bench_most_memory(pid_t pid);
/*
 * Leaves all processors but *ret_cpu to this process; *ret_before is for sched_setaffinity(2) at the end.
 * JURAT_NOT_FOUND: there is only one.
 */
JURAT_MUST_CHECK int bench_split_processors(cpu_set_t *ret_before, int *ret_cpu, struct jurat_error *err);
/* Raises the limit of descriptors; *ret_before is for setrlimit(2) at the end. JURAT_NOT_FOUND: not to n. */
JURAT_MUST_CHECK int bench_want_descriptors(unsigned n, struct rlimit *ret_before, struct jurat_error *err);

#endif
