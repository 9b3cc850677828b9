/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_LOG_H
#define MEASURE_EVENT_LOG_H

#include "measure/snp.h"

/*
 * Event logs of TDs: the CCEL (TCG PC Client Platform Firmware Profile, crypto-agile form; UEFI 2.10 38.4 for the registers' numbers),
 * dstack's and Trustee's JSON. Hostile until replayed: digests that replay to the RTMRs of a verified quote are
 * authentic, the data of an event is only where its digest is that of the data.
 */
enum measure_log_form { MEASURE_LOG_TCG, MEASURE_LOG_DSTACK, MEASURE_LOG_TRUSTEE };

/* A register's index in an event: 0 is MRTD, which the log never extends, 1 to 4 are RTMR0 to 3. */
enum { MEASURE_N_RTMRS = 4 };

/* Types of events, for others than the reader. Spec: TCG PC Client Platform Firmware Profile, "Event Types". */
enum {
	MEASURE_EV_NO_ACTION = 3,
	MEASURE_EV_SEPARATOR = 4,
	MEASURE_EV_EVENT_TAG = 6,
	MEASURE_EV_IPL = 0xd,
};

struct measure_event {
	size_t offset;           /* of the event in a TCG log; the index in JSON */
	unsigned index;          /* as the log states it, see above */
	uint32_t type;           /* EV_* */
	bool extends;            /* false: EV_NO_ACTION */
	const uint8_t *digest;   /* SHA-384, 48 bytes; NULL: the event has none */
	const uint8_t *data;     /* borrowed from the log */
	size_t n;
	const char *name;        /* dstack: the name of an RTMR3 event; NULL: none */
	bool data_is_measured;   /* the digest is that of the data, as the type says it is made */
};

struct measure_log;

/*
 * bytes     untrusted, copied
 * Returns   0; -EBADMSG with offset and reason; -EOVERFLOW more events or bytes than are read; -ENOMEM
 */
JURAT_MUST_CHECK int measure_log_read(const void *bytes, size_t n, struct measure_log **ret,
				      struct jurat_error *err);
void measure_log_free(struct measure_log *log);
enum measure_log_form measure_log_form(const struct measure_log *log);
size_t measure_log_count(const struct measure_log *log);
const struct measure_event *measure_log_event(const struct measure_log *log, size_t i); /* NULL past the end */
const char *measure_event_type_name(uint32_t type);                                     /* NULL: not known */
/* The type of a name as measure_event_type_name() gives it; false: there is none. */
bool measure_event_type_by_name(const char *name, uint32_t *ret);

/* The RTMRs after events 0 to n - 1. */
void measure_log_replay(const struct measure_log *log, size_t n,
			uint8_t ret[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES]);

#endif
