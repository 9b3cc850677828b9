/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_LAUNCH_H
#define WIRE_SNP_LAUNCH_H

#include "wire/layout.h"

/*
 * What the launch of an SEV-SNP guest is measured and identified by. Spec: SEV-SNP firmware ABI (AMD 56860),
 * SNP_LAUNCH_UPDATE (PAGE_INFO), SNP_LAUNCH_FINISH (ID block, ID authentication information structure), ECDSA
 * public key and signature formats.
 */
enum {
	SNP_PAGE_INFO_BYTES = 0x70,
	SNP_ID_BLOCK_BYTES = 0x60,
	SNP_ID_AUTH_BYTES = 0x1000,
	SNP_PUBLIC_KEY_BYTES = 0x404,
	SNP_ID_BLOCK_VERSION = 1,
	SNP_ID_ALGO_ECDSA_P384_SHA384 = 1,
	SNP_CURVE_P384 = 2,
};

/* PAGE_TYPE of SNP_LAUNCH_UPDATE. */
enum snp_page_type {
	SNP_PAGE_NORMAL = 1,
	SNP_PAGE_VMSA = 2,
	SNP_PAGE_ZERO = 3,
	SNP_PAGE_UNMEASURED = 4,
	SNP_PAGE_SECRETS = 5,
	SNP_PAGE_CPUID = 6,
};

/* clang-format off */
#define SNP_PAGE_INFO_FIELDS(F) \
	F(0x00, BYTES, digest_cur,  48, "launch digest before this page") \
	F(0x30, BYTES, contents,    48, "SHA-384 of normal and VMSA pages, zeros of others") \
	F(0x60, LE16,  length,       2, "of this structure") \
	F(0x62, U8,    page_type,    1, "") \
	F(0x63, U8,    imi_page,     1, "bit 0: a page of an initial migration image") \
	F(0x64, U8,    vmpl3_perms,  1, "") \
	F(0x65, U8,    vmpl2_perms,  1, "") \
	F(0x66, U8,    vmpl1_perms,  1, "") \
	F(0x67, ZERO,  reserved_67,  1, "") \
	F(0x68, LE64,  gpa,          8, "guest physical address")

#define SNP_ID_BLOCK_FIELDS(F) \
	F(0x00, BYTES, ld,          48, "expected launch digest") \
	F(0x30, BYTES, family_id,   16, "") \
	F(0x40, BYTES, image_id,    16, "") \
	F(0x50, LE32,  version,      4, "1") \
	F(0x54, LE32,  guest_svn,    4, "") \
	F(0x58, LE64,  policy,       8, "expected guest policy")

#define SNP_ID_AUTH_FIELDS(F) \
	F(0x000, LE32,  id_key_algo,         4, "1 = ECDSA P-384 with SHA-384") \
	F(0x004, LE32,  auth_key_algo,       4, "1 = ECDSA P-384 with SHA-384; 0 without an author key") \
	F(0x008, ZERO,  reserved_008,       56, "") \
	F(0x040, BYTES, id_block_sig_r,     72, "of the ID block by the ID key; little-endian") \
	F(0x088, BYTES, id_block_sig_s,     72, "little-endian") \
	F(0x0d0, ZERO,  reserved_0d0,      368, "") \
	F(0x240, BYTES, id_key,           1028, "public key") \
	F(0x644, ZERO,  reserved_644,       60, "") \
	F(0x680, BYTES, id_key_sig_r,       72, "of the ID key by the author key; little-endian") \
	F(0x6c8, BYTES, id_key_sig_s,       72, "little-endian") \
	F(0x710, ZERO,  reserved_710,      368, "") \
	F(0x880, BYTES, author_key,       1028, "public key") \
	F(0xc84, ZERO,  reserved_c84,      892, "")

#define SNP_PUBLIC_KEY_FIELDS(F) \
	F(0x00, LE32,  curve,        4, "2 = P-384") \
	F(0x04, BYTES, qx,          72, "little-endian") \
	F(0x4c, BYTES, qy,          72, "little-endian") \
	F(0x94, ZERO,  reserved_94, 880, "")
/* clang-format on */

WIRE_STRUCT(snp_page_info, SNP_PAGE_INFO_FIELDS);
WIRE_STRUCT(snp_id_block, SNP_ID_BLOCK_FIELDS);
WIRE_STRUCT(snp_id_auth, SNP_ID_AUTH_FIELDS);
WIRE_STRUCT(snp_public_key, SNP_PUBLIC_KEY_FIELDS);
extern const struct wire_layout snp_page_info_layout, snp_id_block_layout, snp_id_auth_layout,
	snp_public_key_layout;

#endif
