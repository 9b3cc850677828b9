/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_READ_THROUGH_H
#define DAEMON_READ_THROUGH_H

#include <uv.h>

#include "daemon/source.h"

/*
 * A source that reads from a stock, and through it from the vendors' services or another: what the stock
 * lacks is asked for once, by whoever has the claim on it, kept there, and found there by the others. VCEKs
 * are asked for within the quota of AMD's service, which all who share the stock share. Each value is
 * checked when it comes from the stock and when it comes from a service.
 *
 * The stock away (a Redis server): the local copy is read instead; Intel's services are asked without claims;
 * AMD's service is not asked for VCEKs, since nobody knows then what is left of the quota.
 */
struct read_through;

struct read_through_options {   /* texts are copied; NULL: none */
	const char *store;      /* as in stock/stock.h */
	const char *local_copy; /* a directory */
	bool offline;
	const char *upstream, *upstream_ca;
	uint64_t kds_interval_ms; /* 0: no quota */
	uint32_t kds_burst;
	const char *roots; /* a file or directory of roots instead of the pinned ones */
};

/* 0; -EINVAL; -ENOENT and others: roots that cannot be read; -ENOMEM */
JURAT_MUST_CHECK int read_through_new(const struct read_through_options *options, struct read_through **ret,
				      struct jurat_error *err);
void read_through_free(struct read_through *t);
struct source read_through_source(struct read_through *t);
/*
 * Checks the stock and the local copy on the loop, now and every 10 s, so that metrics and log show their
 * state also while there are no requests. READ_THROUGH_WATCH_THREADS of the loop's pool. To be ended before
 * the loop is, and before read_through_free(); may be ended without having begun.
 */
enum { READ_THROUGH_WATCH_THREADS = 1 };
JURAT_MUST_CHECK int read_through_watch(struct read_through *t, uv_loop_t *loop, struct jurat_error *err);
void read_through_unwatch(struct read_through *t);
/* Reads the roots again, for later checks; < 0: none of them changed. */
JURAT_MUST_CHECK int read_through_reload_roots(struct read_through *t, const char *roots,
					       struct jurat_error *err);

#endif
