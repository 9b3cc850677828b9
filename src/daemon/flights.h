/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_FLIGHTS_H
#define DAEMON_FLIGHTS_H

#include <uv.h>

#include "daemon/source.h"

/*
 * Single flight: at most one search for an item at a time, however many ask for it. Flights take turns in
 * the lanes of the source, first come first served.
 */
struct flights;
struct flight;

struct flights_stats {
	uint64_t started, joined, refused;
	size_t now, in_lane[SOURCE_LANES]; /* in_lane: waiting for a thread or running */
};

/*
 * landed    called on the loop with a finished flight, whose memory ends with the call; `work` may be taken
 *           from
 * max       of flights at a time
 * Returns   0; what source->ops->open() returns; -ENOMEM. Borrows `source`
 */
JURAT_MUST_CHECK int flights_new(uv_loop_t *loop, const struct source *source, size_t max,
				 void (*landed)(void *context, struct flight *f), void *context,
				 struct flights **ret, struct jurat_error *err);
/*
 * The flight for a work, a running one if there is one of that name; NULL: there are as many as may be, or
 * out of memory.
 */
struct flight *flights_join(struct flights *fs, const char *name, const struct source_work *work);
/* Names and contents for landed(). */
const char *flight_name(const struct flight *f);
struct source_work *flight_work(struct flight *f);
/* A value of the caller's, NULL at first: those who wait. */
void **flight_data(struct flight *f);
const struct flights_stats *flights_stats(const struct flights *fs);
/* Whether steps run and none ends, for the watchdog. `now_ms`: of uv_hrtime(). */
bool flights_stalled(const struct flights *fs, uint64_t now_ms);
/* Starts no further step. */
void flights_stop(struct flights *fs);
/* After flights_stop(): calls `idle`, possibly at once, when no thread works any more. */
void flights_idle(struct flights *fs, void (*idle)(void *context), void *context);
/* After `idle`. Flights that have not landed never will. */
void flights_free(struct flights *fs);
/* How many threads the lanes of a source need: for $UV_THREADPOOL_SIZE. */
unsigned flights_threads(const struct source_ops *ops);

#endif
