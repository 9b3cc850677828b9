/* SPDX-License-Identifier: MIT */
#include "wire/tdx_report.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

#define MODULE_ABI      "Intel TDX module ABI, "

#define WIRE_ROW_STRUCT tdx_report_mac
WIRE_LAYOUT(TDX_REPORT_MAC_FIELDS, TDX_REPORT_MAC_BYTES, "TDREPORT MAC structure",
	    MODULE_ABI "REPORTMACSTRUCT");
static_assert(offsetof(struct WIRE_SHADOW, mac) == TDX_REPORT_MACED_BYTES,
	      "the MAC covers what is before it");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_tcb_info
WIRE_LAYOUT(TDX_TCB_INFO_FIELDS, TDX_TCB_INFO_BYTES, "TEE TCB info", MODULE_ABI "TEE_TCB_INFO");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_td_info
WIRE_LAYOUT(TDX_TD_INFO_FIELDS, TDX_TD_INFO_BYTES, "TD info", MODULE_ABI "TDINFO_STRUCT");
#undef WIRE_ROW_STRUCT

static_assert(TDX_REPORT_MAC_OFF + TDX_REPORT_MAC_BYTES == TDX_TCB_INFO_OFF, "a gap or an overlap");
static_assert(TDX_TCB_INFO_OFF + TDX_TCB_INFO_BYTES == TDX_REPORT_HOLE_OFF, "a gap or an overlap");
static_assert(TDX_REPORT_HOLE_OFF + TDX_REPORT_HOLE_BYTES == TDX_TD_INFO_OFF, "a gap or an overlap");
static_assert(TDX_TD_INFO_OFF + TDX_TD_INFO_BYTES == TDX_REPORT_BYTES, "the parts do not end at its size");

static const struct wire_bit attr_bits[] = { TDX_ATTR_BITS(WIRE_BIT_ROW) };
const struct wire_bits tdx_attr_bits = { "td_attributes", attr_bits, ARRAY_SIZE(attr_bits) };

static const struct wire_bit xfam_bits[] = { TDX_XFAM_BITS(WIRE_BIT_ROW) };
const struct wire_bits tdx_xfam_bits = { "xfam", xfam_bits, ARRAY_SIZE(xfam_bits) };

int tdx_report_read(const uint8_t *bytes, size_t n, struct tdx_report *ret, struct jurat_error *err)
{
	struct tdx_report report;
	int r;

	if (n != TDX_REPORT_BYTES)
		return jurat_fail(err, -EBADMSG, "TDREPORT: expected %d bytes, found %zu", TDX_REPORT_BYTES,
				  n);
	r = wire_read(&tdx_report_mac_layout, bytes + TDX_REPORT_MAC_OFF, TDX_REPORT_MAC_BYTES, &report.mac,
		      err);
	if (r < 0)
		return r;
	r = wire_read(&tdx_tcb_info_layout, bytes + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, &report.tcb, err);
	if (r < 0)
		return r;
	r = wire_read(&tdx_td_info_layout, bytes + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, &report.td, err);
	if (r < 0)
		return r;
	memcpy(report.hole, bytes + TDX_REPORT_HOLE_OFF, TDX_REPORT_HOLE_BYTES);
	if (report.mac.type != TDX_REPORT_TYPE || report.mac.subtype != TDX_REPORT_SUBTYPE)
		return jurat_fail(err, -EPROTO, "not a TDREPORT: type 0x%x, subtype 0x%x", report.mac.type,
				  report.mac.subtype);
	switch (report.mac.version) {
	case TDX_REPORT_VERSION_10:
	case TDX_REPORT_VERSION_15:
	case TDX_REPORT_VERSION_15EX:
		break;
	default:
		if (report.mac.version < TDX_REPORT_VERSION_15EX)
			return jurat_fail(err, -EPROTO, "TDREPORT: version %u, expected 0, 1 or 3",
					  report.mac.version);
		return wire_unknown_version("TDREPORT", report.mac.version, TDX_REPORT_VERSION_10,
					    TDX_REPORT_VERSION_15EX, err);
	}
	*ret = report;
	return 0;
}

void tdx_report_write(const struct tdx_report *report, uint8_t ret_bytes[TDX_REPORT_BYTES])
{
	wire_write(&tdx_report_mac_layout, &report->mac, ret_bytes + TDX_REPORT_MAC_OFF);
	wire_write(&tdx_tcb_info_layout, &report->tcb, ret_bytes + TDX_TCB_INFO_OFF);
	memcpy(ret_bytes + TDX_REPORT_HOLE_OFF, report->hole, TDX_REPORT_HOLE_BYTES);
	wire_write(&tdx_td_info_layout, &report->td, ret_bytes + TDX_TD_INFO_OFF);
}

int tdx_report_check_reserved(const struct tdx_report *report, struct jurat_error *err)
{
	const struct tdx_td_info *td = &report->td;
	int r;

	r = wire_check_zero(&tdx_report_mac_layout, &report->mac, err);
	if (r < 0)
		return r;
	r = wire_check_zero(&tdx_tcb_info_layout, &report->tcb, err);
	if (r < 0)
		return r;
	if (!bytes_all(report->hole, sizeof(report->hole), 0))
		return jurat_fail(err, -EBADMSG, "TDREPORT: reserved bytes 0x%x to 0x%x are not zero",
				  TDX_REPORT_HOLE_OFF, TDX_TD_INFO_OFF - 1);
	r = wire_check_zero(&tdx_td_info_layout, td, err);
	if (r < 0)
		return r;
	if (report->mac.version < TDX_REPORT_VERSION_15 &&
	    !bytes_all(td->servtd_hash, sizeof(td->servtd_hash), 0))
		return jurat_fail(err, -EBADMSG, "TD info: servtd_hash is not zero in report version %u",
				  report->mac.version);
	if (report->mac.version < TDX_REPORT_VERSION_15EX &&
	    (!bytes_all(td->td_id, sizeof(td->td_id), 0) || td->vmid != 0 || td->ext_valid != 0))
		return jurat_fail(err, -EBADMSG,
				  "TD info: td_id, vmid or ext_valid is not zero in report version %u",
				  report->mac.version);
	return 0;
}

uint8_t *tdx_td_info_rtmr(struct tdx_td_info *td, unsigned index)
{
	switch (index) {
	case 0:
		return td->rtmr0;
	case 1:
		return td->rtmr1;
	case 2:
		return td->rtmr2;
	case 3:
		return td->rtmr3;
	default:
		return NULL;
	}
}
