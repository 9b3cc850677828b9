/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <sys/ioctl.h>

#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_uapi.h"

static void kvm_run_has_the_offsets_of_linux_6_16(void **state)
{
	static const struct {
		const struct wire_layout *layout;
		const char *field;
		unsigned off;
	} cases[] = {
		{ &kvm_run_tdx_get_quote_layout, "immediate_exit", 1 },
		{ &kvm_run_tdx_get_quote_layout, "exit_reason", 8 },
		{ &kvm_run_tdx_get_quote_layout, "flags", 32 },
		{ &kvm_run_tdx_get_quote_layout, "nr", 40 },
		{ &kvm_run_tdx_get_quote_layout, "ret", 48 },
		{ &kvm_run_tdx_get_quote_layout, "gpa", 56 },
		{ &kvm_run_tdx_get_quote_layout, "size", 64 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "ret", 48 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "leaf", 56 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "r11", 64 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "r12", 72 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "r13", 80 },
		{ &kvm_run_tdx_get_tdvmcall_info_layout, "r14", 88 },
		{ &kvm_run_tdx_setup_event_notify_layout, "ret", 48 },
		{ &kvm_run_tdx_setup_event_notify_layout, "vector", 56 },
		{ &kvm_run_tdx_unknown_layout, "ret", 48 },
		{ &kvm_run_tdx_unknown_layout, "data", 56 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wire_field *f = wire_find(cases[i].layout, cases[i].field);

		assert_non_null(f);
		assert_int_equal(f->off, cases[i].off);
	}
	assert_int_equal(kvm_run_tdx_unknown_layout.size, 32 + 64); /* the union's member is 64 bytes */
	assert_int_equal(UAPI_KVM_EXIT_TDX, 40);
}

static void a_getquote_exit_reads_as_kvm_fills_it(void **state)
{
	uint8_t bytes[KVM_RUN_TDX_GET_QUOTE_BYTES] = { 0 };
	struct kvm_run_tdx_get_quote run;

	(void)state;
	bytes_put_le(bytes + 8, UAPI_KVM_EXIT_TDX, 4);
	bytes_put_le(bytes + 40, UAPI_TDVMCALL_GET_QUOTE, 8);
	bytes_put_le(bytes + 48, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, 8);
	bytes_put_le(bytes + 56, 0x123456000, 8);
	bytes_put_le(bytes + 64, 8192, 8);
	assert_int_equal(wire_read(&kvm_run_tdx_get_quote_layout, bytes, sizeof(bytes), &run, NULL), 0);
	assert_int_equal(run.exit_reason, 40);
	assert_true(run.nr == 0x10002);
	assert_true(run.ret == 0x8000000000000003);
	assert_true(run.gpa == 0x123456000);
	assert_true(run.size == 8192);
}

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
		cmocka_unit_test(kvm_run_has_the_offsets_of_linux_6_16),
		cmocka_unit_test(a_getquote_exit_reads_as_kvm_fills_it),
		cmocka_unit_test(request_numbers_are_made_of_direction_size_and_letter),
		cmocka_unit_test(the_seeds_requests_have_its_layout),
	};

	return cmocka_run_group_tests_name("wire_tdx_uapi", tests, NULL, NULL);
}
