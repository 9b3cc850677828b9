/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_REQUESTS_INTERNAL_H
#define DAEMON_REQUESTS_INTERNAL_H

#include <sys/queue.h>

#include "daemon/requests.h"

/* What requests.c (requests) and requests_more.c (their edges, metrics) share. */
enum { REQUESTS_CLASSES = 6 /* 2xx and so on */ };
enum requests_from { REQUESTS_FROM_MEMORY, REQUESTS_FROM_SOURCE, REQUESTS_FROM_NOWHERE, REQUESTS_N_FROM };

struct requests_stats {
	uint64_t answers[ENDORSE_N_KINDS + 1][REQUESTS_CLASSES]; /* the last kind: of no item */
	uint64_t from[REQUESTS_N_FROM];
	uint64_t landed[REQUESTS_CLASSES];
	uint64_t faults, refreshes, waited_in_vain;
};

/* A request that has been read. */
struct requests_query {
	uint64_t begin_ms;
	bool has_item;
	struct endorse_item item;
	enum endorse_encoding encoding;
	enum service_fault_kind fault; /* SERVICE_N_FAULTS: none */
};

struct requests_waiter {
	struct requests_query query;
	struct web_request *request;
	uint64_t until;
	enum flights_class class;
	struct requests_waiter *next, **link;  /* of the flight */
	TAILQ_ENTRY(requests_waiter) in_class; /* by time: all have the same patience */
};

struct requests_slow {
	struct requests_query query;
	struct web_request *request;
	uint64_t until;
	struct requests_slow *next;
};

struct requests {
	uv_loop_t *loop;
	struct requests_options options;
	struct shelf *shelf;
	struct flights *flights;
	uv_timer_t timer, slow_timer;
	struct {
		TAILQ_HEAD(, requests_waiter) waiters;
		size_t n;
	} classes[FLIGHTS_CLASSES];
	struct requests_slow *slow;
	size_t n_waiting;
	unsigned n_outages, n_closed;
	unsigned roots; /* how often they have changed */
	struct requests_stats stats;
};

/* Status for what endorse_item_of_request() returns. */
unsigned requests_status_of(int code, const char *target);
void requests_wrong_tcb(struct endorse_item *item);
void requests_redirect(struct requests *s, const struct requests_query *q, struct web_request *r,
		       const char *url);
void requests_list_chips(struct requests *s, const struct requests_query *q, struct web_request *r);

#endif
