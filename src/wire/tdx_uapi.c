/* SPDX-License-Identifier: MIT */
#include "wire/tdx_uapi.h"

#define KVM_API         "Linux Documentation/virt/kvm/api.rst, KVM_EXIT_TDX"
#define TDX_GUEST_H     "Linux include/uapi/linux/tdx-guest.h"

#define WIRE_ROW_STRUCT kvm_run_tdx_get_quote
WIRE_LAYOUT(KVM_RUN_TDX_GET_QUOTE_FIELDS, KVM_RUN_TDX_GET_QUOTE_BYTES, "kvm_run at TDX GetQuote", KVM_API);
static_assert(offsetof(struct WIRE_SHADOW, ret) == KVM_RUN_TDX_RET_OFF, "ret comes first in every variant");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_get_tdvmcall_info
WIRE_LAYOUT(KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS, KVM_RUN_TDX_GET_TDVMCALL_INFO_BYTES,
	    "kvm_run at TDX GetTdVmCallInfo", KVM_API);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_setup_event_notify
WIRE_LAYOUT(KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS, KVM_RUN_TDX_SETUP_EVENT_NOTIFY_BYTES,
	    "kvm_run at TDX SetupEventNotifyInterrupt", KVM_API);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_unknown
WIRE_LAYOUT(KVM_RUN_TDX_UNKNOWN_FIELDS, KVM_RUN_TDX_UNKNOWN_BYTES, "kvm_run at another TDX leaf", KVM_API);
#undef WIRE_ROW_STRUCT

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
