/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_QGS_H
#define BENCH_BENCH_QGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The figure qgs-1000: `juratd qgs` with the software enclave, all its threads on one core, and on the other
 * cores a client that has BENCH_QGS_CONNECTIONS connections open at once. All ask at the same time, and again
 * as soon as they are answered. In turn with that, on the daemon's core and with nothing around it, the
 * signature that a quote rests on; medians of the rounds. With the client on the same core the figure would
 * be the client's.
 */
enum { BENCH_QGS_CONNECTIONS = 1000 };

struct bench_qgs {
	/*
	 * Processor time, which neighbours on the machine distort least, for one quote (all that the daemon
	 * does, the kernel's part of it included) and for one bare signature. The daemon's core is busy all
	 * the time, so bare_ns / ours_ns is also its throughput as a part of that core's signing limit.
	 */
	double ours_ns, bare_ns, ratio;
	double per_second;  /* quotes, by the clock on the wall */
	double p99_ms;      /* from asking to the last byte, with all the others in the queue */
	uint64_t n;         /* quotes */
	uint64_t failed;    /* connections refused, closed without an answer, or answered with an error */
	uint64_t rss_bytes; /* of the daemon, the most it ever was */
};

/*
 * juratd    the program
 * Returns   0; JURAT_NOT_FOUND it cannot be measured here (no such program, one processor only, too few
 *           descriptors): `err` says why; < 0 the daemon failed
 */
JURAT_MUST_CHECK int bench_qgs(const char *juratd, uint64_t seconds, struct bench_qgs *ret,
			       struct jurat_error *err);

#endif
