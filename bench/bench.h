/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * jurat-bench: each figure is measured beside the bare operation it rests on, in turn and in the same run, so
 * that a noisy machine shifts both. Batches of one alternate with batches of the other; the medians are
 * printed, and the median of the pairs' ratios. bench/README.md says what each figure is.
 */
enum bench_exit {
	BENCH_OK = 0,
	BENCH_MISSED = 1,
	BENCH_USAGE = 2,
	BENCH_ENVIRONMENT = 3,
	BENCH_INTERNAL = 4
};

enum { BENCH_MAX_ONLY = 32 };

struct bench {
	const char *only[BENCH_MAX_ONLY]; /* figures to measure; n_only 0: all */
	size_t n_only;
	const char *jurat, *juratd; /* programs to measure */
	const char *self;           /* this program */
	uint64_t seconds;
	bool json, strict;

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
	bool *failed;       /* set by an operation that did not succeed: the figure then means nothing */
	const char *beside; /* what `bare` is, for people */
	uint64_t bytes;     /* of memory, measured before; 0: not measured */
};

/* One figure. What a limit can be on, and nobody measured, is 0. */
struct bench_figure {
	const char *name;
	double ours_ns, bare_ns, ratio;
	const char *beside; /* what it is compared with, and more for people */
	size_t n;
	double beyond_ns; /* what it costs beyond the bare operation: median of the differences */
	uint64_t bytes;   /* of memory */
	uint64_t lost;    /* operations that were not answered */
};

/* Whether --only names it, or nothing. */
bool bench_wanted(const struct bench *b, const char *name);
void bench_measure(struct bench *b, const char *name, const struct bench_pair *pair);
/* A figure that was measured otherwise; it is compared with its limits here. */
void bench_print(struct bench *b, const struct bench_figure *figure);
/* The machine lacks what it takes to measure it: `why` says what. */
void bench_skip(struct bench *b, const char *name, const char *why);
/* An operation failed that succeeds wherever jurat works: the exit status will say so. */
void bench_fail(struct bench *b, const char *name, const char *why);

/* "jurat-bench: ..." on standard error. Returns `status`. */
__attribute__((format(printf, 2, 3))) int bench_error(int status, const char *format, ...);
/* Writes the whole file. 0; -errno */
JURAT_MUST_CHECK int bench_write(const char *path, const void *data, size_t size, struct jurat_error *err);
uint64_t bench_now_ns(void);
/* Sorts them. */
double bench_median(double *values, size_t n);

/* The command line into *b. BENCH_OK; BENCH_USAGE after an error message; -1 help was printed. */
int bench_options(struct bench *b, int argc, char **argv);
/* All parts, with the options in *b. enum bench_exit */
int bench_all(struct bench *b);

/* The parts. BENCH_OK, or an exit status after an error message. */
int bench_snp(struct bench *b);
int bench_tdx(struct bench *b);
int bench_run(struct bench *b);
int bench_process(struct bench *b);
/* This process as the program under `jurat run` whose requests bench_run() measures. Its exit status. */
int bench_run_program(const char *shared_file);

#endif
