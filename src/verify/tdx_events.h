/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_EVENTS_H
#define VERIFY_TDX_EVENTS_H

#include "measure/event_data.h"
#include "verify/event_parting.h"
#include "verify/policy.h"
#include "verify/verdict.h"

/* The event log of a TD, for the verdict. */

/* One RTMR: whether replaying the log gives the quote's value. */
struct verdict_rtmr {
	bool explained;
	size_t n_events;
	uint8_t replayed[MEASURE_DIGEST_BYTES];
	enum event_parting parting; /* when it is not explained */
	size_t event;  /* where they part: number of an event, from 1; SIZE_MAX: behind the last */
	size_t offset; /* of that event, and its type */
	uint32_t type;
};

/* An event of an explained RTMR. */
struct verdict_event {
	uint32_t type;
	unsigned rtmr;
	uint8_t digest[MEASURE_DIGEST_BYTES];
};

enum { VERDICT_MAX_CMDLINES = 64 };

/* Self-contained: borrows nothing. */
struct verdict_events {
	bool readable; /* the members below are valid */
	enum measure_log_form form;
	size_t n_events;
	struct verdict_rtmr rtmr[MEASURE_N_RTMRS];
	enum measure_logged_secure_boot secure_boot;
	char **cmdlines; /* measured kernel command lines, owned, as is each string */
	size_t n_cmdlines;
	struct verdict_event *list; /* owned */
	size_t n_list;
};

void verdict_events_free(struct verdict_events *events);

#endif
