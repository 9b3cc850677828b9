/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <sys/ioctl.h>

#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_uapi.h"

static void request_numbers_are_made_of_direction_size_and_letter(void **state)
{
	(void)state;
	assert_int_equal(UAPI_TDX_CMD_GET_REPORT0,
			 _IOC(_IOC_READ | _IOC_WRITE, 'T', 1, TDX_REPORT_REQ_BYTES));
	assert_int_equal(UAPI_TDX_CMD_GET_QUOTE, _IOC(_IOC_READ | _IOC_WRITE, 'T', 2, TDX_QUOTE_REQ_BYTES));
	assert_int_equal(UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR, _IOC(_IOC_READ, 'T', 3, TDX_EXTEND_RTMR_REQ_BYTES));
	assert_int_equal(UAPI_TDX_CMD_LIBTDX_GET_QUOTE, _IOC(_IOC_READ, 'T', 4, TDX_QUOTE_REQ_BYTES));
	assert_int_equal(UAPI_TDX_CMD_LIBTDX_GET_QUOTE_V3,
			 _IOC(_IOC_READ | _IOC_WRITE, 'T', 4, TDX_QUOTE_REQ_BYTES));
}

static void the_seeds_requests_have_its_layout(void **state)
{
	(void)state;
	assert_int_equal(wire_find(&tdx_quote_req_layout, "buf")->off, 0);
	assert_int_equal(wire_find(&tdx_quote_req_layout, "len")->off, 8);
	assert_int_equal(wire_find(&tdx_report_req_layout, "tdreport")->off, 64);
	/* struct tdx_quote_hdr of the seed is the GetQuote header */
	assert_int_equal(wire_find(&tdx_getquote_hdr_layout, "version")->off, 0);
	assert_int_equal(wire_find(&tdx_getquote_hdr_layout, "status")->off, 8);
	assert_int_equal(wire_find(&tdx_getquote_hdr_layout, "in_len")->off, 16);
	assert_int_equal(wire_find(&tdx_getquote_hdr_layout, "out_len")->off, 20);
	assert_int_equal(tdx_getquote_hdr_layout.size, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_numbers_are_made_of_direction_size_and_letter),
		cmocka_unit_test(the_seeds_requests_have_its_layout),
	};

	return cmocka_run_group_tests_name("wire_tdx_uapi", tests, NULL, NULL);
}
