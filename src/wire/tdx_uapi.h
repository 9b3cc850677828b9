/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_UAPI_H
#define WIRE_TDX_UAPI_H

#include "wire/layout.h"

/*
 * The part of struct kvm_run that KVM_EXIT_TDX uses, one layout for each leaf that exits, and one for leaves
 * to come. `ret` holds a valid answer (unsupported) before the VMM looks, and goes to the guest's R10 with
 * the next KVM_RUN. Source: Linux 6.16, Documentation/virt/kvm/api.rst.
 */
enum { KVM_TDX_UNKNOWN_DATA_BYTES = 40 };

/* clang-format off */
#define KVM_RUN_TDX_HEAD_FIELDS(F) \
	F(0, U8,    request_interrupt_window, 1, "") \
	F(1, U8,    immediate_exit,           1, "") \
	F(2, BYTES, padding1,                 6, "") \
	F(8, LE32,  exit_reason,              4, "40") \
	F(12, BYTES, padding2,               20, "") \
	F(32, LE64, flags,                    8, "0") \
	F(40, LE64, nr,                       8, "leaf of TDG.VP.VMCALL") \
	F(48, LE64, ret,                      8, "for the guest's R10")

#define KVM_RUN_TDX_GET_QUOTE_FIELDS(F) \
	KVM_RUN_TDX_HEAD_FIELDS(F) \
	F(56, LE64, gpa,                      8, "of the buffer, without its shared bit") \
	F(64, LE64, size,                     8, "of the buffer; not checked by KVM")

#define KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS(F) \
	KVM_RUN_TDX_HEAD_FIELDS(F) \
	F(56, LE64, leaf,                     8, "1") \
	F(64, LE64, r11,                      8, "for the guest, as are the next three") \
	F(72, LE64, r12,                      8, "") \
	F(80, LE64, r13,                      8, "") \
	F(88, LE64, r14,                      8, "")

#define KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS(F) \
	KVM_RUN_TDX_HEAD_FIELDS(F) \
	F(56, LE64, vector,                   8, "32 to 255")

#define KVM_RUN_TDX_UNKNOWN_FIELDS(F) \
	KVM_RUN_TDX_HEAD_FIELDS(F) \
	F(56, BYTES, data, KVM_TDX_UNKNOWN_DATA_BYTES, "five words")

/* /dev/tdx_guest. Source: Linux include/uapi/linux/tdx-guest.h. */
#define TDX_REPORT_REQ_FIELDS(F) \
	F(0, BYTES, reportdata,    64, "in") \
	F(64, BYTES, tdreport,   1024, "out")

/* Requests that no released kernel has; tests and old clients do. Spec: the seed; libtdx_attest. */
#define TDX_QUOTE_REQ_FIELDS(F) \
	F(0, LE64, buf,             8, "user address of a GetQuote buffer, header first") \
	F(8, LE64, len,             8, "of that buffer, bytes")

#define TDX_EXTEND_RTMR_REQ_FIELDS(F) \
	F(0, BYTES, data,          48, "SHA-384 digest") \
	F(48, U8,  index,           1, "2 or 3 for programs")
/* clang-format on */

WIRE_STRUCT(kvm_run_tdx_get_quote, KVM_RUN_TDX_GET_QUOTE_FIELDS);
WIRE_STRUCT(kvm_run_tdx_get_tdvmcall_info, KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS);
WIRE_STRUCT(kvm_run_tdx_setup_event_notify, KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS);
WIRE_STRUCT(kvm_run_tdx_unknown, KVM_RUN_TDX_UNKNOWN_FIELDS);
WIRE_STRUCT(tdx_report_req, TDX_REPORT_REQ_FIELDS);
WIRE_STRUCT(tdx_quote_req, TDX_QUOTE_REQ_FIELDS);
WIRE_STRUCT(tdx_extend_rtmr_req, TDX_EXTEND_RTMR_REQ_FIELDS);
extern const struct wire_layout kvm_run_tdx_get_quote_layout, kvm_run_tdx_get_tdvmcall_info_layout,
	kvm_run_tdx_setup_event_notify_layout, kvm_run_tdx_unknown_layout, tdx_report_req_layout,
	tdx_quote_req_layout, tdx_extend_rtmr_req_layout;

enum {
	KVM_RUN_TDX_GET_QUOTE_BYTES = 72,
	KVM_RUN_TDX_GET_TDVMCALL_INFO_BYTES = 96,
	KVM_RUN_TDX_SETUP_EVENT_NOTIFY_BYTES = 64,
	KVM_RUN_TDX_UNKNOWN_BYTES = 96,
	KVM_RUN_TDX_RET_OFF = 48,
	TDX_REPORT_REQ_BYTES = 1088,
	TDX_QUOTE_REQ_BYTES = 16,
	TDX_EXTEND_RTMR_REQ_BYTES = 49,
	TDX_EVENT_NOTIFY_FIRST_VECTOR = 32,
	TDX_EVENT_NOTIFY_LAST_VECTOR = 255,
};

#endif
