/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "explore/search_internal.h"

struct breadth_first {
	struct search *s;
	unsigned taken, of; /* at the node that the order begins with; of 0: at none */
};

/* From a node on, up to the next one. */
static unsigned choose_one(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct breadth_first *b = ctx;
	struct search *s = b->s;

	(void)sched;
	if (b->of > 0) {
		assert(b->of == n); /* else the world is not the same each time */
		b->of = 0;
		s->depth++;
		s->node_counts = !sched_kills(can[b->taken]);
		return search_take(s, can, b->taken);
	}
	if (n == 1)
		return search_take(s, can, 0);
	if (search_may_begin(s))
		(void)!search_arrive(s, n);
	return search_give_up(s);
}

static int run_one(struct breadth_first *b)
{
	struct search *s = b->s;
	int r;

	sched_set_beginning(s->sched, s->order, s->n_order, NULL);
	r = search_run(s, choose_one, b);
	if (r < 0)
		return r;
	if (sched_violation(s->sched)[0])
		return search_describe(s);
	if (!s->gave_up)
		search_reaches_end(s);
	return 0;
}

/* Every choice of a node. */
static int leave(struct breadth_first *b, int node)
{
	struct search *s = b->s;
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
		b->taken = i;
		b->of = at.n_choices;
		r = run_one(b);
	}
	return r;
}

static int search_breadth_first(struct search *s)
{
	struct breadth_first b = { .s = s };
	int r;

	s->node = SEARCH_NO_NODE;
	r = run_one(&b);
	for (size_t i = 0; r == 0 && !s->result->stopped && i < s->nodes.n; i++)
		r = leave(&b, (int)i);
	return r == 0 ? search_trap(s) : r;
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
	return search_end(s, world->hash ? search_breadth_first(s) : search_deeper(s));
}
