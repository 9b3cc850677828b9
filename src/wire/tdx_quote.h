/* SPDX-License-Identifier: MIT */
#ifndef WIRE_TDX_QUOTE_H
#define WIRE_TDX_QUOTE_H

#include <stdbool.h>

#include "wire/sgx_report.h"
#include "wire/tdx_report.h"

/*
 * A quote, version 4 or 5: a header, a body, and signature data. Source: Intel DCAP, sgx_quote_4.h,
 * sgx_quote_5.h.
 *
 *	header 48 | (v5: u16 body type, u32 body size) | body | u32 signature data size | signature data
 *
 * The quote signature covers what is before the signature data size. Signature data of key type 2:
 *
 *	signature 64 | attestation key 64 | u16 6, u32 size | QE report 384 | QE report signature 64
 *	| u16 size, authentication data | u16 type, u32 size, certification data
 */
enum {
	TDX_QUOTE_HDR_BYTES = 48,
	TDX_BODY_10_BYTES = 584,
	TDX_BODY_15_BYTES = 648,
	TDX_BODY_15EX_BYTES = 885,
	TDX_QUOTE_V5_BODY_HDR_BYTES = 6,
	TDX_QUOTE_MAX_SIGNED_BYTES = TDX_QUOTE_HDR_BYTES + TDX_QUOTE_V5_BODY_HDR_BYTES + TDX_BODY_15EX_BYTES,
	TDX_QUOTE_SIGNATURE_BYTES = 64, /* r and s, big-endian */
	TDX_QUOTE_KEY_BYTES = 64,       /* x and y, big-endian */
	TDX_QUOTE_VENDOR_ID_BYTES = 16,

	TDX_QUOTE_KEY_ECDSA_P256 = 2,
	TDX_QUOTE_TEE_SGX = 0,
	TDX_QUOTE_TEE_TDX = TDX_REPORT_TYPE,
};
extern const uint8_t tdx_quote_vendor_id[TDX_QUOTE_VENDOR_ID_BYTES]; /* Intel's */

enum tdx_body_type {
	TDX_BODY_SGX = 1, /* body of an SGX enclave, not a TD */
	TDX_BODY_10 = 2,
	TDX_BODY_15 = 3,
	TDX_BODY_15EX = 4,
};

enum tdx_cert_data_type {
	TDX_CERT_PPID = 1,
	TDX_CERT_PPID_RSA_2048 = 2,
	TDX_CERT_PPID_RSA_3072 = 3,
	TDX_CERT_PCK_LEAF = 4,          /* PEM */
	TDX_CERT_PCK_CHAIN = 5,         /* PEM: leaf, intermediate, root; often NUL-terminated */
	TDX_CERT_QE_REPORT = 6,         /* as the outer certification data only */
	TDX_CERT_PLATFORM_MANIFEST = 7, /* kept as bytes */
};
/* "PPID", "PCK certificate chain" ...; NULL for an unknown type. */
const char *tdx_cert_data_name(unsigned type);

/* clang-format off */
#define TDX_QUOTE_HDR_FIELDS(F) \
	F(0, LE16,   version,              2, "4 or 5") \
	F(2, LE16,   attestation_key_type, 2, "2 = ECDSA P-256") \
	F(4, LE32,   tee_type,             4, "0x81 TDX, 0 SGX") \
	F(8, LE16,   qe_svn,               2, "0 in quotes of TDs") \
	F(10, LE16,  pce_svn,              2, "0 in quotes of TDs") \
	F(12, BYTES, vendor_id,           16, "of the quoting enclave") \
	F(28, BYTES, user_data,           20, "id of the quoting enclave's platform, then 4 zeros")

#define TDX_BODY_10_FIELDS(F) \
	F(0, BYTES,   tee_tcb_svn,       16, "module minor SVN, module major version, SEAM loader") \
	F(16, BYTES,  mrseam,            48, "measurement of the TDX module") \
	F(64, BYTES,  mrsignerseam,      48, "0 for Intel's modules") \
	F(112, LE64,  seam_attributes,    8, "0") \
	F(120, LE64,  td_attributes,      8, "of the TD") \
	F(128, LE64,  xfam,               8, "extended features the TD may use") \
	F(136, BYTES, mrtd,              48, "measurement of the TD as built") \
	F(184, BYTES, mrconfigid,        48, "set by the host at launch") \
	F(232, BYTES, mrowner,           48, "set by the host at launch") \
	F(280, BYTES, mrownerconfig,     48, "set by the host at launch") \
	F(328, BYTES, rtmr0,             48, "extended at run time: firmware") \
	F(376, BYTES, rtmr1,             48, "extended at run time: OS loader, kernel") \
	F(424, BYTES, rtmr2,             48, "extended at run time: applications") \
	F(472, BYTES, rtmr3,             48, "extended at run time: applications") \
	F(520, BYTES, report_data,       64, "from the request")

#define TDX_BODY_15_FIELDS(F) \
	TDX_BODY_10_FIELDS(F) \
	F(584, BYTES, tee_tcb_svn2,      16, "of the module that runs now") \
	F(600, BYTES, mrservicetd,       48, "of the service TDs")

#define TDX_BODY_15EX_FIELDS(F) \
	TDX_BODY_15_FIELDS(F) \
	F(648, U8,    vmid,               1, "of the VM inside of the TD, 0 the TD itself") \
	F(649, BYTES, td_id,             32, "unique to the TD") \
	F(681, BYTES, devinfo_hash,      48, "of the devices assigned to the TD") \
	F(729, BYTES, init_servtd_hash,  48, "of the service TDs at launch") \
	F(777, LE64,  init_servtd_attr,   8, "of the service TDs at launch") \
	F(785, BYTES, init_cpusvn,       16, "of the platform of launch") \
	F(801, BYTES, init_tee_tcb_svn,  16, "of the TDX module that launched the TD") \
	F(817, BYTES, init_fmspc,        12, "of the platform of launch; word 1 is CPUID(1).EAX") \
	F(829, BYTES, curr_servtd_hash,  48, "of the service TDs now") \
	F(877, LE64,  curr_servtd_attr,   8, "of the service TDs now")
/* clang-format on */

WIRE_STRUCT(tdx_quote_hdr, TDX_QUOTE_HDR_FIELDS);
WIRE_STRUCT(tdx_body_10, TDX_BODY_10_FIELDS);
WIRE_STRUCT(tdx_body_15, TDX_BODY_15_FIELDS);
WIRE_STRUCT(tdx_body, TDX_BODY_15EX_FIELDS); /* holds all three bodies: the smaller ones are prefixes of it */
extern const struct wire_layout tdx_quote_hdr_layout, tdx_body_10_layout, tdx_body_15_layout, tdx_body_layout;

/* Layout of a TD's body, for use with struct tdx_body; NULL for an unknown type. */
const struct wire_layout *tdx_body_layout_of(unsigned type);
/* RTMR 0 to 3; NULL for another index. */
const uint8_t *tdx_body_rtmr(const struct tdx_body *body, unsigned index);

struct tdx_quote {
	struct tdx_quote_hdr hdr;
	enum tdx_body_type body_type; /* version 4, which does not state it: TDX_BODY_10 or TDX_BODY_SGX */
	bool has_15, has_15ex;        /* the body has the fields that TDX 1.5, and 1.5ex, added */
	struct tdx_body body;         /* of a TD; fields that its type does not have are zero */
	struct sgx_report enclave;    /* TDX_BODY_SGX only */
	uint8_t signature[TDX_QUOTE_SIGNATURE_BYTES];
	uint8_t attestation_key[TDX_QUOTE_KEY_BYTES];
	struct sgx_report qe_report;
	uint8_t qe_report_signature[TDX_QUOTE_SIGNATURE_BYTES];
	struct bytes_rd auth_data; /* borrowed, as are all below */
	uint16_t cert_type;        /* enum tdx_cert_data_type of the inner certification data */
	struct bytes_rd cert_data;

	struct bytes_rd signed_bytes; /* what `signature` covers */
	struct bytes_rd qe_report_bytes;
	size_t size;     /* of the quote */
	size_t trailing; /* bytes after it, not checked: real quotes are padded with zeros */
};

/*
 * Parses a TD's quote. All sizes in it must be consistent; other values are not checked.
 *
 * bytes     n bytes, untrusted; borrowed by `ret`
 * Returns   0; -EBADMSG too short, or inconsistent sizes; -EPROTO anything other than a TD's quote of version
 *           4 or 5 with an ECDSA P-256 key, Intel's vendor id, and certification data of type 6 with type 1
 *           to 5 or 7 inside; `err` says so if it is an SGX quote
 */
JURAT_MUST_CHECK int tdx_quote_read(const uint8_t *bytes, size_t n, struct tdx_quote *ret,
				    struct jurat_error *err);
/* The same, and also accepts SGX quotes of versions 4 and 5: for display, never to verify a TD. */
JURAT_MUST_CHECK int tdx_quote_read_any(const uint8_t *bytes, size_t n, struct tdx_quote *ret,
					struct jurat_error *err);

/* Certification data of types 1 to 3: identifies the platform whose PCK certificate must be fetched. */
struct tdx_cert_ppid {
	struct bytes_rd ppid; /* 16, 256 or 384 bytes; encrypted except in type 1 */
	uint8_t cpusvn[16];
	uint16_t pce_isvsvn, pce_id;
};
/* false when the certification data is of another type. */
bool tdx_quote_ppid(const struct tdx_quote *quote, struct tdx_cert_ppid *ret);

/*
 * Writes the part that the quote signature covers, from hdr, body_type and body.
 * Returns   0 and *ret_size; -EINVAL version and body do not match, or an SGX body
 */
JURAT_MUST_CHECK int tdx_quote_write_signed(const struct tdx_quote *quote,
					    uint8_t to[TDX_QUOTE_MAX_SIGNED_BYTES], size_t *ret_size,
					    struct jurat_error *err);
/*
 * Writes a whole quote of a TD from hdr, body_type, body, signature, attestation_key, qe_report,
 * qe_report_signature, auth_data, cert_type and cert_data; the other members are ignored.
 *
 * Returns   0 and *ret_size; JURAT_TOO_SMALL and the size it wants, `to` untouched; -EINVAL what
 *           tdx_quote_read() would refuse
 */
JURAT_MUST_CHECK int tdx_quote_write(const struct tdx_quote *quote, uint8_t *to, size_t room,
				     size_t *ret_size, struct jurat_error *err);

#endif
