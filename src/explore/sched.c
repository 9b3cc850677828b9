/* SPDX-License-Identifier: MIT */
#include "explore/sched.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sched_internal.h"

/* An actor that is dead and still makes calls does not look at what they return. */
enum { MAX_CALLS_WHEN_DEAD = 100000, NOBODY = SCHED_MAX_ACTORS };

struct sched {
	const struct sched_world *world;
	struct sched_lane lanes[SCHED_MAX_ACTORS];
	sched_choose_fn *choose;
	void *choose_ctx;
	/* of the present order */
	bool begun;    /* every actor has come to its first call */
	bool has_next; /* the decision of an actor that stopped: `next`, or the end */
	bool ended, given_up;
	struct sched_choice next;
	unsigned last; /* who made the last decided step */
	bool last_could_go;
	unsigned decisions, switches, deaths;
	uint64_t steps;
	char violation[160];
	FILE *trace;
};

const struct sched_world *sched_world_of(const struct sched_lane *lane)
{
	return lane->sched->world;
}

static const char *name_of(const struct sched_lane *lane)
{
	return sched_world_of(lane)->actors[lane->index].name;
}

void sched_trace(struct sched_lane *lane, const char *what, const char *on)
{
	if (lane->sched->trace && !lane->sched->given_up)
		fprintf(lane->sched->trace, "%-10s %s%s%s\n", name_of(lane), what, on && *on ? " " : "",
			on ? on : "");
}

void sched_note(struct base_env *env, const char *format, ...)
{
	struct sched_lane *lane = sched_lane_of(env);
	char text[160];
	va_list ap;

	if (!lane->sched->trace)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sched_trace(lane, " ", text);
}

static void violate(struct sched *s, const char *what)
{
	if (!s->violation[0])
		(void)!snprintf(s->violation, sizeof(s->violation), "%s", what);
}

void sched_violate(struct base_env *env, const char *what)
{
	struct sched_lane *lane = sched_lane_of(env);

	if (lane->sched->given_up || lane->dead)
		return;
	sched_trace(lane, "  VIOLATION", what);
	violate(lane->sched, what);
}

void sched_saw(struct base_env *env, const void *value, size_t n)
{
	base_mix_bytes(&sched_lane_of(env)->seen, value, n);
}

void sched_forget(struct base_env *env, const void *but, size_t n)
{
	struct sched_lane *lane = sched_lane_of(env);

	lane->seen = (struct base_mix){ 0 };
	base_mix_u64(&lane->seen, lane->now_ns);
	base_mix_bytes(&lane->seen, but, n);
}

/* What each actor could do now. */

static bool is_blocked(struct sched_lane *lane)
{
	const struct sched_description *d;
	int r;

	if (lane->is_ready)
		return !lane->is_ready(lane->ready_ctx);
	if (!lane->lock_fd || sched_skips(lane))
		return false;
	/* Tries the lock, and puts back what was there. */
	d = lane->lock_fd->description;
	r = sched_try_lock(lane);
	if (r != 0)
		return r == JURAT_BUSY;
	if (d->locked)
		(void)!base_lock(lane->under, lane->lock_fd->fd, d->how, 0);
	else
		(void)!base_unlock(lane->under, lane->lock_fd->fd);
	return false;
}

static unsigned choices(struct sched *s, struct sched_choice *ret)
{
	const struct sched_world *world = s->world;
	bool blocked[SCHED_MAX_ACTORS], stay;
	unsigned n = 0;

	for (unsigned i = 0; i < world->n_actors; i++)
		blocked[i] = s->lanes[i].phase == SCHED_READY && is_blocked(&s->lanes[i]);
	s->last_could_go =
		s->last < world->n_actors && s->lanes[s->last].phase == SCHED_READY && !blocked[s->last];
	stay = world->max_switches > 0 && s->switches >= world->max_switches && s->last_could_go;
	for (unsigned i = 0; i < world->n_actors; i++) {
		const struct sched_lane *lane = &s->lanes[i];

		if (lane->phase != SCHED_READY)
			continue;
		if (!blocked[i] && (!stay || i == s->last))
			ret[n++] = (struct sched_choice){ i, SCHED_GO };
		else if (blocked[i] && world->timeouts && lane->lock_fd)
			ret[n++] = (struct sched_choice){ i, SCHED_TIME_OUT };
		if (world->actors[i].mortal && s->deaths < world->max_deaths && !lane->dead)
			ret[n++] = (struct sched_choice){ i, SCHED_DIE };
	}
	for (unsigned i = 0; n == 0 && i < world->n_actors; i++)
		if (s->lanes[i].phase == SCHED_READY && s->lanes[i].lock_fd) /* all wait: time passes */
			ret[n++] = (struct sched_choice){ i, SCHED_TIME_OUT };
	return n;
}

static bool all_ended(const struct sched *s)
{
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].phase == SCHED_READY)
			return false;
	return true;
}

/* Who goes on, and how: `next`. False: nobody. */
static bool decide(struct sched *s)
{
	struct sched_choice can[SCHED_MAX_CHOICES];
	unsigned n, taken;

	if (all_ended(s))
		return false;
	n = choices(s, can);
	if (n == 0) {
		violate(s, "I3: nobody can go on");
		s->given_up = true;
		return false;
	}
	if (s->decisions == SCHED_MAX_DECISIONS) {
		violate(s, "I3: the order does not end");
		s->given_up = true;
		return false;
	}
	taken = s->choose(s->choose_ctx, s, can, n);
	if (taken >= n) {
		s->given_up = true;
		return false;
	}
	s->decisions++;
	s->next = can[taken];
	if (s->next.actor != s->last && s->last_could_go)
		s->switches++;
	s->last = s->next.actor;
	s->lanes[s->last].ran_out = s->next.move == SCHED_TIME_OUT;
	return true;
}

bool sched_before(struct sched_lane *lane, struct sched_call call)
{
	struct sched *s = lane->sched;

	if (lane->dead) {
		assert(++lane->calls_when_dead < MAX_CALLS_WHEN_DEAD);
		return false;
	}
	call.actor = lane->index;
	lane->next = call;
	if (!s->world->is_local || !s->world->is_local(s->world->ctx, &lane->next)) {
		/* Most actors that are chosen are those that just stopped: no change of stacks is needed. */
		s->has_next = s->begun;
		if (s->begun)
			s->ended = !decide(s);
		if (!s->begun || s->ended || s->next.actor != lane->index || s->next.move == SCHED_DIE)
			fiber_stop(lane->fiber);
		else
			s->has_next = false;
		if (lane->dead)
			return false;
	}
	s->steps++;
	base_mix_u64(&lane->seen, 0); /* it is one call further */
	sched_trace(lane, call.op, call.path ? sched_last_part(call.path) : call.fd_path);
	return true;
}

bool sched_skips(struct sched_lane *lane)
{
	const struct sched_world *world = lane->sched->world;

	return world->skips && world->skips(world->ctx, &lane->next);
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
	sched_trace(lane, "DIES", NULL);
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
	s->last = NOBODY;
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
				violate(s, "I5: a descriptor, and any lock on it, outlived its actor");
	wrong = s->world->check ? s->world->check(s->world->ctx) : NULL;
	if (wrong)
		violate(s, wrong);
}

int sched_run(struct sched *s, sched_choose_fn *choose, void *ctx, enum sched_end *ret)
{
	int r;

	s->choose = choose;
	s->choose_ctx = ctx;
	r = begin(s);
	if (r < 0)
		return r;
	while (s->has_next ? !s->ended : decide(s)) {
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
	*ret = s->given_up ? SCHED_GIVEN_UP : SCHED_ALL_ENDED;
	return 0;
}

bool sched_state(struct sched *s, struct base_mix *ret)
{
	struct base_mix mix = { 0 };

	if (!s->world->hash)
		return false;
	for (unsigned i = 0; i < s->world->n_actors; i++) {
		const struct sched_lane *lane = &s->lanes[i];

		base_mix_u64(&mix, (uint64_t)lane->phase << 1 | lane->dead);
		if (lane->phase != SCHED_READY)
			continue;
		base_mix_u64(&mix, lane->seen.a);
		base_mix_u64(&mix, lane->seen.b);
	}
	base_mix_u64(&mix, s->deaths);
	if (s->world->max_switches > 0)
		base_mix_u64(&mix, s->last);
	s->world->hash(s->world->ctx, &mix);
	*ret = mix;
	return true;
}

const char *sched_violation(const struct sched *s)
{
	return s->violation;
}

uint64_t sched_steps(const struct sched *s)
{
	return s->steps;
}

unsigned sched_switches(const struct sched *s)
{
	return s->switches;
}

void sched_set_trace(struct sched *s, FILE *to)
{
	s->trace = to;
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
