/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_REPORT_H
#define WIRE_TDX_REPORT_H

#include <stdbool.h>

#include "wire/layout.h"

/*
 * TDREPORT, which TDG.MR.REPORT returns to a TD. Its MAC can be verified only on the same machine. Spec:
 * Intel TDX module ABI, TDREPORT_STRUCT. It has three parts and a reserved gap:
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
	TDX_REPORT_MACED_BYTES = 224, /* leading bytes of REPORTMACSTRUCT that its MAC covers */
	TDX_TCB_INFO_OFF = 256,
	TDX_TCB_INFO_BYTES = 239,
	TDX_REPORT_HOLE_OFF = 495,
	TDX_REPORT_HOLE_BYTES = 17,
	TDX_TD_INFO_OFF = 512,
	TDX_TD_INFO_BYTES = 512,
	TDX_MR_BYTES = 48, /* every measurement: SHA-384 */
	TDX_N_RTMRS = 4,

	TDX_REPORT_TYPE = 0x81, /* TEE type; also `tee_type` of a quote */
	TDX_REPORT_SUBTYPE = 0,
	TDX_REPORT_VERSION_10 = 0,   /* TDX 1.0 */
	TDX_REPORT_VERSION_15 = 1,   /* servtd_hash is used */
	TDX_REPORT_VERSION_15EX = 3, /* td_id, vmid and ext_valid too */

	TDX_TCB_INFO_VALID_10 = 0x1ff,
	TDX_TCB_INFO_VALID_15 = 0x301ff, /* tee_tcb_svn2 is valid */

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
	F(0, LE64,   td_attributes,      8, "ATTRIBUTES of the TD") \
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
	uint8_t hole[TDX_REPORT_HOLE_BYTES]; /* reserved, zero; kept unchanged */
	struct tdx_td_info td;
};

/*
 * bytes     n bytes, untrusted
 * Returns   0; -EBADMSG not exactly 1024 bytes; -EPROTO not a TDREPORT (type, subtype), or a version other
 *           than 0, 1, 3
 * Reserved bytes are checked by tdx_report_check_reserved(). The MAC can be verified only on the machine that
 * made it.
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
 * Attributes of a TD by their names in the specification: B(bit, NAME, name in policies before 0.2), in three
 * groups by the effect of a set bit. Spec: Intel TDX module ABI, ATTRIBUTES.
 */
/* clang-format off */
#define TDX_ATTR_BITS(B) \
	B(0, DEBUG, "debug") \
	B(4, HGS_PLUS_PROF, "hgs-plus-profiling") \
	B(5, PERF_PROF, "perf-profiling") \
	B(6, PMT_PROF, "pmt-profiling") \
	B(16, ICSSD, "icssd") \
	B(17, SERVTD_EXT, NULL) \
	B(27, LASS, "lass") \
	B(28, SEPT_VE_DISABLE, "sept-ve-disable") \
	B(29, MIGRATABLE, "migratable") \
	B(30, PKS, "pks") \
	B(31, KL, "key-locker") \
	B(62, TPA, "tpa") \
	B(63, PERFMON, "perfmon")
/* clang-format on */
#define TDX_ATTR_ENUM(bit, name, was) TDX_ATTR_##name##_BIT = (bit),
enum { TDX_ATTR_BITS(TDX_ATTR_ENUM) };

#define TDX_ATTR_TUD_MASK         UINT64_C(0x00000000000000ff) /* TUD, TD under debug: not trustworthy */
#define TDX_ATTR_SEC_MASK         UINT64_C(0x00000000ffffff00) /* SEC: may affect the TD's security */
#define TDX_ATTR_OTHER_MASK       UINT64_C(0xffffffff00000000) /* OTHER: does not */
#define TDX_ATTR_ESTABLISHED_MASK UINT64_C(0x80000000d0000001) /* known not to weaken the TD, and DEBUG */
extern const struct wire_bits tdx_attr_bits;

/*
 * xfam: bits of XCR0 and IA32_XSS that the TD may set, by the names of its state components. Spec: Intel SDM
 * volume 1, 13.1; Intel APX architecture specification, XCR0.
 */
/* clang-format off */
#define TDX_XFAM_BITS(B) \
	B(0, X87, "x87") \
	B(1, SSE, "sse") \
	B(2, AVX, "avx") \
	B(5, OPMASK, "avx512-opmask") \
	B(6, ZMM_HI256, "avx512-zmm-hi256") \
	B(7, HI16_ZMM, "avx512-hi16-zmm") \
	B(8, PT, "pt") \
	B(9, PKRU, "pku") \
	B(11, CET_U, "cet-u") \
	B(12, CET_S, "cet-s") \
	B(14, UINTR, "uintr") \
	B(15, LBR, "lbr") \
	B(17, TILECFG, "amx-tilecfg") \
	B(18, TILEDATA, "amx-tiledata") \
	B(19, APX, NULL)
/* clang-format on */
#define TDX_XFAM_FIXED1 0x00003u /* bits that are set in every TD */
#define TDX_XFAM_FIXED0 0x6dbe7u /* bits that every TDX module allows: those before APX */
extern const struct wire_bits tdx_xfam_bits;

#endif
