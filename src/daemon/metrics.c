/* SPDX-License-Identifier: MIT */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

/* Upper bounds of the histogram's buckets; the last bucket has none. */
static const struct {
	uint64_t ns;
	const char *text;
} bounds[METRICS_BUCKETS - 1] = {
	{ 500000, "0.0005" },  { 1000000, "0.001" },    { 2500000, "0.0025" }, { 5000000, "0.005" },
	{ 10000000, "0.01" },  { 25000000, "0.025" },   { 50000000, "0.05" },  { 100000000, "0.1" },
	{ 250000000, "0.25" }, { 500000000, "0.5" },    { 1000000000, "1.0" }, { 2500000000, "2.5" },
	{ 5000000000, "5.0" }, { 30000000000, "30.0" },
};

void metrics_count_answer(struct metrics *m, uint32_t code)
{
	m->answers[code >= QGS_E_UNEXPECTED && code < QGS_E_MAX ? code - QGS_E_UNEXPECTED + 1 : 0]++;
}

void metrics_count_latency(struct metrics *m, uint64_t ns)
{
	unsigned i = 0;

	while (i < METRICS_BUCKETS - 1 && ns > bounds[i].ns)
		i++;
	m->late_buckets[i]++;
	m->late_ns_sum += ns;
	m->late_n++;
}

static void print_latency(const struct metrics *m, struct metrics_text *to)
{
	uint64_t sum = 0;

	metrics_head(to, "juratd_qgs_latency_seconds", "histogram",
		     "Time from the complete request to the backend's response.");
	for (unsigned i = 0; i < METRICS_BUCKETS; i++) {
		sum += m->late_buckets[i];
		metrics_print(to, "juratd_qgs_latency_seconds_bucket{le=\"%s\"} %" PRIu64 "\n",
			      i < METRICS_BUCKETS - 1 ? bounds[i].text : "+Inf", sum);
	}
	metrics_print(to, "juratd_qgs_latency_seconds_count %" PRIu64 "\n", m->late_n);
	metrics_print(to, "juratd_qgs_latency_seconds_sum %" PRIu64 ".%09" PRIu64 "\n",
		      m->late_ns_sum / 1000000000, m->late_ns_sum % 1000000000);
}

void metrics_print_all(const struct metrics *m, struct metrics_text *to)
{
	static const char *const types[] = { "quote", "collateral", "platform-info" };

	metrics_one(to, "juratd_qgs_connections", "gauge", "Open connections.", m->connections);
	metrics_one(to, "juratd_qgs_requests_in_flight", "gauge",
		    "Requests that wait for the backend or are being processed by it.", m->in_flight);
	metrics_one(to, "juratd_qgs_unsent_bytes", "gauge",
		    "Size of responses that clients have not read yet.", m->unsent_bytes);
	metrics_one(to, "juratd_qgs_accepted", "counter", "Connections accepted.", m->accepted);
	metrics_one(to, "juratd_qgs_accept_failures", "counter", "Failed attempts to accept a connection.",
		    m->accept_failures);
	metrics_one(to, "juratd_qgs_over_guest_limit", "counter",
		    "Connections closed because one guest, user or process had too many.",
		    m->over_guest_limit);
	metrics_one(to, "juratd_qgs_evicted", "counter",
		    "Connections closed because the unsent responses exceeded the limit.", m->evicted);
	metrics_head(to, "juratd_qgs_ended", "counter", "Connections by how they ended.");
	for (unsigned i = CONN_END_NONE + 1; i < CONN_N_ENDS; i++)
		metrics_print(to, "juratd_qgs_ended_total{end=\"%s\"} %" PRIu64 "\n", conn_end_name(i),
			      m->ended[i]);
	metrics_head(to, "juratd_qgs_requests", "counter", "Well-formed requests, by type.");
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		metrics_print(to, "juratd_qgs_requests_total{type=\"%s\"} %" PRIu64 "\n", types[i],
			      m->requests[i]);
	metrics_head(to, "juratd_qgs_answers", "counter", "Responses by the protocol's error code.");
	for (unsigned i = 0; i < METRICS_CODES; i++)
		metrics_print(to, "juratd_qgs_answers_total{code=\"%s\"} %" PRIu64 "\n",
			      qgs_error_name(i == 0 ? QGS_SUCCESS : QGS_E_UNEXPECTED + i - 1), m->answers[i]);
	metrics_one(to, "juratd_qgs_backend_no_reply", "counter",
		    "Requests that the backend failed to answer.", m->no_reply);
	metrics_one(to, "juratd_qgs_backend_bad_replies", "counter", "Malformed responses of the backend.",
		    m->bad_replies);
	print_latency(m, to);
}
