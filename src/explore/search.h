/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/history.h"
#include "explore/sched.h"

/* Many orders of one world (sched.h), until one violates something. */
struct search_result {
	uint64_t orders, steps; /* run to their end or given up; steps of all of them */
	uint64_t states;        /* different ones, where a decision was taken; 0: states are unknown */
	uint64_t known;         /* orders given up in a state that was visited before */
	uint64_t cut;           /* orders given up at a bound: what follows was not tried */
	unsigned longest;       /* decisions in the longest order */
	uint64_t seed;          /* of random orders: with it, the last of these is the first */
	bool stopped;           /* go_on() said so, or max_steps or max_states was reached */
	char violation[160];    /* "": none */
	unsigned violation_steps;
	/* Of the order that led to it; NULL: none. search_result_done() frees both. */
	struct sched_choice *order;
	unsigned n_order;
	struct history *history;
};
void search_result_done(struct search_result *result);

/* Zero of each: no bound. */
struct search_bounds {
	uint64_t max_steps, max_states; /* of the whole search */
	unsigned max_depth;             /* decisions in one order */
	uint64_t seed;                  /* of random orders */
	/* Asked about 20 times a second of the search; false: stop. NULL: never. */
	bool (*go_on)(void *ctx, const struct search_result *so_far);
	void *ctx;
};

/*
 * Every order, depth first; each state is left in every way once. When all were tried, a state from which no
 * order leads to an end, but by deaths, is a violation of I3. That is not told where a bound on depth or
 * switches cut what follows, where states are unknown, and where somebody waits for a lock whose wait would
 * run out, but does not in these orders (sched_world.timeouts).
 *
 * bounds    NULL: none
 * ret       always set
 * Returns   0 no order violates anything, or a bound was reached (`stopped`, `cut`); JURAT_REFUSED one does:
 *           `ret` says what and which; -errno of the world's begin(); -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int search_all(const struct sched_world *world, const struct search_bounds *bounds,
				struct search_result *ret);
/*
 * The same, by the number of steps: no other order violates anything in fewer steps than what it finds,
 * unless it stopped. Where states are unknown: depth first again and again, each time a little deeper; the fewest
 * decisions.
 */
JURAT_MUST_CHECK int search_shortest(const struct sched_world *world, const struct search_bounds *bounds,
				     struct search_result *ret);
/*
 * Orders chosen by the numbers of bounds->seed, until they have bounds->max_steps steps, which is no stop;
 * not 0. As above.
 */
JURAT_MUST_CHECK int search_random(const struct sched_world *world, const struct search_bounds *bounds,
				   struct search_result *ret);
/*
 * Makes the order of `io`, which violates something, shorter: it still violates the same invariant (the text
 * up to the first ':'). At most bounds->max_steps steps are tried. What only shows when all orders were
 * tried stays as it is. 0; -errno, and `io` is unchanged
 */
JURAT_MUST_CHECK int search_minimise(const struct sched_world *world, const struct search_bounds *bounds,
				     struct search_result *io);

#endif
