/* SPDX-License-Identifier: MIT */
#include "fleet/world.h"

#include "support/test.h"

/* What a replica does with a stock, its claims and its quota: the turns of one that reads through. */

/* How many answers of a stock are compared with what must be in it: all that matter, and one of so many. */
enum { COMPARE_ONE_OF = 128 };

static uint64_t real_ms(const struct fleet *fleet, uint64_t ms)
{
	return fleet->options.speed ? ms / fleet->options.speed : ms;
}

static struct stock_quota quota_of(const struct fleet *fleet, unsigned replica)
{
	static const char *const names[FLEET_MAX_REPLICAS] = { "kds-0", "kds-1", "kds-2", "kds-3",
							       "kds-4", "kds-5", "kds-6", "kds-7" };

	return (struct stock_quota){
		.name = names[replica_address(fleet, replica)],
		.interval_ms = real_ms(fleet, KDS_INTERVAL_MS + QUOTA_MARGIN_MS),
		.burst = 1,
	};
}

/* A stock that fails in a way that nothing here provokes ends the run. */
static void failed(struct fleet *fleet, int r)
{
	if (fleet->r == 0)
		fleet->r = r;
}

int replica_start(struct fleet *fleet, unsigned replica)
{
	struct stock_options options = { .env = fleet->options.speed ? NULL : &fleet->clock.base };
	struct replica *self = &fleet->replicas[replica];
	char where[512];

	if (fleet->options.service == FLEET_OWN_STOCKS)
		TEXT(where, "%s/%u", fleet->options.where, replica);
	else
		TEXT(where, "%s", fleet->options.where);
	self->quiet_until_ms = 0;
	return stock_open(where, &options, &self->stock, fleet->err);
}

static struct flight *flight_of(struct replica *self, uint32_t chip)
{
	for (unsigned i = 0; i < MAX_FLIGHTS; i++) {
		if (self->flights[i].used && self->flights[i].chip == chip)
			return &self->flights[i];
	}
	return NULL;
}

/* All clients that wait at this replica for this chip. */
static void answer(struct fleet *fleet, unsigned replica, uint32_t chip, bool served, uint64_t wait_ms)
{
	for (unsigned who = 0; who < CLIENTS; who++) {
		if (fleet->chips[chip].clients[who].replica != replica)
			continue;
		if (served)
			client_served(fleet, chip, who);
		else
			client_refused(fleet, chip, who, 429, wait_ms);
	}
}

static bool has(struct fleet *fleet, unsigned replica, uint32_t chip, enum client_who who)
{
	bool must = fleet->chips[chip].stored >> replica_stock(fleet, replica) & 1;
	struct endorse_value value = { 0 };
	struct endorse_item item;
	int64_t expires;
	bool right;
	int r;

	if (!(must && who == CLIENT_HOST) && fleet_random(fleet, COMPARE_ONE_OF) > 0)
		return must;
	fleet_item(fleet, chip, &item);
	r = stock_get(fleet->replicas[replica].stock, &item, &value, &expires, fleet->err);
	right = must ? r == 0 && value.size == VCEK_BYTES && memcmp(value.body, fleet->body, VCEK_BYTES) == 0
		     : r == JURAT_NOT_FOUND;
	if (r == 0)
		endorse_value_done(&value);
	fleet->result.wrong += !right;
	return must;
}

static void claimed(struct fleet *fleet, unsigned replica, uint32_t chip)
{
	struct chip *c = &fleet->chips[chip];

	if (fleet->options.service == FLEET_SHARED_STOCK)
		fleet->result.claimed_twice +=
			c->claimed_until_ms > fleet->now_ms && c->claimed_by != replica;
	c->claimed_by = (uint16_t)replica;
	c->claimed_until_ms = fleet->now_ms + CLAIM_MS;
}

static void release(struct fleet *fleet, unsigned replica, uint32_t chip)
{
	struct chip *c = &fleet->chips[chip];
	struct endorse_item item;

	fleet_item(fleet, chip, &item);
	stock_release(fleet->replicas[replica].stock, &item);
	if (c->claimed_by == replica)
		c->claimed_until_ms = 0;
}

/* A claim and a place in the quota are had: the request leaves a moment later, unless the replica stops. */
static void take_off(struct fleet *fleet, unsigned replica, uint32_t chip)
{
	struct replica *self = &fleet->replicas[replica];
	struct flight *flight = NULL;

	for (unsigned i = 0; i < MAX_FLIGHTS && !flight; i++) {
		if (!self->flights[i].used)
			flight = &self->flights[i];
	}
	if (!flight) {
		release(fleet, replica, chip);
		answer(fleet, replica, chip, false, POLL_MS);
		return;
	}
	*flight = (struct flight){
		.used = true,
		.chip = chip,
		.serial = ++fleet->serial,
		.taken_ms = fleet->now_ms,
		.claimed_until_ms = fleet->chips[chip].claimed_until_ms,
	};
	fleet_add(fleet, 1 + fleet_random(fleet, 5),
		  (struct event){ .what = EVENT_SEND,
				  .who = (uint16_t)replica,
				  .chip = chip,
				  .value = (uint32_t)(flight - self->flights),
				  .serial = flight->serial });
	replica_meet_fate(fleet, replica);
}

static void start_flight(struct fleet *fleet, unsigned replica, uint32_t chip, enum client_who who)
{
	struct replica *self = &fleet->replicas[replica];
	struct stock_quota quota = quota_of(fleet, replica);
	struct endorse_item item;
	uint64_t wait_ms = 0;
	int r;

	fleet_item(fleet, chip, &item);
	r = stock_claim(self->stock, &item, real_ms(fleet, CLAIM_MS), fleet->err);
	if (r == JURAT_BUSY) {
		fleet_add(fleet, POLL_MS,
			  (struct event){ .what = EVENT_POLL,
					  .who = (uint16_t)who,
					  .chip = chip,
					  .serial = fleet->chips[chip].clients[who].serial });
		return;
	}
	if (r != 0) {
		failed(fleet, r);
		return;
	}
	claimed(fleet, replica, chip);
	r = stock_take(self->stock, &quota, &wait_ms, fleet->err);
	if (r == 0) {
		take_off(fleet, replica, chip);
		return;
	}
	if (r != JURAT_BUSY)
		failed(fleet, r);
	wait_ms = fleet->options.speed ? wait_ms * fleet->options.speed : wait_ms;
	self->quiet_until_ms = fleet->now_ms + wait_ms;
	release(fleet, replica, chip);
	answer(fleet, replica, chip, false, wait_ms);
}

void replica_request(struct fleet *fleet, unsigned replica, uint32_t chip, enum client_who who)
{
	struct replica *self = &fleet->replicas[replica];

	if (self->stopped)
		events_add(&self->missed, (struct event){ .what = EVENT_POLL,
							  .who = (uint16_t)who,
							  .chip = chip,
							  .serial = fleet->chips[chip].clients[who].serial });
	else if (has(fleet, replica, chip, who))
		client_served(fleet, chip, who);
	else if (flight_of(self, chip))
		return; /* one request upstream, however many ask */
	else if (fleet->now_ms < self->quiet_until_ms)
		client_refused(fleet, chip, who, 429, self->quiet_until_ms - fleet->now_ms);
	else
		start_flight(fleet, replica, chip, who);
}

void replica_poll(struct fleet *fleet, const struct event *event)
{
	const struct client *client = &fleet->chips[event->chip].clients[event->who];

	if (client->serial == event->serial && client->replica != NO_REPLICA)
		replica_request(fleet, client->replica, event->chip, event->who);
}

/* The flight of an event; NULL: it ended with its replica, or the replica is stopped and has missed it. */
static struct flight *flight_at(struct fleet *fleet, const struct event *event)
{
	struct replica *self = &fleet->replicas[event->who];
	struct flight *flight = &self->flights[event->value];

	if (!self->stock || !flight->used || flight->serial != event->serial)
		return NULL;
	if (!self->stopped)
		return flight;
	events_add(&self->missed, *event);
	return NULL;
}

void replica_send(struct fleet *fleet, const struct event *event)
{
	struct flight *flight = flight_at(fleet, event);
	struct event arrive = *event;

	if (!flight)
		return;
	/* It may have been stopped since: somebody else may have the claim, and the quota's interval. */
	if (fleet->now_ms >= flight->claimed_until_ms || fleet->now_ms - flight->taken_ms > TAKEN_MS) {
		flight->used = false;
		release(fleet, event->who, event->chip);
		answer(fleet, event->who, event->chip, false, POLL_MS);
		return;
	}
	arrive.what = EVENT_ARRIVE;
	fleet_add(fleet, fleet_way_ms(fleet), arrive);
}

static void keep(struct fleet *fleet, unsigned replica, uint32_t chip)
{
	struct endorse_value value = { .body = fleet->body, .size = VCEK_BYTES };
	unsigned stock = replica_stock(fleet, replica);
	struct chip *c = &fleet->chips[chip];
	struct endorse_item item;
	int r;

	fleet_item(fleet, chip, &item);
	r = stock_put(fleet->replicas[replica].stock, &item, &value, INT64_MAX, fleet->err);
	if (r != 0) {
		failed(fleet, r);
		return;
	}
	if (!(c->stored >> stock & 1)) {
		c->stored |= (uint8_t)(1u << stock);
		fleet->stored[stock]++;
	}
}

void replica_answer(struct fleet *fleet, const struct event *event)
{
	struct flight *flight = flight_at(fleet, event);
	struct stock_quota quota = quota_of(fleet, event->who);
	bool is_vcek = event->what == EVENT_VCEK;
	int r;

	if (!flight)
		return;
	flight->used = false;
	if (is_vcek) {
		keep(fleet, event->who, event->chip);
	} else {
		r = stock_pause(fleet->replicas[event->who].stock, &quota, real_ms(fleet, KDS_RETRY_AFTER_MS),
				fleet->err);
		if (r != 0)
			failed(fleet, r);
		fleet->replicas[event->who].quiet_until_ms = fleet->now_ms + KDS_RETRY_AFTER_MS;
	}
	release(fleet, event->who, event->chip);
	answer(fleet, event->who, event->chip, is_vcek, KDS_RETRY_AFTER_MS);
}
