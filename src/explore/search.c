/* SPDX-License-Identifier: MIT */
#include "explore/search.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_stream.h"
#include "explore/visited.h"

/* Of a random order: an actor that may die does so before one in so many of its steps. */
enum { STEPS_PER_DEATH = 32 };

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
	bool replays;          /* an order for its trace, which was tried before */
	struct visited visited;
	uint64_t seed;
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

static unsigned choose_next(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;

	(void)sched;
	(void)can;
	if (n == 1)
		return 0;
	if (s->depth >= s->known) {
		if (!is_new(s))
			return SCHED_STOP;
		s->decisions[s->depth].taken = 0;
		s->decisions[s->depth].of = (uint8_t)n;
	}
	assert(s->decisions[s->depth].of == n); /* else the world is not the same each time */
	return s->decisions[s->depth++].taken;
}

static unsigned choose_any(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct search *s = ctx;
	unsigned taken;

	(void)sched;
	do {
		taken = (unsigned)(base_next_number(&s->seed) % n);
	} while (can[taken].move == SCHED_DIE && base_next_number(&s->seed) % STEPS_PER_DEATH > 0);
	s->depth++;
	return taken;
}

static int run(struct search *s, sched_choose_fn *choose)
{
	int r;

	s->depth = 0;
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

/* Runs the order that violates something once more, now with a trace. */
static int describe(struct search *s, sched_choose_fn *choose)
{
	struct text_stream text;
	int r = text_stream_open(&text), closed;

	if (r < 0)
		return r;
	snprintf(s->result->violation, sizeof(s->result->violation), "%s", sched_violation(s->sched));
	sched_set_trace(s->sched, text.to);
	s->known = s->depth;
	s->replays = true;
	r = run(s, choose);
	closed = text_stream_close(&text, &s->result->trace, NULL);
	if (r < 0 || closed < 0)
		return r < 0 ? r : closed;
	assert(strcmp(sched_violation(s->sched), s->result->violation) == 0);
	return JURAT_REFUSED;
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

static int search_new(const struct sched_world *world, struct search_result *result, struct search **ret)
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
	*ret = s;
	return 0;
}

static void search_free(struct search *s)
{
	visited_done(&s->visited);
	sched_free(s->sched);
	free(s);
}

int search_all(const struct sched_world *world, struct search_result *ret)
{
	struct search *s;
	int r = search_new(world, ret, &s);

	if (r < 0)
		return r;
	do {
		r = run(s, choose_next);
		if (r == 0 && sched_violation(s->sched)[0])
			r = describe(s, choose_next);
	} while (r == 0 && advance(s));
	search_free(s);
	return r;
}

int search_random(const struct sched_world *world, uint64_t seed, uint64_t steps, struct search_result *ret)
{
	struct search *s;
	int r = search_new(world, ret, &s);

	if (r < 0)
		return r;
	s->seed = seed;
	while (r == 0 && ret->steps < steps) {
		uint64_t before = s->seed;

		r = run(s, choose_any);
		if (r == 0 && sched_violation(s->sched)[0]) {
			s->seed = before;
			r = describe(s, choose_any);
		}
	}
	search_free(s);
	return r;
}
