/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

static void kvm_run_has_the_offsets_of_linux(void **state)
{
	static const struct {
		const struct wire_layout *layout;
		const char *field;
		unsigned off;
	} cases[] = {
		{ &kvm_run_snp_req_certs_layout, "immediate_exit", 1 }, /* 7.0 */
		{ &kvm_run_snp_req_certs_layout, "exit_reason", 8 },
		{ &kvm_run_snp_req_certs_layout, "gpa", 32 },
		{ &kvm_run_snp_req_certs_layout, "npages", 40 },
		{ &kvm_run_snp_req_certs_layout, "ret", 48 },
		{ &kvm_run_vmgexit_layout, "type", 32 }, /* v14 and v15 of the series */
		{ &kvm_run_vmgexit_layout, "gpa", 40 },
		{ &kvm_run_vmgexit_layout, "npages", 48 },
		{ &kvm_run_vmgexit_layout, "ret", 56 },
		{ &kvm_run_vmgexit_layout, "flags", 60 },
		{ &kvm_run_vmgexit_layout, "status", 61 },
		{ &kvm_run_system_event_layout, "type", 32 },
		{ &kvm_run_system_event_layout, "ndata", 36 },
		{ &kvm_run_system_event_layout, "data", 40 },
		{ &kvm_run_tdx_get_quote_layout, "immediate_exit", 1 }, /* 6.16 */
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
	assert_int_equal(UAPI_KVM_EXIT_SNP_REQ_CERTS, 43);
}

static void each_exit_has_its_offsets_by_name(void **state)
{
	(void)state;
	assert_int_equal(KVM_RUN_immediate_exit, 1);
	assert_int_equal(KVM_RUN_exit_reason, 8);
	assert_int_equal(KVM_RUN_SNP_REQ_CERTS_ret, 48);
	assert_int_equal(KVM_RUN_VMGEXIT_ret, 56);
	assert_int_equal(KVM_RUN_TDX_ret, 48);
	assert_int_equal(KVM_RUN_TDX_GET_QUOTE_size, 64);
	assert_int_equal(KVM_RUN_TDX_GET_TDVMCALL_INFO_r14, 88);
	assert_int_equal(KVM_RUN_TDX_SETUP_EVENT_NOTIFY_vector, 56);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvm_run_has_the_offsets_of_linux),
		cmocka_unit_test(each_exit_has_its_offsets_by_name),
		cmocka_unit_test(a_getquote_exit_reads_as_kvm_fills_it),
	};

	return cmocka_run_group_tests_name("wire_kvm_run", tests, NULL, NULL);
}
