/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_SECRETS_H
#define WIRE_SNP_SECRETS_H

#include "wire/layout.h"

/* clang-format off */
/*
 * The secrets page that the firmware writes for a guest at launch. Spec: SEV-SNP firmware ABI; Linux sev.h.
 */
#define SNP_SECRETS_FIELDS(F) \
	F(0x000, LE32,  version,             4, "") \
	F(0x004, LE32,  imien,               4, "bit 0: an initial migration image") \
	F(0x008, LE32,  fms,                 4, "CPUID 1 EAX") \
	F(0x00c, ZERO,  reserved_00c,        4, "") \
	F(0x010, BYTES, gosvw,              16, "") \
	F(0x020, BYTES, vmpck0,             32, "") \
	F(0x040, BYTES, vmpck1,             32, "") \
	F(0x060, BYTES, vmpck2,             32, "") \
	F(0x080, BYTES, vmpck3,             32, "") \
	F(0x0a0, LE32,  msg_seqno_0,         4, "guest OS area: last sequence number used with vmpck0") \
	F(0x0a4, LE32,  msg_seqno_1,         4, "") \
	F(0x0a8, LE32,  msg_seqno_2,         4, "") \
	F(0x0ac, LE32,  msg_seqno_3,         4, "") \
	F(0x0b0, LE64,  ap_jump_table_pa,    8, "") \
	F(0x0b8, BYTES, os_reserved,        40, "") \
	F(0x0e0, BYTES, guest_usage,        32, "") \
	F(0x100, BYTES, vmsa_tweak_bitmap,  64, "") \
	F(0x140, LE64,  svsm_base,           8, "") \
	F(0x148, LE64,  svsm_size,           8, "") \
	F(0x150, LE64,  svsm_caa,            8, "") \
	F(0x158, LE32,  svsm_max_version,    4, "") \
	F(0x15c, U8,    svsm_guest_vmpl,     1, "") \
	F(0x15d, ZERO,  reserved_15d,        3, "") \
	F(0x160, LE32,  tsc_factor,          4, "newer kernels") \
	F(0x164, ZERO,  reserved_164,     3740, "")
/* clang-format on */

WIRE_STRUCT(snp_secrets, SNP_SECRETS_FIELDS);
extern const struct wire_layout snp_secrets_layout;

enum { SNP_SECRETS_VMPCK_OFF = 0x20, SNP_SECRETS_SEQNO_OFF = 0xa0 }; /* + 32 * n; + 4 * n */

#endif
