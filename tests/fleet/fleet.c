/* SPDX-License-Identifier: MIT */
#include "fleet/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "fleet/world.h"

/* A fleet that has not come to its end after so many times the shortest possible time never will. */
enum { LONGEST_TIMES = 40 };

/* SplitMix64. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t fleet_random(struct fleet *fleet, uint64_t below)
{
	fleet->random += 0x9e3779b97f4a7c15u;
	return below ? mix(fleet->random) % below : 0;
}

uint64_t fleet_way_ms(struct fleet *fleet)
{
	return KDS_WAY_MIN_MS + fleet_random(fleet, KDS_WAY_MAX_MS - KDS_WAY_MIN_MS + 1);
}

void fleet_item(const struct fleet *fleet, uint32_t chip, struct endorse_item *ret)
{
	*ret = (struct endorse_item){
		.kind = ENDORSE_VCEK,
		.product = SNP_MILAN,
		.tcb = { .boot_loader = 4, .snp = 24, .microcode = 219 },
	};
	for (size_t i = 0; i < sizeof(ret->chip_id); i++)
		ret->chip_id[i] = (uint8_t)(mix(fleet->options.seed + chip * 8 + i / 8) >> i % 8 * 8);
}

static uint64_t shortest_ms(const struct fleet_options *options)
{
	return (uint64_t)options->chips * (KDS_INTERVAL_MS + QUOTA_MARGIN_MS) / options->addresses;
}

/* Virtual time jumps to the next event; real time is waited for, and what is late is seen to be late. */
static void advance(struct fleet *fleet, uint64_t at_ms)
{
	struct base_env *env = base_env_real();
	uint64_t at_ns, now_ns;

	fleet->now_ms = at_ms;
	fleet->clock.now_ms = at_ms;
	if (fleet->options.speed == 0)
		return;
	at_ns = fleet->started_ns + at_ms * 1000000 / fleet->options.speed;
	now_ns = base_now_ns(env);
	if (now_ns < at_ns)
		base_sleep_ns(env, at_ns - now_ns);
	now_ns = base_now_ns(env) - fleet->started_ns;
	if (now_ns * fleet->options.speed / 1000000 > at_ms)
		fleet->now_ms = now_ns * fleet->options.speed / 1000000;
}

static void handle(struct fleet *fleet, const struct event *event)
{
	int r;

	switch ((enum event_what)event->what) {
	case EVENT_COMMIT:
		client_commit(fleet, event->chip);
		break;
	case EVENT_ASK:
		client_ask(fleet, event->chip, event->who);
		break;
	case EVENT_PATIENCE:
		client_patience(fleet, event);
		break;
	case EVENT_POLL:
		replica_poll(fleet, event);
		break;
	case EVENT_SEND:
		replica_send(fleet, event);
		break;
	case EVENT_ARRIVE:
		kds_arrive(fleet, event);
		break;
	case EVENT_VCEK:
	case EVENT_TOO_MANY:
		if (fleet->options.service != FLEET_NO_SERVICE)
			replica_answer(fleet, event);
		else if (event->what == EVENT_VCEK)
			client_served(fleet, event->chip, CLIENT_HOST);
		else
			client_refused(fleet, event->chip, CLIENT_HOST, 429, KDS_RETRY_AFTER_MS);
		break;
	case EVENT_FAULT:
		replica_fault(fleet);
		break;
	case EVENT_DIE:
		replica_die(fleet, event->who);
		break;
	case EVENT_STOP:
		replica_stop(fleet, event->who);
		break;
	case EVENT_RESTART:
		r = replica_start(fleet, event->who);
		fleet->r = fleet->r == 0 ? r : fleet->r;
		break;
	case EVENT_CONTINUE:
		replica_continue(fleet, event->who);
		break;
	}
}

static void commit_all(struct fleet *fleet)
{
	uint64_t apart_ms = 0;

	if (fleet->options.rollout == FLEET_STAGGERED)
		apart_ms = (KDS_INTERVAL_MS + QUOTA_MARGIN_MS) / fleet->options.addresses;
	for (uint32_t chip = 0; chip < fleet->options.chips; chip++)
		fleet_add(fleet, apart_ms * chip, (struct event){ .what = EVENT_COMMIT, .chip = chip });
}

static bool is_full(const struct fleet *fleet)
{
	unsigned stocks = fleet->options.service == FLEET_OWN_STOCKS ? fleet->options.replicas : 1;

	if (fleet->options.service == FLEET_NO_SERVICE)
		return fleet->result.served == fleet->options.chips;
	for (unsigned i = 0; i < stocks; i++) {
		if (fleet->stored[i] < fleet->options.chips)
			return false;
	}
	return true;
}

static int run(struct fleet *fleet)
{
	struct event event;

	while (events_next(&fleet->events, &event)) {
		if (event.at_ms > LONGEST_TIMES * shortest_ms(&fleet->options))
			return jurat_fail(fleet->err, -ETIMEDOUT,
					  "%u of %u chips are served after %llu hours", fleet->result.served,
					  fleet->options.chips,
					  (unsigned long long)event.at_ms / 3600 / 1000);
		advance(fleet, event.at_ms);
		handle(fleet, &event);
		if (fleet->r != 0)
			return fleet->r;
		if (fleet->result.full_ms == 0 && is_full(fleet)) {
			fleet->result.full_ms = fleet->now_ms;
			if (fleet->options.rollout == FLEET_FETCHED)
				commit_all(fleet);
		}
		if (fleet->result.full_ms != 0 && fleet->result.served == fleet->options.chips)
			break;
	}
	return 0;
}

static int begin(struct fleet *fleet)
{
	const struct fleet_options *options = &fleet->options;
	int r = 0;

	fleet->started_ns = base_now_ns(base_env_real());
	fleet->random = options->seed;
	memset(fleet->body, 0x30, sizeof(fleet->body));
	fleet->chips = calloc(options->chips, sizeof(*fleet->chips));
	if (!fleet->chips)
		return jurat_fail_memory(fleet->err);
	for (uint32_t chip = 0; chip < options->chips; chip++) {
		for (unsigned who = 0; who < CLIENTS; who++)
			fleet->chips[chip].clients[who].replica = NO_REPLICA;
	}
	for (unsigned i = 0; r == 0 && i < options->replicas; i++)
		r = replica_start(fleet, i);
	if (options->rollout == FLEET_FETCHED)
		client_start_ahead(fleet);
	else
		commit_all(fleet);
	if (options->fault_ms > 0)
		replica_fault(fleet);
	return r;
}

int fleet_run(const struct fleet_options *options, struct fleet_result *ret, struct jurat_error *err)
{
	auto_free struct fleet *fleet = calloc(1, sizeof(*fleet));
	int r;

	if (!fleet)
		return jurat_fail_memory(err);
	if (options->replicas > FLEET_MAX_REPLICAS || options->addresses == 0 ||
	    options->addresses > FLEET_MAX_REPLICAS || options->chips == 0)
		return jurat_fail(err, -EINVAL, "expected chips, 1 to %u addresses and up to %u replicas",
				  FLEET_MAX_REPLICAS, FLEET_MAX_REPLICAS);
	fleet->options = *options;
	fleet->clock = clock_env_new();
	fleet->err = err;
	r = begin(fleet);
	if (r == 0)
		r = run(fleet);
	for (unsigned i = 0; i < FLEET_MAX_REPLICAS; i++) {
		stock_close(fleet->replicas[i].stock);
		events_done(&fleet->replicas[i].missed);
	}
	events_done(&fleet->events);
	free(fleet->chips);
	if (r == 0)
		*ret = fleet->result;
	return r;
}
