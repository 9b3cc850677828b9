/* SPDX-License-Identifier: MIT */
#include "wire/snp_msg.h"

#define SNP_ABI         "SEV-SNP firmware ABI (AMD 56860), "

#define WIRE_ROW_STRUCT snp_msg_hdr
WIRE_LAYOUT(SNP_MSG_HDR_FIELDS, SNP_MSG_HDR_BYTES, "guest message header", SNP_ABI "guest messages");
static_assert(offsetof(struct WIRE_SHADOW, algo) == SNP_MSG_AAD_OFF, "authenticated part");
static_assert(SNP_MSG_HDR_BYTES - SNP_MSG_AAD_OFF == SNP_MSG_AAD_BYTES, "authenticated part");
static_assert(offsetof(struct WIRE_SHADOW, msg_type) == SNP_MSG_TYPE_OFF, "the byte that KVM reads");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_msg_report_req
WIRE_LAYOUT(SNP_REPORT_REQ_FIELDS, SNP_MSG_REPORT_REQ_BYTES, "MSG_REPORT_REQ", SNP_ABI "MSG_REPORT_REQ");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_msg_report_rsp
WIRE_LAYOUT(SNP_REPORT_RSP_FIELDS, SNP_MSG_REPORT_RSP_HDR_BYTES, "MSG_REPORT_RSP header",
	    SNP_ABI "MSG_REPORT_RSP");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_msg_key_req
WIRE_LAYOUT(SNP_KEY_REQ_FIELDS, SNP_MSG_KEY_REQ_BYTES, "MSG_KEY_REQ", SNP_ABI "MSG_KEY_REQ");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_msg_key_rsp
WIRE_LAYOUT(SNP_KEY_RSP_FIELDS, SNP_MSG_KEY_RSP_BYTES, "MSG_KEY_RSP", SNP_ABI "MSG_KEY_RSP");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_msg_tsc_info_rsp
WIRE_LAYOUT(SNP_TSC_INFO_RSP_FIELDS, SNP_MSG_TSC_INFO_BYTES, "MSG_TSC_INFO_RSP", SNP_ABI "MSG_TSC_INFO_RSP");
#undef WIRE_ROW_STRUCT

#define FIELD_SELECT_ROW(bit, NAME, word, was) { bit, word, was },
static const struct wire_bit field_select[] = { SNP_FIELD_SELECT_BITS(FIELD_SELECT_ROW) };
const struct wire_bits snp_field_select_bits = { "guest_field_select", field_select,
						 sizeof(field_select) / sizeof(field_select[0]) };

const char *snp_msg_type_name(unsigned type)
{
	static const char *const names[] = {
		[SNP_MSG_CPUID_REQ] = "CPUID_REQ",       [2] = "CPUID_RSP",
		[SNP_MSG_KEY_REQ] = "KEY_REQ",           [SNP_MSG_KEY_RSP] = "KEY_RSP",
		[SNP_MSG_REPORT_REQ] = "REPORT_REQ",     [SNP_MSG_REPORT_RSP] = "REPORT_RSP",
		[SNP_MSG_EXPORT_REQ] = "EXPORT_REQ",     [8] = "EXPORT_RSP",
		[SNP_MSG_IMPORT_REQ] = "IMPORT_REQ",     [10] = "IMPORT_RSP",
		[SNP_MSG_ABSORB_REQ] = "ABSORB_REQ",     [12] = "ABSORB_RSP",
		[SNP_MSG_VMRK_REQ] = "VMRK_REQ",         [14] = "VMRK_RSP",
		[SNP_MSG_TSC_INFO_REQ] = "TSC_INFO_REQ", [SNP_MSG_TSC_INFO_RSP] = "TSC_INFO_RSP",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

const char *snp_status_name(uint32_t status)
{
	static const char *const names[] = {
		[SNP_SUCCESS] = "SUCCESS",
		[SNP_INVALID_PLATFORM_STATE] = "INVALID_PLATFORM_STATE",
		[SNP_INVALID_GUEST_STATE] = "INVALID_GUEST_STATE",
		[SNP_INVALID_CONFIG] = "INVALID_CONFIG",
		[SNP_INVALID_LEN] = "INVALID_LEN",
		[0x05] = "ALREADY_OWNED",
		[0x06] = "INVALID_CERTIFICATE",
		[SNP_POLICY_FAILURE] = "POLICY_FAILURE",
		[0x08] = "INACTIVE",
		[0x09] = "INVALID_ADDRESS",
		[SNP_BAD_SIGNATURE] = "BAD_SIGNATURE",
		[SNP_BAD_MEASUREMENT] = "BAD_MEASUREMENT",
		[0x0c] = "ASID_OWNED",
		[0x0d] = "INVALID_ASID",
		[0x0e] = "WBINVD_REQUIRED",
		[0x0f] = "DFFLUSH_REQUIRED",
		[SNP_INVALID_GUEST] = "INVALID_GUEST",
		[0x11] = "INVALID_COMMAND",
		[0x12] = "ACTIVE",
		[0x13] = "HWERROR_PLATFORM",
		[0x14] = "HWERROR_UNSAFE",
		[SNP_UNSUPPORTED] = "UNSUPPORTED",
		[SNP_INVALID_PARAM] = "INVALID_PARAM",
		[SNP_RESOURCE_LIMIT] = "RESOURCE_LIMIT",
		[0x18] = "SECURE_DATA_INVALID",
		[0x19] = "INVALID_PAGE_SIZE",
		[0x1a] = "INVALID_PAGE_STATE",
		[0x1b] = "INVALID_MDATA_ENTRY",
		[0x1c] = "INVALID_PAGE_OWNER",
		[SNP_AEAD_OFLOW] = "AEAD_OFLOW",
		[0x1f] = "RB_MODE_EXITED",
		[0x20] = "RMP_INIT_REQUIRED",
		[SNP_BAD_SVN] = "BAD_SVN",
		[SNP_BAD_VERSION] = "BAD_VERSION",
		[0x23] = "SHUTDOWN_REQUIRED",
		[0x24] = "UPDATE_FAILED",
		[0x25] = "RESTORE_REQUIRED",
		[0x26] = "RMP_INIT_FAILED",
		[SNP_INVALID_KEY] = "INVALID_KEY",
	};

	if (status == SNP_NO_FW_CALL)
		return "NO_FW_CALL";
	return status < sizeof(names) / sizeof(names[0]) ? names[status] : NULL;
}
