/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/requests_internal.h"

unsigned requests_status_of(int code, const char *target)
{
	if (code == -EINVAL)
		return MHD_HTTP_BAD_REQUEST;
	if (strncmp(target, "/sgx/certification/v3/", 22) == 0 ||
	    strncmp(target, "/tdx/certification/v3/", 22) == 0)
		return MHD_HTTP_GONE; /* as Intel's service since the end of API version 3 */
	return MHD_HTTP_NOT_FOUND;
}

void requests_wrong_tcb(struct endorse_item *item)
{
	if (item->kind == ENDORSE_VCEK)
		item->tcb.snp ^= 1;
	else
		item->update = item->update == ENDORSE_EARLY ? ENDORSE_STANDARD : ENDORSE_EARLY;
}

void requests_redirect(struct requests *s, const struct requests_query *q, struct web_request *r,
		       const char *url)
{
	struct web_content *c = web_content_text("");

	s->stats.answers[q->item.kind][3]++;
	if (c && !web_content_add_header(c, MHD_HTTP_HEADER_LOCATION, url)) {
		web_content_drop(c);
		c = NULL;
	}
	web_answer(r, MHD_HTTP_FOUND, c);
	web_content_drop(c);
}

void requests_list_chips(struct requests *s, const struct requests_query *q, struct web_request *r)
{
	struct web_content *c = NULL;
	char *text = NULL;
	size_t n = 0;

	if (software_platform_chips(s->options.platform, &text, &n, NULL) == 0)
		c = web_content_new(text, n, "application/json");
	s->stats.answers[ENDORSE_N_KINDS][2]++;
	web_answer(r, MHD_HTTP_OK, c);
	web_content_drop(c);
}

/* ---- metrics */

static void print_answers(const struct requests *s, const struct web_stats *web, struct metrics_text *to)
{
	static const char *const from[REQUESTS_N_FROM] = { "memory", "source", "none" };

	metrics_head(to, "juratd_endorsements_answers", "counter",
		     "Responses by kind of item and status class.");
	for (unsigned i = 0; i <= ENDORSE_N_KINDS; i++)
		for (unsigned class = 2; class < REQUESTS_CLASSES; class ++) {
			const uint64_t n = s->stats.answers[i][class] +
					   (i == ENDORSE_N_KINDS && class == 4 ? web->refused : 0);

			if (n > 0)
				metrics_print(
					to,
					"juratd_endorsements_answers_total{kind=\"%s\",status=\"%uxx\"} "
					"%" PRIu64 "\n",
					i < ENDORSE_N_KINDS ? endorse_kind_name(i) : "none", class, n);
		}
	metrics_head(to, "juratd_endorsements_answers_from", "counter", "Responses by source of the item.");
	for (unsigned i = 0; i < REQUESTS_N_FROM; i++)
		metrics_print(to, "juratd_endorsements_answers_from_total{from=\"%s\"} %" PRIu64 "\n",
			      from[i], s->stats.from[i]);
}

void requests_describe(const struct requests *s, const struct web_stats *web, struct metrics_text *to)
{
	const struct shelf_stats *shelf = shelf_stats(s->shelf);
	const struct flights_stats *flights = flights_stats(s->flights);

	metrics_one(to, "juratd_endorsements_connections", "gauge", "Open connections.", web->connections);
	metrics_one(to, "juratd_endorsements_accepted", "counter", "Connections accepted.", web->accepted);
	metrics_one(to, "juratd_endorsements_accept_failures", "counter",
		    "Failed attempts to accept a connection.", web->accept_failures);
	metrics_one(to, "juratd_endorsements_closed_for_others", "counter",
		    "Connections closed because of the connection limit.", web->closed_for_others);
	metrics_one(to, "juratd_endorsements_timeouts", "counter",
		    "Connections closed because a request or the reading of a response timed out.",
		    web->timeouts);
	print_answers(s, web, to);
	metrics_one(to, "juratd_endorsements_waiting", "gauge", "Requests that are waiting for an item.",
		    s->n_waiting);
	metrics_one(to, "juratd_endorsements_waited_in_vain", "counter",
		    "Requests whose wait ended without the item.", s->stats.waited_in_vain);
	metrics_one(to, "juratd_endorsements_flights_now", "gauge", "Items that are being obtained.",
		    flights->now);
	metrics_one(to, "juratd_endorsements_flights", "counter", "Times that obtaining an item began.",
		    flights->started);
	metrics_one(to, "juratd_endorsements_flights_joined", "counter",
		    "Requests for an item that was already being obtained.", flights->joined);
	metrics_one(to, "juratd_endorsements_flights_refused", "counter",
		    "Requests refused because too many items were being obtained.", flights->refused);
	metrics_one(to, "juratd_endorsements_flights_dropped", "counter",
		    "Items no longer waiting for a service: no recent request, or the address had the most.",
		    flights->dropped);
	metrics_one(to, "juratd_endorsements_refreshes", "counter",
		    "Items requested again before they expired.", s->stats.refreshes);
	metrics_one(to, "juratd_endorsements_memory_bytes", "gauge", "Size of the items in memory.",
		    shelf->bytes);
	metrics_one(to, "juratd_endorsements_memory_items", "gauge",
		    "Items in memory, including those known not to exist.", shelf->entries);
	metrics_one(to, "juratd_endorsements_memory_evicted", "counter", "Items evicted from memory.",
		    shelf->evicted);
	if (s->options.source.ops->describe)
		s->options.source.ops->describe(s->options.source.context, to);
	if (s->options.platform)
		metrics_one(to, "juratd_endorsements_faults", "counter",
			    "Injected faults of the software platform.", s->stats.faults);
}
