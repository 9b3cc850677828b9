/* SPDX-License-Identifier: MIT */
#include "verify/tdx_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/tdx.h"
#include "verify/policy_events.h"
#include "verify/tdx_judge.h"

/* RTMR3 is the guest's own: what extends it may keep a log of its own, or none. */
enum { OWN_RTMR = 3 };

/* Whether an event extends this RTMR. */
static bool extends(const struct measure_event *e, unsigned rtmr)
{
	return e->extends && e->index == rtmr + 1;
}

static void replay(const struct measure_log *log, struct verdict_events *to)
{
	const struct measure_event *e;

	to->n_events = measure_log_count(log);
	to->form = measure_log_form(log);
	for (size_t i = 0; (e = measure_log_event(log, i)); i++) {
		for (unsigned rtmr = 0; rtmr < MEASURE_N_RTMRS; rtmr++) {
			if (!extends(e, rtmr))
				continue;
			measure_extend(to->rtmr[rtmr].replayed, e->digest);
			to->rtmr[rtmr].n_events++;
		}
	}
	to->readable = true;
}

/* Digests that the search for a difference tries. Each is there once. */
struct digest_list {
	struct event_digests list;
	size_t room;
};

static void add_digest(struct digest_list *to, const uint8_t *digest)
{
	for (size_t i = 0; i < to->list.n; i++)
		if (memcmp(to->list.items[i], digest, MEASURE_DIGEST_BYTES) == 0)
			return;
	if (to->list.n < to->room)
		to->list.items[to->list.n++] = digest;
}

/* All that the search borrows. */
struct search {
	struct event_parting_search s;
	const struct measure_event **events; /* in the log, by their place in s.events */
	size_t *numbers;
	uint8_t *data;
	const uint8_t **digests;
	struct digest_list others, around;
	const uint8_t *other_items[64], *around_items[256];
	uint8_t usual[TDX_N_USUAL_EVENTS][MEASURE_DIGEST_BYTES];
};

static void search_done(struct search *s)
{
	free(s->events);
	free(s->numbers);
	free(s->data);
	free(s->digests);
}

static void expect(struct search *s, const struct measure_log *log, const struct policy_events *policy)
{
	const struct measure_event *e;

	s->others = (struct digest_list){ .list.items = s->other_items, .room = ARRAY_SIZE(s->other_items) };
	s->around =
		(struct digest_list){ .list.items = s->around_items, .room = ARRAY_SIZE(s->around_items) };
	for (size_t i = 0; i < policy->n; i++)
		for (size_t k = 0; k < policy->items[i].digests.n; k++)
			add_digest(&s->others,
				   policy->items[i].digests.items + k * (size_t)MEASURE_DIGEST_BYTES);
	for (size_t i = 0; i < TDX_N_USUAL_EVENTS; i++) {
		tdx_usual_event(i, s->usual[i]);
		add_digest(&s->around, s->usual[i]);
	}
	for (size_t i = 0; (e = measure_log_event(log, i)); i++)
		if (e->extends)
			add_digest(&s->around, e->digest);
}

/*
 * What the digest of an event may have been if it was that of its data: all of them, or what follows the
 * prefix that GRUB puts before a command, without the final NUL.
 */
static void hash_data(const struct measure_event *e, uint8_t *to)
{
	const uint8_t *colon = e->n > 0 ? memmem(e->data, e->n, ": ", 2) : NULL;
	const uint8_t *end = e->data + e->n;

	crypto_sha384(e->data, e->n, to);
	if (colon && end[-1] == '\0' && end - colon > 3)
		crypto_sha384(colon + 2, (size_t)(end - colon - 3), to + MEASURE_DIGEST_BYTES);
	else
		memcpy(to + MEASURE_DIGEST_BYTES, to, MEASURE_DIGEST_BYTES);
}

static int find_parting(struct search *s, const struct measure_log *log, const uint8_t *value, unsigned rtmr,
			struct verdict_rtmr *to)
{
	enum { DATA_BYTES = EVENT_PARTING_DATA_DIGESTS * MEASURE_DIGEST_BYTES };
	const struct measure_event *e;
	size_t n = 0, at;
	int r;

	for (size_t i = 0; (e = measure_log_event(log, i)); i++) {
		if (!extends(e, rtmr))
			continue;
		s->digests[n] = e->digest;
		hash_data(e, s->data + n * DATA_BYTES);
		s->numbers[n] = i + 1;
		s->events[n++] = e;
	}
	s->s.value = value;
	s->s.events = (struct event_digests){ s->digests, n };
	s->s.data = s->data;
	s->s.others = s->others.list;
	s->s.around = s->around.list;
	r = event_parting_find(&s->s, &to->parting, &at);
	if (r < 0 || to->parting == EVENT_PARTING_UNKNOWN)
		return r;
	to->event = SIZE_MAX;
	if (at < n) {
		to->event = s->numbers[at];
		to->offset = s->events[at]->offset;
		to->type = s->events[at]->type;
	}
	return 0;
}

static int find_partings(const struct tdx_judge *j, const struct measure_log *log, struct verdict_events *to)
{
	struct search s auto_call(search_done) = { .s.left = EVENT_PARTING_MAX_EXTENDS };
	const size_t n = to->n_events ? to->n_events : 1;
	int r = 0;

	s.events = calloc(n, sizeof(*s.events));
	s.numbers = calloc(n, sizeof(*s.numbers));
	s.digests = calloc(n, sizeof(*s.digests));
	s.data = calloc(n, EVENT_PARTING_DATA_DIGESTS * MEASURE_DIGEST_BYTES);
	if (!s.events || !s.numbers || !s.digests || !s.data)
		return -ENOMEM;
	expect(&s, log, &j->policy->event_digests);
	for (unsigned rtmr = 0; r == 0 && rtmr < MEASURE_N_RTMRS; rtmr++)
		if (!to->rtmr[rtmr].explained)
			r = find_parting(&s, log, tdx_body_rtmr(&j->quote.body, rtmr), rtmr, &to->rtmr[rtmr]);
	return r;
}

/* "event 12 (EV_IPL, offset 0x1a2)" */
static void name_event(const struct verdict_rtmr *rtmr, const struct verdict_events *events, char *to,
		       size_t n)
{
	char type[POLICY_EVENT_TYPE_BYTES];

	if (rtmr->event == SIZE_MAX)
		snprintf(to, n, "the end of its events");
	else if (events->form == MEASURE_LOG_TCG)
		snprintf(to, n, "event %zu (%s, offset 0x%zx)", rtmr->event,
			 policy_event_type(rtmr->type, type), rtmr->offset);
	else
		snprintf(to, n, "event %zu (%s)", rtmr->event, policy_event_type(rtmr->type, type));
}

static const char *parting_text(enum event_parting parting)
{
	static const char *const texts[] = {
		[EVENT_PARTING_UNKNOWN] = "the log does not show which event differs",
		[EVENT_PARTING_REST] = "the quote has only the events before it",
		[EVENT_PARTING_EXTRA] = "the quote has all events but this one",
		[EVENT_PARTING_DATA] = "the quote has the digest of this event's data, the log another",
		[EVENT_PARTING_SWAPPED] = "the quote has this event and the next in the opposite order",
		[EVENT_PARTING_OTHER] = "the quote has another digest here, which event_digests allows",
		[EVENT_PARTING_MISSING] = "the log lacks an event here",
	};

	return texts[parting];
}

static void judge_rtmr(struct tdx_judge *j, const struct verdict_events *events, unsigned rtmr)
{
	const struct verdict_rtmr *r = &events->rtmr[rtmr];
	char where[128];

	if (r->explained)
		return;
	if (rtmr == OWN_RTMR && (r->n_events == 0 || j->policy->allow_unexplained_rtmr3)) {
		verdict_not_judged(j->out, NOT_JUDGED_RTMR3);
		return;
	}
	name_event(r, events, where, sizeof(where));
	if (r->n_events == 0)
		verdict_refuse(j->out, REASON_EVENT_LOG_MISMATCH,
			       "rtmr%u: the log has no events for it, and the quote's value is not zero",
			       rtmr);
	else if (r->parting == EVENT_PARTING_UNKNOWN)
		verdict_refuse(j->out, REASON_EVENT_LOG_MISMATCH,
			       "rtmr%u: replay of its %zu events gives another value than the quote's; %s",
			       rtmr, r->n_events, parting_text(r->parting));
	else
		verdict_refuse(j->out, REASON_EVENT_LOG_MISMATCH,
			       "rtmr%u: replay of its %zu events gives another value than the quote's from "
			       "%s on: %s",
			       rtmr, r->n_events, where, parting_text(r->parting));
}

static int keep_events(const struct measure_log *log, struct verdict_events *to)
{
	const struct measure_event *e;

	to->list = calloc(to->n_events ? to->n_events : 1, sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	for (size_t i = 0; (e = measure_log_event(log, i)); i++) {
		if (!e->extends || !to->rtmr[e->index - 1].explained)
			continue;
		to->list[to->n_list] = (struct verdict_event){ .type = e->type, .rtmr = e->index - 1 };
		memcpy(to->list[to->n_list++].digest, e->digest, MEASURE_DIGEST_BYTES);
	}
	return 0;
}

static void log_drop(struct measure_log **log)
{
	measure_log_free(*log);
}

int tdx_judge_events(struct tdx_judge *j, const void *bytes, size_t n)
{
	struct measure_log *log auto_call(log_drop) = NULL;
	struct verdict_events *events;
	struct jurat_error why = { "" };
	bool all = true;
	int r;

	j->tdx->events = events = calloc(1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	r = measure_log_read(bytes, n, &log, &why);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		verdict_refuse(j->out, REASON_EVENT_LOG_MALFORMED, "%.240s", why.text);
		return 0;
	}
	replay(log, events);
	for (unsigned rtmr = 0; rtmr < MEASURE_N_RTMRS; rtmr++) {
		struct verdict_rtmr *to = &events->rtmr[rtmr];

		to->explained =
			memcmp(to->replayed, tdx_body_rtmr(&j->quote.body, rtmr), MEASURE_DIGEST_BYTES) == 0;
		all = all && to->explained;
	}
	r = keep_events(log, events);
	if (r == 0 && !all)
		r = find_partings(j, log, events);
	for (unsigned rtmr = 0; r == 0 && rtmr < MEASURE_N_RTMRS; rtmr++)
		judge_rtmr(j, events, rtmr);
	return r < 0 ? r : tdx_judge_event_policy(j, log);
}
