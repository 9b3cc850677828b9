/* SPDX-License-Identifier: MIT */
#include "fleet/world.h"

/*
 * Replicas that die and replicas that are stopped, each while it has a claim: half of them before their
 * request leaves, the others while it is on its way.
 */

/* Every client that waits at a replica finds its connection broken. */
static void break_connections(struct fleet *fleet, unsigned replica)
{
	for (uint32_t chip = 0; chip < fleet->options.chips; chip++) {
		for (unsigned who = 0; who < CLIENTS; who++) {
			if (fleet->chips[chip].clients[who].replica == replica)
				client_refused(fleet, chip, who, 0, 0);
		}
	}
}

void replica_die(struct fleet *fleet, unsigned replica)
{
	struct replica *self = &fleet->replicas[replica];

	if (!self->stock || self->stopped)
		return;
	stock_close(self->stock);
	self->stock = NULL;
	fleet->result.deaths++;
	for (unsigned i = 0; i < MAX_FLIGHTS; i++) {
		struct chip *chip = &fleet->chips[self->flights[i].chip];

		if (self->flights[i].used && chip->claimed_by == replica)
			chip->claimed_until_ms = 0; /* a stock may free it, or let it run out */
		self->flights[i].used = false;
	}
	break_connections(fleet, replica);
	fleet_add(fleet, RESTART_MS, (struct event){ .what = EVENT_RESTART, .who = (uint16_t)replica });
}

void replica_stop(struct fleet *fleet, unsigned replica)
{
	struct replica *self = &fleet->replicas[replica];

	if (!self->stock || self->stopped)
		return;
	self->stopped = true;
	fleet->result.stops++;
	fleet_add(fleet, 1 + fleet_random(fleet, STOPPED_MAX_MS),
		  (struct event){ .what = EVENT_CONTINUE, .who = (uint16_t)replica });
}

void replica_fault(struct fleet *fleet)
{
	struct replica *self = &fleet->replicas[fleet_random(fleet, fleet->options.replicas)];

	if (self->stock && !self->stopped)
		self->fate = fleet_random(fleet, 2) ? FATE_DIES : FATE_STOPS;
	fleet_add(fleet, fleet_random(fleet, 2 * fleet->options.fault_ms),
		  (struct event){ .what = EVENT_FAULT });
}

void replica_meet_fate(struct fleet *fleet, unsigned replica)
{
	struct replica *self = &fleet->replicas[replica];
	uint64_t in_ms = fleet_random(fleet, 2) ? 0 : fleet_random(fleet, 2 * KDS_WAY_MAX_MS + KDS_WORK_MS);
	enum event_what what = self->fate == FATE_DIES ? EVENT_DIE : EVENT_STOP;

	if (self->fate != FATE_NONE)
		fleet_add(fleet, in_ms, (struct event){ .what = what, .who = (uint16_t)replica });
	self->fate = FATE_NONE;
}

void replica_continue(struct fleet *fleet, unsigned replica)
{
	struct replica *self = &fleet->replicas[replica];
	struct event event;

	self->stopped = false;
	while (events_next(&self->missed, &event))
		fleet_add(fleet, 0, event);
}
