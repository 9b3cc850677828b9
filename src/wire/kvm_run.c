/* SPDX-License-Identifier: MIT */
#include "wire/kvm_run.h"

#define KVM_API         "Linux Documentation/virt/kvm/api.rst, "
#define SNP_EXIT        KVM_API "KVM_EXIT_SNP_REQ_CERTS"
#define TDX_EXIT        KVM_API "KVM_EXIT_TDX"

#define WIRE_ROW_STRUCT kvm_run_snp_req_certs
WIRE_LAYOUT(KVM_RUN_SNP_REQ_CERTS_FIELDS, KVM_RUN_SNP_REQ_CERTS_BYTES, "kvm_run at SNP_REQ_CERTS", SNP_EXIT);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_vmgexit
WIRE_LAYOUT(
	KVM_RUN_VMGEXIT_FIELDS, KVM_RUN_VMGEXIT_BYTES, "kvm_run at VMGEXIT",
	"Linux patch 'KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event' v15, not merged");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_system_event
WIRE_LAYOUT(KVM_RUN_SYSTEM_EVENT_FIELDS, KVM_RUN_SYSTEM_EVENT_BYTES, "kvm_run at SYSTEM_EVENT",
	    KVM_API "KVM_EXIT_SYSTEM_EVENT");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_get_quote
WIRE_LAYOUT(KVM_RUN_TDX_GET_QUOTE_FIELDS, KVM_RUN_TDX_GET_QUOTE_BYTES, "kvm_run at TDX GetQuote", TDX_EXIT);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_get_tdvmcall_info
WIRE_LAYOUT(KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS, KVM_RUN_TDX_GET_TDVMCALL_INFO_BYTES,
	    "kvm_run at TDX GetTdVmCallInfo", TDX_EXIT);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_setup_event_notify
WIRE_LAYOUT(KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS, KVM_RUN_TDX_SETUP_EVENT_NOTIFY_BYTES,
	    "kvm_run at TDX SetupEventNotifyInterrupt", TDX_EXIT);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT kvm_run_tdx_unknown
WIRE_LAYOUT(KVM_RUN_TDX_UNKNOWN_FIELDS, KVM_RUN_TDX_UNKNOWN_BYTES, "kvm_run at another TDX leaf", TDX_EXIT);
#undef WIRE_ROW_STRUCT
