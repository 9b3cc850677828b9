/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "explore/sched_internal.h"

enum {
	MAX_CALLS_WHEN_DEAD = 100000, /* an actor that makes more does not look at what they return */
	MAX_LOCAL_CALLS = 1024, /* then a decision, where it is seen that an actor goes round for good */
};

unsigned sched_self(struct base_env *env)
{
	return sched_lane_of(env)->index;
}

void sched_saw(struct base_env *env, const void *value, size_t n)
{
	sched_mix_bytes(sched_lane_of(env), value, n);
}

void sched_forget(struct base_env *env, const void *but, size_t n)
{
	struct sched_lane *lane = sched_lane_of(env);

	lane->seen = (struct base_mix){ 0 };
	sched_mix_bytes(lane, but, n);
}

unsigned sched_locks(struct base_env *env)
{
	struct sched_lane *lane = sched_lane_of(env);
	unsigned n = 0;

	for (unsigned i = 0; i < SCHED_MAX_FDS; i++)
		n += lane->process->descriptions[i].locked;
	sched_mix_u64(lane, n); /* another of its process may have locked */
	return n;
}

bool sched_is_dead(struct base_env *env)
{
	return sched_lane_of(env)->dead;
}

void sched_here_init(struct sched_here *here)
{
	*here = (struct sched_here){ .base = { &sched_here_ops } };
}

/* Who would have to wait stops in any case. */
static bool is_local(struct sched_lane *lane)
{
	const struct sched_world *world = lane->sched->world;

	return world->is_local && world->is_local(world->ctx, &lane->next) && !sched_is_blocked(lane);
}

bool sched_before(struct sched_lane *lane, struct sched_call call)
{
	struct sched *s = lane->sched;

	if (lane->dead) {
		lane->calls_when_dead++;
		assert(lane->calls_when_dead < MAX_CALLS_WHEN_DEAD);
		return false;
	}
	call.actor = lane->index;
	lane->next = call;
	if (s->world->forgets && s->world->forgets(s->world->ctx, &lane->next))
		lane->seen = (struct base_mix){ 0 };
	if (s->n_local++ >= MAX_LOCAL_CALLS || !is_local(lane)) {
		s->n_local = 0;
		/* Most actors that are chosen are those that just stopped: no change of stacks is needed. */
		s->has_next = s->begun;
		if (s->begun)
			s->ended = !sched_decide(s);
		if (!s->begun || s->ended || s->next.actor != lane->index || sched_kills(s->next))
			fiber_stop(lane->fiber);
		else
			s->has_next = false;
		if (lane->dead)
			return false;
	}
	s->steps++;
	sched_mix_u64(lane, 0); /* it is one call further */
	if (s->history)
		sched_tell_step(lane);
	return true;
}

bool sched_step(struct base_env *env, const char *op)
{
	return sched_before(sched_lane_of(env), (struct sched_call){ .op = op, .fd = -1, .fd_path = "" });
}

bool sched_wait(struct base_env *env, const char *op, bool (*is_ready)(void *ctx), void *ctx)
{
	struct sched_lane *lane = sched_lane_of(env);
	bool alive;

	lane->is_ready = is_ready;
	lane->ready_ctx = ctx;
	alive = sched_step(env, op);
	lane->is_ready = NULL;
	return alive;
}
