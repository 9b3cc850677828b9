/* SPDX-License-Identifier: MIT */
#include "machine/td.h"

static uint64_t td_mr_report(void *ctx, const uint8_t report_data[TDX_REPORT_DATA_BYTES],
			     uint8_t ret[TDX_REPORT_BYTES])
{
	return sim_td_mr_report(ctx, report_data, ret);
}

static uint64_t td_rtmr_extend(void *ctx, uint64_t index, const uint8_t digest[TDX_MR_BYTES])
{
	return sim_td_rtmr_extend(ctx, index, digest);
}

static int td_read(void *ctx, uint64_t gpa, void *to, size_t n)
{
	return sim_td_guest_read(ctx, gpa, to, n);
}

static int td_write(void *ctx, uint64_t gpa, const void *from, size_t n)
{
	return sim_td_guest_write(ctx, gpa, from, n);
}

struct sim_tdx_guest_platform machine_td_guest_platform(struct sim_td *td)
{
	return (struct sim_tdx_guest_platform){
		.memory = { td_read, td_write, td },
		.shared_bit = sim_td_shared_bit(td),
		.mr_report = td_mr_report,
		.rtmr_extend = td_rtmr_extend,
	};
}
