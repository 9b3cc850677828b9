/* SPDX-License-Identifier: MIT */
#include "sim/guest/tdx_guest_internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "uapi/tdx.h"
#include "wire/tdx_uapi.h"

int tdx_guest_tdcall_errno(const struct sim_tdx_guest *g, uint64_t status)
{
	bool is_old = g->config.kernel->tdx_has_old_tdcall_errors;

	switch (status >> 32) {
	case UAPI_TDCALL_OPERAND_INVALID >> 32:
		return is_old ? -EINVAL : -ENXIO;
	case UAPI_TDCALL_OPERAND_BUSY >> 32:
		return is_old ? -EIO : -EBUSY;
	default:
		return -EIO;
	}
}

static int report0(struct sim_tdx_guest *g, const struct sim_user_memory *user, uint64_t arg)
{
	const size_t report_off = wire_find(&tdx_report_req_layout, "tdreport")->off;
	uint8_t data[TDX_REPORT_DATA_BYTES], report[TDX_REPORT_BYTES];
	uint64_t status;

	if (user->read(user->ctx, arg, data, sizeof(data)) < 0)
		return -EFAULT;
	status = g->platform.mr_report(g->platform.memory.ctx, data, report);
	if (status != UAPI_TDCALL_SUCCESS)
		return tdx_guest_tdcall_errno(g, status);
	return user->write(user->ctx, arg + report_off, report, sizeof(report)) < 0 ? -EFAULT : 0;
}

int sim_tdx_guest_ioctl(struct sim_tdx_guest *g, const struct sim_user_memory *user, unsigned long request,
			uint64_t arg)
{
	if (!g->is_loaded)
		return -ENODEV;
	return request == UAPI_TDX_CMD_GET_REPORT0 ? report0(g, user, arg) : -ENOTTY;
}

/* The measurement attributes of sysfs, in this order. Spec: Linux tdx_mrs[]. */
static const struct {
	const char *name, *field; /* `field`: of TDINFO_STRUCT */
} mrs[] = {
	{ "rtmr0:sha384", "rtmr0" }, { "rtmr1:sha384", "rtmr1" },
	{ "rtmr2:sha384", "rtmr2" }, { "rtmr3:sha384", "rtmr3" },
	{ "mrtd:sha384", "mrtd" },   { "mrconfigid", "mrconfigid" },
	{ "mrowner", "mrowner" },    { "mrownerconfig", "mrownerconfig" },
};

const char *sim_tdx_guest_mr_name(unsigned number, bool *ret_is_writable)
{
	if (number >= ARRAY_SIZE(mrs))
		return NULL;
	*ret_is_writable = number < TDX_N_RTMRS;
	return mrs[number].name;
}

static int find_mr(const struct sim_tdx_guest *g, const char *name, unsigned *ret)
{
	if (!g->is_loaded)
		return -ENODEV;
	for (unsigned i = 0; i < ARRAY_SIZE(mrs); i++)
		if (strcmp(mrs[i].name, name) == 0) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}

int sim_tdx_guest_mr_read(struct sim_tdx_guest *g, const char *name, uint8_t ret[TDX_MR_BYTES])
{
	static const uint8_t no_data[TDX_REPORT_DATA_BYTES];
	uint8_t report[TDX_REPORT_BYTES];
	unsigned mr;
	uint64_t status;
	int r = find_mr(g, name, &mr);

	if (r < 0)
		return r;
	status = g->platform.mr_report(g->platform.memory.ctx, no_data, report);
	if (status != UAPI_TDCALL_SUCCESS)
		return tdx_guest_tdcall_errno(g, status);
	memcpy(ret, report + TDX_TD_INFO_OFF + wire_find(&tdx_td_info_layout, mrs[mr].field)->off,
	       TDX_MR_BYTES);
	return 0;
}

int sim_tdx_guest_mr_write(struct sim_tdx_guest *g, const char *name, const void *digest, size_t n)
{
	unsigned mr;
	uint64_t status;
	int r = find_mr(g, name, &mr);

	if (r < 0)
		return r;
	if (mr >= TDX_N_RTMRS)
		return -EACCES;
	if (n != TDX_MR_BYTES)
		return -EINVAL;
	status = g->platform.rtmr_extend(g->platform.memory.ctx, mr, digest);
	return status == UAPI_TDCALL_SUCCESS ? 0 : tdx_guest_tdcall_errno(g, status);
}
