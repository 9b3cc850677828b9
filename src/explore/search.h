/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/sched.h"

/* Many orders of one world (sched.h), until one violates something. */
struct search_result {
	uint64_t orders, steps; /* run to their end or given up; steps of all of them */
	uint64_t states;        /* different ones, where a decision was taken; 0: states are unknown */
	uint64_t known;         /* orders given up in a state that was visited before */
	unsigned longest;       /* decisions in the longest order */
	char violation[160];    /* "": none */
	char *trace;            /* lines of the order that led to it; the caller frees it with free() */
};

/*
 * Every order, depth first; each state is left in every way once.
 *
 * ret       always set
 * Returns   0 no order violates anything; JURAT_REFUSED one does: `ret` says what and which; -errno of the
 *           world's begin(); -EINVAL; -ENOMEM
 */
JURAT_MUST_CHECK int search_all(const struct sched_world *world, struct search_result *ret);
/* Orders chosen by the numbers of a seed, until they have `steps` steps. As above. */
JURAT_MUST_CHECK int search_random(const struct sched_world *world, uint64_t seed, uint64_t steps,
				   struct search_result *ret);

#endif
