/* SPDX-License-Identifier: MIT */
#include "explore/search.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "explore/visited.h"

/* Of a random order: an actor that may die does so before one in so many of its steps. */
enum { STEPS_PER_DEATH = 32 };
enum { NS_PER_LOOK = 50000000, DECISIONS_PER_LOOK = 64 }; /* at the clock, for go_on() */

/* Only where there was a choice. */
struct decision {
	uint8_t taken, of;
};

struct search {
	const struct sched_world *world;
	struct sched *sched;
	struct search_result *result;
	struct decision decisions[SCHED_MAX_DECISIONS];
	unsigned depth, known; /* decisions in this order; those at its beginning that are taken again */
	struct sched_choice order[SCHED_MAX_DECISIONS]; /* all decisions, also those without a choice */
	unsigned n_order;
	struct search_bounds bounds;
	uint64_t asked, asked_ns; /* decisions since go_on() was asked, and when */
	bool replays;             /* an order for its history, which was tried before */
	struct visited visited;
	uint64_t seed; /* of the next random choice */
	int error;
};

/* A state where a decision is due. False: it was visited before, or (`error`) memory ran out. */
static bool is_new(struct search *s)
{
	unsigned cost = s->world->max_switches > 0 ? sched_switches(s->sched) : 0;
	struct base_mix state;
	int r;

	if (s->replays || !sched_state(s->sched, &state))
		return true;
	r = visited_add(&s->visited, &state, cost);
	if (r < 0)
		s->error = r;
	s->result->known += r == 0;
	return r > 0;
}

/* False: the search must stop. */
static bool may_go_on(struct search *s)
{
	const struct search_bounds *b = &s->bounds;
	uint64_t now;

	if (s->replays || !b->go_on || s->result->stopped || ++s->asked % DECISIONS_PER_LOOK > 0)
		return !s->result->stopped;
	now = base_now_ns(base_env_real());
	if (now - s->asked_ns >= NS_PER_LOOK) {
		s->asked_ns = now;
		s->result->states = s->visited.n;
		s->result->stopped = !b->go_on(b->ctx, s->result);
	}
	return !s->result->stopped;
}

/* The same at a decision that was not taken before, with the bounds on states and steps. */
static bool may_begin(struct search *s)
{
	const struct search_bounds *b = &s->bounds;

	if (b->max_states > 0 && s->visited.n >= b->max_states)
		s->result->stopped = true;
	if (b->max_steps > 0 && s->result->steps + sched_steps(s->sched) >= b->max_steps)
		s->result->stopped = true;
	return may_go_on(s);
}

static unsigned take(struct search *s, const struct sched_choice *can, unsigned taken)
{
	s->order[s->n_order++] = can[taken];
	return taken;
}

static unsigned choose_next(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;

	(void)sched;
	if (n == 1)
		return take(s, can, 0);
	if (s->depth >= s->known) {
		if (!may_begin(s))
			return SCHED_STOP;
		if (s->bounds.max_depth > 0 && s->depth >= s->bounds.max_depth) {
			s->result->cut++;
			return SCHED_STOP;
		}
		if (!is_new(s))
			return SCHED_STOP;
		s->decisions[s->depth].taken = 0;
		s->decisions[s->depth].of = (uint8_t)n;
	}
	assert(s->decisions[s->depth].of == n); /* else the world is not the same each time */
	return take(s, can, s->decisions[s->depth++].taken);
}

static unsigned choose_any(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;
	unsigned taken;

	(void)sched;
	if (!may_go_on(s))
		return SCHED_STOP;
	if (s->bounds.max_depth > 0 && s->depth >= s->bounds.max_depth && n > 1) {
		s->result->cut += !s->replays;
		return SCHED_STOP;
	}
	do {
		taken = (unsigned)(base_next_number(&s->seed) % n);
	} while (can[taken].move == SCHED_DIE && base_next_number(&s->seed) % STEPS_PER_DEATH > 0);
	s->depth += n > 1;
	return take(s, can, taken);
}

static int run(struct search *s, sched_choose_fn *choose)
{
	int r;

	s->depth = s->n_order = 0;
	r = sched_run(s->sched, choose, s);
	if (r < 0 || s->error < 0)
		return r < 0 ? r : s->error;
	if (s->replays)
		return 0;
	s->result->orders++;
	s->result->steps += sched_steps(s->sched);
	s->result->states = s->visited.n;
	if (s->depth > s->result->longest)
		s->result->longest = s->depth;
	return 0;
}

/* Runs the order that violates something once more, now with its history. */
static int describe(struct search *s, sched_choose_fn *choose)
{
	struct search_result *ret = s->result;
	int r = history_new(&ret->history);

	if (r < 0)
		return r;
	snprintf(ret->violation, sizeof(ret->violation), "%s", sched_violation(s->sched));
	ret->violation_steps = (unsigned)sched_steps(s->sched);
	sched_set_history(s->sched, ret->history);
	s->known = s->depth;
	s->replays = true;
	r = run(s, choose);
	if (r == 0)
		r = history_error(ret->history);
	ret->order = calloc(s->n_order + 1, sizeof(*ret->order));
	if (r == 0 && !ret->order)
		r = -ENOMEM;
	if (r < 0)
		return r;
	memcpy(ret->order, s->order, s->n_order * sizeof(*ret->order));
	ret->n_order = s->n_order;
	assert(strcmp(sched_violation(s->sched), ret->violation) == 0);
	return JURAT_REFUSED;
}

void search_result_done(struct search_result *result)
{
	history_free(result->history);
	free(result->order);
	*result = (struct search_result){ 0 };
}

/* The next order in depth-first order; false: there is none. */
static bool advance(struct search *s)
{
	for (; s->depth > 0; s->depth--) {
		struct decision *d = &s->decisions[s->depth - 1];

		if (++d->taken < d->of) {
			s->known = s->depth;
			return true;
		}
	}
	return false;
}

static int search_new(const struct sched_world *world, const struct search_bounds *bounds,
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
	if (bounds)
		s->bounds = *bounds;
	s->seed = s->bounds.seed;
	s->result = result;
	*ret = s;
	return 0;
}

/* Returns r; what a search that failed has of an order is dropped. */
static int search_free(struct search *s, int r)
{
	if (r < 0) {
		history_free(s->result->history);
		free(s->result->order);
		s->result->history = NULL;
		s->result->order = NULL;
	}
	visited_done(&s->visited);
	sched_free(s->sched);
	free(s);
	return r;
}

int search_all(const struct sched_world *world, const struct search_bounds *bounds, struct search_result *ret)
{
	struct search *s;
	int r = search_new(world, bounds, ret, &s);

	if (r < 0)
		return r;
	do {
		r = run(s, choose_next);
		if (r == 0 && sched_violation(s->sched)[0])
			r = describe(s, choose_next);
	} while (r == 0 && !ret->stopped && advance(s));
	return search_free(s, r);
}

int search_shortest(const struct sched_world *world, const struct search_bounds *bounds,
		    struct search_result *ret)
{
	return search_all(world, bounds, ret);
}

int search_minimise(const struct sched_world *world, const struct search_bounds *bounds,
		    struct search_result *io)
{
	(void)world;
	(void)bounds;
	(void)io;
	return 0;
}

int search_random(const struct sched_world *world, const struct search_bounds *bounds,
		  struct search_result *ret)
{
	struct search *s;
	int r = search_new(world, bounds, ret, &s);

	if (r < 0)
		return r;
	while (r == 0 && !ret->stopped && ret->steps < s->bounds.max_steps) {
		uint64_t before = s->seed;

		r = run(s, choose_any);
		if (r == 0 && sched_violation(s->sched)[0]) {
			s->seed = before;
			r = describe(s, choose_any);
		}
	}
	return search_free(s, r);
}
