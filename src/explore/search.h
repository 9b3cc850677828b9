/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/history.h"
#include "explore/sched.h"

/* The result of running many orders of one world (sched.h), up to the first violation. */
struct search_result {
	uint64_t orders, steps; /* orders run to their end or given up; steps of all of them */
	uint64_t states;        /* distinct states in which a decision was made; 0: the world has no `hash` */
	uint64_t known;         /* orders given up in a state that had been visited before */
	uint64_t cut;           /* orders given up at a bound: what follows there was not tried */
	unsigned longest;       /* decisions in the longest order */
	uint64_t seed;          /* random orders: with this seed, the last one run comes first */
	bool stopped;           /* go_on() returned false, or max_steps or max_states was reached */
	char violation[160];    /* "": none */
	unsigned violation_steps;
	/* The order that led to the violation; NULL: none. search_result_done() frees both. */
	struct sched_choice *order;
	unsigned n_order;
	struct history *history;
};
void search_result_done(struct search_result *result);

/* 0: no bound. */
struct search_bounds {
	uint64_t max_steps, max_states; /* of the whole search */
	unsigned max_depth;             /* decisions in one order */
	uint64_t seed;                  /* of random orders */
	/* Called about 20 times a second; false: stop. NULL: not called. */
	bool (*go_on)(void *ctx, const struct search_result *so_far);
	void *ctx;
};

/*
 * Tries every order, depth first. From each state, each possible choice is made once. After all orders were
 * tried, a state from which no order ends without a death is a violation of I3. This is not reported if a
 * bound on depth or switches has cut off what follows, if states are unknown, or if an actor waits for a lock
 * with a time limit that never expires in these orders (sched_world.timeouts).
 *
 * bounds    NULL: none
 * ret       always set
 * Returns   0 no violation, or a bound was reached (`stopped`, `cut`); JURAT_REFUSED a violation: `ret` has
 *           it and its order; -errno of the world's begin(); -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int search_all(const struct sched_world *world, const struct search_bounds *bounds,
				struct search_result *ret);
/*
 * The same, in the order of the number of steps: unless the search stopped, no order violates anything in
 * fewer steps than the one that is found. Where states are unknown, this is a repeated depth-first search
 * with a growing limit, and the order has the fewest decisions.
 */
JURAT_MUST_CHECK int search_shortest(const struct sched_world *world, const struct search_bounds *bounds,
				     struct search_result *ret);
/*
 * Tries random orders, chosen from bounds->seed, until they have made bounds->max_steps steps (not 0;
 * reaching it does not set `stopped`). Otherwise as above.
 */
JURAT_MUST_CHECK int search_random(const struct sched_world *world, const struct search_bounds *bounds,
				   struct search_result *ret);
/*
 * Removes steps from the order of `io`, which must have a violation. The shorter order violates the same
 * invariant (the text up to the first ':'). At most bounds->max_steps steps are tried. A violation that only
 * shows after all orders were tried stays as it is. 0; -errno, and `io` is unchanged
 */
JURAT_MUST_CHECK int search_minimise(const struct sched_world *world, const struct search_bounds *bounds,
				     struct search_result *io);

#endif
