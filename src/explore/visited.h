/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_VISITED_H
#define EXPLORE_VISITED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mix.h"

/*
 * The visited states by their digests, each with the lowest cost (such as steps) at which it was reached, and
 * a number from the caller. States with the same digest are taken to be the same: with 128 bits, the
 * probability of a collision among a million states is 1 in 10^27.
 */
struct visited {
	struct visited_state *states;
	size_t n, room;
};

/*
 * number    in: the number of the state if it is new, or reached at a lower cost than before; out: the
 *           number that it had before, or has now if it is new
 * Returns   1 new, or reached at a lower cost; 0 already visited; -ENOMEM
 */
JURAT_MUST_CHECK int visited_add(struct visited *v, const struct base_mix *state, uint32_t cost,
				 uint32_t *number);
void visited_done(struct visited *v);

#endif
