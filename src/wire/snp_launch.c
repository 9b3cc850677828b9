/* SPDX-License-Identifier: MIT */
#include "wire/snp_launch.h"

#define SPEC            "SEV-SNP firmware ABI (AMD 56860), "

#define WIRE_ROW_STRUCT snp_page_info
WIRE_LAYOUT(SNP_PAGE_INFO_FIELDS, SNP_PAGE_INFO_BYTES, "PAGE_INFO", SPEC "SNP_LAUNCH_UPDATE");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_id_block
WIRE_LAYOUT(SNP_ID_BLOCK_FIELDS, SNP_ID_BLOCK_BYTES, "ID block", SPEC "SNP_LAUNCH_FINISH");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_id_auth
WIRE_LAYOUT(SNP_ID_AUTH_FIELDS, SNP_ID_AUTH_BYTES, "ID authentication information", SPEC "SNP_LAUNCH_FINISH");
#undef WIRE_ROW_STRUCT

#define WIRE_ROW_STRUCT snp_public_key
WIRE_LAYOUT(SNP_PUBLIC_KEY_FIELDS, SNP_PUBLIC_KEY_BYTES, "ECDSA public key", SPEC "ECDSA public key format");
#undef WIRE_ROW_STRUCT
