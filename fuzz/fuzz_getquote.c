/* deps: wire_dep */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "wire/qgs.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const struct bytes_rd *part)
{
	if (part->bad || part->data < data + TDX_GETQUOTE_DATA_OFF ||
	    part->size > size - TDX_GETQUOTE_DATA_OFF || (size_t)(part->data - data) > size - part->size)
		abort();
}

static void check_tdreport(const struct bytes_rd *message)
{
	uint8_t again[TDX_REPORT_BYTES];
	struct tdx_report report;
	struct jurat_error err;

	if (message->size != TDX_REPORT_BYTES)
		abort();
	if (tdx_report_read(message->data, message->size, &report, &err) != 0)
		return;
	if (tdx_report_check_reserved(&report, &err) > 0)
		abort();
	tdx_report_write(&report, again);
	if (memcmp(again, message->data, sizeof(again)) != 0)
		abort();
}

/* A GetQuote buffer as a host and as a guest finds it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdx_getquote q;
	struct bytes_rd output;
	struct jurat_error err;
	enum qgs_type type;

	if (tdx_getquote_read(data, size, &q, &err) == 0) {
		check_inside(data, size, &q.input);
		check_inside(data, size, &q.message);
		if (q.input.size != q.hdr.in_len)
			abort();
		if (q.form == TDX_GETQUOTE_TDREPORT)
			check_tdreport(&q.message);
		if (q.form == TDX_GETQUOTE_QGS &&
		    (qgs_read_type(q.message.data, q.message.size, &type, &err) != 0 ||
		     !qgs_is_request(type)))
			abort();
	}
	if (tdx_getquote_read_output(data, size, &output, &err) == 0) {
		check_inside(data, size, &output);
		if (output.size == 0)
			abort();
	}
	return 0;
}
