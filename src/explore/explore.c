/* SPDX-License-Identifier: MIT */
#include "explore/explore.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "explore/world.h"

/*
 * Steps after which the search for the shortest history, and that for a shorter one, are given up: minutes of
 * one core at most. No limits of time: the same options always give the same history.
 */
enum { SHORTEST_STEPS = 20 * 1000 * 1000, SHORTER_STEPS = 2 * 1000 * 1000 };

static const struct explore_invariant invariants[] = {
	{ "I1", "no guest receives a report together with certificates that do not verify it",
	  "no task receives a quote for a TDREPORT other than its own" },
	{ "I2",
	  "while the host is honest, guest and firmware count the same messages, and no guest loses its "
	  "VMPCK",
	  "guest and VMM access the GetQuote buffer only while they own it; the guest may read the status at "
	  "any time" },
	{ "I3", "every request and every update ends", "every request ends, and the VMM refuses none" },
	{ "I4", "after a crash at any step and a recovery, I1 holds and no temporary file is left", NULL },
	{ "I5", "no lock outlives its request",
	  "no connection to the quoting service and no buffer in flight outlives its request" },
	{ "I6", "no two messages are encrypted with the same key and nonce", NULL },
	{ "I7", "the guest gets back every page that KVM passes to the firmware", NULL },
};

const struct explore_invariant *explore_invariants(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(invariants);
	return invariants;
}

const struct explore_invariant *explore_invariant_of(const char *violation)
{
	for (size_t i = 0; i < ARRAY_SIZE(invariants); i++)
		if (!strncmp(violation, invariants[i].name, strlen(invariants[i].name)))
			return &invariants[i];
	return NULL;
}

/* Who stopped a search: go_on(), or a bound? */
struct watch {
	const struct search_bounds *asked;
	bool stopped;
};

static bool go_on(void *ctx, const struct search_result *so_far)
{
	struct watch *w = ctx;

	w->stopped = w->asked->go_on && !w->asked->go_on(w->asked->ctx, so_far);
	return !w->stopped;
}

/* What `more` did is added to `io`. If it found a history, that replaces the one of `io`. */
static void take(struct search_result *io, struct search_result *more, bool found)
{
	more->orders += io->orders;
	more->steps += io->steps;
	more->known += io->known;
	more->states = more->states > io->states ? more->states : io->states;
	more->longest = more->longest > io->longest ? more->longest : io->longest;
	if (!found) {
		io->orders = more->orders;
		io->steps = more->steps;
		io->known = more->known;
		io->states = more->states;
		io->longest = more->longest;
		search_result_done(more);
		return;
	}
	search_result_done(io);
	*io = *more;
}

static uint64_t at_most(uint64_t steps, const struct search_bounds *asked)
{
	return asked->max_steps > 0 && asked->max_steps < steps ? asked->max_steps : steps;
}

/* 1: `io` has the history with the fewest steps of this world; 0: it may have; -errno */
static int find_shortest(const struct sched_world *world, const struct search_bounds *bounds,
			 struct search_result *io)
{
	struct search_result shortest;
	int r = search_shortest(world, bounds, &shortest);
	bool stopped = shortest.stopped;

	take(io, &shortest, r == JURAT_REFUSED && shortest.violation_steps <= io->violation_steps);
	return r == JURAT_REFUSED ? !stopped : r;
}

/*
 * A history was found; are there shorter ones? First with a decision before every step, so that nobody does
 * anything that the history does not need; if that takes too long, with the decisions of the first search.
 */
static int shorten(const struct explore_world *world, const struct explore_options *o,
		   struct search_bounds bounds, struct explore_result *io)
{
	struct sched_world every = world->sched;
	int r = 0;

	if (!o->random) {
		bounds.max_steps = at_most(SHORTEST_STEPS, &o->bounds);
		every.is_local = NULL;
		r = find_shortest(&every, &bounds, &io->search);
		io->shortest = r > 0;
		if (r == 0) {
			every = world->sched;
			r = find_shortest(&every, &bounds, &io->search);
		}
		if (r < 0)
			return r;
	}
	/* Of two with as many steps, the one that goes less to and fro. */
	bounds.max_steps = o->random ? SHORTER_STEPS : at_most(SHORTER_STEPS, &o->bounds);
	return search_minimise(&every, &bounds, &io->search);
}

static enum explore_end end_of(const struct explore_options *o, const struct search_result *s,
			       const struct watch *watch)
{
	if (s->violation[0])
		return EXPLORE_VIOLATED;
	if (watch->stopped)
		return EXPLORE_STOPPED;
	if (o->random)
		return EXPLORE_SAMPLED;
	return s->stopped || s->cut > 0 || o->max_switches > 0 ? EXPLORE_BOUNDED : EXPLORE_HOLDS;
}

static int search(const struct explore_world *world, const struct explore_options *o,
		  struct explore_result *ret)
{
	struct watch watch = { .asked = &o->bounds };
	struct search_bounds bounds = o->bounds;
	int r;

	bounds.go_on = go_on;
	bounds.ctx = &watch;
	r = o->random ? search_random(&world->sched, &bounds, &ret->search)
		      : search_all(&world->sched, &bounds, &ret->search);
	if (r == JURAT_REFUSED)
		r = shorten(world, o, bounds, ret);
	ret->end =
		r == -ENOMEM && !ret->search.violation[0] ? EXPLORE_MEMORY : end_of(o, &ret->search, &watch);
	/* What was found before the memory was used up is worth having. */
	return r == -ENOMEM && (!ret->search.violation[0] || ret->search.history) ? 0 : r;
}

int explore_run(const struct explore_options *o, struct explore_result *ret, struct jurat_error *err)
{
	struct explore_world *world;
	uint64_t began;
	int r;

	*ret = (struct explore_result){ .end = EXPLORE_STOPPED };
	r = o->setup.tee == EXPLORE_TDX ? explore_td_new(&o->setup, &world, err)
					: explore_snp_new(&o->setup, &world, err);
	if (r < 0)
		return r;
	if (o->max_switches > 0)
		world->sched.max_switches = o->max_switches;
	began = base_now_ns(base_env_real());
	r = search(world, o, ret);
	ret->search_ns = base_now_ns(base_env_real()) - began;
	world->free(world);
	return r < 0 ? jurat_fail(err, r, "the search failed: %s", strerror(-r)) : 0;
}

void explore_result_done(struct explore_result *result)
{
	search_result_done(&result->search);
}
