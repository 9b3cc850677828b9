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

struct history {
	struct kept_event *events;
	size_t n, room;
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
