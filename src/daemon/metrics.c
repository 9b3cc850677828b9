/* SPDX-License-Identifier: MIT */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "jurat/version.h"

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

void metrics_print(struct metrics_text *to, const char *format, ...)
{
	char line[512], *grown;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line) || to->failed) {
		to->failed = true;
		return;
	}
	if (to->room - to->size <= (size_t)n) {
		grown = realloc(to->text, to->room + 8192);
		if (!grown) {
			to->failed = true;
			return;
		}
		to->text = grown;
		to->room += 8192;
	}
	memcpy(to->text + to->size, line, (size_t)n + 1);
	to->size += (size_t)n;
}

void metrics_print_label(struct metrics_text *to, const char *value)
{
	for (unsigned n = 0; *value && n < 128; value++, n++)
		if (*value == '\n')
			metrics_print(to, "\\n");
		else if (*value == '"' || *value == '\\')
			metrics_print(to, "\\%c", *value);
		else
			metrics_print(to, "%c", *value);
}

static void print_head(struct metrics_text *to, const char *name, const char *type, const char *help)
{
	metrics_print(to, "# TYPE juratd_qgs_%s %s\n# HELP juratd_qgs_%s %s\n", name, type, name, help);
}

static void print_one(struct metrics_text *to, const char *name, const char *type, uint64_t v,
		      const char *help)
{
	print_head(to, name, type, help);
	metrics_print(to, "juratd_qgs_%s%s %" PRIu64 "\n", name, strcmp(type, "counter") ? "" : "_total", v);
}

static void print_latency(const struct metrics *m, struct metrics_text *to)
{
	uint64_t sum = 0;

	print_head(to, "latency_seconds", "histogram", "From a whole request to the backend's reply.");
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

	print_head(to, "build", "info", "The release that runs.");
	metrics_print(to, "juratd_qgs_build_info{version=\"%s\"} 1\n", JURAT_VERSION_STRING);
	print_one(to, "connections", "gauge", m->connections, "Open now.");
	print_one(to, "requests_in_flight", "gauge", m->in_flight,
		  "Waiting for the backend, or with it, now.");
	print_one(to, "unsent_bytes", "gauge", m->unsent_bytes, "Of answers that clients have yet to read.");
	print_one(to, "accepted", "counter", m->accepted, "Connections accepted.");
	print_one(to, "accept_failures", "counter", m->accept_failures, "Times that none could be accepted.");
	print_one(to, "over_guest_limit", "counter", m->over_guest_limit,
		  "Closed: one guest, user or process had too many.");
	print_one(to, "evicted", "counter", m->evicted, "Closed: slowest of too many unread answers.");
	print_head(to, "ended", "counter", "Connections by how they ended.");
	for (unsigned i = CONN_END_NONE + 1; i < CONN_N_ENDS; i++)
		metrics_print(to, "juratd_qgs_ended_total{end=\"%s\"} %" PRIu64 "\n", conn_end_name(i),
			      m->ended[i]);
	print_head(to, "requests", "counter", "Requests that are messages.");
	for (unsigned i = 0; i < ARRAY_SIZE(types); i++)
		metrics_print(to, "juratd_qgs_requests_total{type=\"%s\"} %" PRIu64 "\n", types[i],
			      m->requests[i]);
	print_head(to, "answers", "counter", "Answers by the protocol's error code.");
	for (unsigned i = 0; i < METRICS_CODES; i++)
		metrics_print(to, "juratd_qgs_answers_total{code=\"%s\"} %" PRIu64 "\n",
			      qgs_error_name(i == 0 ? QGS_SUCCESS : QGS_E_UNEXPECTED + i - 1), m->answers[i]);
	print_one(to, "backend_no_reply", "counter", m->no_reply,
		  "Requests that the backend could not answer.");
	print_one(to, "backend_bad_replies", "counter", m->bad_replies, "Replies that are no good message.");
	print_latency(m, to);
}

void metrics_print_end(struct metrics_text *to)
{
	metrics_print(to, "# EOF\n");
}
