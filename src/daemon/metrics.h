/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <stdint.h>

#include "daemon/metrics_text.h"
#include "host/conn.h"

/* Metrics of the QGS server, and their text format (OpenMetrics 1.0). */
enum { METRICS_BUCKETS = 15, METRICS_CODES = QGS_E_MAX - QGS_E_UNEXPECTED + 1 };

struct metrics {
	uint64_t accepted, accept_failures, over_guest_limit, evicted;
	uint64_t ended[CONN_N_ENDS];
	uint64_t requests[QGS_N_TYPES / 2]; /* quote, collateral, platform information */
	uint64_t answers[METRICS_CODES];    /* [0] success, then each error code */
	uint64_t no_reply, bad_replies;     /* of the backend */
	uint64_t late_ns_sum, late_n;       /* from a whole request to the backend's reply */
	uint64_t late_buckets[METRICS_BUCKETS];
	uint64_t connections, in_flight, unsent_bytes; /* now */
};

void metrics_count_answer(struct metrics *m, uint32_t code);
void metrics_count_latency(struct metrics *m, uint64_t ns);

void metrics_print_all(const struct metrics *m, struct metrics_text *to);

#endif
