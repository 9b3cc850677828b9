/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include "explore/explore.h"

/* A machine (explore.h) as a world (sched.h). snp.c and td.c make one each, and explore.c searches it. */
struct explore_world {
	struct sched_world sched; /* its ctx is this struct */
	struct sched_actor actors[SCHED_MAX_ACTORS];
	struct sched_here here;
	struct explore_setup setup;
	void (*free)(struct explore_world *world);
};

/* 0; -EINVAL the setup is not possible, `err` says why; -ENOMEM. Free it with its `free`. */
JURAT_MUST_CHECK int explore_snp_new(const struct explore_setup *setup, struct explore_world **ret,
				     struct jurat_error *err);
JURAT_MUST_CHECK int explore_td_new(const struct explore_setup *setup, struct explore_world **ret,
				    struct jurat_error *err);

static inline bool explore_has(const struct explore_setup *setup, enum explore_flaw flaw)
{
	return setup->flaws & EXPLORE_FLAW(flaw);
}

#endif
