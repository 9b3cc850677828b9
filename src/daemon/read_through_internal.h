/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_READ_THROUGH_INTERNAL_H
#define DAEMON_READ_THROUGH_INTERNAL_H

#include <stdatomic.h>
#include <uv.h>

#include "daemon/read_through.h"
#include "fetch/fetch.h"
#include "stock/stock.h"

/* What the files read_through*.c share. */
enum { LANE_STOCK, LANE_KDS, LANE_PCS, LANE_CERTIFICATES };

/* How a request to a service ended, for metrics. */
enum read_through_end {
	READ_THROUGH_GOT,
	READ_THROUGH_MISSING,
	READ_THROUGH_BUSY,    /* 429 */
	READ_THROUGH_BAD,     /* not what was asked for, malformed, does not verify, expired */
	READ_THROUGH_REFUSED, /* a redirect to another host, an unexpected status, TLS */
	READ_THROUGH_DOWN,    /* no connection, 5xx, too late */
	READ_THROUGH_N_ENDS
};

struct read_through_stats {
	atomic_ullong stock_hits, stock_misses, stock_bad, stock_expired, stock_errors, put_errors;
	atomic_ullong local_hits, claims_busy, quota_waits, pauses;
	atomic_ullong asked[ENDORSE_N_SERVICES][READ_THROUGH_N_ENDS];
};

/* Roots, which change on SIGHUP. */
struct read_through_roots {
	struct read_through_root {
		uint8_t *bytes;
		size_t n;
	} * files;
	size_t n;
};

struct read_through {
	char *store, *local_copy, *upstream, *upstream_ca;
	bool offline;
	struct stock_quota quota;
	uv_mutex_t turn; /* for roots */
	struct read_through_roots roots;
	atomic_uint generation; /* of roots */
	atomic_bool stopping;
	atomic_int stock_away, copy_away; /* 0: usable; -errno */
	struct read_through_watch *watch;
	atomic_ullong gate_ms;     /* of the monotonic clock: no VCEK is to be asked for before */
	atomic_ullong own_full_ms; /* the bucket of what this process was granted is full again */
	struct read_through_stats stats;
};

/* One thread's handles. */
struct read_through_slot {
	struct read_through *of;
	unsigned lane;
	struct stock *stock, *local; /* local: NULL without a local copy */
	unsigned generation;
	struct endorse_checker *checker;
	uint32_t loaded;         /* what the checker has seen that others need: a bit each */
	unsigned last_status;    /* of HTTP, that the service has answered */
	struct fetcher *fetcher; /* NULL in LANE_STOCK, or offline */
};

/* read_through_watch.c: notes, and logs, whether the stock or the local copy can be used; 0: it can. */
void read_through_set_stock_away(struct read_through *t, int away, const struct jurat_error *why);

/* read_through_slot.c */
JURAT_MUST_CHECK int read_through_open_local(const struct read_through *t, struct stock **ret,
					     struct jurat_error *err);
int read_through_open_slot(void *source, unsigned lane, void **ret_slot, struct jurat_error *err);
void read_through_close_slot(void *slot);
/* Takes roots that have changed into use. */
int read_through_freshen(struct read_through_slot *s, struct jurat_error *err);
int read_through_load_roots(const char *path, struct read_through_roots *ret, struct jurat_error *err);
void read_through_roots_done(struct read_through_roots *roots);
void read_through_describe(void *source, struct metrics_text *to);

#endif
