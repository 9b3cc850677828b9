/* SPDX-License-Identifier: MIT */
#include "daemon/requests.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "daemon/log.h"
#include "daemon/requests_internal.h"

enum {
	COME_AGAIN_S = 5,
	FAILED_S = 2, /* how long a failure of a service is the answer for others, too */
	MAX_COME_AGAIN_S = 600,
	FORGOTTEN_MS = 60 * 60 * 1000,
	NAME_BYTES = ENDORSE_TEXT_BYTES,
};

static int64_t now_s(void)
{
	return base_realtime_s(base_env_real());
}

/* ---- answers */

static void count(struct requests *s, const struct requests_query *q, unsigned status,
		  enum requests_from from)
{
	const unsigned class = status / 100 < REQUESTS_CLASSES ? status / 100 : 0;

	s->stats.answers[q->has_item ? q->item.kind : ENDORSE_N_KINDS][class]++;
	s->stats.from[from]++;
}

/* What comes from memory costs nothing, and would fill the log. */
static enum log_level level_of(unsigned status, const char *from)
{
	if (status >= MHD_HTTP_INTERNAL_SERVER_ERROR)
		return LOG_LEVEL_WARNING;
	return strcmp(from, "memory") == 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static void log_answer(struct requests *s, const struct requests_query *q, struct web_request *r,
		       unsigned status, const char *from, const char *why)
{
	char name[NAME_BYTES] = "", id[LOG_ID_BYTES], ms[24], code[16];

	if (q->has_item)
		endorse_item_name(&q->item, name, sizeof(name));
	snprintf(ms, sizeof(ms), "%" PRIu64, uv_now(s->loop) - q->begin_ms);
	snprintf(code, sizeof(code), "%u", status);
	log_peer_event(level_of(status, from), "request", "id", log_id_text(web_request_id(r), id),
		       q->has_item ? "item" : "target", q->has_item ? name : web_request_target(r), "status",
		       code, "from", from, "ms", ms, why[0] ? "why" : NULL, why, NULL);
}

static void answer_text(struct requests *s, const struct requests_query *q, struct web_request *r,
			unsigned status, const char *why, unsigned retry_after_s)
{
	char text[JURAT_ERROR_TEXT_BYTES + 2];

	count(s, q, status, REQUESTS_FROM_NOWHERE);
	log_answer(s, q, r, status, "none", why);
	snprintf(text, sizeof(text), "%s\n", why);
	web_answer_text(r, status, text, retry_after_s);
}

static void answer_content(struct requests *s, const struct requests_query *q, struct web_request *r,
			   struct web_content *content, enum requests_from from, const char *from_name)
{
	if (!content) {
		answer_text(s, q, r, MHD_HTTP_SERVICE_UNAVAILABLE, "not enough memory", COME_AGAIN_S);
		return;
	}
	count(s, q, MHD_HTTP_OK, from);
	if (from != REQUESTS_FROM_MEMORY || log_wants(LOG_LEVEL_DEBUG))
		log_answer(s, q, r, MHD_HTTP_OK, from_name, "");
	web_answer(r, MHD_HTTP_OK, content);
}

/* For clients: the log has the details, with names of services that are none of their business. */
static const char *text_of(unsigned status)
{
	switch (status) {
	case MHD_HTTP_NOT_FOUND:
		return "the service has no such item";
	case MHD_HTTP_GONE:
		return "the service no longer publishes this item";
	case MHD_HTTP_TOO_MANY_REQUESTS:
		return "the service received too many requests";
	case MHD_HTTP_BAD_GATEWAY:
		return "the service's response is not the requested item, or does not verify";
	case MHD_HTTP_GATEWAY_TIMEOUT:
		return "the service does not respond";
	default:
		return "the service is not available";
	}
}

static void answer_failure(struct requests *s, const struct requests_query *q, struct web_request *r,
			   unsigned status, const char *why, unsigned retry_after_s)
{
	char text[JURAT_ERROR_TEXT_BYTES + 2];

	if (retry_after_s == 0 && status >= MHD_HTTP_INTERNAL_SERVER_ERROR)
		retry_after_s = COME_AGAIN_S;
	snprintf(text, sizeof(text), "%s\n", s->options.platform ? why : text_of(status));
	count(s, q, status, REQUESTS_FROM_NOWHERE);
	log_answer(s, q, r, status, "none", why);
	web_answer_text(r, status, text, retry_after_s);
}

static unsigned come_again_s(const struct requests *s, const struct endorse_item *item, uint64_t address)
{
	uint64_t seconds = COME_AGAIN_S;

	if (item->kind == ENDORSE_VCEK)
		seconds = (flights_turns_before(s->flights, address) + 1) * s->options.kds_interval_ms / 1000;
	if (seconds < COME_AGAIN_S)
		seconds = COME_AGAIN_S;
	return seconds > MAX_COME_AGAIN_S ? MAX_COME_AGAIN_S : (unsigned)seconds;
}

static void ask_to_come_again(struct requests *s, const struct requests_query *q, struct web_request *r,
			      const char *why)
{
	const bool kds = endorse_item_service(&q->item) == ENDORSE_AMD_KDS;

	answer_text(s, q, r, kds ? MHD_HTTP_TOO_MANY_REQUESTS : MHD_HTTP_SERVICE_UNAVAILABLE, why,
		    come_again_s(s, &q->item, web_request_address(r)));
}

/* What a software platform's fault makes of an answer. */
static void answer_value(struct requests *s, const struct requests_query *q, struct web_request *r,
			 const struct endorse_item *item, const struct endorse_value *value, const char *from)
{
	static const char page[] = "<!DOCTYPE html>\n<title>Maintenance</title>\n";
	struct web_content *content;

	if (q->fault == SERVICE_FAULT_NOT_JSON)
		content = web_content_text(page);
	else
		content = answer_new(item, value, q->encoding,
				     q->fault == SERVICE_FAULT_WRONG_TYPE ? "text/html" : NULL,
				     q->fault == SERVICE_FAULT_HALF);
	answer_content(s, q, r, content, REQUESTS_FROM_SOURCE, from);
	web_content_drop(content);
}

static void answer_entry(struct requests *s, const struct requests_query *q, struct web_request *r,
			 struct shelf_entry *e)
{
	if (shelf_status(e) != MHD_HTTP_OK)
		answer_failure(s, q, r, shelf_status(e), "the same result as a moment ago", 0);
	else if (q->fault < SERVICE_N_FAULTS)
		answer_value(s, q, r, shelf_item(e), shelf_value(e), "memory");
	else
		answer_content(s, q, r, shelf_content(s->shelf, e, q->encoding), REQUESTS_FROM_MEMORY,
			       "memory");
}

/* ---- those who wait */

static void leave(struct requests *s, struct requests_waiter *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	TAILQ_REMOVE(&s->classes[w->class].waiters, w, in_class);
	s->classes[w->class].n--;
	s->n_waiting--;
}

static void on_timer(uv_timer_t *timer);

static struct requests_waiter *earliest(const struct requests *s)
{
	struct requests_waiter *found = NULL;

	for (unsigned i = 0; i < FLIGHTS_CLASSES; i++) {
		struct requests_waiter *w = TAILQ_FIRST(&s->classes[i].waiters);

		if (w && (!found || w->until < found->until))
			found = w;
	}
	return found;
}

static void set_timer(struct requests *s)
{
	const uint64_t now = uv_now(s->loop);
	const struct requests_waiter *w = earliest(s);

	if (w)
		uv_timer_start(&s->timer, on_timer, w->until > now ? w->until - now : 0, 0);
	else
		uv_timer_stop(&s->timer);
}

/* Its flight goes on: it finds the item when it comes again. */
static void send_away(struct requests *s, struct requests_waiter *w, const char *why)
{
	leave(s, w);
	s->stats.waited_in_vain++;
	ask_to_come_again(s, &w->query, w->request, why);
	free(w);
}

static void on_timer(uv_timer_t *timer)
{
	struct requests *s = timer->data;
	struct requests_waiter *w;

	while ((w = earliest(s)) && w->until <= uv_now(s->loop))
		send_away(s, w, "the item is not available yet");
	set_timer(s);
}

/*
 * As many as may be wait: whoever has waited longest makes room. So those who come find what is in the
 * stock, which takes less time than that, however many wait for what is not there.
 */
static void make_room(struct requests *s, enum flights_class class)
{
	const size_t max = flights_share_of_waiters(s->options.max_waiting, class);

	while (s->classes[class].n > 0 && s->classes[class].n >= max)
		send_away(s, TAILQ_FIRST(&s->classes[class].waiters), "too many requests are waiting");
}

static void wait_for(struct requests *s, struct flight *f, const struct requests_query *q,
		     struct web_request *r)
{
	struct requests_waiter *w = calloc(1, sizeof(*w)),
			       **first = (struct requests_waiter **)flight_data(f);

	if (!w) {
		answer_text(s, q, r, MHD_HTTP_SERVICE_UNAVAILABLE, "not enough memory", COME_AGAIN_S);
		return;
	}
	make_room(s, flight_class(f));
	w->query = *q;
	w->request = r;
	w->class = flight_class(f);
	web_request_set_data(r, w);
	w->until = uv_now(s->loop) + s->options.wait_ms;
	w->next = *first;
	if (w->next)
		w->next->link = &w->next;
	w->link = first;
	*first = w;
	TAILQ_INSERT_TAIL(&s->classes[w->class].waiters, w, in_class);
	s->classes[w->class].n++;
	s->n_waiting++;
	if (s->n_waiting == 1)
		set_timer(s);
}

/* The landed value for one who waits: all who want the same encoding share the answer. */
static void answer_landed(struct requests *s, const struct requests_waiter *w, const struct source_work *work,
			  const struct endorse_value *value, struct web_content *shared[ENDORSE_HEX + 1])
{
	struct web_content **content = &shared[w->query.encoding];

	if (w->query.fault < SERVICE_N_FAULTS) {
		answer_value(s, &w->query, w->request, &work->item, value, work->from);
		return;
	}
	if (!*content)
		*content = answer_new(&work->item, value, w->query.encoding, NULL, false);
	answer_content(s, &w->query, w->request, *content, REQUESTS_FROM_SOURCE, work->from);
}

/* Everybody who waits for a flight, one after the other; NULL: no more. The caller frees it. */
static struct requests_waiter *next_waiter(struct requests *s, struct flight *f)
{
	struct requests_waiter *w = *flight_data(f);

	if (w)
		leave(s, w);
	return w;
}

/* For a while: clients who ask again and again are not to reach the services. */
static void keep_failure(struct requests *s, struct flight *f, int64_t now)
{
	const unsigned status = flight_work(f)->status;

	if (status == MHD_HTTP_NOT_FOUND || status == MHD_HTTP_GONE)
		shelf_put_missing(s->shelf, flight_name(f), status, now + (int64_t)s->options.missing_s, now);
	else if (status >= MHD_HTTP_INTERNAL_SERVER_ERROR)
		shelf_put_missing(s->shelf, flight_name(f), status, now + FAILED_S, now);
}

static void keep(struct requests *s, struct flight *f)
{
	struct source_work *work = flight_work(f);
	const int64_t now = now_s();
	const struct shelf_entry *e;

	if (work->stale || work->roots != s->roots)
		return;
	e = shelf_find(s->shelf, flight_name(f), now);
	if (work->status == MHD_HTTP_OK && e && shelf_value(e)->issued > work->value.issued)
		return; /* an older issue does not take the place of a later one */
	if (work->status == MHD_HTTP_OK && work->expires > now)
		(void)shelf_put(s->shelf, flight_name(f), &work->item, &work->value, work->expires, now);
	else if (s->options.missing_s > 0 && work->newer_than == 0)
		keep_failure(s, f, now);
}

static void on_landed(void *context, struct flight *f)
{
	struct requests *s = context;
	struct source_work *work = flight_work(f);
	struct web_content *shared[ENDORSE_HEX + 1] = { NULL };
	struct shelf_entry *e;
	struct requests_waiter *w;

	keep(s, f);
	e = shelf_find(s->shelf, flight_name(f), now_s());
	s->stats.landed[work->status / 100 < REQUESTS_CLASSES ? work->status / 100 : 0]++;
	while ((w = next_waiter(s, f))) {
		const struct endorse_value *value = work->value.body || !e ? &work->value : shelf_value(e);

		if (work->stock_only && work->status == MHD_HTTP_TOO_MANY_REQUESTS)
			ask_to_come_again(s, &w->query, w->request,
					  "too many items are waiting for the service");
		else if (work->status == MHD_HTTP_OK && value->body)
			answer_landed(s, w, work, value, shared);
		else
			answer_failure(s, &w->query, w->request, work->status, work->why.text,
				       (unsigned)((work->retry_after_ms + 999) / 1000));
		free(w);
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		web_content_drop(shared[i]);
	set_timer(s);
}

/* ---- requests */

static void start_refresh(struct requests *s, struct shelf_entry *e, const char *name, uint64_t address)
{
	const struct source_work work = { .item = *shelf_item(e),
					  .roots = s->roots,
					  .newer_than = shelf_expires(e) };

	s->stats.refreshes++;
	(void)flights_join(s->flights, name, &work, address); /* none now: at a later request */
}

static void serve_item(struct requests *s, const struct requests_query *q, struct web_request *r)
{
	struct source_work work = { .item = q->item,
				    .stale = q->fault == SERVICE_FAULT_STALE,
				    .roots = s->roots };
	char name[NAME_BYTES];
	struct shelf_entry *e;
	struct flight *f;
	size_t n = endorse_item_name(&q->item, name, sizeof(name) - 8);

	if (work.stale)
		snprintf(name + n, sizeof(name) - n, ":stale");
	e = shelf_find(s->shelf, name, now_s());
	if (e && shelf_wants_refresh(e, now_s())) {
		start_refresh(s, e, name, web_request_address(r));
		e = shelf_find(s->shelf, name, now_s());
	}
	if (e) {
		answer_entry(s, q, r, e);
		return;
	}
	f = flights_join(s->flights, name, &work, web_request_address(r));
	if (f)
		wait_for(s, f, q, r);
	else
		ask_to_come_again(s, q, r, "too many requests are waiting");
}

/* false: the fault was the answer. */
static bool meet_fault(struct requests *s, struct requests_query *q, struct web_request *r)
{
	struct service_fault *fault =
		service_fault_take(s->options.faults, s->options.n_faults, &q->item, false);

	if (!fault)
		return true;
	q->fault = fault->kind;
	s->stats.faults++;
	switch (fault->kind) {
	case SERVICE_FAULT_429:
		answer_text(s, q, r, MHD_HTTP_TOO_MANY_REQUESTS, "fault: 429", fault->retry_after_s);
		return false;
	case SERVICE_FAULT_OUTAGE:
		s->n_outages++;
		answer_text(s, q, r,
			    s->n_outages % 2 ? MHD_HTTP_INTERNAL_SERVER_ERROR : MHD_HTTP_SERVICE_UNAVAILABLE,
			    "fault: outage", fault->retry_after_s);
		return false;
	case SERVICE_FAULT_REDIRECT:
		requests_redirect(s, q, r, fault->url);
		return false;
	case SERVICE_FAULT_RESET:
		web_cut(r);
		return false;
	case SERVICE_FAULT_WRONG_CHIP:
		software_platform_other_chip(s->options.platform, &q->item);
		return true;
	case SERVICE_FAULT_WRONG_TCB:
		requests_wrong_tcb(&q->item);
		return true;
	default:
		return true; /* of the answer: answer_value() */
	}
}

static void serve(struct requests *s, struct requests_query *q, struct web_request *r)
{
	if (meet_fault(s, q, r))
		serve_item(s, q, r);
}

/* `slow`: the request begins later. */
static void on_slow_timer(uv_timer_t *timer)
{
	struct requests *s = timer->data;
	struct requests_slow **at = &s->slow, *w;
	uint64_t next = UINT64_MAX;

	while ((w = *at)) {
		if (w->until > uv_now(s->loop)) {
			next = w->until < next ? w->until : next;
			at = &w->next;
			continue;
		}
		*at = w->next;
		serve(s, &w->query, w->request);
		free(w);
	}
	if (next != UINT64_MAX)
		uv_timer_start(timer, on_slow_timer, next - uv_now(s->loop), 0);
}

static void be_slow(struct requests *s, const struct requests_query *q, struct web_request *r, uint64_t ms)
{
	struct requests_slow *w = calloc(1, sizeof(*w));

	if (!w) {
		web_cut(r);
		return;
	}
	w->query = *q;
	w->request = r;
	w->until = uv_now(s->loop) + ms;
	w->next = s->slow;
	s->slow = w;
	on_slow_timer(&s->slow_timer);
}

void requests_serve(void *context, struct web_request *r)
{
	struct requests *s = context;
	struct requests_query q = { .fault = SERVICE_N_FAULTS,

				    .begin_ms = uv_now(s->loop) };
	const struct service_fault *slow;
	struct jurat_error err = { "" };
	int code;

	if (s->options.platform && !strcmp(web_request_target(r), "/software-platform/chips")) {
		requests_list_chips(s, &q, r);
		return;
	}
	code = endorse_item_of_request(web_request_target(r), &q.item, &q.encoding, &err);
	if (code != 0) {
		answer_text(s, &q, r, requests_status_of(code, web_request_target(r)), err.text, 0);
		return;
	}
	q.has_item = true;
	slow = service_fault_take(s->options.faults, s->options.n_faults, &q.item, true);
	if (slow)
		be_slow(s, &q, r, slow->ms);
	else
		serve(s, &q, r);
}

/* A request whose server ends before its answer is here. */
void requests_closing(void *context, struct web_request *r)
{
	static const char why[] = "the server is changing its settings";
	struct requests *s = context;
	struct requests_waiter *w = web_request_data(r);
	struct requests_slow **at = &s->slow, *slow;

	if (w) {
		leave(s, w);
		answer_text(s, &w->query, r, MHD_HTTP_SERVICE_UNAVAILABLE, why, COME_AGAIN_S);
		free(w);
		set_timer(s);
		return;
	}
	while ((slow = *at) && slow->request != r)
		at = &slow->next;
	if (!slow)
		return;
	*at = slow->next;
	answer_text(s, &slow->query, r, MHD_HTTP_SERVICE_UNAVAILABLE, why, COME_AGAIN_S);
	free(slow);
}

/* ---- start and end */

int requests_new(uv_loop_t *loop, const struct requests_options *options, struct requests **ret,
		 struct jurat_error *err)
{
	struct requests *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return jurat_fail_memory(err);
	s->loop = loop;
	s->options = *options;
	for (unsigned i = 0; i < FLIGHTS_CLASSES; i++)
		TAILQ_INIT(&s->classes[i].waiters);
	uv_timer_init(loop, &s->timer);
	uv_timer_init(loop, &s->slow_timer);
	s->timer.data = s->slow_timer.data = s;
	r = shelf_new(options->memory_bytes, &s->shelf);
	if (r < 0)
		r = jurat_fail(err, r, "cannot make the table of items: %s", strerror(-r));
	else
		r = flights_new(loop, &s->options.source, options->max_flights, FORGOTTEN_MS, on_landed, s,
				&s->flights, err);
	if (r < 0)
		requests_free(s);
	else
		*ret = s;
	return r;
}

void requests_forget(struct requests *s)
{
	shelf_clear(s->shelf);
	s->roots++; /* what is under way may have been checked before: it is not kept */
}

bool requests_stalled(const struct requests *s, uint64_t now_ms)
{
	return flights_stalled(s->flights, now_ms);
}

void requests_stop(struct requests *s)
{
	struct requests_waiter *w;
	struct requests_slow *slow;

	while ((w = earliest(s))) {
		leave(s, w);
		answer_text(s, &w->query, w->request, MHD_HTTP_SERVICE_UNAVAILABLE, "the service is stopping",
			    COME_AGAIN_S);
		free(w);
	}
	while ((slow = s->slow)) {
		s->slow = slow->next;
		answer_text(s, &slow->query, slow->request, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "the service is stopping", COME_AGAIN_S);
		free(slow);
	}
	uv_timer_stop(&s->timer);
	uv_timer_stop(&s->slow_timer);
	flights_stop(s->flights);
	if (s->options.source.ops->stop)
		s->options.source.ops->stop(s->options.source.context);
}

void requests_idle(struct requests *s, void (*idle)(void *context), void *context)
{
	flights_idle(s->flights, idle, context);
}

static void on_closed(uv_handle_t *handle)
{
	struct requests *s = handle->data;

	if (++s->n_closed == 2)
		free(s);
}

void requests_free(struct requests *s)
{
	if (!s)
		return;
	flights_free(s->flights);
	shelf_free(s->shelf);
	uv_close((uv_handle_t *)&s->timer, on_closed);
	uv_close((uv_handle_t *)&s->slow_timer, on_closed);
}
