/* SPDX-License-Identifier: MIT */
#include "measure/event_log_write.h"

#include <errno.h>
#include <string.h>

enum {
	ALGO_SHA384 = 0x000c, /* TPM_ALG_SHA384 */
	SHA1_BYTES = 20,      /* of the digest that only the first event has */
	SPEC_ID_BYTES = 33,
	PROFILE_MAJOR = 2,
	PROFILE_ERRATA = 0,
	UINTN_OF_64_BITS = 2,
	EVENT_BYTES = 4 + 4 + 4 + 2 + MEASURE_DIGEST_BYTES + 4, /* before its data */
	FIRST_INDEX = 1,                                        /* that of RTMR0 */
	UNUSED = 0xff,
};

int measure_log_begin(struct measure_log_writer *writer, void *area, size_t n)
{
	struct bytes_wr w = bytes_wr(area, n);

	memset(area, UNUSED, n);
	bytes_wr_le32(&w, FIRST_INDEX);
	bytes_wr_le32(&w, MEASURE_EV_NO_ACTION);
	bytes_wr_zero(&w, SHA1_BYTES);
	bytes_wr_le32(&w, SPEC_ID_BYTES);
	bytes_wr_copy(&w, "Spec ID Event03", 16);
	bytes_wr_le32(&w, 0); /* platformClass: client */
	bytes_wr_u8(&w, 0);   /* minor version of the profile */
	bytes_wr_u8(&w, PROFILE_MAJOR);
	bytes_wr_u8(&w, PROFILE_ERRATA);
	bytes_wr_u8(&w, UINTN_OF_64_BITS);
	bytes_wr_le32(&w, 1); /* number of algorithms */
	bytes_wr_le16(&w, ALGO_SHA384);
	bytes_wr_le16(&w, MEASURE_DIGEST_BYTES);
	bytes_wr_u8(&w, 0); /* no vendor information */
	if (w.bad)
		return -ENOSPC;
	writer->to = w;
	return 0;
}

int measure_log_add(struct measure_log_writer *writer, const struct measure_event *event)
{
	struct bytes_wr *w = &writer->to;
	size_t left = w->size - w->off;

	if (left < EVENT_BYTES || event->n > left - EVENT_BYTES)
		return -ENOSPC;
	bytes_wr_le32(w, event->index);
	bytes_wr_le32(w, event->type);
	bytes_wr_le32(w, 1); /* number of digests */
	bytes_wr_le16(w, ALGO_SHA384);
	bytes_wr_copy(w, event->digest, MEASURE_DIGEST_BYTES);
	bytes_wr_le32(w, (uint32_t)event->n);
	bytes_wr_copy(w, event->data, event->n);
	return 0;
}

void measure_ccel_write(const struct measure_ccel *ccel, uint8_t ret[MEASURE_CCEL_BYTES])
{
	enum { CHECKSUM_AT = 9 };
	struct bytes_wr w = bytes_wr(ret, MEASURE_CCEL_BYTES);
	uint8_t sum = 0;

	bytes_wr_copy(&w, "CCEL", 4);
	bytes_wr_le32(&w, MEASURE_CCEL_BYTES);
	bytes_wr_u8(&w, 1); /* revision */
	bytes_wr_u8(&w, 0); /* checksum, below */
	bytes_wr_copy(&w, "JURAT ", 6);
	bytes_wr_copy(&w, "SOFTWARE", 8); /* OEM table ID */
	bytes_wr_le32(&w, 1);             /* OEM revision */
	bytes_wr_copy(&w, "JURA", 4);     /* creator */
	bytes_wr_le32(&w, 1);
	bytes_wr_u8(&w, ccel->cc_type);
	bytes_wr_u8(&w, ccel->cc_subtype);
	bytes_wr_zero(&w, 2);
	bytes_wr_le64(&w, ccel->log_area_bytes);
	bytes_wr_le64(&w, ccel->log_area_address);
	for (size_t i = 0; i < MEASURE_CCEL_BYTES; i++)
		sum = (uint8_t)(sum + ret[i]);
	ret[CHECKSUM_AT] = (uint8_t)(0 - sum);
}
