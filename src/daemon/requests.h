/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_REQUESTS_H
#define DAEMON_REQUESTS_H

#include "daemon/flights.h"
#include "daemon/metrics_text.h"
#include "daemon/service_fault.h"
#include "daemon/shelf.h"
#include "daemon/software_platform.h"
#include "daemon/web.h"

/*
 * The requests of `juratd endorsements`: what is in memory is answered at once, anything else when its flight
 * has landed. Everything runs on the loop but the steps of the source.
 */
struct requests;

struct requests_options {
	struct source source;
	struct software_platform *platform; /* whose chips are listed; NULL: the source is another */
	struct service_fault *faults;       /* n_faults, borrowed */
	size_t n_faults;
	size_t memory_bytes; /* of answers */
	size_t max_waiting;  /* requests that wait at a time; the others are asked to come again */
	size_t max_flights;
	uint64_t wait_ms;         /* until a waiting client is asked to come again */
	uint64_t missing_s;       /* how long it is remembered that an item does not exist */
	uint64_t kds_interval_ms; /* what one VCEK takes, for Retry-After */
};

JURAT_MUST_CHECK int requests_new(uv_loop_t *loop, const struct requests_options *options,
				  struct requests **ret, struct jurat_error *err);
/* struct web_options: request, with the service as context */
void requests_serve(void *service, struct web_request *r);
/* struct web_options: closing */
void requests_closing(void *service, struct web_request *r);
/* With those of its HTTP server. */
void requests_describe(const struct requests *s, const struct web_stats *web, struct metrics_text *to);
/* The roots have changed: forgets what the former ones vouched for. */
void requests_forget(struct requests *s);
/* As flights_stalled(). */
bool requests_stalled(const struct requests *s, uint64_t now_ms);
/* Answers what waits with 503, and starts nothing more. */
void requests_stop(struct requests *s);
/* After requests_stop(): calls `idle`, possibly at once, when no thread works any more. */
void requests_idle(struct requests *s, void (*idle)(void *context), void *context);
/* After `idle`. */
void requests_free(struct requests *s);

#endif
