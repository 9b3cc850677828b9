/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_VISITED_H
#define EXPLORE_VISITED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mix.h"

/*
 * States that were visited, by their digest, each with the least cost (such as steps) at which it was
 * reached, and with a number of the caller's. Two states with the same digest are taken for one: with 128
 * bits, a million states have two such with a probability of 1 in 10^27.
 */
struct visited {
	struct visited_state *states;
	size_t n, room;
};

/*
 * number    in: its number from now on if it is new, or reached at a lower cost than before; out: the number
 *           that it had before, or has
 * Returns   1 that is so; 0 visited already; -ENOMEM
 */
JURAT_MUST_CHECK int visited_add(struct visited *v, const struct base_mix *state, uint32_t cost,
				 uint32_t *number);
void visited_done(struct visited *v);

#endif
