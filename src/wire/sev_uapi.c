/* SPDX-License-Identifier: MIT */
#include "wire/sev_uapi.h"

#define SEV_GUEST_H     "Linux include/uapi/linux/sev-guest.h"
#define PSP_SEV_H       "Linux include/uapi/linux/psp-sev.h"

#define WIRE_ROW_STRUCT snp_guest_request_ioctl
WIRE_LAYOUT(SNP_GUEST_REQUEST_IOCTL_FIELDS, SNP_IOCTL_BYTES, "guest request ioctl", SEV_GUEST_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_ext_report_req
WIRE_LAYOUT(SNP_EXT_REPORT_REQ_FIELDS, SNP_EXT_REPORT_REQ_BYTES, "extended report ioctl request",
	    SEV_GUEST_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT sev_issue_cmd
WIRE_LAYOUT(SEV_ISSUE_CMD_FIELDS, SEV_ISSUE_CMD_BYTES, "SEV command ioctl", PSP_SEV_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_platform_status
WIRE_LAYOUT(SNP_PLATFORM_STATUS_FIELDS, SNP_PLATFORM_STATUS_BYTES, "SNP platform status", PSP_SEV_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_config
WIRE_LAYOUT(SNP_CONFIG_FIELDS, SNP_CONFIG_BYTES, "SNP configuration", PSP_SEV_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_vlek_load
WIRE_LAYOUT(SNP_VLEK_LOAD_FIELDS, SNP_VLEK_LOAD_BYTES, "VLEK load command", PSP_SEV_H);
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_vlek_hashstick
WIRE_LAYOUT(SNP_VLEK_HASHSTICK_FIELDS, SNP_VLEK_HASHSTICK_BYTES, "wrapped VLEK hashstick",
	    "SEV-SNP firmware ABI (AMD 56860), SNP_VLEK_LOAD");
#undef WIRE_ROW_STRUCT

static const struct wire_bit status_flags[] = {
	{ 0, "MASK_CHIP_ID", NULL },
	{ 1, "MASK_CHIP_KEY", NULL },
	{ 2, "VLEK_EN", NULL },
	{ 3, "FEATURE_INFO", NULL },
	{ 4, "RAPL_DIS", NULL },
	{ 5, "CIPHERTEXT_HIDING_DRAM_CAP", NULL },
	{ 6, "CIPHERTEXT_HIDING_DRAM_EN", NULL },
	{ 7, "TIO", NULL },
};
const struct wire_bits snp_status_bits = { "flags", status_flags,
					   sizeof(status_flags) / sizeof(status_flags[0]) };
