/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_REPORT_H
#define WIRE_TDX_REPORT_H

#include <stdbool.h>

#include "wire/layout.h"

/*
 * TDREPORT: what TDG.MR.REPORT gives a TD, readable by anybody, provable only on the same machine. Spec:
 * Intel TDX module ABI, TDREPORT_STRUCT. It has three parts and a hole:
 *
 *	0    256  REPORTMACSTRUCT   digests of the other two, report data, MAC
 *	256  239  TEE_TCB_INFO      the TDX module and its security version
 *	495   17  reserved
 *	512  512  TDINFO            the TD
 */
enum {
	TDX_REPORT_BYTES = 1024,
	TDX_REPORT_DATA_BYTES = 64,
	TDX_REPORT_MAC_OFF = 0,
	TDX_REPORT_MAC_BYTES = 256,
	TDX_REPORT_MACED_BYTES = 224, /* the front of REPORTMACSTRUCT that its MAC covers */
	TDX_TCB_INFO_OFF = 256,
	TDX_TCB_INFO_BYTES = 239,
	TDX_REPORT_HOLE_OFF = 495,
	TDX_REPORT_HOLE_BYTES = 17,
	TDX_TD_INFO_OFF = 512,
	TDX_TD_INFO_BYTES = 512,
	TDX_MR_BYTES = 48, /* every measurement: SHA-384 */
	TDX_N_RTMRS = 4,

	TDX_REPORT_TYPE = 0x81, /* the TEE; also `tee_type` of a quote */
	TDX_REPORT_SUBTYPE = 0,
	TDX_REPORT_VERSION_10 = 0,   /* TDX 1.0 */
	TDX_REPORT_VERSION_15 = 1,   /* servtd_hash is used */
	TDX_REPORT_VERSION_15EX = 3, /* td_id, vmid and ext_valid too */

	TDX_TCB_INFO_VALID_10 = 0x1ff,
	TDX_TCB_INFO_VALID_15 = 0x301ff, /* tee_tcb_svn2 is there */

	TDX_TD_INFO_EXT_MIGRATION = 1 << 0, /* bits of ext_valid */
	TDX_TD_INFO_EXT_TD_ID = 1 << 8,
	TDX_TD_INFO_EXT_VMID = 1 << 9,
};

/* clang-format off */
#define TDX_REPORT_MAC_FIELDS(F) \
	F(0, U8,     type,               1, "0x81") \
	F(1, U8,     subtype,            1, "0") \
	F(2, U8,     version,            1, "0 TDX 1.0, 1 with service TDs, 3 1.5ex") \
	F(3, ZERO,   reserved_03,        1, "") \
	F(4, ZERO,   reserved_04,       12, "") \
	F(16, BYTES, cpusvn,            16, "") \
	F(32, BYTES, tee_tcb_info_hash, 48, "SHA-384 of TEE_TCB_INFO, 239 bytes") \
	F(80, BYTES, tee_info_hash,     48, "SHA-384 of TDINFO, 512 bytes") \
	F(128, BYTES, report_data,      64, "from the request") \
	F(192, ZERO, reserved_c0,       32, "") \
	F(224, BYTES, mac,              32, "only this machine can check it")

#define TDX_TCB_INFO_FIELDS(F) \
	F(0, LE64,   valid,              8, "which fields are: 0x1ff TDX 1.0, 0x301ff 1.5") \
	F(8, BYTES,  tee_tcb_svn,       16, "module minor SVN, module major version, SEAM loader") \
	F(24, BYTES, mrseam,            48, "measurement of the TDX module") \
	F(72, BYTES, mrsignerseam,      48, "0 for Intel's modules") \
	F(120, LE64, seam_attributes,    8, "0") \
	F(128, BYTES, tee_tcb_svn2,     16, "1.5: of the module that runs now") \
	F(144, ZERO, reserved_90,       95, "")

#define TDX_TD_INFO_FIELDS(F) \
	F(0, LE64,   attributes,         8, "of the TD") \
	F(8, LE64,   xfam,               8, "extended features the TD may use") \
	F(16, BYTES, mrtd,              48, "measurement of the TD as built") \
	F(64, BYTES, mrconfigid,        48, "set by the host at launch") \
	F(112, BYTES, mrowner,          48, "set by the host at launch") \
	F(160, BYTES, mrownerconfig,    48, "set by the host at launch") \
	F(208, BYTES, rtmr0,            48, "extended at run time: firmware") \
	F(256, BYTES, rtmr1,            48, "extended at run time: OS loader, kernel") \
	F(304, BYTES, rtmr2,            48, "extended at run time: applications") \
	F(352, BYTES, rtmr3,            48, "extended at run time: applications") \
	F(400, BYTES, servtd_hash,      48, "version >= 1: of the service TDs") \
	F(448, BYTES, td_id,            32, "version 3") \
	F(480, ZERO, reserved_1e0,      24, "") \
	F(504, U8,   vmid,               1, "version 3") \
	F(505, ZERO, reserved_1f9,       3, "") \
	F(508, LE32, ext_valid,          4, "version 3: bit 0 migration, 8 td_id, 9 vmid")
/* clang-format on */

WIRE_STRUCT(tdx_report_mac, TDX_REPORT_MAC_FIELDS);
WIRE_STRUCT(tdx_tcb_info, TDX_TCB_INFO_FIELDS);
WIRE_STRUCT(tdx_td_info, TDX_TD_INFO_FIELDS);
extern const struct wire_layout tdx_report_mac_layout, tdx_tcb_info_layout, tdx_td_info_layout;

struct tdx_report {
	struct tdx_report_mac mac;
	struct tdx_tcb_info tcb;
	uint8_t hole[TDX_REPORT_HOLE_BYTES]; /* zero; kept as found */
	struct tdx_td_info td;
};

/*
 * bytes     n bytes, untrusted
 * Returns   0; -EBADMSG not exactly 1024 bytes; -EPROTO not a TDREPORT (type, subtype) or of a version other
 *           than 0, 1, 3
 * Reserved bytes are judged by tdx_report_check_reserved(), the MAC by nobody but the machine it was made on.
 */
JURAT_MUST_CHECK int tdx_report_read(const uint8_t *bytes, size_t n, struct tdx_report *ret,
				     struct jurat_error *err);
void tdx_report_write(const struct tdx_report *report, uint8_t ret_bytes[TDX_REPORT_BYTES]);
/*
 * 0, or -EBADMSG naming the first byte that must be zero for the report's version and is not: reserved bytes,
 * servtd_hash in version 0, and td_id, vmid and ext_valid in versions 0 and 1.
 */
JURAT_MUST_CHECK int tdx_report_check_reserved(const struct tdx_report *report, struct jurat_error *err);
/* RTMR 0 to 3; NULL for another index. */
uint8_t *tdx_td_info_rtmr(struct tdx_td_info *td, unsigned index);

/*
 * attributes of a TD. The first five are what the verifiers in the field know; the others are named in newer
 * kernels' headers only, and a verifier must make the allowed mask a policy.
 */
enum {
	TDX_ATTR_DEBUG_BIT = 0,
	TDX_ATTR_SEPT_VE_DISABLE_BIT = 28,
	TDX_ATTR_PKS_BIT = 30,
	TDX_ATTR_KL_BIT = 31,
	TDX_ATTR_PERFMON_BIT = 63,

	TDX_ATTR_HGS_PLUS_PROF_BIT = 4,
	TDX_ATTR_PERF_PROF_BIT = 5,
	TDX_ATTR_PMT_PROF_BIT = 6,
	TDX_ATTR_ICSSD_BIT = 16,
	TDX_ATTR_LASS_BIT = 27,
	TDX_ATTR_MIGRATABLE_BIT = 29,
	TDX_ATTR_TPA_BIT = 62,
};
#define TDX_ATTR_TUD_MASK                                                                                    \
	0x00000000000000ffu /* "TD under debug": any bit here and the TD is not to be trusted */
#define TDX_ATTR_ESTABLISHED_MASK 0x80000000d0000001u /* the first five above */
extern const struct wire_bits tdx_attr_bits;

/* xfam: bits of XCR0 and IA32_XSS that the TD may set. */
#define TDX_XFAM_FIXED1 0x00003u /* bits that every TD has */
#define TDX_XFAM_FIXED0 0x6dbe7u /* bits that a TD may have */
extern const struct wire_bits tdx_xfam_bits;

#endif
