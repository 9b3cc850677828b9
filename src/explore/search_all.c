/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search_internal.h"

/* Orders after which one looks whether its beginning led to the same state as before. */
enum { ORDERS_PER_LOOK = 16 };

/* A decision with a choice in the present order. */
struct level {
	int node;
	struct base_mix state;
	struct sched_seen seen;
	unsigned at; /* its place in the order */
	unsigned taken, of;
	size_t can; /* where its choices are */
};

struct depth_first {
	struct search *s;
	struct level levels[SCHED_MAX_DECISIONS];
	struct sched_choice can[SCHED_MAX_DECISIONS * SCHED_MAX_CHOICES];
	size_t n_can;
	bool resumes; /* the next decision is the last level, where something else is taken now */
};

static unsigned take(struct depth_first *d, struct level *level)
{
	struct search *s = d->s;
	const struct sched_choice *can = &d->can[level->can];

	s->node = level->node;
	s->node_counts = !sched_kills(can[level->taken]);
	return search_take(s, can, level->taken);
}

static bool is_same(const struct depth_first *d, const struct level *level)
{
	struct base_mix state;

	if (d->s->result->orders % ORDERS_PER_LOOK > 0 || !sched_state(d->s->sched, &state))
		return true;
	return state.a == level->state.a && state.b == level->state.b;
}

static unsigned choose_next(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct depth_first *d = ctx;
	struct search *s = d->s;
	struct level *level = &d->levels[s->depth];

	if (d->resumes) {
		d->resumes = false;
		level--;
		/* Else the world is not the same each time. */
		assert(level->of == n && memcmp(&d->can[level->can], can, n * sizeof(*can)) == 0);
		assert(is_same(d, level));
		return take(d, level);
	}
	if (n == 1)
		return search_take(s, can, 0);
	if (!search_may_begin(s))
		return search_give_up(s);
	if (s->bounds.max_depth > 0 && s->depth >= s->bounds.max_depth) {
		s->result->cut++;
		search_reaches_end(s);
		return search_give_up(s);
	}
	if (!search_arrive(s, n))
		return search_give_up(s);
	*level = (struct level){ .node = s->node,
				 .state = s->state,
				 .seen = sched_seen(sched),
				 .at = s->n_order,
				 .of = n,
				 .can = d->n_can };
	memcpy(&d->can[d->n_can], can, n * sizeof(*can));
	d->n_can += n;
	s->depth++;
	return take(d, level);
}

/* To the next order; false: there is none. */
static bool advance(struct depth_first *d)
{
	struct search *s = d->s;

	for (; s->depth > 0; s->depth--) {
		struct level *level = &d->levels[s->depth - 1];

		if (++level->taken < level->of) {
			s->n_order = level->at;
			d->n_can = level->can + level->of;
			d->resumes = true;
			sched_set_beginning(s->sched, s->order, s->n_order,
					    s->result->orders % ORDERS_PER_LOOK > 0 ? &level->seen : NULL);
			return true;
		}
	}
	return false;
}

int search_depth_first(struct search *s)
{
	struct depth_first *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->s = s;
	s->n_order = s->depth = 0;
	s->node = SEARCH_NO_NODE;
	sched_set_beginning(s->sched, NULL, 0, NULL);
	do {
		r = search_run(s, choose_next, d);
		if (r == 0 && sched_violation(s->sched)[0])
			r = search_describe(s);
		else if (r == 0 && !s->gave_up)
			search_reaches_end(s);
	} while (r == 0 && !s->result->stopped && advance(d));
	free(d);
	return r == 0 ? search_trap(s) : r;
}

int search_all(const struct sched_world *world, const struct search_bounds *bounds, struct search_result *ret)
{
	struct search *s;
	int r = search_begin(world, bounds, ret, &s);

	return r < 0 ? r : search_end(s, search_depth_first(s));
}
