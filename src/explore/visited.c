/* SPDX-License-Identifier: MIT */
#include "explore/visited.h"

#include <errno.h>
#include <stdlib.h>

struct visited_state {
	struct base_mix state;
	uint32_t cost, number;
};

enum { FIRST_ROOM = 1024 }; /* a power of two, as every room */
#define FREE UINT32_MAX     /* a cost that no state has */

/* Where it is, or the free place for it: at most 3 of 4 places are used. */
static struct visited_state *find(struct visited_state *states, size_t room, const struct base_mix *state)
{
	size_t i = (size_t)state->a & (room - 1);

	while (states[i].cost != FREE && (states[i].state.a != state->a || states[i].state.b != state->b))
		i = (i + 1) & (room - 1);
	return &states[i];
}

static int grow(struct visited *v)
{
	size_t room = v->room ? v->room * 2 : FIRST_ROOM;
	struct visited_state *states = reallocarray(NULL, room, sizeof(*states));

	if (!states)
		return -ENOMEM;
	for (size_t i = 0; i < room; i++)
		states[i].cost = FREE;
	for (size_t i = 0; i < v->room; i++)
		if (v->states[i].cost != FREE)
			*find(states, room, &v->states[i].state) = v->states[i];
	free(v->states);
	v->states = states;
	v->room = room;
	return 0;
}

int visited_add(struct visited *v, const struct base_mix *state, uint32_t cost, uint32_t *number)
{
	struct visited_state *place, new = { .state = *state, .cost = cost };

	if (v->n >= v->room / 4 * 3 && grow(v) < 0)
		return -ENOMEM;
	place = find(v->states, v->room, state);
	if (place->cost <= cost) {
		*number = place->number;
		return 0;
	}
	new.number = *number;
	if (place->cost != FREE)
		*number = place->number;
	else
		v->n++;
	*place = new;
	return 1;
}

void visited_done(struct visited *v)
{
	free(v->states);
	*v = (struct visited){ 0 };
}
