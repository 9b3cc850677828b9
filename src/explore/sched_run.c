/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "explore/sched_internal.h"

/* Running an order. */

static void run_actor(void *ctx)
{
	struct sched_lane *lane = ctx;

	sched_world_of(lane)->actors[lane->index].run(&lane->base, sched_world_of(lane)->ctx);
}

static void resume(struct sched_lane *lane)
{
	if (!fiber_resume(lane->fiber))
		lane->phase = SCHED_ENDED;
}

static void start(struct sched_lane *lane)
{
	lane->phase = SCHED_READY;
	fiber_start(lane->fiber, run_actor, lane);
	resume(lane); /* up to its first call */
}

/* No call has an effect any more; the function runs to its end, which frees what it has allocated. */
static void end(struct sched_lane *lane)
{
	lane->dead = true;
	lane->lock_fd = NULL;
	lane->is_ready = NULL;
	sched_close_all(lane);
	resume(lane);
	assert(lane->phase == SCHED_ENDED);
}

static void die(struct sched *s, struct sched_lane *lane)
{
	s->deaths++;
	sched_tell(lane, "", "dies");
	end(lane);
	if (s->world->died)
		s->world->died(s->world->ctx, lane->index);
	s->begun = false;
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].phase == SCHED_ABSENT)
			start(&s->lanes[i]);
	s->begun = true;
}

static int begin(struct sched *s)
{
	const struct sched_world *world = s->world;
	int r = world->begin(world->ctx);

	if (r < 0)
		return r;
	s->begun = s->has_next = s->ended = s->given_up = false;
	s->last = SCHED_NOBODY;
	s->decisions = s->switches = s->deaths = 0;
	s->steps = 0;
	s->violation[0] = '\0';
	for (unsigned i = 0; i < world->n_actors; i++) {
		struct sched_lane *lane = &s->lanes[i];

		*lane = (struct sched_lane){ .base = { &sched_env_ops },
					     .sched = s,
					     .index = i,
					     .under = world->under(world->ctx, i),
					     .fiber = lane->fiber };
		for (unsigned k = 0; k < SCHED_MAX_FDS; k++)
			lane->fds[k].fd = -1;
	}
	for (unsigned i = 0; i < world->n_actors; i++)
		if (!world->actors[i].recovers)
			start(&s->lanes[i]);
	s->begun = true;
	return 0;
}

/* When all have ended: nothing may be left of them, and the world must be as it should be. */
static void check_end(struct sched *s)
{
	const char *wrong;

	for (unsigned i = 0; i < s->world->n_actors; i++)
		for (unsigned k = 0; k < SCHED_MAX_FDS; k++)
			if (s->lanes[i].fds[k].fd >= 0)
				sched_violated(s, "I5: a descriptor, and any lock on it, outlived its actor");
	wrong = s->world->check ? s->world->check(s->world->ctx) : NULL;
	if (wrong)
		sched_violated(s, wrong);
}

int sched_run(struct sched *s, sched_choose_fn *choose, void *ctx)
{
	int r;

	s->choose = choose;
	s->choose_ctx = ctx;
	r = begin(s);
	if (r < 0)
		return r;
	while (s->has_next ? !s->ended : sched_decide(s)) {
		struct sched_lane *lane = &s->lanes[s->next.actor];

		s->has_next = false;
		if (s->next.move == SCHED_DIE)
			die(s, lane);
		else
			resume(lane);
	}
	if (!s->given_up)
		check_end(s);
	for (unsigned i = 0; i < s->world->n_actors; i++) {
		if (s->lanes[i].phase == SCHED_READY)
			end(&s->lanes[i]);
		sched_close_all(&s->lanes[i]);
	}
	return 0;
}

int sched_new(const struct sched_world *world, struct sched **ret)
{
	struct sched *s;
	int r = 0;

	if (world->n_actors == 0 || world->n_actors > SCHED_MAX_ACTORS)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->world = world;
	for (unsigned i = 0; i < world->n_actors && r == 0; i++)
		r = fiber_new(&s->lanes[i].fiber);
	if (r < 0) {
		sched_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sched_free(struct sched *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < SCHED_MAX_ACTORS; i++)
		fiber_free(s->lanes[i].fiber);
	free(s);
}
