/* SPDX-License-Identifier: MIT */
/* What a TCB change costs a fleet, with and without a shared stock: fleet_table [CHIPS [SEED]]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fleet/fleet.h"
#include "support/scratch.h"

enum { MINUTE_MS = 60 * 1000 };

struct row {
	const char *title;
	struct fleet_options options;
};

#define ROW(text, n_replicas, n_addresses, how, ...)                                                         \
	{                                                                                                    \
		text,                                                                                        \
		{                                                                                            \
			.replicas = n_replicas, .addresses = n_addresses, .service = how, ##__VA_ARGS__      \
		}                                                                                            \
	}

static const struct row rows[] = {
	ROW("no service: each host asks the KDS", 0, 1, FLEET_NO_SERVICE),
	ROW("1 replica", 1, 1, FLEET_SHARED_STOCK),
	ROW("4 replicas, stocks of their own", 4, 1, FLEET_OWN_STOCKS),
	ROW("4 replicas, stocks of their own", 4, 4, FLEET_OWN_STOCKS),
	ROW("4 replicas, one stock", 4, 1, FLEET_SHARED_STOCK),
	ROW("4 replicas, one stock", 4, 4, FLEET_SHARED_STOCK),
	ROW("4 replicas, one stock; they die and stop", 4, 1, FLEET_SHARED_STOCK, .fault_ms = 20 * MINUTE_MS),
	ROW("4 replicas, one stock; they die and stop", 4, 4, FLEET_SHARED_STOCK, .fault_ms = 20 * MINUTE_MS),
	ROW("4 replicas, one stock; chips in turn", 4, 1, FLEET_SHARED_STOCK, .rollout = FLEET_STAGGERED),
	ROW("4 replicas, one stock; fetched first", 4, 1, FLEET_SHARED_STOCK, .rollout = FLEET_FETCHED),
	ROW("4 replicas, one stock; fetched first", 4, 4, FLEET_SHARED_STOCK, .rollout = FLEET_FETCHED),
};

static double hours(uint64_t ms)
{
	return (double)ms / 3600 / 1000;
}

static int print(const struct row *row, unsigned chips, uint64_t seed)
{
	struct fleet_options options = row->options;
	struct fleet_result result;
	struct jurat_error err;
	char where[SCRATCH_BYTES];
	int r;

	options.chips = chips;
	options.seed = seed;
	scratch_make(where);
	options.where = where;
	r = fleet_run(&options, &result, &err);
	scratch_remove(where);
	if (r != 0) {
		fprintf(stderr, "%s: %s\n", row->title, err.text);
		return r;
	}
	printf("%-42s %4u %8.1f %9llu %8llu %8llu %10llu %8.1f %8.1f\n", row->title, options.addresses,
	       hours(result.full_ms), (unsigned long long)result.requests,
	       (unsigned long long)result.too_many, (unsigned long long)result.repeated,
	       (unsigned long long)result.refused, hours(result.waited_ms) / chips, hours(result.longest_ms));
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned chips = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	int r = 0;

	printf("%u chips need a new VCEK; the KDS sends one per %d s and address; seed %llu\n\n", chips,
	       KDS_INTERVAL_MS / 1000, (unsigned long long)seed);
	printf("%-42s %4s %8s %9s %8s %8s %10s %17s\n", "", "KDS", "hours to", "requests", "answered", "sent",
	       "clients", "chips wait: hours");
	printf("%-42s %4s %8s %9s %8s %8s %10s %8s %8s\n", "", "addr", "full", "to KDS", "429", "again",
	       "refused", "mean", "longest");
	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++)
		r = print(&rows[i], chips, seed);
	return r == 0 ? 0 : 1;
}
