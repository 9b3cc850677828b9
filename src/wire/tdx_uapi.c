/* SPDX-License-Identifier: MIT */
#include "wire/tdx_uapi.h"

#define TDX_GUEST_H     "Linux include/uapi/linux/tdx-guest.h"

#define WIRE_ROW_STRUCT tdx_report_req
WIRE_LAYOUT(TDX_REPORT_REQ_FIELDS, TDX_REPORT_REQ_BYTES, "TDREPORT ioctl", TDX_GUEST_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_quote_req
WIRE_LAYOUT(TDX_QUOTE_REQ_FIELDS, TDX_QUOTE_REQ_BYTES, "TD quote ioctl",
	    "Linux patch 'virt: tdx-guest: Add Quote generation support' v2, not merged");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT tdx_extend_rtmr_req
WIRE_LAYOUT(TDX_EXTEND_RTMR_REQ_FIELDS, TDX_EXTEND_RTMR_REQ_BYTES, "RTMR extend ioctl",
	    "Intel libtdx_attest, legacy path");
#undef WIRE_ROW_STRUCT
