/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "bench/bench_qgs.h"

enum {
	PAIRS = 41,
	MIN_PAIRS = 7 /* of what takes seconds */,
	ALONE = 10 /* operations in a row */,
	MAX_BOUNDS = 3,
	TEXT_BYTES = 160
};

enum measured { RATIO = 1, OURS_NS, BEYOND_NS, BYTES, LOST };

/* The limits of each figure; bench/README.md has them in words. */
static const struct known {
	const char *name;
	struct bound {
		enum measured what; /* 0: no more bounds */
		enum { AT_MOST, UNDER, AT_LEAST } how;
		double limit;
		const char *text;
	} bounds[MAX_BOUNDS];
} known[] = {
	{ "snp-sign", { { 0 } } },
	{ "snp-verify-warm", { { RATIO, AT_MOST, 1.05, "<=1.05" } } },
	{ "snp-verify-new-chip", { { RATIO, AT_MOST, 0.45, "<=0.45" } } },
	{ "snp-verify-cold", { { RATIO, AT_MOST, 0.65, "<=0.65" } } },
	{ "snp-ext-request", { { RATIO, AT_MOST, 1.4, "<=1.4" } } },
	{ "snp-sign-aws-lc", { { 0 } } },
	{ "snp-verify-warm-aws-lc", { { RATIO, AT_MOST, 1.05, "<=1.05" } } },
	{ "snp-ext-request-aws-lc", { { RATIO, AT_MOST, 1.4, "<=1.4" } } },
	{ "snp-verify-gain-aws-lc", { { RATIO, AT_MOST, 1 / 1.8, "<=1/1.8" } } },
	{ "snp-guest-memory", { { BYTES, UNDER, 64 << 10, "<64 KiB" } } },
	{ "snp-req-certs", { { OURS_NS, UNDER, 10e3, "<10 us" } } },
	{ "tdx-verify-warm", { { RATIO, AT_MOST, 1.3, "<=1.3" } } },
	{ "tdx-verify-warm-aws-lc", { { RATIO, AT_MOST, 1.3, "<=1.3" } } },
	{ "tdx-verify-cold", { { RATIO, AT_MOST, 1.12, "<=1.12" } } },
	{ "tdx-quote-grace", { { OURS_NS, UNDER, 10e6, "<10 ms" } } },
	{ "tdx-quote-no-grace", { { 0 } } },
	{ "qgs-1000",
	  { { RATIO, AT_LEAST, 0.8, ">=0.8" },
	    { BYTES, UNDER, 64 << 20, "<64 MiB" },
	    { LOST, AT_MOST, 0, "none lost" } } },
	{ "endorsements-1000",
	  { { RATIO, AT_LEAST, 0.7, ">=0.7" },
	    { BYTES, UNDER, 64 << 20, "<64 MiB" },
	    { LOST, AT_MOST, 0, "none lost" } } },
	{ "endorsements-vcek", { { BEYOND_NS, UNDER, 50e6, "<50 ms more" } } },
	{ "process-verify",
	  { { RATIO, AT_MOST, 0.7, "<=0.7" },
	    { OURS_NS, UNDER, 4e6, "<4 ms" },
	    { BYTES, UNDER, 5 << 20, "<5 MiB" } } },
	{ "verify-many", { { RATIO, AT_LEAST, 0.95, ">=0.95" }, { BYTES, UNDER, 64 << 20, "<64 MiB" } } },
	{ "tcb-10000", { { RATIO, AT_MOST, 2.0, "<=2" } } },
	{ "update-pause", { { BEYOND_NS, UNDER, 5e6, "<5 ms more" } } },
	{ "explore-steps", { { OURS_NS, AT_MOST, 10e3, "<=10 us" } } },
	{ "log-replay", { { RATIO, AT_MOST, 1.3, "<=1.3" } } },
	{ "measure-snp", { { RATIO, AT_MOST, 1.15, "<=1.15" } } },
	{ "measure-snp-process", { { 0 } } },
	{ "run-ioctl", { { BEYOND_NS, UNDER, 60e3, "<60 us more" } } },
	{ "vmm-ioctl", { { BEYOND_NS, UNDER, 100, "<100 ns more" } } },
	{ "vmm-run", { { BEYOND_NS, UNDER, 150, "<150 ns more" } } },
};

uint64_t bench_now_ns(void)
{
	return base_now_ns(base_env_real());
}

static uint64_t now_ns(const struct bench_pair *p)
{
	struct timespec t;

	if (!p->processor_time || clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) < 0)
		return bench_now_ns();
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double run(const struct bench_pair *p, bench_operation *op, unsigned n)
{
	uint64_t start = now_ns(p);

	for (unsigned i = 0; i < n; i++)
		op(p->ctx);
	return (double)(now_ns(p) - start) / n;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

bool bench_wanted(const struct bench *b, const char *name)
{
	for (size_t i = 0; i < b->n_only; i++)
		if (!strcmp(b->only[i], name))
			return true;
	return b->n_only == 0;
}

static const struct known *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

static double value_of(const struct bench_figure *f, enum measured what)
{
	switch (what) {
	case RATIO:
		return f->ratio;
	case OURS_NS:
		return f->ours_ns;
	case BEYOND_NS:
		return f->beyond_ns;
	case BYTES:
		return (double)f->bytes;
	default:
		return (double)f->lost;
	}
}

static bool is_met(const struct bench_figure *f, const struct bound *bound)
{
	double v = value_of(f, bound->what);

	return bound->how == AT_MOST ? v <= bound->limit
	       : bound->how == UNDER ? v < bound->limit
				     : v >= bound->limit;
}

/* The limits as text, "" when there are none. Whether all are met. */
static bool compare(const struct bench_figure *f, char text[TEXT_BYTES])
{
	const struct known *k = find(f->name);
	bool met = true;
	size_t n = 0;

	assert(k);
	text[0] = '\0';
	for (size_t i = 0; i < MAX_BOUNDS && k->bounds[i].what; i++) {
		met &= is_met(f, &k->bounds[i]);
		n += (size_t)snprintf(text + n, TEXT_BYTES - n, "%s%s", i ? ", " : "", k->bounds[i].text);
		assert(n < TEXT_BYTES);
	}
	return met;
}

/* The next entry of the list; takes `entry`. */
static void print_entry(struct bench *b, json_t *entry)
{
	auto_free char *text = entry ? json_dumps(entry, JSON_REAL_PRECISION(5)) : NULL;

	json_decref(entry);
	if (!text) {
		b->failed = true;
		bench_error(0, "out of memory");
		return;
	}
	printf("%s%s", b->first ? "[\n" : ",\n", text);
	b->first = false;
}

static void print_head(struct bench *b)
{
	if (b->first)
		printf("%-22s %12s %12s %7s  %-18s  %s\n", "figure", "ours", "bare", "ratio", "limit",
		       "beside");
	b->first = false;
}

void bench_print(struct bench *b, const struct bench_figure *f)
{
	char limit[TEXT_BYTES], column[TEXT_BYTES + 8];
	const bool met = compare(f, limit);
	const char *result = !limit[0] ? NULL : met ? "ok" : "missed";
	json_t *entry;

	b->missed |= !met;
	if (b->json) {
		entry = json_pack("{s:s, s:I, s:I, s:f, s:s, s:I, s:s?, s:s?}", "name", f->name, "ours_ns",
				  (json_int_t)f->ours_ns, "bare_ns", (json_int_t)f->bare_ns, "ratio",
				  f->ratio, "bare", f->beside, "n", (json_int_t)f->n, "limit",
				  limit[0] ? limit : NULL, "limit_result", result);
		if (entry && f->bytes)
			json_object_set_new(entry, "bytes", json_integer((json_int_t)f->bytes));
		if (entry && f->beyond_ns != 0)
			json_object_set_new(entry, "beyond_ns", json_integer((json_int_t)f->beyond_ns));
		print_entry(b, entry);
	} else {
		print_head(b);
		snprintf(column, sizeof(column), "%s%s%s", limit, limit[0] ? " " : "-", result ? result : "");
		printf("%-22s %9.2f us %9.2f us %7.3f  %-18s  %s\n", f->name, f->ours_ns / 1e3,
		       f->bare_ns / 1e3, f->ratio, column, f->beside);
	}
	fflush(stdout);
}

static void print_absent(struct bench *b, const char *name, const char *what, const char *why)
{
	if (b->json) {
		print_entry(b, json_pack("{s:s, s:s}", "name", name, what, why));
	} else {
		print_head(b);
		printf("%-22s %s: %s\n", name, what, why);
	}
}

void bench_skip(struct bench *b, const char *name, const char *why)
{
	print_absent(b, name, "skipped", why);
}

void bench_skip_wanted(struct bench *b, const char *name, const char *why)
{
	if (bench_wanted(b, name))
		bench_skip(b, name, why);
}

void bench_fail(struct bench *b, const char *name, const char *why)
{
	b->failed = true;
	print_absent(b, name, "failed", why);
	bench_error(0, "%s: %s", name, why);
}

static double run_prepared(const struct bench_pair *p, unsigned n)
{
	if (p->prepare)
		p->prepare(p->ctx, n);
	return run(p, p->ours, n);
}

/* For a profiler: `ours`, and nothing else but what prepares it. */
static void run_alone(struct bench *b, const char *name, const struct bench_pair *p)
{
	const uint64_t end = bench_now_ns() + b->seconds * 1000000000;
	double total_ns = 0;
	size_t n = 0;

	do {
		total_ns += run_prepared(p, ALONE) * ALONE;
		n += ALONE;
	} while (!*p->failed && bench_now_ns() < end);
	if (*p->failed)
		bench_fail(b, name, "the operation failed");
	else
		printf("%s: %zu times, %.2f us each\n", name, n, total_ns / (double)n / 1e3);
}

void bench_measure(struct bench *b, const char *name, const struct bench_pair *p)
{
	double a[PAIRS], c[PAIRS], ratio[PAIRS];
	double one, time_ns = (double)b->seconds * 1e9;
	unsigned n, pairs = PAIRS;

	if (!bench_wanted(b, name))
		return;
	*p->failed = false;
	run_prepared(p, 3); /* warm up: caches of the machine, lazy keys */
	if (b->alone) {
		run_alone(b, name, p);
		return;
	}
	one = run_prepared(p, 3) + run(p, p->bare, 3);
	n = (unsigned)(time_ns / PAIRS / one);
	if (n < 1) {
		n = 1;
		pairs = one * MIN_PAIRS > time_ns ? MIN_PAIRS : (unsigned)(time_ns / one);
	}
	for (unsigned i = 0; i < pairs; i++) {
		a[i] = run_prepared(p, n);
		c[i] = run(p, p->bare, n);
		ratio[i] = a[i] / c[i];
	}
	if (*p->failed) {
		bench_fail(b, name, "the operation failed");
		return;
	}
	bench_print(b, &(struct bench_figure){ .name = name,
					       .ours_ns = bench_median(a, pairs),
					       .bare_ns = bench_median(c, pairs),
					       .ratio = bench_median(ratio, pairs),
					       .beside = p->beside,
					       .n = (size_t)n * pairs,
					       .bytes = p->bytes });
}

/* The quoting daemon under 1,000 connections at once: measured by a process of its own. */
static int bench_daemon(struct bench *b)
{
	struct bench_qgs figure;
	struct jurat_error err = { "" };
	char beside[160];
	int r;

	if (!bench_wanted(b, "qgs-1000"))
		return BENCH_OK;
	r = bench_qgs(b->juratd, b->seconds, &figure, &err);
	if (r < 0)
		bench_fail(b, "qgs-1000", err.text);
	if (r == JURAT_NOT_FOUND)
		bench_skip(b, "qgs-1000", err.text);
	if (r != 0)
		return BENCH_OK;
	snprintf(beside, sizeof(beside), "P-256 sign; %.0f quotes/s, p99 %.0f ms, %llu failed, %.1f MiB",
		 figure.per_second, figure.p99_ms, (unsigned long long)figure.failed,
		 (double)figure.rss_bytes / 1048576);
	bench_print(b, &(struct bench_figure){ .name = "qgs-1000",
					       .ours_ns = figure.ours_ns,
					       .bare_ns = figure.bare_ns,
					       .ratio = figure.ratio,
					       .beside = beside,
					       .n = figure.n,
					       .bytes = figure.rss_bytes,
					       .lost = figure.failed });
	return BENCH_OK;
}

int bench_error(int status, const char *format, ...)
{
	va_list ap;

	fputs("jurat-bench: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

int bench_write(const char *path, const void *data, size_t size, struct jurat_error *err)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return jurat_fail(err, -errno, "cannot create '%s': %s", path, strerror(errno));
	n = write(fd, data, size);
	if (n < 0 || (size_t)n != size)
		return jurat_fail(err, n < 0 ? -errno : -ENOSPC, "cannot write to '%s'", path);
	return 0;
}

/* Whether each name of --only is a figure. */
static bool check_names(const struct bench *b)
{
	for (size_t i = 0; i < b->n_only; i++) {
		char names[1024];
		size_t n = 0;

		if (find(b->only[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", k ? ", " : "",
					      known[k].name);
			assert(n < sizeof(names));
		}
		bench_error(0, "unknown figure '%s'; expected one of %s", b->only[i], names);
		return false;
	}
	return true;
}

int bench_all(struct bench *b)
{
	static int (*const parts[])(struct bench * b) = { bench_snp,          bench_tdx, bench_daemon,
							  bench_endorsements, bench_run, bench_process,
							  bench_update,       bench_vmm, bench_explore,
							  bench_measure_snp,  bench_log, bench_tcb,
							  bench_many };
	int status = BENCH_OK;

	if (!check_names(b))
		return BENCH_USAGE;
	snprintf(b->dir, sizeof(b->dir), "/tmp/jurat-bench-XXXXXX");
	b->first = true;
	if (!mkdtemp(b->dir))
		return bench_error(BENCH_ENVIRONMENT, "cannot make a directory in /tmp: %s", strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(parts) && status == BENCH_OK; i++)
		status = parts[i](b);
	if (b->json)
		puts(b->first ? "[]" : "\n]");
	rmdir(b->dir);
	if (status == BENCH_OK && b->failed)
		status = BENCH_INTERNAL;
	if (status == BENCH_OK && b->missed && b->strict)
		status = BENCH_MISSED;
	return status;
}
