/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MEASURE_LOG_MADE_H
#define TESTS_MEASURE_LOG_MADE_H

#include "support/test.h"

#include "measure/event_log.h"

/* A TCG event log, made for tests: a Spec ID event that declares algorithms, then events. */
enum { LOG_MADE_BYTES = 8192, LOG_MADE_SPEC_ID_BYTES = 65, LOG_MADE_SHA256 = 0xb, LOG_MADE_SHA384 = 0xc };

struct log_made {
	uint8_t bytes[LOG_MADE_BYTES];
	struct bytes_wr w;
};

struct log_made_algorithm {
	uint16_t id, size;
};

/* Declares SHA-384 alone: LOG_MADE_SPEC_ID_BYTES. */
void log_made_begin(struct log_made *log);
void log_made_begin_with(struct log_made *log, const struct log_made_algorithm *algorithms, unsigned n);
/* The SHA-384 digest is that of the data. */
void log_made_event(struct log_made *log, uint32_t index, uint32_t type, const void *data, size_t n);
void log_made_event_of(struct log_made *log, uint32_t index, uint32_t type, const void *measured,
		       size_t n_measured, const void *data, size_t n);
/* The beginning of an event, until its digests. */
void log_made_head(struct log_made *log, uint32_t index, uint32_t type, uint32_t n_digests);

/* An event as a string with its size, "\0" and all but the last NUL included. */
#define LOG_MADE_TEXT(text) (text), sizeof(text) - 1

#endif
