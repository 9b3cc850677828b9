/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/qgs.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

static void check_inside(const uint8_t *data, size_t size, const struct bytes_rd *part)
{
	must(!part->bad && part->data >= data + TDX_GETQUOTE_DATA_OFF &&
	     part->size <= size - TDX_GETQUOTE_DATA_OFF && (size_t)(part->data - data) <= size - part->size);
}

static void check_tdreport(const struct bytes_rd *message)
{
	uint8_t again[TDX_REPORT_BYTES];
	struct tdx_report report;
	struct jurat_error err;

	must(message->size == TDX_REPORT_BYTES);
	if (tdx_report_read(message->data, message->size, &report, &err) != 0)
		return;
	if (tdx_report_check_reserved(&report, &err) == 0)
		FUZZ_REACHED("a TDREPORT of a module");
	tdx_report_write(&report, again);
	must(memcmp(again, message->data, sizeof(again)) == 0);
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
		must(q.input.size == q.hdr.in_len);
		if (q.form == TDX_GETQUOTE_TDREPORT)
			check_tdreport(&q.message);
		if (q.form == TDX_GETQUOTE_QGS) {
			FUZZ_REACHED("a request for the quoting service");
			must(qgs_read_type(q.message.data, q.message.size, &type, &err) == 0 &&
			     qgs_is_request(type));
		}
	}
	if (tdx_getquote_read_output(data, size, &output, &err) == 0) {
		check_inside(data, size, &output);
		FUZZ_REACHED("an answer of the VMM");
		must(output.size > 0);
	}
	return 0;
}
