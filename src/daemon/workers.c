/* SPDX-License-Identifier: MIT */
#include "daemon/workers.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/progress.h"

enum {
	NS_PER_MS = 1000000,
	BATCH = 32,           /* maximum of jobs passed at once */
	BATCH_SHARED = 4,     /* with several clients: jobs that a worker has cannot be overtaken */
	STALL_MS = 10000,     /* a job takes some milliseconds */
	SLOTS_PER_WORKER = 2, /* one in progress and one queued, so that no thread waits for the loop */
};

struct result {
	struct backend_job *job;
	uint8_t *reply;
	size_t n;
	struct jurat_error why;
};

/* A batch of jobs for a worker. */
struct slot {
	uv_work_t work;
	struct workers *workers;
	void *context;
	struct slot *next_free;
	size_t n;
	struct result results[BATCH];
};

struct workers {
	struct backend base;
	uv_loop_t *loop;
	const struct worker_ops *ops;
	struct progress progress;
	struct slot *free_slots;
	unsigned n_workers;
	size_t n_slots;
	struct slot slots[];
};

static void work(uv_work_t *work)
{
	struct slot *slot = work->data;

	for (size_t i = 0; i < slot->n; i++) {
		struct result *r = &slot->results[i];

		r->reply = NULL;
		if (slot->workers->ops->answer(slot->context, r->job, &r->reply, &r->n, &r->why) < 0)
			r->reply = NULL;
		progress_end(&slot->workers->progress, uv_hrtime() / NS_PER_MS);
	}
}

static void dispatch(struct workers *w);

static void after_work(uv_work_t *work, int status)
{
	struct slot *slot = work->data;
	struct workers *w = slot->workers;
	struct result results[BATCH];
	const size_t n = slot->n;

	for (size_t i = 0; i < n; i++)
		results[i] = slot->results[i];
	slot->next_free = w->free_slots;
	w->free_slots = slot;
	dispatch(w); /* first give the threads their next batch, then handle sockets */
	for (size_t i = 0; i < n; i++)
		results[i].job->done(results[i].job, results[i].reply, results[i].n, results[i].why.text);
}

/* A fair share of the waiting jobs. */
static size_t batch_size(const struct workers *w)
{
	const struct turns *turns = w->base.turns;
	const size_t n = turns->n / w->n_workers / SLOTS_PER_WORKER;
	const size_t most = turns->n_leaves > 1 ? BATCH_SHARED : BATCH;

	return n < 1 ? 1 : n > most ? most : n;
}

static void dispatch(struct workers *w)
{
	while (w->free_slots && backend_has_work(&w->base)) {
		struct slot *slot = w->free_slots;
		const size_t n = batch_size(w);

		w->free_slots = slot->next_free;
		for (slot->n = 0; slot->n < n; slot->n++) {
			slot->results[slot->n].job = backend_take(&w->base);
			progress_begin(&w->progress, uv_hrtime() / NS_PER_MS);
		}
		uv_queue_work(w->loop, &slot->work, work, after_work); /* fails only without a callback */
	}
}

static void wake(struct backend *b)
{
	dispatch((struct workers *)b);
}

/* A worker has the job already and completes it. */
static void cancel(struct backend *b, struct backend_job *job)
{
	(void)b;
	(void)job;
}

static bool stalled(const struct backend *b, uint64_t now_ms)
{
	return progress_stalled(&((const struct workers *)b)->progress, now_ms, STALL_MS);
}

static void free_all(struct workers *w)
{
	for (size_t i = 0; i < w->n_slots; i++)
		w->ops->free_context(w->slots[i].context);
	free(w);
}

static void free_workers(struct backend *b)
{
	if (b->freed)
		b->freed(b, b->freed_context);
	free_all((struct workers *)b);
}

int workers_new(uv_loop_t *loop, unsigned n_workers, const struct worker_ops *ops, void *arg,
		struct backend **ret, struct jurat_error *err)
{
	static const struct backend_ops backend_ops = {
		.wake = wake, .cancel = cancel, .free = free_workers, .stalled = stalled
	};
	const size_t n_slots = (size_t)n_workers * SLOTS_PER_WORKER;
	struct workers *w;

	if (n_workers < 1 || n_workers > WORKERS_MAX)
		return jurat_fail(err, -EINVAL, "expected 1 to %d workers, found %u", WORKERS_MAX, n_workers);
	w = calloc(1, sizeof(*w) + n_slots * sizeof(w->slots[0]));
	if (!w)
		return jurat_fail_memory(err);
	w->base = (struct backend){ .ops = &backend_ops, .name = ops->name };
	w->loop = loop;
	w->ops = ops;
	w->n_workers = n_workers;
	for (; w->n_slots < n_slots; w->n_slots++) {
		struct slot *slot = &w->slots[w->n_slots];
		int r = ops->new_context(arg, &slot->context, err);

		if (r < 0) {
			free_all(w);
			return r;
		}
		slot->workers = w;
		slot->work.data = slot;
		slot->next_free = w->free_slots;
		w->free_slots = slot;
	}
	*ret = &w->base;
	return 0;
}
