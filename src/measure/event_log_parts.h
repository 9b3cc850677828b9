/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_LOG_PARTS_H
#define MEASURE_EVENT_LOG_PARTS_H

#include "measure/event_log.h"

/* Shared by the readers of the forms of event logs. */

struct measure_log {
	enum measure_log_form form;
	uint8_t *bytes; /* what the events borrow from */
	struct measure_event *events;
	size_t n, room;
};

/* Returns 0; -EOVERFLOW; -ENOMEM */
JURAT_MUST_CHECK int event_log_add(struct measure_log *log, const struct measure_event *event,
				   struct jurat_error *err);
/* Makes the registers' numbers those of UEFI. Returns 0; -EBADMSG */
JURAT_MUST_CHECK int event_log_number(struct measure_log *log, struct jurat_error *err);
/* Finds out whether, and of which part of the data, the digest is. */
void event_log_match(struct measure_event *event);

/* Both fill an empty log; what they have read of a log that is refused is freed with it. */
JURAT_MUST_CHECK int event_log_read_tcg(struct measure_log *log, const uint8_t *bytes, size_t n,
					struct jurat_error *err);
JURAT_MUST_CHECK int event_log_read_json(struct measure_log *log, const uint8_t *text, size_t n,
					 struct jurat_error *err);
bool event_log_is_tcg(const uint8_t *bytes, size_t n);
bool event_log_is_json(const uint8_t *text, size_t n);

#endif
