/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UPDATE_CROWD_H
#define TESTS_UPDATE_CROWD_H

#include "update/update_world.h"

/*
 * Guests that attest without pause, each in a process of its own with a VMM of its own (libjurat-host), all
 * on the host of an update_world: its firmware's state is in memory that all processes share, its blob a
 * file. Each reply is verified: the report by the certificates beside it.
 */
enum { CROWD_MAX = 64 };

struct crowd;

struct crowd_counts {
	uint64_t requests, empty; /* empty: replies without certificates */
	uint64_t busy;            /* requests that an updater kept waiting for so long that the guest slept */
	uint64_t slow;            /* of more than 2 s, as the next one */
	uint64_t max_ns; /* the longest request, with the guest's sleep, less the wait for a processor */
	uint64_t max_with_line_ns; /* with that wait, too */
};

/* Shares the firmware of `w`, also with later children of this process. */
struct crowd *crowd_start(struct update_world *w, unsigned n);
/* So far; fails the test when a reply did not verify, or a guest ended. */
struct crowd_counts crowd_counts(struct crowd *c);
/* Until every guest has had a reply to a request that it began after this call. */
void crowd_wait(struct crowd *c);
/* Ends the guests; the counts, and the same failures. */
struct crowd_counts crowd_stop(struct crowd *c);

#endif
