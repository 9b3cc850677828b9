/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FLEET_FLEET_H
#define TESTS_FLEET_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A fleet whose TCB changes, so that every chip needs another VCEK: hosts and verifiers that ask for them,
 * replicas of an endorsement service, some of which die or are stopped, and AMD's KDS with its quota. A
 * discrete-event simulation in virtual time, the same for the same seed. Claims, quota, pauses and files are
 * those of src/stock, and clients' waits those of src/fetch; what is modelled are replicas' turns, network
 * delays and the KDS.
 *
 * The KDS. AMD publishes no figure. The field's clients meet HTTP 429, and wait up to 30 s after one
 * (go-sev-guest, verify/trust/trust.go); about one request per 10 s and address is what is assumed here.
 */
enum {
	KDS_INTERVAL_MS = 10 * 1000,
	KDS_RETRY_AFTER_MS = 10 * 1000,
	/* One way between a replica and the KDS; the KDS counts when a request arrives. */
	KDS_WAY_MIN_MS = 20,
	KDS_WAY_MAX_MS = 150,
	KDS_WORK_MS = 300,

	/* Replicas add a margin to the KDS's interval, because requests travel at different speeds. */
	QUOTA_MARGIN_MS = 500,
	CLAIM_MS = 30 * 1000,
	POLL_MS = 500,     /* how often a replica tries for a result that another has claimed */
	TAKEN_MS = 200,    /* what was taken from the quota is used within that time, or not at all */
	VCEK_BYTES = 1360, /* as AMD's */

	/* Hosts, as `jurat fetch`: attempts within a time; then a timer starts it again. */
	CLIENT_ATTEMPTS = 6,
	CLIENT_LIMIT_MS = 2 * 60 * 1000,
	CLIENT_REQUEST_MS = 30 * 1000,
	HOST_TIMER_MS = 10 * 60 * 1000,
	/* Who fetches ahead asks for so many at once, so that no turn of the quota is missed. */
	AHEAD_PER_ADDRESS = 4,
	/* Somebody verifies a report of each chip so often, and asks once. */
	VERIFIER_MS = 10 * 60 * 1000,

	/* A replica that dies starts again; one that is stopped goes on after up to so long. */
	RESTART_MS = 60 * 1000,
	STOPPED_MAX_MS = 90 * 1000,

	FLEET_MAX_REPLICAS = 8,
};

enum fleet_service {
	FLEET_NO_SERVICE,   /* each host asks the KDS, from behind one of the addresses */
	FLEET_OWN_STOCKS,   /* each replica has a stock and a quota of its own */
	FLEET_SHARED_STOCK, /* claims and one quota per address are shared */
};

enum fleet_rollout {
	FLEET_AT_ONCE,   /* all chips commit the TCB, then ask */
	FLEET_STAGGERED, /* chips commit one after the other, as fast as the quota allows */
	FLEET_FETCHED,   /* the VCEKs of the new TCB are fetched first, then all chips commit */
};

struct fleet_options {
	unsigned chips, replicas, addresses;
	enum fleet_service service;
	enum fleet_rollout rollout;
	uint64_t fault_ms; /* a replica dies or is stopped so often, on average; 0: never */
	uint64_t seed;
	/*
	 * Where stocks are: "dir:PATH" (those of single replicas are below it), or "redis://...".
	 */
	const char *where;
	/* 0: virtual time. Else real time, so many times as fast, for a real server. */
	unsigned speed;
};

struct fleet_result {      /* times in ms from the first request on */
	uint64_t full_ms;  /* until every stock has the VCEK of every chip */
	uint64_t requests; /* at the KDS */
	uint64_t too_many; /* of them answered with 429 */
	uint64_t repeated; /* VCEKs that the KDS sent again */
	uint64_t asked;    /* requests of hosts and verifiers, and of who fetches ahead */
	uint64_t
		refused; /* of hosts and verifiers: 429 with Retry-After, a broken connection, or no answer */
	uint64_t waited_ms; /* of all chips, from commit until the host had its VCEK */
	uint64_t longest_ms;
	unsigned served; /* chips whose host has its VCEK */
	unsigned deaths, stops;
	/* Broken rules; 0. */
	uint64_t claimed_twice; /* a claim was granted while another replica's lived */
	uint64_t over_quota; /* requests at the KDS, from an address of a shared quota, beyond its interval */
	uint64_t wrong;      /* a stock did not have what was put, or had what was not */
};

/* 0; -errno of the stock. Threads: any, each with options and stocks of its own. */
JURAT_MUST_CHECK int fleet_run(const struct fleet_options *options, struct fleet_result *ret,
			       struct jurat_error *err);

#endif
