/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SEARCH_INTERNAL_H
#define EXPLORE_SEARCH_INTERNAL_H

#include "explore/search.h"
#include "explore/search_nodes.h"
#include "explore/visited.h"

/*
 * What is behind search.h, in these files:
 *
 *	search.c           what all searches share, and random orders
 *	search_all.c       depth first
 *	search_shortest.c  by the number of steps
 *	search_minimise.c  an order made shorter
 *	search_nodes.c     what leads where
 */
struct search {
	const struct sched_world *world;
	struct sched *sched;
	struct search_result *result;
	struct search_bounds bounds;
	int error;
	uint64_t asked, asked_ns; /* how often go_on() might have been asked, and when it was */
	/* of the present order */
	struct sched_choice order[SCHED_MAX_DECISIONS];
	unsigned n_order;
	unsigned depth; /* decisions with a choice */
	bool gave_up;   /* the search did, not the world */
	/* The last decision that was kept; whether what was chosen is no death; its state, if new. */
	int node;
	bool node_counts;
	struct base_mix state;
	int replaced;     /* node of this state until now, to which more leads; SEARCH_NO_NODE: none */
	bool costs_steps; /* a state that is reached with fewer steps is left again */
	/* of all of them */
	struct visited visited;
	struct search_nodes nodes;
};

/* The result is set in any case. */
JURAT_MUST_CHECK int search_begin(const struct sched_world *world, const struct search_bounds *bounds,
				  struct search_result *result, struct search **ret);
/* Frees it. Returns r; if that is an error, the result has no order. */
int search_end(struct search *s, int r);

/* 0; -errno: `error`, or of the world */
JURAT_MUST_CHECK int search_run(struct search *s, sched_choose_fn *choose, void *ctx);
/* Takes a choice of `can`: what the chooser returns. */
unsigned search_take(struct search *s, const struct sched_choice *can, unsigned taken);
/* The chooser returns this: nothing is taken. */
unsigned search_give_up(struct search *s);
/* False: the search must stop. */
bool search_may_go_on(struct search *s);
/* The same, and also where a bound on states or steps is reached. */
bool search_may_begin(struct search *s);
/*
 * At a decision with a choice: it is kept, unless its state was visited before. False: it was, or memory ran
 * out (`error`).
 */
bool search_arrive(struct search *s, unsigned n_choices);
/* The present order leads to an end, or to a bound behind which there may be one. */
void search_reaches_end(struct search *s);
/* The present order violates something: makes it once more, with its history. JURAT_REFUSED; -errno */
JURAT_MUST_CHECK int search_describe(struct search *s);
/* All was tried. JURAT_REFUSED there is a state from which nothing leads to an end; 0; -errno */
JURAT_MUST_CHECK int search_trap(struct search *s);

/* search_all.c. search_all() with a search that has begun. */
JURAT_MUST_CHECK int search_depth_first(struct search *s);

#endif
