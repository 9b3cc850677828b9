/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FLEET_WORLD_H
#define TESTS_FLEET_WORLD_H

#include "endorse/item.h"
#include "fleet/clock_env.h"
#include "fleet/events.h"
#include "fleet/fleet.h"
#include "stock/stock.h"

/* The parts of one simulated fleet: clients.c, replicas.c, faults.c and kds.c, and fleet.c around them. */
enum { MAX_FLIGHTS = 64, NO_REPLICA = 0xffff };

enum event_what {
	EVENT_COMMIT,   /* a chip's TCB changes */
	EVENT_ASK,      /* a client of a chip sends a request */
	EVENT_PATIENCE, /* a client has waited long enough */
	EVENT_POLL,     /* a replica tries again for what another has claimed */
	EVENT_SEND,     /* a flight's request leaves the replica */
	EVENT_ARRIVE,   /* at the KDS */
	EVENT_VCEK,     /* back at the replica or, without a service, the host: 200 */
	EVENT_TOO_MANY, /* and 429 */
	EVENT_FAULT,
	EVENT_DIE,
	EVENT_STOP,
	EVENT_RESTART,
	EVENT_CONTINUE,
};

/* Who asks for the VCEK of a chip. */
enum client_who { CLIENT_HOST, CLIENT_VERIFIER, CLIENT_AHEAD, CLIENTS };

struct client {
	uint64_t began_ms; /* of the attempts */
	uint32_t serial;   /* of the request that is on its way */
	uint16_t replica;  /* where it is; NO_REPLICA: nowhere */
	uint8_t attempts;
};

struct chip {
	struct client clients[CLIENTS];
	uint64_t committed_ms, claimed_until_ms;
	uint16_t claimed_by;
	uint8_t stored;                 /* a bit for each stock that has its VCEK */
	bool committed, has_cert, sent; /* `sent`: by the KDS, once */
};

struct flight {
	uint64_t claimed_until_ms, taken_ms;
	uint32_t chip, serial;
	bool used;
};

struct replica {
	struct stock *stock;     /* NULL: it is dead */
	uint64_t quiet_until_ms; /* its quota is known to be empty until then */
	struct flight flights[MAX_FLIGHTS];
	enum { FATE_NONE, FATE_DIES, FATE_STOPS } fate; /* during its next request upstream */
	bool stopped;
	struct events missed; /* while it was stopped */
};

struct fleet {
	struct fleet_options options;
	struct fleet_result result;
	struct clock_env clock;
	struct events events;
	uint64_t now_ms, started_ns, random;
	struct chip *chips;
	struct replica replicas[FLEET_MAX_REPLICAS];
	unsigned stored[FLEET_MAX_REPLICAS];      /* VCEKs in each stock */
	uint64_t accepted_ms[FLEET_MAX_REPLICAS]; /* by the KDS, from each address; + 1 */
	unsigned next_ahead;
	uint32_t serial;
	uint8_t body[VCEK_BYTES];
	struct jurat_error *err;
	int r; /* of the first call to a stock that failed */
};

uint64_t fleet_random(struct fleet *fleet, uint64_t below);
uint64_t fleet_way_ms(struct fleet *fleet);
void fleet_item(const struct fleet *fleet, uint32_t chip, struct endorse_item *ret);
static inline void fleet_add(struct fleet *fleet, uint64_t in_ms, struct event event)
{
	event.at_ms = fleet->now_ms + in_ms;
	events_add(&fleet->events, event);
}

/* clients.c */
void client_commit(struct fleet *fleet, uint32_t chip);
void client_ask(struct fleet *fleet, uint32_t chip, enum client_who who);
void client_patience(struct fleet *fleet, const struct event *event);
void client_served(struct fleet *fleet, uint32_t chip, enum client_who who);
/* status: of HTTP; 0: the connection broke. wait_ms: of Retry-After; 0: none */
void client_refused(struct fleet *fleet, uint32_t chip, enum client_who who, unsigned status,
		    uint64_t wait_ms);
void client_start_ahead(struct fleet *fleet);

/* faults.c */
void replica_fault(struct fleet *fleet);
void replica_meet_fate(struct fleet *fleet, unsigned replica); /* a request upstream is about to leave */
void replica_die(struct fleet *fleet, unsigned replica);
void replica_stop(struct fleet *fleet, unsigned replica);
void replica_continue(struct fleet *fleet, unsigned replica);

/* replicas.c */
int replica_start(struct fleet *fleet, unsigned replica);
void replica_request(struct fleet *fleet, unsigned replica, uint32_t chip, enum client_who who);
void replica_poll(struct fleet *fleet, const struct event *event);
void replica_send(struct fleet *fleet, const struct event *event);
void replica_answer(struct fleet *fleet, const struct event *event);
static inline unsigned replica_stock(const struct fleet *fleet, unsigned replica)
{
	return fleet->options.service == FLEET_OWN_STOCKS ? replica : 0;
}
static inline unsigned replica_address(const struct fleet *fleet, unsigned replica)
{
	return replica % fleet->options.addresses;
}

/* kds.c */
void kds_arrive(struct fleet *fleet, const struct event *event);

#endif
