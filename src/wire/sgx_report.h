/* SPDX-License-Identifier: MIT */
#ifndef WIRE_SGX_REPORT_H
#define WIRE_SGX_REPORT_H

#include "wire/layout.h"

/* Body of an SGX REPORT, here of a quoting enclave. Spec: Intel SDM, REPORT without KEYID and MAC. */
enum { SGX_REPORT_BYTES = 384 };

/* clang-format off */
#define SGX_REPORT_FIELDS(F) \
	F(0, BYTES,   cpusvn,       16, "") \
	F(16, LE32,   miscselect,    4, "") \
	F(20, BYTES,  reserved_14,  28, "holds ISVEXTPRODID in enclaves with key separation") \
	F(48, LE64,   attributes,    8, "of the enclave") \
	F(56, LE64,   xfrm,          8, "XCR0 of the enclave") \
	F(64, BYTES,  mrenclave,    32, "measurement") \
	F(96, BYTES,  reserved_60,  32, "") \
	F(128, BYTES, mrsigner,     32, "SHA-256 of the signer's modulus") \
	F(160, BYTES, reserved_a0,  96, "holds CONFIGID in enclaves with key separation") \
	F(256, LE16,  isv_prod_id,   2, "") \
	F(258, LE16,  isv_svn,       2, "") \
	F(260, BYTES, reserved_104, 60, "holds CONFIGSVN and ISVFAMILYID in enclaves with key separation") \
	F(320, BYTES, report_data,  64, "from the enclave")
/* clang-format on */

WIRE_STRUCT(sgx_report, SGX_REPORT_FIELDS);
extern const struct wire_layout sgx_report_layout;

/* ATTRIBUTES, B(bit, NAME, NULL). Spec: Intel SDM volume 3D, ATTRIBUTES. */
/* clang-format off */
#define SGX_ATTR_BITS(B) \
	B(0, INIT, NULL) \
	B(1, DEBUG, NULL) \
	B(2, MODE64BIT, NULL) \
	B(4, PROVISIONKEY, NULL) \
	B(5, EINITTOKEN_KEY, NULL) \
	B(6, CET, NULL) \
	B(7, KSS, NULL)
/* clang-format on */
#define SGX_ATTR_ENUM(bit, name, was) SGX_ATTR_##name##_BIT = (bit),
enum { SGX_ATTR_BITS(SGX_ATTR_ENUM) };
extern const struct wire_bits sgx_attr_bits;

#endif
