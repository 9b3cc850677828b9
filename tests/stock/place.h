/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STOCK_PLACE_H
#define TESTS_STOCK_PLACE_H

#include "support/test.h"

#include "base/env.h"
#include "stock/stock.h"

/* A directory of a test's own, removed with all that is in it. */
struct place {
	char dir[64], where[80]; /* "dir:..." */
};
void place_make(struct place *place);
void place_remove(const struct place *place);
/* Around a case: *state is its place. */
int place_set_up(void **state);
int place_tear_down(void **state);
/* Calls `use` for every file below; returns how many. */
unsigned place_files(const struct place *place, void (*use)(const char *path, void *context), void *context);

/* The real environment with a clock that only the test moves. */
struct clock_env {
	struct base_env base; /* first */
	struct base_env_ops ops;
	uint64_t now_ns;
	int64_t realtime_s;
};
void clock_env_init(struct clock_env *env);

struct stock *must_open(const char *where, struct base_env *env);
/* An item, 0 to 255, of each kind in turn; a value with a NUL inside and the number `version`. */
struct endorse_item item_of(unsigned i);
struct endorse_value value_of(const struct endorse_item *item, unsigned version);
/* Whether there is this version; fails when there is neither this nor none. */
bool has_version(struct stock *stock, const struct endorse_item *item, unsigned version);
void must_put(struct stock *stock, const struct endorse_item *item, unsigned version, int64_t expires);

/* What every kind of stock does; `a` and `b` are open at the same place. */
void values_are_shared(struct stock *a, struct stock *b, int64_t now);
void claims_exclude_each_other(struct stock *a, struct stock *b);

#endif
