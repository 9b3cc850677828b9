/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <errno.h>

#include "wire/qgs.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_report.h"

/* A buffer with the header's numbers and `data` behind it; the test frees it. */
static uint8_t *buffer(struct tdx_getquote_hdr hdr, const uint8_t *data, size_t n_data, size_t size)
{
	uint8_t *bytes = calloc(1, size);

	assert_non_null(bytes);
	wire_write(&tdx_getquote_hdr_layout, &hdr, bytes);
	if (n_data > 0)
		memcpy(bytes + TDX_GETQUOTE_DATA_OFF, data, n_data);
	return bytes;
}

/* A quote request as libtdx_attest puts it into the buffer: 1052 bytes. */
static size_t framed_request(uint8_t to[2048])
{
	static const uint8_t report[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE };
	struct qgs_message m = qgs_message(QGS_QUOTE_REQ);
	size_t size;

	m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	assert_int_equal(qgs_write(&m, true, to, 2048, &size, NULL), 0);
	assert_int_equal(size, 4 + 24 + 1024);
	return size;
}

static void the_header_is_24_bytes_as_linux_writes_it(void **state)
{
	static const uint8_t want[24] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4 };
	uint8_t report[TDX_REPORT_BYTES], *buf = malloc(8192);
	struct tdx_getquote q;

	(void)state;
	assert_non_null(buf);
	memset(report, 0x77, sizeof(report));
	report[0] = TDX_REPORT_TYPE;
	memset(buf, 0xee, 8192);
	assert_int_equal(tdx_getquote_write(report, sizeof(report), buf, 8192, NULL), 0);
	assert_memory_equal(buf, want, sizeof(want));
	assert_memory_equal(buf + 24, report, sizeof(report));
	assert_true(bytes_all(buf + 24 + 1024, 8192 - 24 - 1024, 0));
	assert_int_equal(tdx_getquote_read(buf, 8192, &q, NULL), 0);
	assert_true(q.hdr.version == 1 && q.hdr.status == 0 && q.hdr.out_len == 0);
	assert_int_equal(q.form, TDX_GETQUOTE_TDREPORT);
	assert_ptr_equal(q.input.data, buf + 24);
	assert_int_equal(q.input.size, 1024);
	assert_ptr_equal(q.message.data, buf + 24);
	assert_int_equal(q.message.size, 1024);
	free(buf);
}

static void a_request_that_does_not_fit_is_not_written(void **state)
{
	static const struct {
		size_t n, size;
		int want;
	} cases[] = {
		{ 0, 4096, 0 },
		{ 4096 - 24, 4096, 0 },
		{ 4096 - 23, 4096, -E2BIG },
		{ 5000, 4096, -E2BIG },
		{ 1, 0, -EINVAL },
		{ 1, 24, -EINVAL },
		{ 1, 4095, -EINVAL },
		{ 1, 4097, -EINVAL },
		{ 1, 128 * 1024, 0 },
		{ 1, 128 * 1024 + 4096, -E2BIG },
	};
	uint8_t input[5000] = { 1 }, *buf = malloc(256 * 1024);

	(void)state;
	assert_non_null(buf);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(tdx_getquote_write(input, cases[i].n, buf, cases[i].size, NULL),
				 cases[i].want);
	free(buf);
}

static void lengths_are_judged_before_arithmetic(void **state)
{
	static const struct {
		uint64_t version, size;
		uint32_t in_len;
		int want;
	} cases[] = {
		{ 1, 4096, 0, 0 },
		{ 1, 4096, 1024, 0 },
		{ 1, 4096, 4096 - 24, 0 },
		{ 1, 4096, 4096 - 23, -EBADMSG },
		{ 1, 4096, UINT32_MAX, -EBADMSG },
		{ 1, 4096, UINT32_MAX - 23, -EBADMSG }, /* + 24 wraps */
		{ 1, 24, 0, 0 },
		{ 1, 23, 0, -EBADMSG },
		{ 1, 0, 0, -EBADMSG },
		{ 1, 131072, 131072 - 24, 0 },
		{ 1, 131072 + 4096, 1024, -E2BIG },
		{ 1, UINT64_MAX, 1024, -E2BIG },
		{ 0, 4096, 1024, -EPROTO },
		{ 2, 4096, 1024, -EPROTO },
		{ UINT64_C(1) << 32 | 1, 4096, 1024, -EPROTO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tdx_getquote_hdr hdr = { .version = cases[i].version,
						.status = TDX_GETQUOTE_IN_FLIGHT, /* QEMU does not look */
						.in_len = cases[i].in_len,
						.out_len = 77 };

		assert_int_equal(tdx_getquote_check(&hdr, cases[i].size, NULL), cases[i].want);
	}
}

static void Q10_both_payload_forms_are_told_apart(void **state)
{
	uint8_t framed[2048], report[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE };
	size_t n = framed_request(framed);
	static const struct {
		size_t off, size;
		uint32_t value;
	} breaks[] = {
		{ 3, 1, 0x17 }, /* length one less */
		{ 0, 1, 1 },    /* length far off */
		{ 4, 2, 2 },    /* major version */
		{ 8, 4, 1 },    /* a response */
		{ 8, 4, 6 },    /* no type */
		{ 12, 4, 1047 } /* size other than the frame's */
	};

	(void)state;
	assert_int_equal(tdx_getquote_form_of(framed, n), TDX_GETQUOTE_QGS);
	assert_int_equal(tdx_getquote_form_of(framed, n - 1), TDX_GETQUOTE_OTHER);
	assert_int_equal(tdx_getquote_form_of(framed, n + 1), TDX_GETQUOTE_OTHER);
	framed[6] = 0; /* minor versions are compatible */
	assert_int_equal(tdx_getquote_form_of(framed, n), TDX_GETQUOTE_QGS);
	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++) {
		uint8_t *copy = heap_copy(framed, n);

		bytes_put_le(copy + breaks[i].off, breaks[i].value, (unsigned)breaks[i].size);
		assert_int_equal(tdx_getquote_form_of(copy, n), TDX_GETQUOTE_OTHER);
		free(copy);
	}
	assert_int_equal(tdx_getquote_form_of(report, 1024), TDX_GETQUOTE_TDREPORT);
	assert_int_equal(tdx_getquote_form_of(report, 1023), TDX_GETQUOTE_OTHER);
	report[0] = 0;
	assert_int_equal(tdx_getquote_form_of(report, 1024), TDX_GETQUOTE_OTHER);
	for (size_t k = 0; k < QGS_FRAME_BYTES + QGS_HDR_BYTES; k++) {
		uint8_t *cut = heap_copy(framed, k);

		assert_int_equal(tdx_getquote_form_of(cut, k), TDX_GETQUOTE_OTHER);
		free(cut);
	}
}

static void the_framed_message_comes_without_its_frame(void **state)
{
	uint8_t framed[2048], *buf;
	size_t n = framed_request(framed);
	struct tdx_getquote_hdr hdr = { .version = 1, .in_len = (uint32_t)n };
	struct tdx_getquote q;
	struct qgs_message m;

	(void)state;
	buf = buffer(hdr, framed, n, 16384);
	assert_int_equal(tdx_getquote_read(buf, 16384, &q, NULL), 0);
	assert_int_equal(q.form, TDX_GETQUOTE_QGS);
	assert_int_equal(q.input.size, n);
	assert_int_equal(q.message.size, n - 4);
	assert_int_equal(qgs_read(QGS_QUOTE_REQ, q.message.data, q.message.size, &m, NULL), 0);
	assert_int_equal(m.parts[QGS_PART_REPORT].size, 1024);
	free(buf);
}

static void every_truncation_is_refused(void **state)
{
	uint8_t report[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE };
	struct tdx_getquote_hdr hdr = { .version = 1, .in_len = 1024 };
	uint8_t *buf = buffer(hdr, report, sizeof(report), 24 + 1024);
	struct tdx_getquote q, before;

	(void)state;
	memset(&before, 0x5a, sizeof(before));
	q = before;
	for (size_t n = 0; n < 24 + 1024; n++) {
		uint8_t *cut = heap_copy(buf, n);

		assert_int_equal(tdx_getquote_read(cut, n, &q, NULL), -EBADMSG);
		free(cut);
	}
	assert_memory_equal(&q, &before, sizeof(q));
	assert_int_equal(tdx_getquote_read(buf, 24 + 1024, &q, NULL), 0);
	free(buf);
}

static void K1_K2_only_success_with_output_that_fits_is_output(void **state)
{
	static const struct {
		struct tdx_getquote_hdr hdr;
		int want;
		const char *text;
	} cases[] = {
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, 5000 }, 0, NULL },
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, 1 }, 0, NULL },
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, 8192 - 24 }, 0, NULL },
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, 8192 - 23 },
		  -EFBIG,
		  "GetQuote says 8169 bytes of output, the buffer has 8192 in all" },
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, UINT32_MAX },
		  -EFBIG,
		  "GetQuote says 4294967295 bytes of output, the buffer has 8192 in all" },
		{ { 1, TDX_GETQUOTE_SUCCESS, 1024, 0 }, -EBADMSG, "GetQuote: success without output" },
		{ { 1, TDX_GETQUOTE_IN_FLIGHT, 1024, 5000 }, JURAT_BUSY, NULL },
		{ { 1, TDX_GETQUOTE_ERROR, 1024, 5000 }, -EIO, "GetQuote failed: error" },
		{ { 1, TDX_GETQUOTE_UNAVAILABLE, 1024, 0 },
		  -EIO,
		  "GetQuote failed: quoting service unavailable" },
		{ { 1, 1, 1024, 5000 }, -EPROTO, "GetQuote status 0x1 is not defined" },
		{ { 1, 0x8000000000000002, 1024, 5000 },
		  -EPROTO,
		  "GetQuote status 0x8000000000000002 is not defined" },
		{ { 2, TDX_GETQUOTE_SUCCESS, 1024, 5000 },
		  -EPROTO,
		  "GetQuote header came back with version 2, not 1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *buf = buffer(cases[i].hdr, NULL, 0, 8192);
		struct bytes_rd out = { .size = 123 };
		struct jurat_error err;

		assert_int_equal(tdx_getquote_read_output(buf, 8192, &out, &err), cases[i].want);
		if (cases[i].want == 0) {
			assert_ptr_equal(out.data, buf + 24);
			assert_int_equal(out.size, cases[i].hdr.out_len);
		} else {
			assert_int_equal(out.size, 123);
		}
		if (cases[i].text)
			assert_string_equal(err.text, cases[i].text);
		free(buf);
	}
	for (size_t n = 0; n < 24; n++) {
		uint8_t *cut = calloc(1, n + 1);
		struct bytes_rd out;

		assert_int_equal(tdx_getquote_read_output(cut, n, &out, NULL), -EBADMSG);
		free(cut);
	}
}

static void statuses_have_names(void **state)
{
	(void)state;
	assert_string_equal(tdx_getquote_status_name(0), "success");
	assert_string_equal(tdx_getquote_status_name(UINT64_MAX), "in flight");
	assert_string_equal(tdx_getquote_status_name(UINT64_C(1) << 63), "error");
	assert_string_equal(tdx_getquote_status_name((UINT64_C(1) << 63) + 1), "quoting service unavailable");
	assert_null(tdx_getquote_status_name(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_is_24_bytes_as_linux_writes_it),
		cmocka_unit_test(a_request_that_does_not_fit_is_not_written),
		cmocka_unit_test(lengths_are_judged_before_arithmetic),
		cmocka_unit_test(Q10_both_payload_forms_are_told_apart),
		cmocka_unit_test(the_framed_message_comes_without_its_frame),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(K1_K2_only_success_with_output_that_fits_is_output),
		cmocka_unit_test(statuses_have_names),
	};

	return cmocka_run_group_tests_name("wire_tdx_getquote", tests, NULL, NULL);
}
