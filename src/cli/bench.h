/* SPDX-License-Identifier: MIT */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include "cli/cli.h"

/*
 * Each figure is measured beside the bare operation it rests on, in turn and in the same run, so that a
 * noisy machine shifts both: batches of one and batches of the other; the medians are printed, and the
 * median of the pairs' ratios.
 */
struct bench {
	struct cli *cli;
	uint64_t seconds;
	bool json, first;
	bool failed, missed; /* an operation did not succeed; a figure is beyond its limit */
	char dir[64];        /* a fresh temporary directory, removed at the end when it is empty */
};

typedef void bench_operation(void *ctx);

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
/* *failed is set by an operation that did not succeed, as it must: the figure means nothing then. */
void bench_measure(struct bench *b, const char *name, bench_operation *ours, bench_operation *bare, void *ctx,
		   bool *failed, const char *beside);
/* A figure that was measured otherwise; its limit is judged here. */
void bench_print(struct bench *b, const struct bench_figure *figure);
/* The machine lacks what it takes to measure it: `why` says what. */
void bench_skip(struct bench *b, const char *name, const char *why);
/* An operation failed that does not where jurat works: the exit status will tell. */
void bench_fail(struct bench *b, const char *name, const char *why);
uint64_t bench_now_ns(void);
/* Sorts them. */
double bench_median(double *values, size_t n);

/* The parts. CLI_OK, or an exit status after telling why. */
int bench_snp(struct bench *b);
int bench_tdx(struct bench *b);
int bench_run(struct bench *b);

#endif
