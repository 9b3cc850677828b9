/* SPDX-License-Identifier: MIT */
#include "sim/forge/order_internal.h"

/* clang-format off */
#define GUEST(name, value, what) { SIM_PART_GUEST, name, value, what }
#define PLATFORM(name, value, what) { SIM_PART_PLATFORM, name, value, what }
#define REPORT(name, value, what) { SIM_PART_REPORT, name, value, what }
#define TABLE(name, value, what) { SIM_PART_TABLE, name, value, what }
#define TCB "NUMBER"
#define SIGNATURE "HEX (72 bytes)|order|plus-order|negative|big-endian"

const struct sim_field order_fields_snp[] = {
	GUEST("policy", "NUMBER", "guest policy; .NAME: one bit of it; .abi_major, .abi_minor"),
	GUEST("guest_svn", "NUMBER", "security version of the guest"),
	GUEST("family_id", "HEX (16 bytes)", "family ID of the ID block"),
	GUEST("image_id", "HEX (16 bytes)", "image ID of the ID block"),
	GUEST("measurement", "HEX (48 bytes)", "launch digest"),
	GUEST("host_data", "HEX (32 bytes)", "HOST_DATA of the launch"),
	GUEST("id_key_digest", "HEX (48 bytes)", "digest of the ID key"),
	GUEST("author_key_digest", "HEX (48 bytes)", "digest of the author key"),
	GUEST("author_key_en", "yes|no", "whether there is an author key"),

	PLATFORM("tcb", TCB,
		 "current, committed and reported TCB; .fmc, .boot_loader, .tee, .snp, .microcode"),
	PLATFORM("current_tcb", TCB, "TCB that runs"),
	PLATFORM("committed_tcb", TCB, "TCB below which firmware cannot be rolled back"),
	PLATFORM("reported_tcb", TCB, "TCB that the VCEK or VLEK is derived for"),
	PLATFORM("launch_tcb", TCB, "current TCB when the guest was launched"),
	PLATFORM("current_major", "NUMBER", "firmware version that runs; also current_minor, current_build"),
	PLATFORM("committed_major", "NUMBER",
		 "committed firmware version; also committed_minor, committed_build"),
	PLATFORM("platform_info", "NUMBER", "features of the platform; .NAME: one bit of it"),
	PLATFORM("current_mit_vector", "NUMBER", "mitigations that are active now; .bit-N: one bit"),
	PLATFORM("launch_mit_vector", "NUMBER", "mitigations that were active at launch; .bit-N: one bit"),
	PLATFORM("hwid", "HEX (64 bytes; Turin: 8)", "chip ID"),
	PLATFORM("mask_chip_id", "yes|no", "chip_id of reports is zero (MASK_CHIP_ID)"),
	PLATFORM("mask_chip_key", "yes|no", "reports are not signed (MASK_CHIP_KEY)"),
	PLATFORM("csp_id", "TEXT", "cloud provider of the VLEK"),
	PLATFORM("report_version", "2|3|4|5", "version of reports"),

	REPORT("size", "NUMBER", "bytes of the report: cut, or zeros at the end"),
	REPORT("signed_by", "vcek|vlek|other|none", "key that signs"),
	REPORT("signature_r", SIGNATURE, "r of the signature"),
	REPORT("signature_s", SIGNATURE, "s of the signature"),

	TABLE("entries", "KIND[:CONTENT],...",
	      "entries in their order: vcek, vlek, ask, asvk, ark, crl, a GUID, unknown, zero; "
	      "what each has: those, text, empty, Genoa/ask; none: no entries"),
	TABLE("pem", "all|LIST", "entries whose certificate is PEM"),
	TABLE("guids", "printed|mixed-endian", "byte order of GUIDs"),
	TABLE("data", "in-order|reversed", "order of the certificates after the entries"),
	TABLE("gap", "NUMBER", "number of zeros before each certificate"),
	TABLE("terminator", "yes|no", "entry of zeros after the last one"),
	TABLE("offset.N", "NUMBER|+NUMBER|-NUMBER", "offset in entry N, from 0"),
	TABLE("length.N", "NUMBER|+NUMBER|-NUMBER", "length in entry N, from 0"),
	TABLE("trailing", "HEX", "bytes after the table"),
	TABLE("size", "NUMBER", "bytes of the table: cut, or zeros at the end"),
	TABLE("raw", "HEX", "the whole table"),
	TABLE("missing", "yes|no", "the host has no certificate table"),

	{ SIM_PART_VCEK, "for_tcb", TCB "|reported|current|committed",
	  "TCB that the certificate is issued for" },
	{ SIM_PART_VCEK, "for_chip", "TEXT", "another chip that the certificate is issued for, by any name" },
	{ SIM_PART_VLEK, "for_tcb", TCB "|reported|current|committed",
	  "TCB that the certificate is issued for" },
	{ SIM_PART_VLEK, "for_csp", "TEXT", "another cloud provider that the certificate is issued for" },
	{ .name = NULL },
};
