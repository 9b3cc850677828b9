/* SPDX-License-Identifier: MIT */
#include "measure/event_log.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "measure/event_log_parts.h"
#include "measure/tdx.h"

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
		return jurat_fail(err, -EBADMSG,
				  "not an event log: expected a Spec ID event (TCG, crypto-agile form), or "
				  "JSON with an event log");
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
