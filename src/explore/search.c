/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/env.h"
#include "explore/search_internal.h"

/* Of a random order: what kills somebody is taken once in so many times that it comes up. */
enum { DEATHS_PER_DEATH = 32 };
enum { NS_PER_LOOK = 50000000, CALLS_PER_LOOK = 16 }; /* at the clock, for go_on() */
enum { SPARE_BYTES = 4 << 20 };                       /* more than all parties of a world need */

int search_begin(const struct sched_world *world, const struct search_bounds *bounds,
		 struct search_result *result, struct search **ret)
{
	struct search *s = calloc(1, sizeof(*s));
	int r = s ? sched_new(world, &s->sched) : -ENOMEM;

	*result = (struct search_result){ 0 };
	if (r < 0) {
		free(s);
		return r;
	}
	s->world = world;
	s->result = result;
	if (bounds)
		s->bounds = *bounds;
	*ret = s;
	return 0;
}

int search_end(struct search *s, int r)
{
	if (r < 0) {
		history_free(s->result->history);
		free(s->result->order);
		s->result->history = NULL;
		s->result->order = NULL;
		s->result->n_order = 0;
	}
	visited_done(&s->visited);
	search_nodes_done(&s->nodes);
	sched_free(s->sched);
	free(s);
	return r;
}

void search_result_done(struct search_result *result)
{
	history_free(result->history);
	free(result->order);
	*result = (struct search_result){ 0 };
}

bool search_may_go_on(struct search *s)
{
	const struct search_bounds *b = &s->bounds;
	uint64_t now;

	if (!b->go_on || s->result->stopped || s->asked++ % CALLS_PER_LOOK > 0)
		return !s->result->stopped;
	now = base_now_ns(base_env_real());
	if (now - s->asked_ns >= NS_PER_LOOK) {
		s->asked_ns = now;
		s->result->states = s->visited.n;
		s->result->stopped = !b->go_on(b->ctx, s->result);
	}
	return !s->result->stopped;
}

bool search_may_begin(struct search *s)
{
	const struct search_bounds *b = &s->bounds;

	if (b->max_states > 0 && s->nodes.n >= b->max_states)
		s->result->stopped = true;
	if (b->max_steps > 0 && s->result->steps + sched_steps(s->sched) >= b->max_steps)
		s->result->stopped = true;
	return search_may_go_on(s);
}

unsigned search_take(struct search *s, const struct sched_choice *can, unsigned taken)
{
	s->order[s->n_order++] = can[taken];
	return taken;
}

unsigned search_give_up(struct search *s)
{
	s->gave_up = true;
	return SCHED_STOP;
}

static void link_to(struct search *s, int to)
{
	int r = s->node_counts ? search_nodes_link(&s->nodes, s->node, to) : 0;

	if (r < 0)
		s->error = r;
}

void search_reaches_end(struct search *s)
{
	link_to(s, SEARCH_END);
}

/* What the search wants little of. Fewer steps with more switches are another state. */
static uint32_t cost_of(struct search *s)
{
	bool counts_switches = s->world->max_switches > 0;

	if (s->costs_steps && counts_switches)
		base_mix_u64(&s->state, sched_switches(s->sched));
	if (s->costs_steps)
		return (uint32_t)sched_steps(s->sched);
	return counts_switches ? sched_switches(s->sched) : 0;
}

/* It has a node now, in place of `before`, if that is another one. */
static int add_node(struct search *s, int before, unsigned n_choices)
{
	int node = search_nodes_add(&s->nodes, s->node, s->order, s->n_order, n_choices), r = 0;

	if (node < 0)
		return node; /* its place is taken: without the node, the search ends */
	link_to(s, node);
	s->replaced = before != node ? before : SEARCH_NO_NODE;
	if (s->replaced != SEARCH_NO_NODE)
		r = search_nodes_link(&s->nodes, before, node);
	s->node = node;
	s->node_counts = true;
	if (sched_waits(s->sched))
		search_reaches_end(s);
	return r;
}

bool search_arrive(struct search *s, unsigned n_choices)
{
	uint32_t number = (uint32_t)s->nodes.n;
	int r;

	if (!sched_state(s->sched, &s->state))
		return true;
	r = visited_add(&s->visited, &s->state, cost_of(s), &number);
	if (r == 0) {
		s->result->known++;
		link_to(s, (int)number);
		return false;
	}
	if (r > 0)
		r = add_node(s, (int)number, n_choices);
	if (r < 0)
		s->error = r;
	return r == 0;
}

/*
 * Was there memory for all that the order did? A party that gets none goes on in another way than in other
 * orders, which would be a wrong result. The search needs more and more: what is there now was there before.
 */
static bool had_memory(void)
{
	void *p = mmap(NULL, SPARE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && munmap(p, SPARE_BYTES) == 0;
}

int search_run(struct search *s, sched_choose_fn *choose, void *ctx)
{
	int r;

	s->gave_up = false;
	r = sched_run(s->sched, choose, ctx);
	if (r >= 0 && s->error >= 0 && !had_memory())
		r = -ENOMEM;
	if (r < 0 || s->error < 0)
		return r < 0 ? r : s->error;
	s->result->orders++;
	s->result->cut += sched_is_cut(s->sched);
	s->result->steps += sched_steps(s->sched);
	s->result->states = s->visited.n;
	if (s->depth > s->result->longest)
		s->result->longest = s->depth;
	return 0;
}

/* Asked when the whole order has been made again: what it violates shows only because it goes on for good. */
static unsigned choose_violation(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	const struct search *s = ctx;

	(void)can;
	(void)n;
	sched_fail(sched, s->result->violation);
	return SCHED_STOP;
}

int search_describe(struct search *s)
{
	struct search_result *ret = s->result;
	int r;

	history_free(ret->history);
	free(ret->order);
	ret->order = NULL;
	ret->history = NULL;
	r = history_new(&ret->history);
	if (r < 0)
		return r;
	(void)!snprintf(ret->violation, sizeof(ret->violation), "%s", sched_violation(s->sched));
	ret->violation_steps = (unsigned)sched_steps(s->sched);
	ret->n_order = s->n_order;
	ret->order = calloc(s->n_order + 1, sizeof(*ret->order));
	if (!ret->order)
		return -ENOMEM;
	memcpy(ret->order, s->order, s->n_order * sizeof(*ret->order));
	sched_set_beginning(s->sched, ret->order, ret->n_order, NULL);
	sched_set_history(s->sched, ret->history);
	r = sched_run(s->sched, choose_violation, s);
	sched_set_history(s->sched, NULL);
	sched_set_beginning(s->sched, NULL, 0, NULL);
	if (r == 0)
		r = history_error(ret->history);
	if (r < 0)
		return r;
	assert(strcmp(sched_violation(s->sched), ret->violation) == 0);
	return JURAT_REFUSED;
}

/* Goes on without a death until a state comes back. */
static unsigned choose_round(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;
	struct base_mix state;
	uint32_t number = 0;
	unsigned taken = 0;
	int r = sched_state(sched, &state) ? visited_add(&s->visited, &state, 0, &number) : 0;

	if (r < 0)
		s->error = r;
	else if (s->n_order == SCHED_MAX_DECISIONS - 1)
		r = 0; /* what comes back is longer */
	if (r == 0)
		sched_fail(sched, "I3: no order ends from this state on");
	while (taken < n - 1 && sched_kills(can[taken]))
		taken++;
	return r > 0 ? search_take(s, can, taken) : SCHED_STOP;
}

int search_trap(struct search *s)
{
	uint64_t orders = s->result->orders, steps = s->result->steps, states = s->result->states;
	int r;

	if (s->world->max_switches > 0 || s->result->stopped)
		return 0;
	r = search_nodes_trap(&s->nodes);
	if (r < 0)
		return r == SEARCH_NO_NODE ? 0 : r;
	s->n_order = search_nodes_order(&s->nodes, r, s->order);
	sched_set_beginning(s->sched, s->order, s->n_order, NULL);
	visited_done(&s->visited);
	r = search_run(s, choose_round, s);
	s->result->orders = orders;
	s->result->steps = steps;
	s->result->states = states;
	return r < 0 ? r : search_describe(s);
}

static unsigned choose_any(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;
	unsigned taken = 0;

	(void)sched;
	if (!search_may_go_on(s))
		return search_give_up(s);
	if (n == 1)
		return search_take(s, can, 0);
	if (s->bounds.max_depth > 0 && s->depth >= s->bounds.max_depth) {
		s->result->cut++;
		return search_give_up(s);
	}
	do {
		taken = (unsigned)(base_next_number(&s->bounds.seed) % n);
	} while (sched_kills(can[taken]) && base_next_number(&s->bounds.seed) % DEATHS_PER_DEATH > 0);
	s->depth++;
	return search_take(s, can, taken);
}

int search_random(const struct sched_world *world, const struct search_bounds *bounds,
		  struct search_result *ret)
{
	struct search *s;
	int r = search_begin(world, bounds, ret, &s);
	uint64_t next;

	if (r < 0)
		return r;
	next = s->bounds.seed;
	while (r == 0 && !ret->stopped && ret->steps < s->bounds.max_steps) {
		ret->seed = s->bounds.seed = next;
		next = base_next_number(&next);
		s->n_order = s->depth = 0;
		r = search_run(s, choose_any, s);
		if (r == 0 && sched_violation(s->sched)[0])
			r = search_describe(s);
	}
	return search_end(s, r);
}
