/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explore/sched_internal.h"

/* What there is to tell of an order: its history, what it violates, the state that it has come to. */

const struct sched_world *sched_world_of(const struct sched_lane *lane)
{
	return lane->sched->world;
}

static const char *name_of(const struct sched_lane *lane)
{
	return sched_world_of(lane)->actors[lane->index].name;
}

static void add(struct sched *s, enum sequence_kind kind, const char *from, const char *to, const char *text)
{
	const struct history_event event = {
		.kind = kind, .step = s->steps, .from = from, .to = to, .text = text
	};

	if (s->history && !s->given_up && !s->violation[0])
		history_add(s->history, &event);
}

__attribute__((format(printf, 4, 0))) static void add_text(struct sched *s, const char *from, const char *to,
							   const char *format, va_list ap)
{
	char text[256];

	(void)!vsnprintf(text, sizeof(text), format, ap);
	add(s, *to ? SEQUENCE_STEP : SEQUENCE_NOTE, from, to, text);
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

void sched_tell_lock(struct sched_lane *lane, struct sched_description *d)
{
	struct sched *s = lane->sched;
	const struct history_event event = { .step = s->steps, .from = name_of(lane), .to = d->name };

	sched_tell_unlock(lane, d, s->steps);
	if (s->history && !s->given_up && !s->violation[0])
		d->held = history_lock(s->history, &event, d->how != BASE_LOCK_SHARED);
}

/* What a violation leaves locked is shown so: what comes after it is not in the history. */
void sched_tell_unlock(struct sched_lane *lane, struct sched_description *d, uint64_t step)
{
	const struct sched *s = lane->sched;

	if (s->history && !s->given_up && !s->violation[0])
		history_unlock(s->history, d->held, step);
	d->held = 0;
}

void sched_tell_power(struct sched *s, unsigned loss)
{
	static const char *const lost[] = { "nothing", "directory entries", "data",
					    "directory entries and data" };
	char text[80];

	(void)!snprintf(text, sizeof(text), "power is lost, and unsynced %s with it", lost[loss]);
	add(s, SEQUENCE_NOTE, "", "", loss ? text : "power is lost, but everything is on disk");
}

static void violated(struct sched *s, const char *from, const char *what)
{
	if (s->violation[0])
		return;
	add(s, SEQUENCE_VIOLATION, from, "", what);
	(void)!snprintf(s->violation, sizeof(s->violation), "%s", what);
	s->violation_steps = s->steps;
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

const char *sched_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void sched_tell_step(struct sched_lane *lane)
{
	const struct sched_world *world = lane->sched->world;
	const struct sched_call *call = &lane->next;
	const char *on = call->path ? sched_last_part(call->path) : call->fd_path;
	const char *party = world->party ? world->party(world->ctx, call) : NULL;

	if (party && !*party)
		return;
	if (!*on && (call->path || call->fd >= 0))
		on = "/";
	if (!party)
		party = *on ? "files" : name_of(lane);
	sched_tell(lane, party, "%s%s%s%s%s", call->op, *on ? " " : "", on, call->to ? " to " : "",
		   call->to ? sched_last_part(call->to) : "");
}

bool sched_skips(struct sched_lane *lane)
{
	const struct sched_world *world = lane->sched->world;

	return world->skips && world->skips(world->ctx, &lane->next);
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
		base_mix_text(&mix, lane->next.op); /* it may have forgotten where it is */
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
	return s->violation[0] ? s->violation_steps : s->steps;
}

unsigned sched_switches(const struct sched *s)
{
	return s->switches;
}

void sched_fail(struct sched *s, const char *what)
{
	sched_violated(s, what);
}

bool sched_is_cut(const struct sched *s)
{
	return s->is_cut;
}

bool sched_waits(const struct sched *s)
{
	return s->waits;
}

void sched_set_beginning(struct sched *s, const struct sched_choice *choices, unsigned n,
			 const struct sched_seen *seen)
{
	s->beginning = choices;
	s->n_beginning = n;
	s->beginning_seen = seen;
}

struct sched_seen sched_seen(const struct sched *s)
{
	struct sched_seen ret = { 0 };

	for (unsigned i = 0; i < s->world->n_actors; i++)
		ret.actors[i] = s->lanes[i].seen;
	return ret;
}

bool sched_has_history(struct base_env *env)
{
	return sched_lane_of(env)->sched->history != NULL;
}

void sched_set_history(struct sched *s, struct history *to)
{
	s->history = to;
}
