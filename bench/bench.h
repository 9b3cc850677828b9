/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * jurat-bench: each figure is measured together with the baseline operation that dominates it, in the same
 * run, so that noise of the machine affects both. Batches of both alternate; the output has the medians, and
 * the median of the pairs' ratios. bench/README.md describes each figure.
 */
enum bench_exit {
	BENCH_OK = 0,
	BENCH_MISSED = 1,
	BENCH_USAGE = 2,
	BENCH_ENVIRONMENT = 3,
	BENCH_INTERNAL = 4
};

enum { BENCH_MAX_ONLY = 64 };

struct bench {
	const char *only[BENCH_MAX_ONLY]; /* figures to measure; n_only 0: all */
	size_t n_only;
	const char *jurat, *juratd; /* programs to measure */
	const char *vmm;            /* libjurat-vmm.so, to measure */
	const char *vmm_check;      /* libjurat-vmm-check.so: its KVM, where there is no other */
	const char *self;           /* this program */
	uint64_t seconds;
	bool json, strict;
	bool alone; /* what is compared only, without what it is compared with: for a profiler */

	bool first;
	bool failed, missed; /* an operation did not succeed; a figure is beyond its limit */
	char dir[64];        /* a fresh temporary directory, removed at the end when it is empty */
};

typedef void bench_operation(void *ctx);

/* What bench_measure() compares. */
struct bench_pair {
	bench_operation *ours, *bare;
	/* Before each batch of n times `ours`, outside the measured time. NULL: nothing to do. */
	void (*prepare)(void *ctx, unsigned n);
	void *ctx;
	bool *failed;       /* set by an operation that failed: the figure is then invalid */
	const char *beside; /* description of `bare` */
	uint64_t bytes;     /* of memory, measured before; 0: not measured */
	/* Of this thread: for what waits for nothing, and takes longer than a turn on a busy machine. */
	bool processor_time;
};

/* One figure. Values that were not measured are 0. */
struct bench_figure {
	const char *name;
	double ours_ns, bare_ns, ratio;
	const char *beside; /* what it is compared with, and other remarks */
	size_t n;
	double beyond_ns; /* cost beyond the baseline: median of the differences */
	uint64_t bytes;   /* of memory */
	uint64_t lost;    /* operations without a response */
};

/* Whether --only names it, or was not used. */
bool bench_wanted(const struct bench *b, const char *name);
void bench_measure(struct bench *b, const char *name, const struct bench_pair *pair);
/* Prints a figure that was measured in another way, and compares it with its limits. */
void bench_print(struct bench *b, const struct bench_figure *figure);
/* Reports that a figure cannot be measured on this machine; `why` says what is missing. */
void bench_skip(struct bench *b, const char *name, const char *why);
/* The same, if the figure is wanted. */
void bench_skip_wanted(struct bench *b, const char *name, const char *why);
#define BENCH_NO_AWS_LC "AWS-LC is not in this build (option aws-lc; scripts/setup-aws-lc builds it)"
/* Reports a failed operation that should have succeeded, and sets the exit status. */
void bench_fail(struct bench *b, const char *name, const char *why);

/* "jurat-bench: ..." on standard error. Returns `status`. */
__attribute__((format(printf, 2, 3))) int bench_error(int status, const char *format, ...);
/* Writes the whole file. 0; -errno */
JURAT_MUST_CHECK int bench_write(const char *path, const void *data, size_t size, struct jurat_error *err);
uint64_t bench_now_ns(void);
/* Runs a program without output. Its exit status; -1: it has none. */
int bench_spawn(const char *const argv[]);
/* Sorts the values. */
double bench_median(double *values, size_t n);

/* Parses the command line into *b. BENCH_OK; BENCH_USAGE after an error message; -1 help was printed. */
int bench_options(struct bench *b, int argc, char **argv);
/* Runs all parts with the options in *b. Returns enum bench_exit. */
int bench_all(struct bench *b);

/* The parts. BENCH_OK, or an exit status after an error message. */
int bench_snp(struct bench *b);
int bench_tdx(struct bench *b);
int bench_endorsements(struct bench *b);
int bench_run(struct bench *b);
int bench_process(struct bench *b);
int bench_update(struct bench *b);
int bench_vmm(struct bench *b);
int bench_explore(struct bench *b);
int bench_measure_snp(struct bench *b);
int bench_log(struct bench *b);
int bench_tcb(struct bench *b);
int bench_many(struct bench *b);
/*
 * Runs this process as the program under `jurat run` whose requests bench_run() measures. Returns its exit
 * status.
 */
int bench_run_program(const char *shared_file);
/* The same for the VMM that bench_vmm() measures. `next`: the library below libjurat-vmm.so, "" for libc. */
int bench_vmm_program(const char *shared_file, const char *next);

#endif
