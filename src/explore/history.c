/* SPDX-License-Identifier: MIT */
#include "explore/history.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "explore/reserve.h"

/* Texts are kept behind each other; an event has their places. */
struct kept_event {
	enum sequence_kind kind;
	uint64_t step;
	size_t from, to, text;
};

struct kept_lock {
	uint64_t begin, end;
	bool exclusive, is_held;
	size_t holder, name;
	uint32_t track;
};

struct history {
	struct kept_event *events;
	size_t n, room;
	struct kept_lock *locks;
	size_t n_locks, room_locks;
	char *texts;
	size_t n_bytes, room_bytes;
	int error;
};

int history_new(struct history **ret)
{
	struct history *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*ret = h;
	return 0;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	free(h->events);
	free(h->locks);
	free(h->texts);
	free(h);
}

static size_t keep(struct history *h, const char *text, size_t n)
{
	size_t at = h->n_bytes;

	memcpy(h->texts + at, text, n);
	h->n_bytes += n;
	return at;
}

void history_add(struct history *h, const struct history_event *e)
{
	size_t from = strlen(e->from) + 1, to = strlen(e->to) + 1, text = strlen(e->text) + 1;
	struct kept_event *kept;

	if (h->error < 0)
		return;
	h->error = RESERVE(h->events, h->room, h->n + 1);
	if (h->error == 0)
		h->error = RESERVE(h->texts, h->room_bytes, h->n_bytes + from + to + text);
	if (h->error < 0)
		return;
	kept = &h->events[h->n++];
	*kept = (struct kept_event){ .kind = e->kind, .step = e->step };
	kept->from = keep(h, e->from, from);
	kept->to = keep(h, e->to, to);
	kept->text = keep(h, e->text, text);
}

int history_error(const struct history *h)
{
	return h->error;
}

size_t history_count(const struct history *h)
{
	return h->n;
}

struct history_event history_get(const struct history *h, size_t i)
{
	const struct kept_event *e = &h->events[i];

	return (struct history_event){ .kind = e->kind,
				       .step = e->step,
				       .from = h->texts + e->from,
				       .to = h->texts + e->to,
				       .text = h->texts + e->text };
}

/* The first one on which locks of this holder and name are, all of which have been released. */
static uint32_t free_track(const struct history *h, const char *holder, const char *name)
{
	uint32_t track = 0;

	for (size_t i = 0; i < h->n_locks; i++) {
		const struct kept_lock *l = &h->locks[i];

		if (l->track != track || (!l->is_held && strcmp(h->texts + l->holder, holder) == 0 &&
					  strcmp(h->texts + l->name, name) == 0))
			continue;
		track++;
		i = SIZE_MAX; /* all of them again */
	}
	return track;
}

size_t history_lock(struct history *h, const struct history_event *e, bool exclusive)
{
	size_t holder = strlen(e->from) + 1, name = strlen(e->to) + 1;
	struct kept_lock lock = { .begin = e->step, .exclusive = exclusive, .is_held = true };

	if (h->error == 0)
		h->error = RESERVE(h->locks, h->room_locks, h->n_locks + 1);
	if (h->error == 0)
		h->error = RESERVE(h->texts, h->room_bytes, h->n_bytes + holder + name);
	if (h->error < 0)
		return 0;
	lock.track = free_track(h, e->from, e->to);
	lock.holder = keep(h, e->from, holder);
	lock.name = keep(h, e->to, name);
	h->locks[h->n_locks++] = lock;
	return h->n_locks;
}

void history_unlock(struct history *h, size_t number, uint64_t step)
{
	if (number == 0 || number > h->n_locks)
		return;
	h->locks[number - 1].is_held = false;
	h->locks[number - 1].end = step;
}

size_t history_lock_count(const struct history *h)
{
	return h->n_locks;
}

struct history_lock history_get_lock(const struct history *h, size_t i)
{
	const struct kept_lock *l = &h->locks[i];
	uint64_t end = l->is_held && h->n > 0 ? h->events[h->n - 1].step + 1 : l->end;

	return (struct history_lock){ .begin = l->begin,
				      .end = end > l->begin ? end : l->begin + 1,
				      .exclusive = l->exclusive,
				      .is_held = l->is_held,
				      .holder = h->texts + l->holder,
				      .name = h->texts + l->name,
				      .track = l->track };
}
