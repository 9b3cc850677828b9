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
	struct sched_here *here = sched_world_of(lane)->here;

	if (here)
		here->now = &lane->base;
	if (!fiber_resume(lane->fiber))
		lane->phase = SCHED_ENDED;
	if (here)
		here->now = NULL;
}

static void start(struct sched_lane *lane)
{
	lane->phase = SCHED_READY;
	fiber_start(lane->fiber, run_actor, lane);
	resume(lane); /* up to its first call */
}

/*
 * All of a process. No call has an effect any more; the functions run to their ends, which frees what they
 * have allocated.
 */
static void end(struct sched *s, const struct sched_process *process)
{
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].process == process && s->lanes[i].phase == SCHED_READY)
			s->lanes[i].dead = true;
	sched_close_all(&s->lanes[process - s->processes]);
	for (unsigned i = 0; i < s->world->n_actors; i++) {
		struct sched_lane *lane = &s->lanes[i];

		if (lane->process != process || lane->phase != SCHED_READY)
			continue;
		resume(lane);
		assert(lane->phase == SCHED_ENDED);
	}
}

static void end_all(struct sched *s)
{
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].process == &s->processes[i])
			end(s, &s->processes[i]);
}

/* Somebody has died: the next of those who recover starts. */
static void recover(struct sched *s)
{
	s->deaths++;
	s->begun = false;
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].phase == SCHED_ABSENT) {
			start(&s->lanes[i]);
			break;
		}
	s->begun = true;
}

static void die(struct sched *s, struct sched_lane *lane)
{
	sched_tell(lane, "", "dies");
	end(s, lane->process);
	if (s->world->died)
		s->world->died(s->world->ctx, lane->index);
	recover(s);
}

static void lose_power(struct sched *s, unsigned loss)
{
	sched_tell_power(s, loss);
	end_all(s);
	s->world->lost_power(s->world->ctx, loss);
	recover(s);
}

/* Of the actor's process: where the first actor of the same one is. */
static struct sched_process *process_of(struct sched *s, unsigned actor)
{
	const struct sched_actor *actors = s->world->actors;
	unsigned i = 0;

	while (i < actor && (actors[actor].process == 0 || actors[i].process != actors[actor].process))
		i++;
	return &s->processes[i];
}

static int begin(struct sched *s)
{
	const struct sched_world *world = s->world;
	int r = world->begin(world->ctx);

	if (r < 0)
		return r;
	s->begun = s->has_next = s->ended = s->given_up = s->is_cut = false;
	s->last = SCHED_NOBODY;
	s->last_could_go = false;
	s->decisions = s->switches = s->deaths = 0;
	s->steps = s->no_choice = s->n_local = 0;
	s->violation[0] = '\0';
	s->knows_seen = s->beginning_seen && s->world->max_switches == 0;
	for (unsigned i = 0; i < world->n_actors; i++) {
		struct sched_lane *lane = &s->lanes[i];

		*lane = (struct sched_lane){ .base = { &sched_env_ops },
					     .sched = s,
					     .index = i,
					     .under = world->under(world->ctx, i),
					     .process = process_of(s, i),
					     .fiber = lane->fiber };
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
			if (s->processes[i].fds[k].fd >= 0)
				sched_violated(s, "I5: a party ended with a descriptor, and any lock on it, "
						  "still open");
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
		s->has_next = false;
		if (s->next.move == SCHED_LOSE_POWER)
			lose_power(s, s->next.actor);
		else if (s->next.move == SCHED_DIE)
			die(s, &s->lanes[s->next.actor]);
		else
			resume(&s->lanes[s->next.actor]);
	}
	if (!s->given_up)
		check_end(s);
	end_all(s);
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
	for (unsigned i = 0; i < SCHED_MAX_ACTORS; i++)
		for (unsigned k = 0; k < SCHED_MAX_FDS; k++)
			s->processes[i].fds[k].fd = -1;
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
