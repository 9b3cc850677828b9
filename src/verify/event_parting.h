/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_EVENT_PARTING_H
#define VERIFY_EVENT_PARTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Where the events of a log and a register part, when replaying them does not give its value. A register
 * keeps only a hash of hashes, so this is known only if one difference explains the value: each of those
 * below is tried, within a bound.
 */
enum event_parting {
	EVENT_PARTING_UNKNOWN,
	EVENT_PARTING_REST,    /* the register has only what precedes the event */
	EVENT_PARTING_EXTRA,   /* the register has all events but this one */
	EVENT_PARTING_DATA,    /* the event's digest was that of its data */
	EVENT_PARTING_SWAPPED, /* this event and the next were extended in the opposite order */
	EVENT_PARTING_OTHER,   /* the event had another digest, one of `others` */
	EVENT_PARTING_MISSING, /* an event with one of the digests `others` or `around` precedes this one */
};

enum {
	EVENT_PARTING_DIGEST_BYTES = 48,
	EVENT_PARTING_MAX_EXTENDS = 1 << 16, /* of one log: some hundredths of a second */
	EVENT_PARTING_DATA_DIGESTS = 2,
};

struct event_digests {
	const uint8_t **items; /* each EVENT_PARTING_DIGEST_BYTES */
	size_t n;
};

struct event_parting_search {
	const uint8_t *value;        /* of the register */
	struct event_digests events; /* those of the log that extend it, in order */
	const uint8_t *data; /* EVENT_PARTING_DATA_DIGESTS for each: what the digest of its data could be */
	struct event_digests others; /* what the relying party expects in the log */
	struct event_digests around; /* digests that events often have: those of the log, separators */
	size_t left;                 /* extends that may still be tried; counted down */
	size_t quota;                /* the same of the difference that is being tried */
};

/* ret_at: the event; events.n: behind the last. 0, whatever is known; -ENOMEM. */
JURAT_MUST_CHECK int event_parting_find(struct event_parting_search *search, enum event_parting *ret,
					size_t *ret_at);

#endif
