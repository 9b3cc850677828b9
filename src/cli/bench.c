/* SPDX-License-Identifier: MIT */
#include "cli/bench.h"
#include "cli/bench_qgs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"

enum { PAIRS = 41 };

uint64_t bench_now_ns(void)
{
	return base_now_ns(base_env_real());
}

static double run(bench_operation *op, void *ctx, unsigned n)
{
	uint64_t start = bench_now_ns();

	for (unsigned i = 0; i < n; i++)
		op(ctx);
	return (double)(bench_now_ns() - start) / n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

bool bench_wanted(const struct bench *b, const char *name)
{
	const char *only = cli_get(b->cli, "only");

	for (size_t i = 0; (only = cli_get_nth(b->cli, "only", i)); i++)
		if (!strcmp(only, name))
			return true;
	return !cli_has(b->cli, "only");
}

void bench_separate(struct bench *b)
{
	if (b->json)
		fputs(b->first ? "[\n" : ",\n", stdout);
	else if (b->first)
		printf("%-22s %12s %12s %7s  %s\n", "figure", "ours", "bare", "ratio", "beside");
	b->first = false;
}

void bench_print(struct bench *b, const char *name, double ours, double bare, double ratio,
		 const char *beside, size_t n)
{
	bench_separate(b);
	if (b->json)
		printf("{\"name\": \"%s\", \"ours_ns\": %.0f, \"bare_ns\": %.0f, \"ratio\": %.3f, \"bare\": "
		       "\"%s\", \"n\": %zu}",
		       name, ours, bare, ratio, beside, n);
	else
		printf("%-22s %9.2f us %9.2f us %7.3f  %s\n", name, ours / 1e3, bare / 1e3, ratio, beside);
	fflush(stdout);
}

void bench_skip(struct bench *b, const char *name, const char *why)
{
	bench_separate(b);
	if (b->json)
		printf("{\"name\": \"%s\", \"skipped\": \"%s\"}", name, why);
	else
		printf("%-22s skipped: %s\n", name, why);
}

void bench_measure(struct bench *b, const char *name, bench_operation *ours, bench_operation *bare, void *ctx,
		   bool *failed, const char *beside)
{
	double a[PAIRS], c[PAIRS], ratio[PAIRS];
	double one;
	unsigned n;

	if (!bench_wanted(b, name))
		return;
	*failed = false;
	run(ours, ctx, 3); /* warm up: caches of the machine, lazy keys */
	one = run(ours, ctx, 3) + run(bare, ctx, 3);
	n = (unsigned)((double)b->seconds * 1e9 / PAIRS / one);
	n = n < 1 ? 1 : n;
	for (unsigned i = 0; i < PAIRS; i++) {
		a[i] = run(ours, ctx, n);
		c[i] = run(bare, ctx, n);
		ratio[i] = a[i] / c[i];
	}
	if (*failed)
		bench_skip(b, name, "the operation failed");
	else
		bench_print(b, name, median(a, PAIRS), median(c, PAIRS), median(ratio, PAIRS), beside,
			    (size_t)n * PAIRS);
}

/* The quoting daemon under 1,000 connections at once: measured by a process of its own. */
static int bench_daemon(struct bench *b)
{
	struct bench_qgs figure;
	struct jurat_error err = { "" };
	char beside[160];
	int r;

	if (!bench_wanted(b, "qgs-1000"))
		return CLI_OK;
	r = bench_qgs(NULL, b->seconds, false, &figure, &err);
	if (r < 0)
		return cli_fail(b->cli, CLI_INTERNAL, "qgs-1000: %s", err.text);
	if (r == JURAT_NOT_FOUND) {
		bench_skip(b, "qgs-1000", err.text);
		return CLI_OK;
	}
	snprintf(beside, sizeof(beside), "P-256 sign; %.0f quotes/s, p99 %.0f ms, %llu failed, %.1f MiB",
		 figure.per_second, figure.p99_ms, (unsigned long long)figure.failed,
		 (double)figure.rss_bytes / 1048576);
	bench_print(b, "qgs-1000", figure.ours_ns, figure.bare_ns, figure.ratio, beside, figure.n);
	return CLI_OK;
}

int cli_bench(struct cli *cli)
{
	static int (*const parts[])(struct bench * b) = { bench_snp, bench_tdx, bench_daemon, bench_run };
	struct bench b = {
		.cli = cli, .json = cli_wants_json(cli), .first = true, .dir = "/tmp/jurat-bench-XXXXXX"
	};
	int status = CLI_OK;

	if (!cli_get_number(cli, "seconds", 600, 1, &b.seconds))
		return CLI_USAGE;
	if (!mkdtemp(b.dir))
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot make a directory in /tmp: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(parts) && status == CLI_OK; i++)
		status = parts[i](&b);
	if (b.json)
		puts(b.first ? "[]" : "\n]");
	rmdir(b.dir);
	return status;
}
