/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_PROGRESS_H
#define DAEMON_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Whether worker threads make progress, for the watchdog: there is work, and none has ended for too long.
 * Begin when work is queued for the threads, end when it is done, from any thread. Starts as all zero.
 */
struct progress {
	atomic_size_t n_busy;
	_Atomic uint64_t since_ms; /* of the last end, or of the begin after a pause */
};

static inline void progress_begin(struct progress *p, uint64_t now_ms)
{
	if (atomic_load(&p->n_busy) == 0) /* before it counts as busy, so that it never seems to be late */
		atomic_store(&p->since_ms, now_ms);
	atomic_fetch_add(&p->n_busy, 1);
}

static inline void progress_end(struct progress *p, uint64_t now_ms)
{
	atomic_store(&p->since_ms, now_ms);
	atomic_fetch_sub(&p->n_busy, 1);
}

/* `limit_ms`: longer than any work takes. */
static inline bool progress_stalled(const struct progress *p, uint64_t now_ms, uint64_t limit_ms)
{
	const bool busy = atomic_load(&p->n_busy) > 0;
	const uint64_t since = atomic_load(&p->since_ms);

	return busy && now_ms > since && now_ms - since > limit_ms;
}

#endif
