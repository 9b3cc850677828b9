/* SPDX-License-Identifier: MIT */
#include "fleet/events.h"

#include <stdlib.h>

static bool before(const struct event *a, const struct event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void events_add(struct events *events, struct event event)
{
	size_t i = events->n++;

	if (events->n > events->room) {
		events->room = events->room ? 2 * events->room : 1024;
		events->heap = reallocarray(events->heap, events->room, sizeof(*events->heap));
		if (!events->heap)
			abort();
	}
	event.order = events->order++;
	for (; i > 0 && before(&event, &events->heap[(i - 1) / 2]); i = (i - 1) / 2)
		events->heap[i] = events->heap[(i - 1) / 2];
	events->heap[i] = event;
}

bool events_next(struct events *events, struct event *ret)
{
	struct event last;
	size_t i = 0;

	if (events->n == 0)
		return false;
	*ret = events->heap[0];
	last = events->heap[--events->n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < events->n && before(&events->heap[child + 1], &events->heap[child]))
			child++;
		if (child >= events->n || before(&last, &events->heap[child]))
			break;
		events->heap[i] = events->heap[child];
		i = child;
	}
	if (events->n > 0)
		events->heap[i] = last;
	return true;
}

void events_done(struct events *events)
{
	free(events->heap);
	*events = (struct events){ 0 };
}
