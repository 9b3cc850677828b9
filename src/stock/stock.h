/* SPDX-License-Identifier: MIT */
#ifndef STOCK_STOCK_H
#define STOCK_STOCK_H

#include "base/env.h"
#include "endorse/value.h"

/*
 * A stock of endorsements that several processes or replicas share. It is no trust boundary: whoever reads
 * a value checks it again. Bounds every value.
 *
 *	dir:PATH        files in the layout of Trustee's offline store; claims by locks
 *	redis://...     the Redis protocol: claims and quota shared by all replicas
 */
struct stock;

struct stock_options {        /* zero is the default of every member */
	struct base_env *env; /* clock and files; NULL: the real one */
	uint64_t timeout_ms;  /* of one call to a server; 0: 1 s */
};

/* Whether stock_open() can read it: 0; -EINVAL. The message quotes no password. */
JURAT_MUST_CHECK int stock_check_where(const char *where, struct jurat_error *err);
/* Opening a server that is away succeeds: each call tries again. Threads: one at a time per stock. */
JURAT_MUST_CHECK int stock_open(const char *where, const struct stock_options *options, struct stock **ret,
				struct jurat_error *err);
void stock_close(struct stock *stock);
/*
 * Whether the stock can be used, without a change to what it holds.
 *
 * write     also whether it takes values and claims
 * quota     the name of one that must be accessible, with `write`; or NULL
 * Returns   0; -EHOSTDOWN the server is away; another -errno
 */
JURAT_MUST_CHECK int stock_probe(struct stock *stock, bool write, const char *quota, struct jurat_error *err);

/*
 * ret_expires  as put; INT64_MAX: never
 * Returns      0; JURAT_NOT_FOUND; -EBADMSG what is stored cannot be read; -EHOSTDOWN the server is away;
 *              another -errno
 */
JURAT_MUST_CHECK int stock_get(struct stock *stock, const struct endorse_item *item,
			       struct endorse_value *ret, int64_t *ret_expires, struct jurat_error *err);
/* Replaces atomically; VCEKs never change. Call it with checked values only. */
JURAT_MUST_CHECK int stock_put(struct stock *stock, const struct endorse_item *item,
			       const struct endorse_value *value, int64_t expires, struct jurat_error *err);

/*
 * Single flight: who holds the claim on an item asks upstream for it, the others wait for its result. A
 * claim ends with its time, so that a replica which dies or is stopped delays the others only so long; a
 * holder whose claim has ended must not ask upstream any more.
 *
 * Returns   0 this process has it; JURAT_BUSY another has; -EHOSTDOWN; another -errno
 */
JURAT_MUST_CHECK int stock_claim(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
				 struct jurat_error *err);
void stock_release(struct stock *stock, const struct endorse_item *item);

/*
 * Takes one request from the quota of a service, which all replicas share: a bucket of `burst` requests
 * that gains one each `interval_ms`. 0; JURAT_BUSY: *ret_wait_ms until one may be free; -EHOSTDOWN; another
 * -errno.
 */
struct stock_quota {
	const char *name;
	uint64_t interval_ms;
	uint32_t burst;
};
JURAT_MUST_CHECK int stock_take(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
				struct jurat_error *err);
/* After a 429: nobody asks this service for so long. */
JURAT_MUST_CHECK int stock_pause(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
				 struct jurat_error *err);

#endif
