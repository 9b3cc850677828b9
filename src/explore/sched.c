/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explore/sched_internal.h"

/* An actor that is dead and still makes calls does not look at what they return. */
enum { MAX_CALLS_WHEN_DEAD = 100000 };

const struct sched_world *sched_world_of(const struct sched_lane *lane)
{
	return lane->sched->world;
}

static const char *name_of(const struct sched_lane *lane)
{
	return sched_world_of(lane)->actors[lane->index].name;
}

static void add(struct sched *s, enum history_kind kind, const char *from, const char *to, const char *text)
{
	const struct history_event event = {
		.kind = kind, .step = s->steps, .from = from, .to = to, .text = text
	};

	if (s->history && !s->given_up)
		history_add(s->history, &event);
}

static void add_text(struct sched *s, const char *from, const char *to, const char *format, va_list ap)
{
	char text[256];

	(void)!vsnprintf(text, sizeof(text), format, ap);
	add(s, *to ? HISTORY_STEP : HISTORY_NOTE, from, to, text);
}

void sched_tell(struct sched_lane *lane, const char *to, const char *format, ...)
{
	va_list ap;

	if (!lane->sched->history)
		return;
	va_start(ap, format);
	add_text(lane->sched, name_of(lane), to, format, ap);
	va_end(ap);
}

void sched_note(struct base_env *env, const char *format, ...)
{
	struct sched_lane *lane = sched_lane_of(env);
	va_list ap;

	if (!lane->sched->history || lane->dead)
		return;
	va_start(ap, format);
	add_text(lane->sched, name_of(lane), "", format, ap);
	va_end(ap);
}

void sched_say(struct base_env *env, const char *from, const char *to, const char *format, ...)
{
	struct sched_lane *lane = sched_lane_of(env);
	va_list ap;

	if (!lane->sched->history || lane->dead)
		return;
	va_start(ap, format);
	add_text(lane->sched, from, to, format, ap);
	va_end(ap);
}

static void violated(struct sched *s, const char *from, const char *what)
{
	add(s, HISTORY_VIOLATION, from, "", what);
	if (!s->violation[0])
		(void)!snprintf(s->violation, sizeof(s->violation), "%s", what);
}

void sched_violated(struct sched *s, const char *what)
{
	violated(s, "", what);
}

void sched_violate(struct base_env *env, const char *what)
{
	struct sched_lane *lane = sched_lane_of(env);

	if (lane->sched->given_up || lane->dead)
		return;
	violated(lane->sched, name_of(lane), what);
}

unsigned sched_self(struct base_env *env)
{
	return sched_lane_of(env)->index;
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
	r = base_lock(lane->under, lane->lock_fd->fd, lane->lock_how, 0);
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
bool sched_decide(struct sched *s)
{
	struct sched_choice can[SCHED_MAX_CHOICES];
	unsigned n, taken;

	if (all_ended(s))
		return false;
	n = choices(s, can);
	if (n == 0) {
		sched_violated(s, "I3: nobody can go on");
		s->given_up = true;
		return false;
	}
	if (s->decisions == SCHED_MAX_DECISIONS) {
		sched_violated(s, "I3: the order does not end");
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

const char *sched_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void tell_step(struct sched_lane *lane)
{
	const struct sched_world *world = lane->sched->world;
	const struct sched_call *call = &lane->next;
	const char *on = call->path ? sched_last_part(call->path) : call->fd_path;
	const char *party = world->party ? world->party(world->ctx, call) : NULL;

	if (!party)
		party = *on ? "files" : name_of(lane);
	sched_tell(lane, party, "%s%s%s%s%s", call->op, *on ? " " : "", on, call->to ? " to " : "",
		   call->to ? sched_last_part(call->to) : "");
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
	if (!s->world->is_local || !s->world->is_local(s->world->ctx, &lane->next)) {
		/* Most actors that are chosen are those that just stopped: no change of stacks is needed. */
		s->has_next = s->begun;
		if (s->begun)
			s->ended = !sched_decide(s);
		if (!s->begun || s->ended || s->next.actor != lane->index || s->next.move == SCHED_DIE)
			fiber_stop(lane->fiber);
		else
			s->has_next = false;
		if (lane->dead)
			return false;
	}
	s->steps++;
	base_mix_u64(&lane->seen, 0); /* it is one call further */
	if (s->history)
		tell_step(lane);
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

void sched_set_history(struct sched *s, struct history *to)
{
	s->history = to;
}
