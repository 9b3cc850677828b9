/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "measure/event_log_parts.h"

int event_log_add(struct measure_log *log, const struct measure_event *event, struct jurat_error *err)
{
	enum { FIRST_ROOM = 64 };

	if (log->n == MEASURE_LOG_MAX_EVENTS)
		return jurat_fail(err, -EOVERFLOW, "event log with more than %d events",
				  MEASURE_LOG_MAX_EVENTS);
	if (log->n == log->room) {
		size_t room = log->room ? 2 * log->room : FIRST_ROOM;
		struct measure_event *events = realloc(log->events, room * sizeof(*events));

		if (!events)
			return jurat_fail_memory(err);
		log->events = events;
		log->room = room;
	}
	log->events[log->n++] = *event;
	return 0;
}

/*
 * UEFI counts MRTD as 0 and RTMR0 to 3 as 1 to 4. Some logs have the number of the RTMR, which shows in a
 * 0, since nothing extends MRTD, and others the PCR whose part it takes, which shows in a number above 4. A
 * wrong guess replays to other values than the quote's. Spec: UEFI 2.10, 38.4.1 (Intel TDX), for both
 * mappings.
 */
static unsigned number_of_pcr(unsigned pcr)
{
	if (pcr == 1 || pcr == 7)
		return 1;
	return pcr <= 6 ? 2 : 3;
}

int event_log_number(struct measure_log *log, struct jurat_error *err)
{
	enum { LAST_PCR = 15 };
	unsigned least = LAST_PCR, most = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct measure_event *e = &log->events[i];

		if (!e->extends)
			continue;
		if (e->stated_index > LAST_PCR)
			return jurat_fail(err, -EBADMSG, "event %zu at %zu: there is no register %u", i + 1,
					  e->offset, e->stated_index);
		least = e->stated_index < least ? e->stated_index : least;
		most = e->stated_index > most ? e->stated_index : most;
	}
	if (least == 0 && most >= MEASURE_N_RTMRS)
		return jurat_fail(err, -EBADMSG,
				  "the events extend registers 0 to %u: the log of a TPM, not of a TD", most);
	for (size_t i = 0; i < log->n; i++) {
		struct measure_event *e = &log->events[i];

		if (!e->extends || (least > 0 && most <= MEASURE_N_RTMRS))
			continue;
		e->index = least == 0 ? e->stated_index + 1 : number_of_pcr(e->stated_index);
	}
	return 0;
}
