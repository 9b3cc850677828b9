/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SNP_REPORT_H
#define WIRE_SNP_REPORT_H

#include <stdbool.h>

#include "wire/layout.h"
#include "wire/snp_product.h"

/* ATTESTATION_REPORT of SEV-SNP. Spec: SEV-SNP firmware ABI (AMD 56860), ATTESTATION_REPORT. */
enum {
	SNP_REPORT_BYTES = 1184,
	SNP_REPORT_SIGNED_BYTES = 0x2a0,
	SNP_REPORT_ALGO_OFF = 0x034,
	SNP_REPORT_ALGO_ECDSA_P384_SHA384 = 1,
	SNP_REPORT_FIRST_VERSION = 2,
	SNP_REPORT_LAST_VERSION = 5,
	SNP_SIGNATURE_NUMBER_BYTES = 72, /* r and s, little-endian, zero-extended from 48 */
};

/* clang-format off */
#define SNP_REPORT_FIELDS(F) \
	F(0x000, LE32,  version,            4, "2, 3, 4 (read like 3) or 5") \
	F(0x004, LE32,  guest_svn,          4, "from the ID block") \
	F(0x008, LE64,  policy,             8, "guest policy") \
	F(0x010, BYTES, family_id,         16, "from the ID block") \
	F(0x020, BYTES, image_id,          16, "from the ID block") \
	F(0x030, LE32,  vmpl,               4, "VMPL that the report was asked for") \
	F(0x034, LE32,  signature_algo,     4, "1 = ECDSA P-384 with SHA-384") \
	F(0x038, LE64,  current_tcb,        8, "TCB that runs now") \
	F(0x040, LE64,  platform_info,      8, "what the platform has switched on") \
	F(0x048, LE32,  key_info,           4, "author key, masked chip key, signing key") \
	F(0x04c, ZERO,  reserved_04c,       4, "") \
	F(0x050, BYTES, report_data,       64, "from the request") \
	F(0x090, BYTES, measurement,       48, "launch digest") \
	F(0x0c0, BYTES, host_data,         32, "set by the host at launch") \
	F(0x0e0, BYTES, id_key_digest,     48, "SHA-384 of the ID public key") \
	F(0x110, BYTES, author_key_digest, 48, "SHA-384 of the author public key") \
	F(0x140, BYTES, report_id,         32, "of this guest") \
	F(0x160, BYTES, report_id_ma,      32, "of its migration agent; all ff without one") \
	F(0x180, LE64,  reported_tcb,       8, "TCB that the VCEK or VLEK is derived for") \
	F(0x188, U8,    cpuid_fam_id,       1, "version >= 3: combined family") \
	F(0x189, U8,    cpuid_mod_id,       1, "version >= 3: combined model") \
	F(0x18a, U8,    cpuid_step,         1, "version >= 3: stepping") \
	F(0x18b, ZERO,  reserved_18b,      21, "") \
	F(0x1a0, BYTES, chip_id,           64, "HWID; zero when masked; Turin: 8 bytes, then zeros") \
	F(0x1e0, LE64,  committed_tcb,      8, "TCB that cannot be rolled back behind") \
	F(0x1e8, U8,    current_build,      1, "") \
	F(0x1e9, U8,    current_minor,      1, "") \
	F(0x1ea, U8,    current_major,      1, "") \
	F(0x1eb, ZERO,  reserved_1eb,       1, "") \
	F(0x1ec, U8,    committed_build,    1, "") \
	F(0x1ed, U8,    committed_minor,    1, "") \
	F(0x1ee, U8,    committed_major,    1, "") \
	F(0x1ef, ZERO,  reserved_1ef,       1, "") \
	F(0x1f0, LE64,  launch_tcb,         8, "current TCB at launch") \
	F(0x1f8, LE64,  launch_mit_vector,  8, "version >= 5") \
	F(0x200, LE64,  current_mit_vector, 8, "version >= 5") \
	F(0x208, ZERO,  reserved_208,     152, "") \
	F(0x2a0, BYTES, signature_r,       72, "little-endian") \
	F(0x2e8, BYTES, signature_s,       72, "little-endian") \
	F(0x330, ZERO,  reserved_330,     368, "")
/* clang-format on */

WIRE_STRUCT(snp_report, SNP_REPORT_FIELDS);
extern const struct wire_layout snp_report_layout;

/*
 * Bits by their names in the specification: B(bit, NAME, name in policies before 0.2). Spec: SEV-SNP firmware
 * ABI (AMD 56860), Guest Policy; ATTESTATION_REPORT, PLATFORM_INFO and KEY_INFO.
 */
/* clang-format off */
#define SNP_POLICY_BITS(B) \
	B(16, SMT, NULL) \
	B(17, MUST_BE_ONE, NULL) /* reserved, and one: it has no name there */ \
	B(18, MIGRATE_MA, NULL) \
	B(19, DEBUG, NULL) \
	B(20, SINGLE_SOCKET, NULL) \
	B(21, CXL_ALLOW, NULL) \
	B(22, MEM_AES_256_XTS, NULL) \
	B(23, RAPL_DIS, NULL) \
	B(24, CIPHERTEXT_HIDING_DRAM, NULL) \
	B(25, PAGE_SWAP_DISABLE, NULL)

#define SNP_PLATFORM_INFO_BITS(B) \
	B(0, SMT_EN, "smt_en") \
	B(1, TSME_EN, "tsme_en") \
	B(2, ECC_EN, "ecc_en") \
	B(3, RAPL_DIS, "rapl_dis") \
	B(4, CIPHERTEXT_HIDING_DRAM_EN, "ciphertext_hiding_en") \
	B(5, ALIAS_CHECK_COMPLETE, "alias_check_complete") \
	B(6, IOMMU_WRITE_SAFE, NULL) /* AMD-SB-3016 is mitigated */ \
	B(7, TIO_EN, "tio_en")

#define SNP_KEY_INFO_BITS(B) /* bits 4:2 are a number, the signing key */ \
	B(0, AUTHOR_KEY_EN, NULL) \
	B(1, MASK_CHIP_KEY, NULL)
/* clang-format on */

#define SNP_POLICY_ENUM(bit, name, was)   SNP_POLICY_##name##_BIT = (bit),
#define SNP_PLATFORM_ENUM(bit, name, was) SNP_PLATFORM_##name##_BIT = (bit),
#define SNP_KEY_INFO_ENUM(bit, name, was) SNP_KEY_INFO_##name##_BIT = (bit),
enum { SNP_POLICY_BITS(SNP_POLICY_ENUM) };
enum { SNP_PLATFORM_INFO_BITS(SNP_PLATFORM_ENUM) };
enum { SNP_KEY_INFO_BITS(SNP_KEY_INFO_ENUM) };

#define SNP_POLICY_ABI_MASK           UINT64_C(0xffff) /* bits 15:0 of the policy: a version */
#define SNP_KEY_INFO_SIGNING_KEY_MASK UINT64_C(0x1c)
extern const struct wire_bits snp_policy_bits, snp_platform_info_bits, snp_key_info_bits;

enum snp_signing_key { SNP_SIGNED_BY_VCEK = 0, SNP_SIGNED_BY_VLEK = 1, SNP_SIGNED_BY_NONE = 7 };

static inline unsigned snp_policy_abi_minor(uint64_t policy)
{
	return policy & 0xff;
}

static inline unsigned snp_policy_abi_major(uint64_t policy)
{
	return policy >> 8 & 0xff;
}

static inline unsigned snp_key_info_signing_key(uint32_t key_info)
{
	return key_info >> 2 & 7;
}

/* "vcek", "vlek", "none"; NULL for a reserved value. */
const char *snp_signing_key_name(unsigned key);
/* "ABI 1.55 SMT ..." and "SIGNING_KEY vcek ...". `buf`, `room` and the result as in wire_field_format(). */
size_t snp_policy_format(uint64_t policy, char *buf, size_t room);
size_t snp_key_info_format(uint32_t key_info, char *buf, size_t room);

/*
 * Determines the product of a report from its CPUID fields (version >= 3). A version 2 report has none: if
 * its chip_id is 8 bytes followed by zeros, it is Turin; otherwise SNP_PRODUCT_UNKNOWN, and the certificate
 * decides (Milan and Genoa share a TCB layout).
 */
enum snp_product snp_product_of_report(const struct snp_report *report);

/* The first version of the report that has this field; in an older one its bytes are reserved. */
unsigned snp_report_field_since(const char *field);

/* Whether the bytes look like a report of a version above 5: a small integer where the version is. */
bool snp_report_is_newer(const uint8_t *bytes, size_t n);
/*
 * bytes     n bytes, untrusted
 * Returns   0; -EBADMSG fewer than 1184 bytes; -EPROTO a version other than 2, 3, 4, 5: for a newer one,
 *           whatever its size, `err` says that it is newer
 * Reserved bytes are not checked here, but by wire_check_zero(&snp_report_layout, ...) and the verifier.
 */
JURAT_MUST_CHECK int snp_report_read(const uint8_t *bytes, size_t n, struct snp_report *ret,
				     struct jurat_error *err);
/*
 * Converts r and s of the signature to 48 bytes, big-endian; false when bytes 48..71 of either are not zero.
 */
bool snp_report_signature(const struct snp_report *report, uint8_t ret_r[48], uint8_t ret_s[48]);
void snp_report_set_signature(struct snp_report *report, const uint8_t r[48], const uint8_t s[48]);
/*
 * A number of a signature or public key: 72 bytes, little-endian, to and from 48 bytes, big-endian. false:
 * bytes 48..71 are not zero.
 */
bool snp_number_read(const uint8_t le[SNP_SIGNATURE_NUMBER_BYTES], uint8_t ret_be[48]);
void snp_number_write(const uint8_t be[48], uint8_t ret_le[SNP_SIGNATURE_NUMBER_BYTES]);

#endif
