/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "crypto/hash.h"
#include "sim/guest/tdx_guest_world.h"
#include "wire/tdx_uapi.h"

/* What of the driver needs no VMM: TDREPORTs and measurements. */

#define UPSTREAM(quirks) world_new(SIM_TDX_UPSTREAM, TDX_GETQUOTE_LINUX_6_7_BYTES, quirks)

/* What each user of a TDCALL gives. */
static void assert_tdcalls(struct world *w, uint64_t status, int result)
{
	uint8_t mr[TDX_MR_BYTES] = { 0 };

	sim_td_fail_tdcall(w->td, 1, status);
	assert_int_equal(world_quote(w), result);
	sim_td_fail_tdcall(w->td, 1, status);
	assert_int_equal(sim_tdx_guest_ioctl(w->guest, &w->user_memory, UAPI_TDX_CMD_GET_REPORT0, U_ARG),
			 result);
	sim_td_fail_tdcall(w->td, 1, status);
	assert_int_equal(sim_tdx_guest_mr_read(w->guest, "mrtd:sha384", mr), result);
	assert_true(bytes_all(mr, sizeof(mr), 0));
	sim_td_fail_tdcall(w->td, 1, status);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "rtmr2:sha384", mr, sizeof(mr)), result);
}

/* sim_linux: tdx_has_old_tdcall_errors */
static void a_tdcall_that_fails_has_the_errno_of_its_status(void **state)
{
	static const struct {
		uint64_t status;
		int old, new;
	} rows[] = {
		{ UAPI_TDCALL_OPERAND_INVALID, -EINVAL, -ENXIO },
		{ UAPI_TDCALL_OPERAND_INVALID | 2, -EINVAL, -ENXIO },
		{ UAPI_TDCALL_OPERAND_BUSY, -EIO, -EBUSY },
		{ UAPI_TDCALL_OPERAND_BUSY | 0xffffffff, -EIO, -EBUSY },
		{ 1, -EIO, -EIO },
		{ 0xc0000101ull << 32, -EIO, -EIO },
		{ UINT64_MAX, -EIO, -EIO },
	};
	struct world *old = UPSTREAM(SIM_TDX_QUIRKS_LINUX | W_6_12), *new = UPSTREAM(SIM_TDX_QUIRKS_LINUX);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_tdcalls(old, rows[i].status, rows[i].old);
		assert_tdcalls(new, rows[i].status, rows[i].new);
	}
	assert_int_equal(old->quotes + new->quotes, 0);
	world_free(old);
	world_free(new);
}

static int report0(struct world *w, unsigned long request, uint64_t arg)
{
	return sim_tdx_guest_ioctl(w->guest, &w->user_memory, request, arg);
}

static void look_meanwhile(struct world *w)
{
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_ARG), 0);
}

static void the_report_ioctl_copies_as_the_kernel_does(void **state)
{
	struct world *w = UPSTREAM(0);
	struct tdx_report report;

	(void)state;
	memset(w->user[0], 0xa5, TDX_REPORT_DATA_BYTES);
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_ARG), 0);
	assert_true(bytes_all(w->user[0], TDX_REPORT_DATA_BYTES, 0xa5));
	assert_int_equal(tdx_report_read(w->user[0] + 64, TDX_REPORT_BYTES, &report, NULL), 0);
	assert_true(bytes_all(report.mac.report_data, TDX_REPORT_DATA_BYTES, 0xa5));
	assert_int_equal(sim_tdx_verify_report(w->tdx, w->user[0] + 64), 0);
	assert_true(bytes_all(w->user[0] + TDX_REPORT_REQ_BYTES, 4096 - TDX_REPORT_REQ_BYTES, 0));

	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, 0), -EFAULT);
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, UINT64_MAX), -EFAULT);
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_BASE + sizeof(w->user) - 1087), -EFAULT);
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_BASE + sizeof(w->user) - 1088), 0);
	w->unwritable[0] = true;
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_ARG), -EFAULT);
	w->unreadable[0] = true;
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0, U_ARG), -EFAULT);
	w->unreadable[0] = w->unwritable[0] = false;

	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_REPORT0 + 1, U_ARG), -ENOTTY);
	assert_int_equal(report0(w, UAPI_TDX_CMD_GET_QUOTE, U_ARG), -ENOTTY);
	assert_int_equal(report0(w, UAPI_TDX_CMD_LIBTDX_GET_QUOTE, U_ARG), -ENOTTY);
	assert_int_equal(report0(w, UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR, U_ARG), -ENOTTY);
	assert_int_equal(report0(w, 0, 0), -ENOTTY);

	w->delay_ns = 5 * W_S; /* it waits for no quote */
	world_at(w, 2 * W_S, look_meanwhile);
	assert_int_equal(world_quote(w), 0);
	assert_int_equal(w->request.quote_size, 5006);
	world_free(w);
}

static void measurements_are_those_of_the_report_and_rtmrs_can_be_extended(void **state)
{
	static const char *const names[] = {
		"rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384", "rtmr3:sha384",
		"mrtd:sha384",  "mrconfigid",   "mrowner",      "mrownerconfig"
	};
	struct world *w = UPSTREAM(0);
	uint8_t mr[TDX_MR_BYTES], both[2 * TDX_MR_BYTES] = { 0 }, want[TDX_MR_BYTES];
	bool is_writable;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		assert_string_equal(sim_tdx_guest_mr_name(i, &is_writable), names[i]);
		assert_int_equal(is_writable, i < 4);
		assert_int_equal(sim_tdx_guest_mr_read(w->guest, names[i], mr), 0);
		assert_int_equal(mr[0], i == 4 ? 1 : i == 6 ? 2 : 0);
		assert_true(bytes_all(mr + 1, sizeof(mr) - 1, 0));
	}
	assert_null(sim_tdx_guest_mr_name(ARRAY_SIZE(names), &is_writable));
	memset(both + TDX_MR_BYTES, 0x77, TDX_MR_BYTES);
	crypto_sha384(both, sizeof(both), want);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "rtmr3:sha384", both + TDX_MR_BYTES, TDX_MR_BYTES),
			 0);
	assert_int_equal(sim_tdx_guest_mr_read(w->guest, "rtmr3:sha384", mr), 0);
	assert_memory_equal(mr, want, sizeof(mr));
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(sim_tdx_guest_mr_read(w->guest, names[i], mr), 0);
		assert_true(bytes_all(mr, sizeof(mr), 0));
	}
	assert_int_equal(sim_tdx_guest_mr_read(w->guest, "rtmr4:sha384", mr), -ENOENT);
	assert_int_equal(sim_tdx_guest_mr_read(w->guest, "rtmr0", mr), -ENOENT);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "mrtd", mr, sizeof(mr)), -ENOENT);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "mrtd:sha384", mr, sizeof(mr)), -EACCES);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "mrowner", mr, sizeof(mr)), -EACCES);
	for (size_t n = 0; n < TDX_MR_BYTES; n++)
		assert_int_equal(sim_tdx_guest_mr_write(w->guest, "rtmr0:sha384", mr, n), -EINVAL);
	assert_int_equal(sim_tdx_guest_mr_write(w->guest, "rtmr0:sha384", both, TDX_MR_BYTES + 1), -EINVAL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tdcall_that_fails_has_the_errno_of_its_status),
		cmocka_unit_test(the_report_ioctl_copies_as_the_kernel_does),
		cmocka_unit_test(measurements_are_those_of_the_report_and_rtmrs_can_be_extended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
