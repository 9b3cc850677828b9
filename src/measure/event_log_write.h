/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_LOG_WRITE_H
#define MEASURE_EVENT_LOG_WRITE_H

#include "base/bytes.h"
#include "measure/event_log.h"

/*
 * Writes an event log of a TD as its firmware does, into an area that is filled with ff after the last event.
 * Spec: TCG PC Client Platform Firmware Profile 1.06, 10.2 and 10.4.5.1; ACPI 6.5, 5.2.34 (CCEL)
 */
enum { MEASURE_LOG_AREA_BYTES = 0x10000 }; /* as large as OVMF's */

struct measure_log_writer {
	struct bytes_wr to;
};

/* Begins a log with events of SHA-384 in `area`, which is borrowed. 0; -ENOSPC */
JURAT_MUST_CHECK int measure_log_begin(struct measure_log_writer *writer, void *area, size_t n);
/*
 * Appends an event with its index, type, digest and data. 0; -ENOSPC the area is full, and nothing was
 * written.
 */
JURAT_MUST_CHECK int measure_log_add(struct measure_log_writer *writer, const struct measure_event *event);

/* The ACPI table for a log at this address. */
void measure_ccel_write(const struct measure_ccel *ccel, uint8_t ret[MEASURE_CCEL_BYTES]);

#endif
