/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_EVENT_LOG_H
#define MEASURE_EVENT_LOG_H

#include "measure/snp.h"

/*
 * Event logs of TDs: the CCEL (TCG PC Client Platform Firmware Profile, crypto-agile form; UEFI 2.10 38.4
 * for the registers' numbers), dstack's and Trustee's JSON. Hostile until replayed: digests that replay to
 * the RTMRs of a verified quote are authentic, the data of an event is only where its digest is that of the
 * data. An event's type, its name and what stands around the measured part of its data never are: no digest
 * covers them.
 */
enum measure_log_form { MEASURE_LOG_TCG, MEASURE_LOG_DSTACK, MEASURE_LOG_TRUSTEE };

enum {
	MEASURE_N_RTMRS = 4,
	MEASURE_LOG_MAX_BYTES = 16 << 20,
	MEASURE_LOG_MAX_EVENTS = 65536,
};

/*
 * Types of events. Spec: TCG PC Client Platform Firmware Profile 1.06, table 14; the last is dstack's, not
 * of the TCG
 */
enum {
	MEASURE_EV_NO_ACTION = 0x3,
	MEASURE_EV_SEPARATOR = 0x4,
	MEASURE_EV_EVENT_TAG = 0x6,
	MEASURE_EV_PLATFORM_CONFIG_FLAGS = 0xa,
	MEASURE_EV_IPL = 0xd,
};
#define MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG    0x80000001u
#define MEASURE_EV_EFI_VARIABLE_BOOT             0x80000002u
#define MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define MEASURE_EV_EFI_BOOT_SERVICES_DRIVER      0x80000004u
#define MEASURE_EV_EFI_RUNTIME_SERVICES_DRIVER   0x80000005u
#define MEASURE_EV_EFI_GPT_EVENT                 0x80000006u
#define MEASURE_EV_EFI_ACTION                    0x80000007u
#define MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB    0x80000008u
#define MEASURE_EV_EFI_HANDOFF_TABLES            0x80000009u
#define MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2   0x8000000au
#define MEASURE_EV_EFI_HANDOFF_TABLES2           0x8000000bu
#define MEASURE_EV_EFI_VARIABLE_BOOT2            0x8000000cu
#define MEASURE_EV_EFI_VARIABLE_AUTHORITY        0x800000e0u
#define MEASURE_EV_DSTACK_RUNTIME                0x08000001u

struct measure_event {
	size_t offset;  /* of the event in a TCG log; the index in JSON */
	unsigned index; /* 1 to 4: RTMR0 to 3, however the log counts; of EV_NO_ACTION what the log states */
	unsigned stated_index; /* as the log has it */
	uint32_t type;         /* EV_* */
	bool extends;          /* false: EV_NO_ACTION */
	const uint8_t *digest; /* SHA-384, 48 bytes; NULL: an EV_NO_ACTION without one */
	const uint8_t *data;   /* borrowed from the log */
	size_t n;
	const char *name;      /* dstack: the name of an RTMR3 event; NULL: none */
	bool data_is_measured; /* the digest is that of the data, as the type says it is made */
	/*
	 * The part of the data that the digest is of, which leaves out GRUB's prefixes and the like; NULL:
	 * none
	 */
	const uint8_t *measured;
	size_t n_measured;
};

struct measure_log;

/* Whether these bytes seem to be an event log, or JSON with one in it. */
bool measure_log_is(const void *bytes, size_t n);

/*
 * Whether JSON has an event log in it, which measure_log_read() reads.
 *
 * Returns   0; JURAT_NOT_FOUND there is none, or it is null or ""; -EBADMSG not JSON, or more than one;
 *           -ENOMEM
 */
JURAT_MUST_CHECK int measure_log_find_json(const void *bytes, size_t n, struct jurat_error *err);

/*
 * bytes     untrusted, copied
 * Returns   0; -EBADMSG with offset and reason; -EOVERFLOW more events or bytes than are read; -ENOMEM
 */
JURAT_MUST_CHECK int measure_log_read(const void *bytes, size_t n, struct measure_log **ret,
				      struct jurat_error *err);
void measure_log_free(struct measure_log *log);
enum measure_log_form measure_log_form(const struct measure_log *log);
size_t measure_log_count(const struct measure_log *log);
const struct measure_event *measure_log_event(const struct measure_log *log,
					      size_t i); /* NULL past the end */
const char *measure_event_type_name(uint32_t type);      /* NULL: not known */
/* The type of a name as measure_event_type_name() gives it; false: there is none. */
bool measure_event_type_by_name(const char *name, uint32_t *ret);

/* The RTMRs after events 0 to n - 1. */
void measure_log_replay(const struct measure_log *log, size_t n,
			uint8_t ret[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES]);

/* The ACPI table that says where the log is. Spec: ACPI 6.5, 5.2.34 */
struct measure_ccel {
	uint8_t cc_type, cc_subtype;
	uint64_t log_area_bytes, log_area_address;
};
enum { MEASURE_CCEL_BYTES = 56, MEASURE_CCEL_SEV = 1, MEASURE_CCEL_TDX = 2 };

bool measure_ccel_is(const void *bytes, size_t n);
/* Returns 0; -EBADMSG: `err` says what is wrong */
JURAT_MUST_CHECK int measure_ccel_read(const void *bytes, size_t n, struct measure_ccel *ret,
				       struct jurat_error *err);

#endif
