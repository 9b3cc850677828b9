/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SEV_UAPI_H
#define WIRE_SEV_UAPI_H

#include "wire/layout.h"

/* clang-format off */
/* Structures of /dev/sev-guest. Source: Linux include/uapi/linux/sev-guest.h. */
#define SNP_GUEST_REQUEST_IOCTL_FIELDS(F) \
	F(0, U8,   msg_version,  1, "") \
	F(1, ZERO, padding,      7, "") \
	F(8, LE64, req_data,     8, "user address") \
	F(16, LE64, resp_data,   8, "user address") \
	F(24, LE64, exitinfo2,   8, "firmware status, then VMM error << 32")

#define SNP_EXT_REPORT_REQ_FIELDS(F) \
	F(0, BYTES, report_req,   96, "snp_report_req") \
	F(96, LE64, certs_address, 8, "user address") \
	F(104, LE32, certs_len,    4, "bytes, whole pages") \
	F(108, BYTES, padding,     4, "")

/* Structures of /dev/sev. Source: Linux include/uapi/linux/psp-sev.h. */
#define SEV_ISSUE_CMD_FIELDS(F) \
	F(0, LE32,  cmd,   4, "") \
	F(4, LE64,  data,  8, "user address") \
	F(12, LE32, error, 4, "firmware status")

#define SNP_PLATFORM_STATUS_FIELDS(F) \
	F(0, U8,   api_major,    1, "") \
	F(1, U8,   api_minor,    1, "") \
	F(2, U8,   state,        1, "0 uninitialised, 1 initialised") \
	F(3, U8,   rmp_flags,    1, "bit 0 rmp_initialized, 1 alias_check_complete, 3 TIO enabled") \
	F(4, LE32, build_id,     4, "") \
	F(8, LE32, flags,        4, "bit 0 mask_chip_id, 1 mask_chip_key, 2 vlek_en") \
	F(12, LE32, guest_count, 4, "") \
	F(16, LE64, current_tcb, 8, "") \
	F(24, LE64, reported_tcb, 8, "")

#define SNP_CONFIG_FIELDS(F) \
	F(0, LE64, reported_tcb, 8, "0 = the committed TCB") \
	F(8, LE32, flags,        4, "bit 0 MASK_CHIP_ID, bit 1 MASK_CHIP_KEY") \
	F(12, ZERO, reserved,   52, "")

#define SNP_VLEK_LOAD_FIELDS(F) \
	F(0, LE32, len,                  4, "16") \
	F(4, U8,   vlek_wrapped_version, 1, "0") \
	F(5, ZERO, reserved,             3, "") \
	F(8, LE64, vlek_wrapped_address, 8, "user address of 432 bytes")

#define SNP_VLEK_HASHSTICK_FIELDS(F) \
	F(0x000, BYTES, iv,            12, "") \
	F(0x00c, ZERO,  reserved_00c,   4, "") \
	F(0x010, BYTES, wrapped,      384, "AES-256-GCM under a key of the chip") \
	F(0x190, LE64,  tcb_version,    8, "") \
	F(0x198, ZERO,  reserved_198,   8, "") \
	F(0x1a0, BYTES, authtag,       16, "")
/* clang-format on */

WIRE_STRUCT(snp_guest_request_ioctl, SNP_GUEST_REQUEST_IOCTL_FIELDS);
WIRE_STRUCT(snp_ext_report_req, SNP_EXT_REPORT_REQ_FIELDS);
WIRE_STRUCT(sev_issue_cmd, SEV_ISSUE_CMD_FIELDS);
WIRE_STRUCT(snp_platform_status, SNP_PLATFORM_STATUS_FIELDS);
WIRE_STRUCT(snp_config, SNP_CONFIG_FIELDS);
WIRE_STRUCT(snp_vlek_load, SNP_VLEK_LOAD_FIELDS);
WIRE_STRUCT(snp_vlek_hashstick, SNP_VLEK_HASHSTICK_FIELDS);
extern const struct wire_layout snp_guest_request_ioctl_layout, snp_ext_report_req_layout,
	sev_issue_cmd_layout, snp_platform_status_layout, snp_config_layout, snp_vlek_load_layout,
	snp_vlek_hashstick_layout;

enum {
	SNP_PLATFORM_STATUS_BYTES = 32,
	SNP_CONFIG_BYTES = 64,
	SNP_VLEK_LOAD_BYTES = 16,
	SNP_VLEK_HASHSTICK_BYTES = 432,
	SNP_IOCTL_BYTES = 32,
	SNP_REPORT_RESP_BYTES = 4000, /* struct snp_report_resp */
	SNP_EXT_REPORT_REQ_BYTES = 112,
	SEV_ISSUE_CMD_BYTES = 16,
	SNP_STATUS_MASK_CHIP_ID = 1 << 0, /* flags of snp_platform_status; snp_config has the first two */
	SNP_STATUS_MASK_CHIP_KEY = 1 << 1,
	SNP_STATUS_VLEK_EN = 1 << 2,
};
/* Names for flags of snp_platform_status. */
extern const struct wire_bits snp_status_bits;

/* /dev/sev commands */
enum {
	SEV_CMD_GET_ID = 7,
	SEV_CMD_GET_ID2 = 8,
	SEV_CMD_SNP_PLATFORM_STATUS = 9,
	SEV_CMD_SNP_COMMIT = 10,
	SEV_CMD_SNP_SET_CONFIG = 11,
	SEV_CMD_SNP_VLEK_LOAD = 12,
	SEV_CMD_MAX = 13,
};

#endif
