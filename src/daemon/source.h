/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SOURCE_H
#define DAEMON_SOURCE_H

#include "daemon/metrics_text.h"
#include "endorse/value.h"

/*
 * Where `juratd endorsements` gets an item from. It blocks, so its steps run in worker threads. Threads are
 * divided into lanes, so that what waits for one service keeps none from another: a step ends with the
 * answer, or with the lane that the next step needs.
 */
enum { SOURCE_LANES = 4, SOURCE_DONE = SOURCE_LANES };

struct source_work {
	struct endorse_item item;
	bool stale;         /* a fault: an issue that has expired */
	unsigned roots;     /* how often the roots had changed when it was asked for */
	bool stock_only;    /* as many as may be wait for the service: 429 for what is not in the stock */
	int64_t newer_than; /* expires of what is kept: only a later issue is of use, nobody waits; or 0 */
	unsigned lane;      /* of this step; then of the next, or SOURCE_DONE */
	uint64_t wait_ms;   /* the next step is not to begin before */
	uint64_t state;     /* the source's own, 0 at first */
	/* the answer, once SOURCE_DONE */
	unsigned status; /* of HTTP: 200 with the value */
	struct endorse_value value;
	int64_t expires;         /* until when the answer may be kept, seconds since 1970 */
	uint64_t retry_after_ms; /* 429, 503 */
	const char *from;        /* "stock", "upstream": for logs and metrics */
	struct jurat_error why;
};

struct source_ops {
	const char *name;
	unsigned lanes[SOURCE_LANES]; /* threads of each */
	/*
	 * Where VCEKs take turns by the addresses that want them. A step there that ends with this lane and
	 * wait_ms could not use its turn: there is none for anybody before.
	 */
	unsigned turn_lane;
	/* A thread's own handles: called on the loop's thread. */
	int (*open)(void *source, unsigned lane, void **ret_slot, struct jurat_error *err);
	void (*close)(void *slot);
	void (*step)(void *slot, struct source_work *work);      /* in a thread */
	void (*stop)(void *source);                              /* steps end soon; NULL: they do anyway */
	void (*describe)(void *source, struct metrics_text *to); /* NULL: nothing */
};

struct source {
	const struct source_ops *ops;
	void *context;
};

#endif
