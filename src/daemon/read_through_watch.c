/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/read_through_internal.h"

/* Whether the stock and the local copy can be used, found out without a request. */
enum { WATCH_MS = 10 * 1000 };

struct read_through_watch {
	struct read_through *of;
	struct stock *stock, *local; /* local: NULL without a local copy */
	uv_loop_t *loop;
	uv_timer_t timer;
	uv_work_t work;
	bool busy, ended;
};

/* Whether that is a change. */
static bool set(atomic_int *away, int to)
{
	return (atomic_exchange(away, to) != 0) != (to != 0);
}

void read_through_set_stock_away(struct read_through *t, int away, const struct jurat_error *why)
{
	if (!set(&t->stock_away, away))
		return;
	if (away)
		log_event(LOG_LEVEL_ERROR, "stock-away", "why", why->text, "instead",
			  t->local_copy ? "local copy" : "memory", NULL);
	else
		log_event(LOG_LEVEL_INFO, "stock-back", NULL);
}

static void set_copy_away(struct read_through *t, int away, const struct jurat_error *why)
{
	if (!set(&t->copy_away, away))
		return;
	if (away)
		log_event(LOG_LEVEL_ERROR, "local-copy-away", "why", why->text, NULL);
	else
		log_event(LOG_LEVEL_INFO, "local-copy-back", NULL);
}

/* In a thread. An offline service only reads its stock. */
static void probe(uv_work_t *work)
{
	struct read_through_watch *w = work->data;
	struct read_through *t = w->of;
	struct jurat_error err = { "" };
	int r = stock_probe(w->stock, !t->offline, t->quota.interval_ms ? t->quota.name : NULL, &err);

	read_through_set_stock_away(t, r, &err);
	if (w->local)
		set_copy_away(t, stock_probe(w->local, !t->offline, NULL, &err), &err);
}

static void on_closed(uv_handle_t *handle)
{
	struct read_through_watch *w = handle->data;

	stock_close(w->stock);
	stock_close(w->local);
	free(w);
}

static void after_probe(uv_work_t *work, int status)
{
	struct read_through_watch *w = work->data;

	w->busy = false;
	if (w->ended)
		uv_close((uv_handle_t *)&w->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
	struct read_through_watch *w = timer->data;

	if (!w->busy)
		w->busy = uv_queue_work(w->loop, &w->work, probe, after_probe) == 0;
}

int read_through_watch(struct read_through *t, uv_loop_t *loop, struct jurat_error *err)
{
	struct read_through_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return jurat_fail_memory(err);
	r = stock_open(t->store, NULL, &w->stock, err);
	if (r == 0)
		r = read_through_open_local(t, &w->local, err);
	if (r < 0) {
		stock_close(w->stock);
		free(w);
		return r;
	}
	w->of = t;
	w->loop = loop;
	w->work.data = w->timer.data = w;
	uv_timer_init(loop, &w->timer);
	uv_timer_start(&w->timer, on_timer, 0, WATCH_MS);
	t->watch = w;
	return 0;
}

void read_through_unwatch(struct read_through *t)
{
	struct read_through_watch *w = take_ptr(t->watch);

	if (!w)
		return;
	w->ended = true;
	uv_timer_stop(&w->timer);
	if (!w->busy)
		uv_close((uv_handle_t *)&w->timer, on_closed);
}
