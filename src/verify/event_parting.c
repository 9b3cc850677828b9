/* SPDX-License-Identifier: MIT */
#include "verify/event_parting.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "measure/tdx.h"

enum { DIGEST = EVENT_PARTING_DIGEST_BYTES };

typedef uint8_t digest[DIGEST];

/* A replay of the log up to the event `at`, then of up to two digests, then of the log from `next`. */
struct attempt {
	size_t at, next;
	const uint8_t *instead[2];
};

/*
 * False also when the bound is reached. Events are tried from the last to the first, which costs more and
 * more: then no further one is affordable either.
 */
static bool gives_value(struct event_parting_search *s, const digest *before, const struct attempt *a)
{
	const size_t n = s->events.n - a->next + ARRAY_SIZE(a->instead);
	digest d;

	if (n > s->quota) {
		s->quota = 0;
		return false;
	}
	s->quota -= n;
	s->left -= n;
	memcpy(d, before[a->at], DIGEST);
	for (size_t i = 0; i < ARRAY_SIZE(a->instead); i++)
		if (a->instead[i])
			measure_extend(d, a->instead[i]);
	for (size_t i = a->next; i < s->events.n; i++)
		measure_extend(d, s->events.items[i]);
	return memcmp(d, s->value, DIGEST) == 0;
}

/* No difference may use up the bound of all. */
static void begin(struct event_parting_search *s)
{
	const size_t share = EVENT_PARTING_MAX_EXTENDS / 4;

	s->quota = s->left < share ? s->left : share;
}

static bool without_one(struct event_parting_search *s, const digest *before, size_t *ret_at)
{
	begin(s);
	for (size_t at = s->events.n; s->quota > 0 && at-- > 0;) {
		if (!gives_value(s, before, &(struct attempt){ .at = at, .next = at + 1 }))
			continue;
		/* Of several equal ones in a row, the first may be the one. */
		while (at > 0 && memcmp(s->events.items[at - 1], s->events.items[at], DIGEST) == 0)
			at--;
		*ret_at = at;
		return true;
	}
	return false;
}

static bool with_data(struct event_parting_search *s, const digest *before, size_t *ret_at)
{
	const digest *data = (const void *)s->data;

	begin(s);
	for (size_t at = s->events.n; data && s->quota > 0 && at-- > 0;) {
		const digest *of = data + at * EVENT_PARTING_DATA_DIGESTS;

		*ret_at = at;
		for (size_t i = 0; i < EVENT_PARTING_DATA_DIGESTS; i++)
			if (memcmp(of[i], s->events.items[at], DIGEST) != 0 &&
			    gives_value(s, before, &(struct attempt){ at, at + 1, { of[i] } }))
				return true;
	}
	return false;
}

static bool swapped(struct event_parting_search *s, const digest *before, size_t *ret_at)
{
	begin(s);
	for (size_t at = s->events.n; s->quota > 0 && at-- > 1;) {
		const uint8_t *first = s->events.items[at], *second = s->events.items[at - 1];

		*ret_at = at - 1;
		if (gives_value(s, before, &(struct attempt){ at - 1, at + 1, { first, second } }))
			return true;
	}
	return false;
}

/* With one of the digests in the place of an event. */
static bool with_other(struct event_parting_search *s, const digest *before, const struct event_digests *of,
		       size_t *ret_at)
{
	begin(s);
	for (size_t at = s->events.n; s->quota > 0 && at-- > 0;) {
		*ret_at = at;
		for (size_t i = 0; i < of->n; i++)
			if (gives_value(s, before, &(struct attempt){ at, at + 1, { of->items[i] } }))
				return true;
	}
	return false;
}

/* With one of the digests before an event, or after the last. */
static bool with_one_more(struct event_parting_search *s, const digest *before,
			  const struct event_digests *of, size_t *ret_at)
{
	begin(s);
	for (size_t at = s->events.n + 1; s->quota > 0 && at-- > 0;) {
		*ret_at = at;
		for (size_t i = 0; s->quota > 0 && i < of->n; i++)
			if (gives_value(s, before, &(struct attempt){ at, at, { of->items[i] } }))
				return true;
	}
	return false;
}

/* The replay before each event, and after the last. Returns whether the register has one of these values. */
static bool replay(const struct event_parting_search *s, digest *before, size_t *ret_at)
{
	bool found = false;

	memset(before[0], 0, DIGEST);
	for (size_t i = 0; i < s->events.n; i++) {
		if (!found && memcmp(before[i], s->value, DIGEST) == 0) {
			found = true;
			*ret_at = i;
		}
		memcpy(before[i + 1], before[i], DIGEST);
		measure_extend(before[i + 1], s->events.items[i]);
	}
	return found;
}

int event_parting_find(struct event_parting_search *s, enum event_parting *ret, size_t *ret_at)
{
	auto_free digest *before = calloc(s->events.n + 1, sizeof(*before));
	enum event_parting found = EVENT_PARTING_UNKNOWN;
	size_t at = 0;

	if (!before)
		return -ENOMEM;
	if (replay(s, before, &at))
		found = EVENT_PARTING_REST;
	else if (without_one(s, before, &at))
		found = EVENT_PARTING_EXTRA;
	else if (with_data(s, before, &at))
		found = EVENT_PARTING_DATA;
	else if (swapped(s, before, &at))
		found = EVENT_PARTING_SWAPPED;
	else if (with_other(s, before, &s->others, &at))
		found = EVENT_PARTING_OTHER;
	else if (with_one_more(s, before, &s->others, &at) || with_one_more(s, before, &s->around, &at))
		found = EVENT_PARTING_MISSING;
	*ret = found;
	*ret_at = found == EVENT_PARTING_UNKNOWN ? 0 : at;
	return 0;
}
