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
	char dir[64]; /* a fresh temporary directory, removed at the end when it is empty */
};

typedef void bench_operation(void *ctx);

/* Whether --only names it, or nothing. */
bool bench_wanted(const struct bench *b, const char *name);
/* *failed is set by an operation that did not succeed, as it must: the figure means nothing then. */
void bench_measure(struct bench *b, const char *name, bench_operation *ours, bench_operation *bare, void *ctx,
		   bool *failed, const char *beside);
/* A figure that was measured otherwise. */
void bench_print(struct bench *b, const char *name, double ours_ns, double bare_ns, double ratio,
		 const char *beside, size_t n);
void bench_skip(struct bench *b, const char *name, const char *why);
/* Begins an entry of the list, for a figure of another form. */
void bench_separate(struct bench *b);
uint64_t bench_now_ns(void);

/* The parts. CLI_OK, or an exit status after telling why. */
int bench_snp(struct bench *b);
int bench_tdx(struct bench *b);
int bench_run(struct bench *b);

#endif
