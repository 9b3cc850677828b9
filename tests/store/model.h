/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STORE_MODEL_H
#define TESTS_STORE_MODEL_H

#include "explore/disk.h"
#include "explore/search.h"
#include "store/store.h"
#include "support/test.h"

/*
 * Readers and an updater in every order of their effects, on files and locks in memory, which are as the
 * kernel's (tests/explore/test_disk_kernel.c). The model firmware is a number; a table of N bytes of value v
 * is the certificates of firmware state v.
 *
 *	I1  no reader has a table with certificates of another state than the firmware signs with
 *	I3  everybody ends, and nobody is told BUSY while no wait runs out
 *	I4  I1 holds also when the updater dies anywhere and another one follows
 *	I5  no descriptor, lock or temporary name is left
 *	I6  where the operator goes on past a reader, I1 may fail for a request that was in flight before
 *	    the command, and then the updater said so; for no other
 */
enum { OLD = 1, NEW = 2, AFTER_CRASH = 3, EMPTY = 0, TORN = -1 };
enum { WAIT_NS = 100000000, MAX_TABLE = 128, SET_UP = SCHED_MAX_ACTORS, MAX_OUTCOMES = 64 };

enum role { JURAT, QEMU, NAIVE, LEAVES_EARLY };

struct world {
	struct disk *disk; /* process i is actor i; SET_UP is none */
	const char *path;
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
	/* different ends of all orders since model_outcomes() began, as digests in order */
	uint64_t outcomes[MAX_OUTCOMES];
	size_t n_outcomes;
	/* what is broken on purpose */
	bool skip_drain, skip_emptying, forget_old_name, skip_turns;
};

int model_state_of(const uint8_t *table, size_t n);
void model_sign(struct base_env *env, struct world *w, int certificates, bool in_flight);
void model_busy(struct base_env *env, struct world *w);
int model_replace(struct base_env *env, struct world *w, int to);
void model_updater(struct base_env *env, void *ctx);
void model_recovering_updater(struct base_env *env, void *ctx);
int model_begin(void *ctx);
int model_state_at_path(struct world *w);
const char *model_any_temporary_left(struct world *w, bool both_may_stay);
const char *model_check(void *ctx);
bool model_is_local(void *ctx, const struct sched_call *call);
/* Actors, with the functions above. */
struct sched_world model_world(struct world *w, const struct sched_actor *actors, unsigned n);
void model_passes(const char *what, const struct sched_world *every);
void model_is_caught(const char *what, const struct sched_world *world, const char *violation);
/* Runs every order, and has its ends in `w`: whether they are the same shows that no order was left out. */
void model_outcomes(struct world *w, const struct sched_world *world);
int model_set_up(void **state);
int model_tear_down(void **state);

#endif
