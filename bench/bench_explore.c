/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/world.h"
#include "store/store.h"

/*
 * explore-steps: a step of `jurat explore --sync upstream`, with the choice of who makes it and the search
 * for its state among the known ones. Beside it, what many of these steps are outside the explorer: a system
 * call of the certificate store on a real file, on tmpfs where there is one, as in update-pause.
 */
enum { PAIRS = 41, CALLS = 5 /* lock, fstat, stat, pread, unlock */, MIN_STEPS = 2000, MIN_TURNS = 100 };

struct explore {
	struct explore_world *world;
	char path[96];
	uint64_t steps;
	unsigned turns;
};

static int run_steps(struct explore *x, double *ret_ns, uint64_t *io_steps)
{
	const struct search_bounds bounds = { .max_steps = x->steps };
	struct search_result result;
	uint64_t start = bench_now_ns();
	int r = search_all(&x->world->sched, &bounds, &result);

	*ret_ns = (double)(bench_now_ns() - start) / (double)(result.steps ? result.steps : 1);
	*io_steps += result.steps;
	search_result_done(&result);
	return r == JURAT_REFUSED ? -EPROTO : r;
}

static int run_calls(const struct explore *x, double *ret_ns)
{
	uint8_t table[4096];
	struct store_reader reader;
	uint64_t start;
	int r;

	store_reader_init(&reader, NULL, x->path);
	r = store_lock(&reader, 0, NULL); /* opens the file */
	store_unlock(&reader);
	start = bench_now_ns();
	for (unsigned i = 0; i < x->turns && r == 0; i++) {
		r = store_lock(&reader, 0, NULL);
		if (r == 0)
			r = store_read(&reader, table, sizeof(table), 0, NULL);
		store_unlock(&reader);
	}
	*ret_ns = (double)(bench_now_ns() - start) / x->turns / CALLS;
	store_reader_done(&reader);
	return r > 0 ? -EIO : r;
}

/* Batches that take half of the time each. */
static int calibrate(struct explore *x, uint64_t seconds)
{
	const double batch_ns = (double)seconds * 1e9 / PAIRS / 2;
	double step, call;
	uint64_t n = 0;
	int r;

	x->steps = MIN_STEPS;
	x->turns = MIN_TURNS;
	r = run_steps(x, &step, &n);
	if (r == 0)
		r = run_calls(x, &call);
	if (r < 0)
		return r;
	if (batch_ns > step * MIN_STEPS)
		x->steps = (uint64_t)(batch_ns / step);
	if (batch_ns > call * CALLS * MIN_TURNS)
		x->turns = (unsigned)(batch_ns / call / CALLS);
	return 0;
}

static int measure(struct bench *b, struct explore *x)
{
	double ours[PAIRS], bare[PAIRS], ratio[PAIRS];
	uint64_t n = 0;
	int r = calibrate(x, b->seconds);
	char beside[160];
	double ns;

	for (unsigned i = 0; i < PAIRS && r == 0; i++) {
		r = run_steps(x, &ours[i], &n);
		if (r == 0)
			r = run_calls(x, &bare[i]);
		ratio[i] = ours[i] / bare[i];
	}
	if (r < 0)
		return r;
	ns = bench_median(ours, PAIRS);
	(void)!snprintf(beside, sizeof(beside), "a call of the store on a file; %.0f steps/s", 1e9 / ns);
	bench_print(b, &(struct bench_figure){ .name = "explore-steps",
					       .ours_ns = ns,
					       .bare_ns = bench_median(bare, PAIRS),
					       .ratio = bench_median(ratio, PAIRS),
					       .beside = beside,
					       .n = n });
	return 0;
}

int bench_explore(struct bench *b)
{
	char dir[] = "/dev/shm/jurat-bench-XXXXXX";
	const uint8_t table[4096] = { 0 };
	struct jurat_error err = { "" };
	struct explore x = { .world = NULL };
	bool tmpfs;
	int r;

	if (!bench_wanted(b, "explore-steps"))
		return BENCH_OK;
	tmpfs = mkdtemp(dir) != NULL;
	(void)!snprintf(x.path, sizeof(x.path), "%s/certs.blob", tmpfs ? dir : b->dir);
	r = bench_write(x.path, table, sizeof(table), &err);
	if (r == 0)
		r = explore_snp_new(&explore_scheme(SIM_SYNC_UPSTREAM)->setup, &x.world, &err);
	if (r == 0)
		r = measure(b, &x);
	if (r < 0)
		bench_fail(b, "explore-steps", err.text[0] ? err.text : strerror(-r));
	if (x.world)
		x.world->free(x.world);
	unlink(x.path);
	if (tmpfs)
		rmdir(dir);
	return BENCH_OK;
}
