/* SPDX-License-Identifier: MIT */
#include "measure/log_made.h"

#include "crypto/hash.h"

void log_made_begin_with(struct log_made *log, const struct log_made_algorithm *algorithms, unsigned n)
{
	static const char signature[16] = "Spec ID Event03";

	log->w = bytes_wr(log->bytes, sizeof(log->bytes));
	bytes_wr_le32(&log->w, 1);
	bytes_wr_le32(&log->w, MEASURE_EV_NO_ACTION);
	bytes_wr_zero(&log->w, 20);
	bytes_wr_le32(&log->w, 29 + 4 * n);
	bytes_wr_copy(&log->w, signature, sizeof(signature));
	bytes_wr_le32(&log->w, 0);
	bytes_wr_le32(&log->w, 0x02000200);
	bytes_wr_le32(&log->w, n);
	for (unsigned i = 0; i < n; i++) {
		bytes_wr_le16(&log->w, algorithms[i].id);
		bytes_wr_le16(&log->w, algorithms[i].size);
	}
	bytes_wr_u8(&log->w, 0);
}

void log_made_begin(struct log_made *log)
{
	const struct log_made_algorithm sha384 = { LOG_MADE_SHA384, MEASURE_DIGEST_BYTES };

	log_made_begin_with(log, &sha384, 1);
	assert_int_equal(log->w.off, LOG_MADE_SPEC_ID_BYTES);
}

void log_made_head(struct log_made *log, uint32_t index, uint32_t type, uint32_t n_digests)
{
	bytes_wr_le32(&log->w, index);
	bytes_wr_le32(&log->w, type);
	bytes_wr_le32(&log->w, n_digests);
}

void log_made_event_of(struct log_made *log, uint32_t index, uint32_t type, const void *measured,
		       size_t n_measured, const void *data, size_t n)
{
	uint8_t digest[MEASURE_DIGEST_BYTES];

	crypto_sha384(measured, n_measured, digest);
	log_made_head(log, index, type, 1);
	bytes_wr_le16(&log->w, LOG_MADE_SHA384);
	bytes_wr_copy(&log->w, digest, sizeof(digest));
	bytes_wr_le32(&log->w, (uint32_t)n);
	bytes_wr_copy(&log->w, data, n);
	assert_false(log->w.bad);
}

void log_made_event(struct log_made *log, uint32_t index, uint32_t type, const void *data, size_t n)
{
	log_made_event_of(log, index, type, data, n, data, n);
}
