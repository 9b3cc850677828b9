/* SPDX-License-Identifier: MIT */
#include "wire/snp_msg.h"
#include "wire/snp_secrets.h"

#define WIRE_ROW_STRUCT snp_secrets
WIRE_LAYOUT(SNP_SECRETS_FIELDS, SNP_PAGE_BYTES, "secrets page",
	    "SEV-SNP firmware ABI (AMD 56860), secrets page");
static_assert(offsetof(struct WIRE_SHADOW, vmpck0) == SNP_SECRETS_VMPCK_OFF, "VMPCKs");
static_assert(offsetof(struct WIRE_SHADOW, vmpck3) == SNP_SECRETS_VMPCK_OFF + 3 * SNP_VMPCK_BYTES, "VMPCKs");
static_assert(offsetof(struct WIRE_SHADOW, msg_seqno_0) == SNP_SECRETS_SEQNO_OFF, "counters");
static_assert(offsetof(struct WIRE_SHADOW, msg_seqno_3) == SNP_SECRETS_SEQNO_OFF + 3 * 4, "counters");
#undef WIRE_ROW_STRUCT
