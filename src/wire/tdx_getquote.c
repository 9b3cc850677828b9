/* SPDX-License-Identifier: MIT */
#include "wire/tdx_getquote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "wire/qgs.h"
#include "wire/tdx_report.h"

#define WIRE_ROW_STRUCT tdx_getquote_hdr
WIRE_LAYOUT(TDX_GETQUOTE_HDR_FIELDS, TDX_GETQUOTE_HDR_BYTES, "GetQuote header", "GHCI 1.5, table 3-10");
static_assert(offsetof(struct WIRE_SHADOW, status) == TDX_GETQUOTE_STATUS_OFF, "status");
static_assert(offsetof(struct WIRE_SHADOW, out_len) == TDX_GETQUOTE_OUT_LEN_OFF, "out_len");
#undef WIRE_ROW_STRUCT

const char *tdx_getquote_status_name(uint64_t status)
{
	switch (status) {
	case TDX_GETQUOTE_SUCCESS:
		return "success";
	case TDX_GETQUOTE_IN_FLIGHT:
		return "in flight";
	case TDX_GETQUOTE_ERROR:
		return "error";
	case TDX_GETQUOTE_UNAVAILABLE:
		return "quoting service unavailable";
	default:
		return NULL;
	}
}

enum tdx_getquote_form tdx_getquote_form_of(const uint8_t *input, size_t n)
{
	struct bytes_rd r = bytes_rd(input, n);
	uint32_t length = bytes_rd_be32(&r);
	const size_t left = bytes_rd_left(&r);
	struct qgs_hdr hdr;

	if (!r.bad && length == left &&
	    wire_read(&qgs_hdr_layout, input + QGS_FRAME_BYTES, left, &hdr, NULL) == 0 &&
	    hdr.major_version == QGS_MAJOR_VERSION && hdr.size == length && qgs_is_request(hdr.type))
		return TDX_GETQUOTE_QGS;
	if (n == TDX_REPORT_BYTES && input[0] == TDX_REPORT_TYPE)
		return TDX_GETQUOTE_TDREPORT;
	return TDX_GETQUOTE_OTHER;
}

int tdx_getquote_check(const struct tdx_getquote_hdr *hdr, uint64_t size, struct jurat_error *err)
{
	if (hdr->version != TDX_GETQUOTE_VERSION)
		return jurat_fail(err, -EPROTO, "GetQuote header has version %" PRIu64 ", not 1",
				  hdr->version);
	if (size > TDX_GETQUOTE_MAX_BYTES)
		return jurat_fail(err, -E2BIG, "GetQuote buffer of %" PRIu64 " bytes, more than %d", size,
				  TDX_GETQUOTE_MAX_BYTES);
	if (size < TDX_GETQUOTE_HDR_BYTES || hdr->in_len > size - TDX_GETQUOTE_HDR_BYTES)
		return jurat_fail(err, -EBADMSG,
				  "GetQuote wants %" PRIu32 " bytes of input, the buffer has %" PRIu64
				  " in all",
				  hdr->in_len, size);
	return 0;
}

int tdx_getquote_read(const uint8_t *copy, size_t n, struct tdx_getquote *ret, struct jurat_error *err)
{
	struct bytes_rd in = bytes_rd(copy, n);
	struct tdx_getquote q = { 0 };
	int r;

	r = wire_read(&tdx_getquote_hdr_layout, copy, n, &q.hdr, err);
	if (r < 0)
		return r;
	r = tdx_getquote_check(&q.hdr, n, err);
	if (r < 0)
		return r;
	q.input = bytes_rd_at(&in, TDX_GETQUOTE_DATA_OFF, q.hdr.in_len);
	q.form = tdx_getquote_form_of(q.input.data, q.input.size);
	q.message = q.input;
	if (q.form == TDX_GETQUOTE_QGS)
		q.message = bytes_rd_at(&q.input, QGS_FRAME_BYTES, q.input.size - QGS_FRAME_BYTES);
	*ret = q;
	return 0;
}

int tdx_getquote_read_output(const uint8_t *copy, size_t n, struct bytes_rd *ret_output,
			     struct jurat_error *err)
{
	struct bytes_rd in = bytes_rd(copy, n), output;
	struct tdx_getquote_hdr hdr;
	const char *name;
	int r;

	r = wire_read(&tdx_getquote_hdr_layout, copy, n, &hdr, err);
	if (r < 0)
		return r;
	if (hdr.version != TDX_GETQUOTE_VERSION)
		return jurat_fail(err, -EPROTO, "GetQuote header came back with version %" PRIu64 ", not 1",
				  hdr.version);
	name = tdx_getquote_status_name(hdr.status);
	if (!name)
		return jurat_fail(err, -EPROTO, "GetQuote status 0x%" PRIx64 " is not defined", hdr.status);
	if (hdr.status == TDX_GETQUOTE_IN_FLIGHT)
		return JURAT_BUSY;
	if (hdr.status != TDX_GETQUOTE_SUCCESS)
		return jurat_fail(err, -EIO, "GetQuote failed: %s", name);
	output = bytes_rd_at(&in, TDX_GETQUOTE_DATA_OFF, hdr.out_len);
	if (output.bad)
		return jurat_fail(err, -EFBIG,
				  "GetQuote says %" PRIu32 " bytes of output, the buffer has %zu in all",
				  hdr.out_len, n);
	if (output.size == 0)
		return jurat_fail(err, -EBADMSG, "GetQuote: success without output");
	*ret_output = output;
	return 0;
}

int tdx_getquote_write(const uint8_t *input, size_t n, uint8_t *to, size_t size, struct jurat_error *err)
{
	struct tdx_getquote_hdr hdr = { .version = TDX_GETQUOTE_VERSION };
	struct bytes_wr w = bytes_wr(to, size);

	if (size == 0 || size % TDX_GETQUOTE_ALIGN_BYTES != 0)
		return jurat_fail(err, -EINVAL, "GetQuote buffer of %zu bytes is not a whole number of pages",
				  size);
	if (size > TDX_GETQUOTE_MAX_BYTES || n > size - TDX_GETQUOTE_HDR_BYTES)
		return jurat_fail(err, -E2BIG, "GetQuote buffer of %zu bytes for %zu bytes of input", size,
				  n);
	hdr.in_len = (uint32_t)n;
	bytes_wr_zero(&w, TDX_GETQUOTE_HDR_BYTES);
	bytes_wr_copy(&w, input, n);
	bytes_wr_zero(&w, size - TDX_GETQUOTE_HDR_BYTES - n);
	wire_write(&tdx_getquote_hdr_layout, &hdr, to);
	return 0;
}
