/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_FLIGHTS_H
#define DAEMON_FLIGHTS_H

#include <uv.h>

#include "daemon/source.h"

/*
 * Single flight: at most one search for an item at a time, however many ask for it. Flights take turns in
 * the lanes of the source, first come first served; but in the lane where VCEKs wait for the quota of AMD's
 * service, the addresses that ask for them take turns (daemon/line.h).
 */
struct flights;
struct flight;

/*
 * Flights are counted by class, so that items which a client can invent leave room for the others, and a
 * class that is full can still be looked for in the stock. Each class has its share of the flights, of the
 * threads, and of the clients that wait (flights.c has the table).
 */
enum flights_class {
	FLIGHTS_VCEK, /* waits for the quota of AMD's service, hours in all */
	FLIGHTS_VCEK_STOCK_ONLY,
	FLIGHTS_NUMBERED, /* Intel's, by FMSPC or TCB evaluation data number */
	FLIGHTS_NUMBERED_STOCK_ONLY,
	FLIGHTS_OTHERS, /* and all that is refreshed */
	FLIGHTS_CLASSES
};
enum { FLIGHTS_WHOLE = 16 /* shares of it */ };
/* The status of a VCEK that had to give its place to one of an address that has less. */
enum { FLIGHTS_TOO_MANY = 429 };

struct flights_stats {
	uint64_t started, joined, refused, dropped;
	size_t now, of_class[FLIGHTS_CLASSES];
	size_t in_lane[SOURCE_LANES]; /* in_lane: waiting for a thread or running */
};

/*
 * landed    called on the loop with a finished flight, whose memory ends with the call; `work` may be taken
 *           from
 * max       of flights at a time
 * forgotten_ms  after which a VCEK that nobody has asked for gives its place to any other; the NUMBERED ones
 *           much sooner
 * Returns   0; what source->ops->open() returns; -ENOMEM. Borrows `source`
 */
JURAT_MUST_CHECK int flights_new(uv_loop_t *loop, const struct source *source, size_t max,
				 uint64_t forgotten_ms, void (*landed)(void *context, struct flight *f),
				 void *context, struct flights **ret, struct jurat_error *err);
/*
 * The flight for a work, a running one if there is one of that name; NULL: its class has as many as may
 * be, or out of memory. While there are as many VCEKs as may be, another's takes the place of one that nobody
 * waits for, or has asked for lately, or of the last one of the address that has most, which lands at once
 * with FLIGHTS_TOO_MANY; or else it is for the stock only. So it is with NUMBERED ones, but that addresses
 * do not count.
 *
 * address  who asks, as a number (daemon/address.h): the flight has its turns, too
 */
struct flight *flights_join(struct flights *fs, const char *name, const struct source_work *work,
			    uint64_t address);
/* How many VCEKs are asked for before a next one of this address, if none comes. */
size_t flights_turns_before(const struct flights *fs, uint64_t address);
/* Of `all` clients that may wait, how many for flights of a class. */
size_t flights_share_of_waiters(size_t all, enum flights_class class);
enum flights_class flight_class(const struct flight *f);
/* Names and contents for landed(). */
const char *flight_name(const struct flight *f);
struct source_work *flight_work(struct flight *f);
/* A value of the caller's, NULL at first: those who wait. */
void **flight_data(struct flight *f);
const struct flights_stats *flights_stats(const struct flights *fs);
/* Whether steps run and none ends, for the watchdog. `now_ms`: of uv_hrtime(). */
bool flights_stalled(const struct flights *fs, uint64_t now_ms);
/* Starts no further step. */
void flights_stop(struct flights *fs);
/* After flights_stop(): calls `idle`, possibly at once, when no thread works any more. */
void flights_idle(struct flights *fs, void (*idle)(void *context), void *context);
/* After `idle`. Flights that have not landed never will. */
void flights_free(struct flights *fs);
/* How many threads the lanes of a source need: for $UV_THREADPOOL_SIZE. */
unsigned flights_threads(const struct source_ops *ops);

#endif
