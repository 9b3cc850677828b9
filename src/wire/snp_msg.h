/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_MSG_H
#define WIRE_SNP_MSG_H

#include "wire/layout.h"

/* Messages between an SNP guest and the firmware. Spec: SEV-SNP firmware ABI (AMD 56860), guest messages. */
enum {
	SNP_PAGE_BYTES = 4096,
	SNP_MSG_HDR_BYTES = 0x60,
	SNP_MSG_AAD_OFF = 0x30, /* start of the header's authenticated part */
	SNP_MSG_AAD_BYTES = 0x30,
	SNP_MSG_MAX_PAYLOAD_BYTES = SNP_PAGE_BYTES - SNP_MSG_HDR_BYTES,
	SNP_MSG_ALGO_AES_256_GCM = 1,
	SNP_MSG_HDR_VERSION = 1,
	SNP_MSG_SEQNO_OFF = 0x20, /* not encrypted: visible to the host */
	SNP_MSG_TYPE_OFF = 0x34,  /* the one byte that KVM reads */
	SNP_N_VMPCKS = 4,
	SNP_VMPCK_BYTES = 32,
};

/* The type of a response is that of its request + 1. */
enum snp_msg_type {
	SNP_MSG_INVALID = 0,
	SNP_MSG_CPUID_REQ = 1,
	SNP_MSG_KEY_REQ = 3,
	SNP_MSG_KEY_RSP = 4,
	SNP_MSG_REPORT_REQ = 5,
	SNP_MSG_REPORT_RSP = 6,
	SNP_MSG_EXPORT_REQ = 7,
	SNP_MSG_IMPORT_REQ = 9,
	SNP_MSG_ABSORB_REQ = 11,
	SNP_MSG_VMRK_REQ = 13,
	SNP_MSG_TSC_INFO_REQ = 17,
	SNP_MSG_TSC_INFO_RSP = 18,
};
/* "REPORT_REQ" and so on; NULL for types without a name. */
const char *snp_msg_type_name(unsigned type);

/* clang-format off */
#define SNP_MSG_HDR_FIELDS(F) \
	F(0x00, BYTES, authtag,     32, "GCM tag, then 16 zeros") \
	F(0x20, LE64,  msg_seqno,    8, "also the IV") \
	F(0x28, ZERO,  reserved_28,  8, "") \
	F(0x30, U8,    algo,         1, "1 = AES-256-GCM") \
	F(0x31, U8,    hdr_version,  1, "1") \
	F(0x32, LE16,  hdr_sz,       2, "0x60") \
	F(0x34, U8,    msg_type,     1, "") \
	F(0x35, U8,    msg_version,  1, "") \
	F(0x36, LE16,  msg_sz,       2, "plaintext bytes") \
	F(0x38, ZERO,  reserved_38,  4, "") \
	F(0x3c, U8,    msg_vmpck,    1, "which key, 0 to 3") \
	F(0x3d, ZERO,  reserved_3d, 35, "")

#define SNP_REPORT_REQ_FIELDS(F) \
	F(0x00, BYTES, report_data, 64, "goes into the report") \
	F(0x40, LE32,  vmpl,         4, "0 to 3, not below the VMPCK's") \
	F(0x44, LE32,  key_sel,      4, "bits 1:0: 0 = VLEK if loaded, else VCEK; 1 = VCEK; 2 = VLEK") \
	F(0x48, ZERO,  reserved_48, 24, "")

#define SNP_REPORT_RSP_FIELDS(F) \
	F(0x00, LE32,  status,       4, "0, 0x16 invalid parameters, 0x27 invalid key selection") \
	F(0x04, LE32,  report_size,  4, "0x4a0") \
	F(0x08, ZERO,  reserved_08, 24, "")

#define SNP_KEY_REQ_FIELDS(F) \
	F(0x00, LE32,  root_key_select,    4, "bit 0: 0 = VCEK or VLEK, 1 = VMRK; bits 2:1 KEY_SEL") \
	F(0x04, ZERO,  reserved_04,        4, "") \
	F(0x08, LE64,  guest_field_select, 8, "which guest fields are mixed in") \
	F(0x10, LE32,  vmpl,               4, "mixed in; not below the VMPCK's") \
	F(0x14, LE32,  guest_svn,          4, "mixed in; not above the guest's") \
	F(0x18, LE64,  tcb_version,        8, "mixed in; not above the committed TCB")

#define SNP_KEY_RSP_FIELDS(F) \
	F(0x00, LE32,  status,       4, "0 or 0x16") \
	F(0x04, ZERO,  reserved_04, 28, "") \
	F(0x20, BYTES, derived_key, 32, "the key")

/* Field order of TSC_INFO is unverified: see doc/decisions. */
#define SNP_TSC_INFO_RSP_FIELDS(F) \
	F(0x00, LE32, status,        4, "") \
	F(0x04, ZERO, reserved_04,   4, "") \
	F(0x08, LE64, tsc_scale,     8, "") \
	F(0x10, LE64, tsc_offset,    8, "") \
	F(0x18, LE32, tsc_factor,    4, "") \
	F(0x1c, ZERO, reserved_1c, 100, "")
/* clang-format on */

WIRE_STRUCT(snp_msg_hdr, SNP_MSG_HDR_FIELDS);
WIRE_STRUCT(snp_msg_report_req, SNP_REPORT_REQ_FIELDS);
WIRE_STRUCT(snp_msg_report_rsp, SNP_REPORT_RSP_FIELDS);
WIRE_STRUCT(snp_msg_key_req, SNP_KEY_REQ_FIELDS);
WIRE_STRUCT(snp_msg_key_rsp, SNP_KEY_RSP_FIELDS);
WIRE_STRUCT(snp_msg_tsc_info_rsp, SNP_TSC_INFO_RSP_FIELDS);
extern const struct wire_layout snp_msg_hdr_layout, snp_msg_report_req_layout, snp_msg_report_rsp_layout,
	snp_msg_key_req_layout, snp_msg_key_rsp_layout, snp_msg_tsc_info_rsp_layout;

enum {
	SNP_MSG_REPORT_REQ_BYTES = 96,
	SNP_MSG_REPORT_RSP_HDR_BYTES = 0x20,
	SNP_MSG_REPORT_RSP_BYTES = SNP_MSG_REPORT_RSP_HDR_BYTES + 1184, /* header, then the report */
	SNP_MSG_KEY_REQ_BYTES = 32, /* message version 2 adds launch_mit_vector, 8 bytes */
	SNP_MSG_KEY_REQ_V2_BYTES = 40,
	SNP_MSG_KEY_RSP_BYTES = 64,
	SNP_MSG_TSC_INFO_BYTES = 128,
};

/* key_sel of a report request */
enum {
	SNP_KEY_SEL_AUTO = 0,
	SNP_KEY_SEL_VCEK = 1,
	SNP_KEY_SEL_VLEK = 2,
};

/*
 * guest_field_select, B(bit, NAME, field name, name before 0.2): each bit selects a field and is named after
 * it.
 */
/* clang-format off */
#define SNP_FIELD_SELECT_BITS(B) \
	B(0, GUEST_POLICY, "policy", NULL) \
	B(1, IMAGE_ID, "image_id", "image-id") \
	B(2, FAMILY_ID, "family_id", "family-id") \
	B(3, MEASUREMENT, "measurement", NULL) \
	B(4, GUEST_SVN, "guest_svn", "guest-svn") \
	B(5, TCB_VERSION, "tcb_version", "tcb-version") \
	B(6, LAUNCH_MIT_VECTOR, "launch_mit_vector", NULL) /* message version >= 2 */
#define SNP_FIELD_ENUM(bit, NAME, word, was) SNP_FIELD_##NAME = 1 << (bit), SNP_FIELD_##NAME##_BIT = (bit),
/* clang-format on */
enum { SNP_FIELD_SELECT_BITS(SNP_FIELD_ENUM) };
extern const struct wire_bits snp_field_select_bits;

/*
 * Firmware status codes. Spec: SEV-SNP firmware ABI. Older public headers have different values after 0x18.
 */
enum snp_status {
	SNP_SUCCESS = 0x00,
	SNP_INVALID_PLATFORM_STATE = 0x01,
	SNP_INVALID_GUEST_STATE = 0x02,
	SNP_INVALID_CONFIG = 0x03,
	SNP_INVALID_LEN = 0x04,
	SNP_POLICY_FAILURE = 0x07,
	SNP_BAD_SIGNATURE = 0x0a,
	SNP_BAD_MEASUREMENT = 0x0b,
	SNP_INVALID_GUEST = 0x10,
	SNP_UNSUPPORTED = 0x15,
	SNP_INVALID_PARAM = 0x16,
	SNP_RESOURCE_LIMIT = 0x17,
	SNP_AEAD_OFLOW = 0x1d,
	SNP_BAD_SVN = 0x21,
	SNP_BAD_VERSION = 0x22,
	SNP_INVALID_KEY = 0x27,
};
#define SNP_NO_FW_CALL 0xffffffffu /* Linux: the firmware was not called */
/* "INVALID_PARAM" and so on; NULL for codes without a name. */
const char *snp_status_name(uint32_t status);

/* High half of sw_exit_info_2 and of exitinfo2: the hypervisor's error code. Spec: GHCB 4.1.7, 4.1.8.1. */
enum snp_vmm_error {
	SNP_VMM_OK = 0,
	SNP_VMM_INVALID_LEN = 1,
	SNP_VMM_BUSY = 2,
};
#define SNP_VMM_GENERIC        0xffffffffu
#define SNP_EXITINFO2(vmm, fw) ((uint64_t)(vmm) << 32 | (uint32_t)(fw))

#endif
