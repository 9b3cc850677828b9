/* SPDX-License-Identifier: MIT */
#include "measure/event_log.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_log_parts.h"
#include "measure/tdx.h"

/* Spec: TCG PC Client Platform Firmware Profile 1.06, table 14; the last row is dstack's. */
static const struct {
	uint32_t type;
	const char *name;
} types[] = {
	{ 0x0, "EV_PREBOOT_CERT" },
	{ 0x1, "EV_POST_CODE" },
	{ 0x2, "EV_UNUSED" },
	{ MEASURE_EV_NO_ACTION, "EV_NO_ACTION" },
	{ MEASURE_EV_SEPARATOR, "EV_SEPARATOR" },
	{ 0x5, "EV_ACTION" },
	{ MEASURE_EV_EVENT_TAG, "EV_EVENT_TAG" },
	{ 0x7, "EV_S_CRTM_CONTENTS" },
	{ 0x8, "EV_S_CRTM_VERSION" },
	{ 0x9, "EV_CPU_MICROCODE" },
	{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, "EV_PLATFORM_CONFIG_FLAGS" },
	{ 0xb, "EV_TABLE_OF_DEVICES" },
	{ 0xc, "EV_COMPACT_HASH" },
	{ MEASURE_EV_IPL, "EV_IPL" },
	{ 0xe, "EV_IPL_PARTITION_DATA" },
	{ 0xf, "EV_NONHOST_CODE" },
	{ 0x10, "EV_NONHOST_CONFIG" },
	{ 0x11, "EV_NONHOST_INFO" },
	{ 0x12, "EV_OMIT_BOOT_DEVICE_EVENTS" },
	{ 0x13, "EV_POST_CODE2" },
	{ 0x80000000, "EV_EFI_EVENT_BASE" },
	{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT, "EV_EFI_VARIABLE_BOOT" },
	{ MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, "EV_EFI_BOOT_SERVICES_APPLICATION" },
	{ MEASURE_EV_EFI_BOOT_SERVICES_DRIVER, "EV_EFI_BOOT_SERVICES_DRIVER" },
	{ MEASURE_EV_EFI_RUNTIME_SERVICES_DRIVER, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
	{ MEASURE_EV_EFI_GPT_EVENT, "EV_EFI_GPT_EVENT" },
	{ MEASURE_EV_EFI_ACTION, "EV_EFI_ACTION" },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
	{ MEASURE_EV_EFI_HANDOFF_TABLES, "EV_EFI_HANDOFF_TABLES" },
	{ MEASURE_EV_EFI_PLATFORM_FIRMWARE_BLOB2, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
	{ MEASURE_EV_EFI_HANDOFF_TABLES2, "EV_EFI_HANDOFF_TABLES2" },
	{ MEASURE_EV_EFI_VARIABLE_BOOT2, "EV_EFI_VARIABLE_BOOT2" },
	{ 0x8000000d, "EV_EFI_GPT_EVENT2" },
	{ 0x80000010, "EV_EFI_HCRTM_EVENT" },
	{ MEASURE_EV_EFI_VARIABLE_AUTHORITY, "EV_EFI_VARIABLE_AUTHORITY" },
	{ 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB" },
	{ 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
	{ 0x800000e3, "EV_EFI_SPDM_DEVICE_POLICY" },
	{ 0x800000e4, "EV_EFI_SPDM_DEVICE_AUTHORITY" },
	{ MEASURE_EV_DSTACK_RUNTIME, "DSTACK_RUNTIME_EVENT" },
};

const char *measure_event_type_name(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}

bool measure_event_type_by_name(const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, name) == 0) {
			*ret = types[i].type;
			return true;
		}
	}
	return false;
}

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

bool measure_log_is(const void *bytes, size_t n)
{
	return event_log_is_tcg(bytes, n) || event_log_is_json(bytes, n);
}

static int read_any(struct measure_log *log, const uint8_t *bytes, size_t n, struct jurat_error *err)
{
	int r;

	if (measure_ccel_is(bytes, n))
		return jurat_fail(err, -EBADMSG,
				  "the ACPI table CCEL, which says where the event log is; the log itself is "
				  "/sys/firmware/acpi/tables/data/CCEL");
	if (event_log_is_tcg(bytes, n))
		r = event_log_read_tcg(log, bytes, n, err);
	else if (event_log_is_json(bytes, n))
		r = event_log_read_json(log, bytes, n, err);
	else
		return jurat_fail(
			err, -EBADMSG,
			"not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON");
	if (r < 0)
		return r;
	return event_log_number(log, err);
}

int measure_log_read(const void *bytes, size_t n, struct measure_log **ret, struct jurat_error *err)
{
	struct measure_log *log;
	int r;

	if (n > MEASURE_LOG_MAX_BYTES)
		return jurat_fail(err, -EOVERFLOW, "event log with %zu bytes; at most %d are read", n,
				  MEASURE_LOG_MAX_BYTES);
	log = calloc(1, sizeof(*log));
	if (!log)
		return jurat_fail_memory(err);
	r = read_any(log, bytes, n, err);
	if (r < 0) {
		measure_log_free(log);
		return r;
	}
	*ret = log;
	return 0;
}

void measure_log_free(struct measure_log *log)
{
	if (!log)
		return;
	free(log->bytes);
	free(log->events);
	free(log);
}

enum measure_log_form measure_log_form(const struct measure_log *log)
{
	return log->form;
}

size_t measure_log_count(const struct measure_log *log)
{
	return log->n;
}

const struct measure_event *measure_log_event(const struct measure_log *log, size_t i)
{
	return i < log->n ? &log->events[i] : NULL;
}

void measure_log_replay(const struct measure_log *log, size_t n,
			uint8_t ret[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES])
{
	memset(ret, 0, MEASURE_N_RTMRS * sizeof(ret[0]));
	for (size_t i = 0; i < n && i < log->n; i++) {
		const struct measure_event *e = &log->events[i];

		if (e->extends)
			measure_extend(ret[e->index - 1], e->digest);
	}
}

bool measure_ccel_is(const void *bytes, size_t n)
{
	return n >= 4 && memcmp(bytes, "CCEL", 4) == 0;
}

int measure_ccel_read(const void *bytes, size_t n, struct measure_ccel *ret, struct jurat_error *err)
{
	enum { TYPE_OFF = 36 };
	struct bytes_rd r = bytes_rd(bytes, n);
	struct measure_ccel t = { 0 };
	uint8_t sum = 0;
	uint32_t size;

	if (!measure_ccel_is(bytes, n))
		return jurat_fail(err, -EBADMSG, "not an ACPI table CCEL");
	bytes_rd_skip(&r, 4);
	size = bytes_rd_le32(&r);
	bytes_rd_seek(&r, TYPE_OFF);
	t.cc_type = bytes_rd_u8(&r);
	t.cc_subtype = bytes_rd_u8(&r);
	bytes_rd_skip(&r, 2);
	t.log_area_bytes = bytes_rd_le64(&r);
	t.log_area_address = bytes_rd_le64(&r);
	if (r.bad || size != n)
		return jurat_fail(
			err, -EBADMSG,
			"ACPI table CCEL: the length is %u; expected %d or more, and that of the file, %zu",
			size, MEASURE_CCEL_BYTES, n);
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
	if (sum != 0)
		return jurat_fail(err, -EBADMSG, "ACPI table CCEL: the checksum is wrong");
	*ret = t;
	return 0;
}
