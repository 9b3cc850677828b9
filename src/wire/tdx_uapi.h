/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_UAPI_H
#define WIRE_TDX_UAPI_H

#include "wire/layout.h"

/* clang-format off */
/* /dev/tdx_guest. Source: Linux include/uapi/linux/tdx-guest.h. */
#define TDX_REPORT_REQ_FIELDS(F) \
	F(0, BYTES, reportdata,    64, "in") \
	F(64, BYTES, tdreport,   1024, "out")

/* Requests that no released kernel has, but tests and old clients use. Source: libtdx_attest. */
#define TDX_QUOTE_REQ_FIELDS(F) \
	F(0, LE64, buf,             8, "user address of a GetQuote buffer, header first") \
	F(8, LE64, len,             8, "of that buffer, bytes")

#define TDX_EXTEND_RTMR_REQ_FIELDS(F) \
	F(0, BYTES, data,          48, "SHA-384 digest") \
	F(48, U8,  index,           1, "2 or 3 for programs")
/* clang-format on */

WIRE_STRUCT(tdx_report_req, TDX_REPORT_REQ_FIELDS);
WIRE_STRUCT(tdx_quote_req, TDX_QUOTE_REQ_FIELDS);
WIRE_STRUCT(tdx_extend_rtmr_req, TDX_EXTEND_RTMR_REQ_FIELDS);
extern const struct wire_layout tdx_report_req_layout, tdx_quote_req_layout, tdx_extend_rtmr_req_layout;

enum {
	TDX_REPORT_REQ_BYTES = 1088,
	TDX_QUOTE_REQ_BYTES = 16,
	TDX_EXTEND_RTMR_REQ_BYTES = 49,
	TDX_EVENT_NOTIFY_FIRST_VECTOR = 32,
	TDX_EVENT_NOTIFY_LAST_VECTOR = 255,
};

#endif
