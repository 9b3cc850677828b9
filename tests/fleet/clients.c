/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"
#include "fleet/world.h"

/* Hosts, verifiers, and who fetches ahead. When they ask again is what src/fetch says, and then a timer. */

static struct client *client_of(struct fleet *fleet, uint32_t chip, enum client_who who)
{
	return &fleet->chips[chip].clients[who];
}

static void ask_in(struct fleet *fleet, uint64_t in_ms, uint32_t chip, enum client_who who)
{
	fleet_add(fleet, in_ms, (struct event){ .what = EVENT_ASK, .who = (uint16_t)who, .chip = chip });
}

void client_commit(struct fleet *fleet, uint32_t chip)
{
	struct chip *c = &fleet->chips[chip];

	c->committed = true;
	c->committed_ms = fleet->now_ms;
	ask_in(fleet, 0, chip, CLIENT_HOST);
	if (fleet->options.service != FLEET_NO_SERVICE)
		ask_in(fleet, fleet_random(fleet, VERIFIER_MS), chip, CLIENT_VERIFIER);
}

/* The replica that a load balancer takes: any that accepts connections, also one that is stopped. */
static unsigned choose(struct fleet *fleet)
{
	unsigned n = fleet->options.replicas, at = (unsigned)fleet_random(fleet, n);

	for (unsigned i = 0; i < n; i++) {
		if (fleet->replicas[(at + i) % n].stock)
			return (at + i) % n;
	}
	return NO_REPLICA;
}

void client_ask(struct fleet *fleet, uint32_t chip, enum client_who who)
{
	struct client *client = client_of(fleet, chip, who);

	if (client->attempts == 0)
		client->began_ms = fleet->now_ms;
	client->attempts++;
	client->serial = ++fleet->serial;
	fleet->result.asked++;
	if (fleet->options.service == FLEET_NO_SERVICE) {
		fleet_add(fleet, fleet_way_ms(fleet),
			  (struct event){ .what = EVENT_ARRIVE,
					  .who = (uint16_t)(chip % fleet->options.addresses),
					  .chip = chip });
		return;
	}
	client->replica = (uint16_t)choose(fleet);
	if (client->replica == NO_REPLICA) {
		client_refused(fleet, chip, who, 0, 0);
		return;
	}
	fleet_add(fleet, CLIENT_REQUEST_MS,
		  (struct event){ .what = EVENT_PATIENCE,
				  .who = (uint16_t)who,
				  .chip = chip,
				  .serial = client->serial });
	replica_request(fleet, client->replica, chip, who);
}

void client_patience(struct fleet *fleet, const struct event *event)
{
	if (client_of(fleet, event->chip, event->who)->serial == event->serial)
		client_refused(fleet, event->chip, event->who, 0, 0);
}

static void end_request(struct client *client)
{
	client->serial = 0;
	client->replica = NO_REPLICA;
}

static void fetch_next_ahead(struct fleet *fleet)
{
	if (fleet->next_ahead < fleet->options.chips)
		ask_in(fleet, 0, fleet->next_ahead++, CLIENT_AHEAD);
}

void client_start_ahead(struct fleet *fleet)
{
	for (unsigned i = 0; i < AHEAD_PER_ADDRESS * fleet->options.addresses; i++)
		fetch_next_ahead(fleet);
}

void client_served(struct fleet *fleet, uint32_t chip, enum client_who who)
{
	struct client *client = client_of(fleet, chip, who);
	struct chip *c = &fleet->chips[chip];

	end_request(client);
	client->attempts = 0;
	if (who == CLIENT_AHEAD) {
		fetch_next_ahead(fleet);
	} else if (who == CLIENT_VERIFIER) {
		ask_in(fleet, VERIFIER_MS, chip, who);
	} else if (!c->has_cert) {
		uint64_t waited = fleet->now_ms - c->committed_ms;

		c->has_cert = true;
		fleet->result.served++;
		fleet->result.waited_ms += waited;
		if (waited > fleet->result.longest_ms)
			fleet->result.longest_ms = waited;
	}
}

void client_refused(struct fleet *fleet, uint32_t chip, enum client_who who, unsigned status,
		    uint64_t wait_ms)
{
	/* Retry-After has whole seconds. */
	const struct retry_after after = { .known = wait_ms > 0, .ms = (wait_ms + 999) / 1000 * 1000 };
	struct client *client = client_of(fleet, chip, who);
	uint64_t wait =
		retry_wait_ms(client->attempts, status, &after, (uint32_t)fleet_random(fleet, UINT32_MAX));

	end_request(client);
	fleet->result.refused += who != CLIENT_AHEAD;
	if (who == CLIENT_AHEAD || (who == CLIENT_HOST && client->attempts < CLIENT_ATTEMPTS &&
				    fleet->now_ms + wait - client->began_ms < CLIENT_LIMIT_MS)) {
		ask_in(fleet, wait, chip, who);
		return;
	}
	client->attempts = 0;
	wait = who == CLIENT_HOST ? HOST_TIMER_MS : VERIFIER_MS;
	ask_in(fleet, wait - wait / 10 + fleet_random(fleet, wait / 5), chip, who);
}
