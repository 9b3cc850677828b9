/* SPDX-License-Identifier: MIT */
#include "wire/sgx_report.h"

#include "base/cleanup.h"

#define WIRE_ROW_STRUCT sgx_report
WIRE_LAYOUT(SGX_REPORT_FIELDS, SGX_REPORT_BYTES, "SGX report body", "Intel SDM volume 3D, REPORT");
#undef WIRE_ROW_STRUCT

static const struct wire_bit attr_bits[] = {
	{ SGX_ATTR_INIT_BIT, "init" },
	{ SGX_ATTR_DEBUG_BIT, "debug" },
	{ SGX_ATTR_MODE64_BIT, "mode64" },
	{ SGX_ATTR_PROVISION_KEY_BIT, "provision-key" },
	{ 5, "einittoken-key" },
	{ 6, "cet" },
	{ 7, "kss" },
};
const struct wire_bits sgx_attr_bits = { "attributes", attr_bits, ARRAY_SIZE(attr_bits) };
