/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STORE_MODEL_H
#define TESTS_STORE_MODEL_H

#include "store/store.h"
#include "support/orders.h"
#include "support/test.h"

/*
 * Readers and an updater in every order of their effects, on real files and locks. The model firmware is a
 * number; a table of N bytes of value v is the certificates of firmware state v.
 *
 *	I1  no reader has a table with certificates of another state than the firmware signs with
 *	I3  everybody ends, and nobody is told BUSY while no wait runs out
 *	I4  I1 holds also when the updater dies anywhere and another one follows
 *	I5  no descriptor, lock or temporary name is left
 *	I6  where the operator goes on past a reader, I1 may fail for a request that was in flight before
 *	    the command, and then the updater said so; for no other
 */
enum { OLD = 1, NEW = 2, AFTER_CRASH = 3, EMPTY = 0, TORN = -1 };
enum { WAIT_NS = 100000000, MAX_TABLE = 128 };

enum role { JURAT, QEMU, NAIVE, LEAVES_EARLY };

struct world {
	char dir[32], path[64];
	int firmware;
	bool first_publication;
	enum store_changed firmware_says;
	enum role role;
	bool may_be_busy; /* waits run out in this search */
	enum store_undrained undrained;
	/* what happened */
	int replaced, recovered;
	struct store_result result;
	bool busy, commanded, overtaken;
	/* what is broken on purpose */
	bool skip_drain, skip_emptying, forget_old_name, skip_turns;
};

int model_state_of(const uint8_t *table, size_t n);
void model_sign(struct base_env *env, struct world *w, int certificates, bool in_flight);
void model_busy(struct base_env *env, struct world *w);
int model_replace(struct base_env *env, struct world *w, int to);
void model_updater(struct base_env *env, void *ctx);
void model_recovering_updater(struct base_env *env, void *ctx);
void model_begin(void *ctx);
int model_state_at_path(struct world *w);
const char *model_any_temporary_left(struct world *w, bool both_may_stay);
const char *model_check(void *ctx);
bool model_is_local(void *ctx, const struct orders_call *call);
bool model_skips(void *ctx, const struct orders_call *call);
void model_crashed(void *ctx);
void model_passes(const char *what, const struct orders_options *every);
void model_is_caught(const char *what, const struct orders_options *options, const char *violation);
int model_set_up(void **state);
int model_tear_down(void **state);

#endif
