/* SPDX-License-Identifier: MIT */
#ifndef STOCK_INTERNAL_H
#define STOCK_INTERNAL_H

#include "stock/stock.h"

/* What a kind of stock does; the functions are those of stock.h. */
struct stock_ops {
	int (*get)(struct stock *stock, const struct endorse_item *item, struct endorse_value *ret,
		   int64_t *ret_expires, struct jurat_error *err);
	int (*put)(struct stock *stock, const struct endorse_item *item, const struct endorse_value *value,
		   int64_t expires, struct jurat_error *err);
	int (*claim)(struct stock *stock, const struct endorse_item *item, uint64_t for_ms,
		     struct jurat_error *err);
	void (*release)(struct stock *stock, const struct endorse_item *item);
	int (*take)(struct stock *stock, const struct stock_quota *quota, uint64_t *ret_wait_ms,
		    struct jurat_error *err);
	int (*pause)(struct stock *stock, const struct stock_quota *quota, uint64_t for_ms,
		     struct jurat_error *err);
	int (*probe)(struct stock *stock, bool write, const char *quota, struct jurat_error *err);
	void (*close)(struct stock *stock);
};

struct stock {
	const struct stock_ops *ops;
	struct base_env *env;
	uint64_t timeout_ms;
};

JURAT_MUST_CHECK int stock_open_dir(const char *path, struct base_env *env, uint64_t timeout_ms,
				    struct stock **ret, struct jurat_error *err);
JURAT_MUST_CHECK int stock_open_redis(const char *url, struct base_env *env, uint64_t timeout_ms,
				      struct stock **ret, struct jurat_error *err);

/* Bounds that keep every sum of times exact, in nanoseconds and as doubles in microseconds. */
enum { STOCK_MAX_BURST = 10000 };
#define STOCK_MAX_INTERVAL_MS (24ull * 60 * 60 * 1000)
#define STOCK_MAX_PAUSE_MS    (366 * STOCK_MAX_INTERVAL_MS)

#endif
