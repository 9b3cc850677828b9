/* SPDX-License-Identifier: MIT */
#include "sim/forge/order_internal.h"

/* clang-format off */
#define GUEST(name, value, what) { SIM_PART_GUEST, name, value, what }
#define PLATFORM(name, value, what) { SIM_PART_PLATFORM, name, value, what }
#define REPORT(name, value, what) { SIM_PART_REPORT, name, value, what }
#define TABLE(name, value, what) { SIM_PART_TABLE, name, value, what }
#define TCB "TCB_VERSION as a number; or .fmc, .boot_loader, .tee, .snp, .microcode"

const struct sim_field order_fields_snp[] = {
	GUEST("policy", "number; or .DEBUG and other bits, .abi_major, .abi_minor", "guest policy"),
	GUEST("guest_svn", "number", "security version of the guest"),
	GUEST("family_id", "16 bytes", "family ID of the ID block"),
	GUEST("image_id", "16 bytes", "image ID of the ID block"),
	GUEST("measurement", "48 bytes", "launch digest"),
	GUEST("host_data", "32 bytes", "HOST_DATA of the launch"),
	GUEST("id_key_digest", "48 bytes", "digest of the ID key"),
	GUEST("author_key_digest", "48 bytes", "digest of the author key"),
	GUEST("author_key_en", "yes, no", "whether there is an author key"),

	PLATFORM("tcb", TCB, "current, committed and reported TCB"),
	PLATFORM("current_tcb", TCB, "TCB that runs"),
	PLATFORM("committed_tcb", TCB, "TCB that firmware cannot be rolled back behind"),
	PLATFORM("reported_tcb", TCB, "TCB that the VCEK or VLEK is derived for"),
	PLATFORM("launch_tcb", TCB, "current TCB when the guest was launched"),
	PLATFORM("current_major", "number", "firmware version that runs; also current_minor, current_build"),
	PLATFORM("committed_major", "number",
		 "committed firmware version; also committed_minor, committed_build"),
	PLATFORM("platform_info", "number; or .SMT_EN and other bits", "features of the platform"),
	PLATFORM("current_mit_vector", "number; or .bit-N", "mitigations that are active now"),
	PLATFORM("launch_mit_vector", "number; or .bit-N", "mitigations that were active at launch"),
	PLATFORM("hwid", "64 bytes; Turin: 8", "chip ID"),
	PLATFORM("mask_chip_id", "yes, no", "chip_id of reports is zero (MASK_CHIP_ID)"),
	PLATFORM("mask_chip_key", "yes, no", "reports are not signed (MASK_CHIP_KEY)"),
	PLATFORM("csp_id", "text", "cloud provider of the VLEK"),
	PLATFORM("report_version", "2 to 5", "version of reports"),

	REPORT("size", "number", "bytes of the report: cut, or zeros at the end"),
	REPORT("signed_by", "vcek, vlek, other, none", "key that signs"),
	REPORT("signature_r", "72 bytes, order, plus-order, negative, big-endian", "number of the signature"),
	REPORT("signature_s", "72 bytes, order, plus-order, negative, big-endian", "number of the signature"),

	TABLE("entries", "KIND[:CONTENT],...",
	      "entries in their order: vcek, vlek, ask, asvk, ark, crl, a GUID, unknown, zero; "
	      "what each has: those, text, empty, Genoa/ask; none: no entries"),
	TABLE("pem", "all or KIND,...", "entries whose certificate is PEM"),
	TABLE("guids", "printed, mixed-endian", "byte order of GUIDs"),
	TABLE("data", "in-order, reversed", "order of the certificates behind the entries"),
	TABLE("gap", "number", "zeros in front of each certificate"),
	TABLE("terminator", "yes, no", "entry of zeros behind the last one"),
	TABLE("offset.N", "number, +number, -number", "offset in entry N, from 0"),
	TABLE("length.N", "number, +number, -number", "length in entry N, from 0"),
	TABLE("trailing", "bytes", "bytes behind the table"),
	TABLE("size", "number", "bytes of the table: cut, or zeros at the end"),
	TABLE("raw", "bytes", "the whole table"),
	TABLE("missing", "yes, no", "no table at all"),

	{ SIM_PART_VCEK, "for_tcb", TCB "; reported, current, committed",
	  "TCB that the certificate is issued for" },
	{ SIM_PART_VCEK, "for_chip", "name", "another chip that the certificate is issued for" },
	{ SIM_PART_VLEK, "for_tcb", TCB "; reported, current, committed",
	  "TCB that the certificate is issued for" },
	{ SIM_PART_VLEK, "for_csp", "text", "another cloud provider that the certificate is issued for" },
	{ .name = NULL },
};
