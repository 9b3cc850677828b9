/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FLEET_EVENTS_H
#define TESTS_FLEET_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A queue of events by time; of the same time, the one added first comes first. */
struct event {
	uint64_t at_ms, order;
	uint16_t what;
	uint16_t who;    /* of clients: which of a chip's; of replicas: its index */
	uint32_t chip;   /* or which flight of a replica */
	uint32_t serial; /* what the event is for is over when this no longer fits */
	uint32_t value;
};

struct events {
	struct event *heap;
	size_t n, room;
	uint64_t order;
};

void events_add(struct events *events, struct event event); /* ends the process when out of memory */
bool events_next(struct events *events, struct event *ret);
void events_done(struct events *events);

#endif
