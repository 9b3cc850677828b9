/* SPDX-License-Identifier: MIT */
#include "wire/sgx_report.h"

#include "base/cleanup.h"

#define WIRE_ROW_STRUCT sgx_report
WIRE_LAYOUT(SGX_REPORT_FIELDS, SGX_REPORT_BYTES, "SGX report body", "Intel SDM volume 3D, REPORT");
#undef WIRE_ROW_STRUCT

static const struct wire_bit attr_bits[] = { SGX_ATTR_BITS(WIRE_BIT_ROW) };
const struct wire_bits sgx_attr_bits = { "attributes", attr_bits, ARRAY_SIZE(attr_bits) };
