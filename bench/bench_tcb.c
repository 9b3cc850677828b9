/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench/bench_load.h"
#include "bench/bench_td.h"
#include "jurat/verify.h"

/*
 * `tcb-10000`: the complete process of `jurat tcb` with one thread on 10,000 names of quotes, against two
 * sets of collateral, with JSON output: its processor time for each. Beside it the same quotes verified in
 * this process, by a verifier that has seen certificates and collateral.
 */
extern char **environ;

enum { N_QUOTES = 64, N_NAMES = 10000, N_BARE = 2000, MAX_ROUNDS = 101 };

struct fleet {
	const char *jurat;
	char dir[PATH_MAX], root[PATH_MAX + 16], sets[2][PATH_MAX + 16], list[PATH_MAX + 16];
	struct machine_td *machine;
	struct jurat_evidence quotes[N_QUOTES];
	struct jurat_tdx_collateral *collateral;
	struct jurat_verifier *verifier;
	bool failed;
};

/* A set as files; `to`, if there is one, gets it too. */
static int write_set(struct fleet *f, const char *dir, uint32_t evaluation, struct jurat_tdx_collateral *to,
		     struct jurat_error *err)
{
	struct sim_collateral parts = { 0 };
	int r = mkdir(dir, 0700) < 0 ? jurat_fail(err, -errno, "%s: %s", dir, strerror(errno))
				     : bench_td_collateral(f->machine, evaluation, &parts, err);

	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++) {
		char path[PATH_MAX + 64];

		snprintf(path, sizeof(path), "%s/%s", dir, sim_collateral_names[i]);
		r = bench_write(path, parts.parts[i].bytes, parts.parts[i].size, err);
		if (r == 0 && to)
			r = jurat_tdx_collateral_add(to, parts.parts[i].bytes, parts.parts[i].size, err);
	}
	sim_collateral_done(&parts);
	return r;
}

static int write_quotes(struct fleet *f, struct jurat_error *err)
{
	FILE *list = fopen(f->list, "we");
	int r = list ? 0 : jurat_fail(err, -errno, "%s: %s", f->list, strerror(errno));

	for (unsigned i = 0; r == 0 && i < N_QUOTES; i++) {
		char path[PATH_MAX + 64];

		snprintf(path, sizeof(path), "%s/%u", f->dir, i);
		r = bench_td_quote(machine_td_env(f->machine), (uint8_t)i, &f->quotes[i], err);
		if (r == 0)
			r = bench_write(path, f->quotes[i].report, f->quotes[i].report_size, err);
	}
	for (unsigned i = 0; r == 0 && i < N_NAMES; i++)
		fprintf(list, "%s/%u\n", f->dir, i % N_QUOTES);
	if (list && fclose(list) != 0 && r == 0)
		r = jurat_fail(err, -EIO, "%s: cannot be written", f->list);
	return r;
}

static int set_up(struct fleet *f, const struct bench *b, struct jurat_error *err)
{
	size_t root_size;
	const uint8_t *root;
	int r;

	f->jurat = b->jurat;
	snprintf(f->dir, sizeof(f->dir), "%s/tcb", b->dir);
	snprintf(f->root, sizeof(f->root), "%s/root.der", f->dir);
	snprintf(f->sets[0], sizeof(f->sets[0]), "%s/standard", f->dir);
	snprintf(f->sets[1], sizeof(f->sets[1]), "%s/early", f->dir);
	snprintf(f->list, sizeof(f->list), "%s/list", f->dir);
	if (mkdir(f->dir, 0700) < 0)
		return jurat_fail(err, -errno, "%s: %s", f->dir, strerror(errno));
	r = machine_td_new(NULL, &f->machine, err);
	if (r == 0)
		r = jurat_tdx_collateral_new(&f->collateral, err);
	if (r == 0)
		r = write_set(f, f->sets[0], 1, f->collateral, err);
	if (r == 0)
		r = write_set(f, f->sets[1], 2, NULL, err);
	if (r == 0)
		r = write_quotes(f, err);
	if (r < 0)
		return r;
	root = sim_pki_intel_cert(machine_td_pki(f->machine), SIM_INTEL_ROOT, &root_size);
	r = bench_write(f->root, root, root_size, err);
	if (r == 0)
		r = jurat_verifier_new(&f->verifier, err);
	return r == 0 ? jurat_verifier_add_roots(f->verifier, root, root_size, err) : r;
}

/* Processor time of one process, for each name. */
static double run_process(struct fleet *f)
{
	const char *argv[] = { f->jurat,
			       "tcb",
			       "--jobs",
			       "1",
			       "--output",
			       "json",
			       "--roots",
			       f->root,
			       "--collateral",
			       f->sets[0],
			       "--early-collateral",
			       f->sets[1],
			       "--files-from",
			       f->list,
			       NULL };
	posix_spawn_file_actions_t to_null;
	struct rusage used = { 0 };
	int status = -1;
	pid_t pid;

	if (posix_spawn_file_actions_init(&to_null) != 0) {
		f->failed = true;
		return 0;
	}
	if (posix_spawn_file_actions_addopen(&to_null, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn(&pid, argv[0], &to_null, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
	    wait4(pid, &status, 0, &used) != pid || status != 0)
		f->failed = true;
	posix_spawn_file_actions_destroy(&to_null);
	return ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e9 +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e3) /
	       N_NAMES;
}

static double run_bare(struct fleet *f)
{
	uint64_t start = bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);

	for (unsigned i = 0; i < N_BARE; i++) {
		const struct jurat_evidence *q = &f->quotes[i % N_QUOTES];
		struct jurat_tdx_evidence evidence = { sizeof(evidence), q->report, q->report_size };
		struct jurat_verdict *verdict = NULL;

		f->failed |= jurat_verify_tdx(f->verifier, &evidence, f->collateral, NULL, time(NULL),
					      &verdict, NULL) != 0;
		jurat_verdict_free(verdict);
	}
	return (double)(bench_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / N_BARE;
}

static void measure(struct bench *b, struct fleet *f)
{
	double ours[MAX_ROUNDS], bare[MAX_ROUNDS], ratios[MAX_ROUNDS];
	const uint64_t end = bench_now_ns() + b->seconds * 1000000000;
	char beside[128];
	size_t n = 0;

	do {
		bare[n] = run_bare(f);
		ours[n] = run_process(f);
		ratios[n] = ours[n] / bare[n];
		n++;
	} while (!f->failed && n < MAX_ROUNDS && bench_now_ns() < end);
	if (f->failed) {
		bench_fail(b, "tcb-10000", "jurat tcb or a verification failed");
		return;
	}
	snprintf(beside, sizeof(beside), "a warm verification; %.0f quotes per second and core",
		 1e9 / bench_median(ours, n));
	bench_print(b, &(struct bench_figure){ .name = "tcb-10000",
					       .ours_ns = bench_median(ours, n),
					       .bare_ns = bench_median(bare, n),
					       .ratio = bench_median(ratios, n),
					       .beside = beside,
					       .n = n * N_NAMES });
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int bench_tcb(struct bench *b)
{
	static struct fleet f;
	struct jurat_error err = { "" };

	if (!bench_wanted(b, "tcb-10000"))
		return BENCH_OK;
	if (!b->jurat)
		bench_skip(b, "tcb-10000", "no jurat to run");
	else if (set_up(&f, b, &err) < 0)
		bench_fail(b, "tcb-10000", err.text);
	else
		measure(b, &f);
	for (unsigned i = 0; i < N_QUOTES; i++)
		jurat_evidence_done(&f.quotes[i]);
	jurat_verifier_free(f.verifier);
	jurat_tdx_collateral_free(f.collateral);
	machine_td_free(f.machine);
	nftw(f.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return BENCH_OK;
}
