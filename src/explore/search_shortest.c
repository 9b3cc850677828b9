/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "explore/reserve.h"
#include "explore/search_internal.h"

/* Behind a node, another one to which as many steps lead, and which is to be left, too. */
struct place {
	int32_t next;
	bool replaced; /* its state was reached with fewer steps by another node */
};

struct fewest_steps {
	struct search *s;
	unsigned taken, of; /* at the node that the order begins with; of 0: at none */
	int32_t *first;     /* node to which so many steps lead */
	size_t n_first;
	struct place *places; /* of nodes */
	size_t n_places;
};

/* Room for what so many steps lead to; nothing leads to those that are new. 0; -ENOMEM */
static int reserve_first(struct fewest_steps *f, size_t n)
{
	size_t before = f->n_first;
	int r = RESERVE(f->first, f->n_first, n);

	for (size_t i = before; i < f->n_first; i++)
		f->first[i] = SEARCH_NO_NODE;
	return r;
}

/* The node that the order has come to is to be left. */
static int keep(struct fewest_steps *f)
{
	struct search *s = f->s;
	size_t steps = sched_steps(s->sched);

	if (reserve_first(f, steps + 1) < 0 || RESERVE(f->places, f->n_places, (size_t)s->node + 1) < 0)
		return -ENOMEM;
	f->places[s->node] = (struct place){ .next = f->first[steps] };
	f->first[steps] = s->node;
	if (s->replaced != SEARCH_NO_NODE)
		f->places[s->replaced].replaced = true;
	return 0;
}

/* From a node on, up to the next one. */
static unsigned choose_one(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct fewest_steps *f = ctx;
	struct search *s = f->s;

	(void)sched;
	if (f->of > 0) {
		assert(f->of == n); /* else the world is not the same each time */
		f->of = 0;
		s->depth++;
		s->node_counts = !sched_kills(can[f->taken]);
		return search_take(s, can, f->taken);
	}
	if (n == 1)
		return search_take(s, can, 0);
	if (search_may_begin(s) && search_arrive(s, n))
		s->error = keep(f);
	return search_give_up(s);
}

/* A violation is kept if fewer steps lead to it than to the one before. */
static int run_one(struct fewest_steps *f)
{
	struct search *s = f->s;
	int r;

	sched_set_beginning(s->sched, s->order, s->n_order, NULL);
	r = search_run(s, choose_one, f);
	if (r < 0)
		return r;
	if (!sched_violation(s->sched)[0]) {
		if (!s->gave_up)
			search_reaches_end(s);
		return 0;
	}
	search_reaches_end(s);
	if (s->result->history && sched_steps(s->sched) >= s->result->violation_steps)
		return 0;
	r = search_describe(s);
	return r == JURAT_REFUSED ? 0 : r;
}

/* Every choice of a node. */
static int leave(struct fewest_steps *f, int node)
{
	struct search *s = f->s;
	const struct search_node at = s->nodes.nodes[node];
	int r = 0;

	s->node = node;
	s->node_counts = true;
	if (s->bounds.max_depth > 0 && at.depth >= s->bounds.max_depth) {
		s->result->cut++;
		search_reaches_end(s);
		return 0;
	}
	for (unsigned i = 0; i < at.n_choices && r == 0 && !s->result->stopped; i++) {
		s->node = node;
		s->depth = at.depth;
		s->n_order = search_nodes_order(&s->nodes, node, s->order);
		f->taken = i;
		f->of = at.n_choices;
		r = run_one(f);
	}
	return r;
}

/* All nodes that `steps` steps lead to; a death is none. */
static int leave_all(struct fewest_steps *f, size_t steps)
{
	int r = 0;

	while (f->first[steps] != SEARCH_NO_NODE && r == 0 && !f->s->result->stopped) {
		int node = f->first[steps];

		f->first[steps] = f->places[node].next;
		if (!f->places[node].replaced)
			r = leave(f, node);
	}
	return r;
}

static int search_by_steps(struct search *s)
{
	struct fewest_steps f = { .s = s };
	const struct search_result *found = s->result;
	int r;

	s->node = SEARCH_NO_NODE;
	s->costs_steps = true;
	r = run_one(&f);
	for (size_t steps = 0; r == 0 && !found->stopped && steps < f.n_first; steps++) {
		/* What follows has no fewer: all that is chosen here makes a step, but a death. */
		if (found->history && steps + (s->world->max_deaths == 0) >= found->violation_steps)
			break;
		r = leave_all(&f, steps);
	}
	free(f.first);
	free(f.places);
	if (r < 0)
		return r;
	return found->history ? JURAT_REFUSED : search_trap(s);
}

/* Without states, there is a node for each order: depth first, each time a little deeper. */
static int search_deeper(struct search *s)
{
	unsigned max_depth = s->bounds.max_depth;
	int r;

	s->bounds.max_depth = 0;
	do {
		s->bounds.max_depth++;
		s->result->cut = 0;
		r = search_depth_first(s);
	} while (r == 0 && s->result->cut > 0 && !s->result->stopped && s->bounds.max_depth != max_depth);
	return r;
}

int search_shortest(const struct sched_world *world, const struct search_bounds *bounds,
		    struct search_result *ret)
{
	struct search *s;
	int r = search_begin(world, bounds, ret, &s);

	if (r < 0)
		return r;
	return search_end(s, world->hash ? search_by_steps(s) : search_deeper(s));
}
