/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KVM_RUN_H
#define WIRE_KVM_RUN_H

#include "wire/layout.h"

/*
 * struct kvm_run: common fields, then a union with a member for each exit reason. A VMM maps it from the
 * kernel, so its fields are accessed one by one, at offset KVM_RUN_<exit>_<field>, or KVM_RUN_<field> for
 * common ones. Source: Linux Documentation/virt/kvm/api.rst: 7.0 for SNP_REQ_CERTS, 6.16 for TDX.
 */
enum { KVM_TDX_UNKNOWN_DATA_BYTES = 40, KVM_SYSTEM_EVENT_DATA_BYTES = 128 };

/* clang-format off */
#define KVM_RUN_HEAD_FIELDS(F) \
	F(0, U8,    request_interrupt_window, 1, "") \
	F(1, U8,    immediate_exit,           1, "") \
	F(2, BYTES, padding1,                 6, "") \
	F(8, LE32,  exit_reason,              4, "KVM_EXIT_*") \
	F(12, BYTES, padding2,               20, "")

/* KVM_EXIT_SNP_REQ_CERTS. */
#define KVM_RUN_SNP_REQ_CERTS_FIELDS(F) \
	KVM_RUN_HEAD_FIELDS(F) \
	F(32, LE64, gpa,                      8, "guest's RAX") \
	F(40, LE64, npages,                   8, "guest's RBX; read back only with ENOSPC") \
	F(48, LE64, ret,                      8, "0, ENOSPC, EAGAIN, EIO")

/* KVM_EXIT_VMGEXIT of v14 and v15 of the patch series, before KVM_EXIT_SNP_REQ_CERTS existed. */
#define KVM_RUN_VMGEXIT_FIELDS(F) \
	KVM_RUN_HEAD_FIELDS(F) \
	F(32, LE32, type,                     4, "") \
	F(36, BYTES, padding3,                4, "") \
	F(40, LE64, gpa,                      8, "guest's RAX") \
	F(48, LE64, npages,                   8, "guest's RBX") \
	F(56, LE32, ret,                      4, "KVM sets none: 0, 1 INVALID_LEN, 2 BUSY, another error") \
	F(60, U8,   flags,                    1, "v15: KVM_VMGEXIT_NOTIFY_DONE") \
	F(61, U8,   status,                   1, "v15: KVM_VMGEXIT_PENDING or KVM_VMGEXIT_DONE")

/* KVM_EXIT_SYSTEM_EVENT. ndata is the number of valid words in data. */
#define KVM_RUN_SYSTEM_EVENT_FIELDS(F) \
	KVM_RUN_HEAD_FIELDS(F) \
	F(32, LE32, type,                     4, "KVM_SYSTEM_EVENT_*") \
	F(36, LE32, ndata,                    4, "") \
	F(40, BYTES, data, KVM_SYSTEM_EVENT_DATA_BYTES, "sixteen words")

/*
 * KVM_EXIT_TDX: one layout for each leaf that causes an exit, and one for unknown leaves. KVM presets `ret`
 * to "unsupported"; the next KVM_RUN copies it to the guest's R10.
 */
#define KVM_RUN_TDX_FIELDS(F) \
	KVM_RUN_HEAD_FIELDS(F) \
	F(32, LE64, flags,                    8, "0") \
	F(40, LE64, nr,                       8, "leaf of TDG.VP.VMCALL") \
	F(48, LE64, ret,                      8, "for the guest's R10")

#define KVM_RUN_TDX_GET_QUOTE_FIELDS(F) \
	KVM_RUN_TDX_FIELDS(F) \
	F(56, LE64, gpa,                      8, "of the buffer, without its shared bit") \
	F(64, LE64, size,                     8, "of the buffer; not checked by KVM")

#define KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS(F) \
	KVM_RUN_TDX_FIELDS(F) \
	F(56, LE64, leaf,                     8, "1") \
	F(64, LE64, r11,                      8, "for the guest, as are the next three") \
	F(72, LE64, r12,                      8, "") \
	F(80, LE64, r13,                      8, "") \
	F(88, LE64, r14,                      8, "")

#define KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS(F) \
	KVM_RUN_TDX_FIELDS(F) \
	F(56, LE64, vector,                   8, "32 to 255")

#define KVM_RUN_TDX_UNKNOWN_FIELDS(F) \
	KVM_RUN_TDX_FIELDS(F) \
	F(56, BYTES, data, KVM_TDX_UNKNOWN_DATA_BYTES, "five words")

#define KVM_RUN_HEAD_AT(off, kind, name, size, note)          KVM_RUN_##name = (off),
#define KVM_RUN_SNP_REQ_CERTS_AT(off, kind, name, size, note) KVM_RUN_SNP_REQ_CERTS_##name = (off),
#define KVM_RUN_VMGEXIT_AT(off, kind, name, size, note)       KVM_RUN_VMGEXIT_##name = (off),
#define KVM_RUN_SYSTEM_EVENT_AT(off, kind, name, size, note)  KVM_RUN_SYSTEM_EVENT_##name = (off),
#define KVM_RUN_TDX_AT(off, kind, name, size, note)           KVM_RUN_TDX_##name = (off),
#define KVM_RUN_TDX_GET_QUOTE_AT(off, kind, name, size, note) KVM_RUN_TDX_GET_QUOTE_##name = (off),
#define KVM_RUN_TDX_INFO_AT(off, kind, name, size, note)      KVM_RUN_TDX_GET_TDVMCALL_INFO_##name = (off),
#define KVM_RUN_TDX_NOTIFY_AT(off, kind, name, size, note)    KVM_RUN_TDX_SETUP_EVENT_NOTIFY_##name = (off),
/* clang-format on */

enum { KVM_RUN_HEAD_FIELDS(KVM_RUN_HEAD_AT) };
enum { KVM_RUN_SNP_REQ_CERTS_FIELDS(KVM_RUN_SNP_REQ_CERTS_AT) KVM_RUN_SNP_REQ_CERTS_BYTES = 56 };
enum { KVM_RUN_VMGEXIT_FIELDS(KVM_RUN_VMGEXIT_AT) KVM_RUN_VMGEXIT_BYTES = 62 };
enum { KVM_RUN_SYSTEM_EVENT_FIELDS(KVM_RUN_SYSTEM_EVENT_AT) KVM_RUN_SYSTEM_EVENT_BYTES = 168 };
enum { KVM_RUN_TDX_FIELDS(KVM_RUN_TDX_AT) };
enum { KVM_RUN_TDX_GET_QUOTE_FIELDS(KVM_RUN_TDX_GET_QUOTE_AT) KVM_RUN_TDX_GET_QUOTE_BYTES = 72 };
enum { KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS(KVM_RUN_TDX_INFO_AT) KVM_RUN_TDX_GET_TDVMCALL_INFO_BYTES = 96 };
enum {
	KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS(KVM_RUN_TDX_NOTIFY_AT) KVM_RUN_TDX_SETUP_EVENT_NOTIFY_BYTES = 64
};
enum { KVM_RUN_TDX_UNKNOWN_BYTES = 96 };
enum { KVM_VMGEXIT_NOTIFY_DONE = 1 << 0, KVM_VMGEXIT_PENDING = 0, KVM_VMGEXIT_DONE = 1 };

WIRE_STRUCT(kvm_run_snp_req_certs, KVM_RUN_SNP_REQ_CERTS_FIELDS);
WIRE_STRUCT(kvm_run_vmgexit, KVM_RUN_VMGEXIT_FIELDS);
WIRE_STRUCT(kvm_run_system_event, KVM_RUN_SYSTEM_EVENT_FIELDS);
WIRE_STRUCT(kvm_run_tdx_get_quote, KVM_RUN_TDX_GET_QUOTE_FIELDS);
WIRE_STRUCT(kvm_run_tdx_get_tdvmcall_info, KVM_RUN_TDX_GET_TDVMCALL_INFO_FIELDS);
WIRE_STRUCT(kvm_run_tdx_setup_event_notify, KVM_RUN_TDX_SETUP_EVENT_NOTIFY_FIELDS);
WIRE_STRUCT(kvm_run_tdx_unknown, KVM_RUN_TDX_UNKNOWN_FIELDS);
extern const struct wire_layout kvm_run_snp_req_certs_layout, kvm_run_vmgexit_layout,
	kvm_run_system_event_layout, kvm_run_tdx_get_quote_layout, kvm_run_tdx_get_tdvmcall_info_layout,
	kvm_run_tdx_setup_event_notify_layout, kvm_run_tdx_unknown_layout;

#endif
