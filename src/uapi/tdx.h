/* SPDX-License-Identifier: MIT */
#ifndef UAPI_TDX_H
#define UAPI_TDX_H

#include <stdint.h>

/* Numbers of TDX's guest and host interfaces, stated by value: headers of distributions lack most. */

/* Registers of TDG.VP.VMCALL. */
struct uapi_tdvmcall {
	uint64_t r10, r11, r12, r13, r14, r15;
};

/* Leaves of TDG.VP.VMCALL, in R11. Spec: GHCI 1.5. */
#define UAPI_TDVMCALL_GET_TD_VM_CALL_INFO          0x10000u
#define UAPI_TDVMCALL_MAP_GPA                      0x10001u
#define UAPI_TDVMCALL_GET_QUOTE                    0x10002u
#define UAPI_TDVMCALL_REPORT_FATAL_ERROR           0x10003u
#define UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT 0x10004u
#define UAPI_TDVMCALL_SERVICE                      0x10005u

/* What a leaf returns in R10. GetQuote's SUCCESS says that the request is queued, not that it is finished. */
#define UAPI_TDVMCALL_SUCCESS             0x0000000000000000u
#define UAPI_TDVMCALL_RETRY               0x0000000000000001u
#define UAPI_TDVMCALL_INVALID_OPERAND     0x8000000000000000u
#define UAPI_TDVMCALL_GPA_INUSE           0x8000000000000001u
#define UAPI_TDVMCALL_ALIGN_ERROR         0x8000000000000002u
#define UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED 0x8000000000000003u

/* GetTdVmCallInfo leaf 1, R11: SetupEventNotifyInterrupt is supported. */
#define UAPI_TDVMCALL_INFO_1_R11_SETUP_EVENT_NOTIFY (1u << 1)

/* A GPA with this bit is shared: 47 with 4-level, 51 with 5-level secure EPT. */
#define UAPI_TDX_SHARED_BIT_PWL_4 47u
#define UAPI_TDX_SHARED_BIT_PWL_5 51u

/* TDCALL leaves, in RAX. */
#define UAPI_TDCALL_MR_RTMR_EXTEND 2u
#define UAPI_TDCALL_MR_REPORT      4u

/* TDCALL completion status, in RAX; its low half holds details. Spec: TDX module ABI, completion codes. */
#define UAPI_TDCALL_SUCCESS         0x0000000000000000ull
#define UAPI_TDCALL_OPERAND_INVALID 0xc000010000000000ull /* | which operand: 2 = RDX */
#define UAPI_TDCALL_OPERAND_BUSY    0x8000020000000000ull

/* Linux 6.16. Trees before that used 50, or 41 and 42, with other structures. */
#define UAPI_KVM_EXIT_TDX 40u

/* /dev/tdx_guest. Source: Linux include/uapi/linux/tdx-guest.h. */
#define UAPI_TDX_CMD_GET_REPORT0 0xc4405401u
/*
 * Requests that no released kernel has. The first is the seed's TDX_CMD_GET_QUOTE with the number that
 * go-tdx-guest expects; which direction bits the posted patch had is not settled. The others are
 * libtdx_attest's, for Intel's own kernels.
 */
#define UAPI_TDX_CMD_GET_QUOTE           0xc0105402u
#define UAPI_TDX_CMD_LIBTDX_EXTEND_RTMR  0x80315403u
#define UAPI_TDX_CMD_LIBTDX_GET_QUOTE    0x80105404u
#define UAPI_TDX_CMD_LIBTDX_GET_QUOTE_V3 0xc0105404u

/* Where a quoting service listens by convention: vsock port, and the host's CID as a guest sees it. */
#define UAPI_TDX_QGS_VSOCK_PORT 4050u
#define UAPI_TDX_QGS_HOST_CID   2u

#endif
