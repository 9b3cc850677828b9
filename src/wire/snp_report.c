/* SPDX-License-Identifier: MIT */
#include "wire/snp_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "wire/text.h"

enum { SCALAR_BYTES = 48 }; /* P-384 */

#define WIRE_ROW_STRUCT snp_report
WIRE_LAYOUT(SNP_REPORT_FIELDS, SNP_REPORT_BYTES, "SNP attestation report",
	    "SEV-SNP firmware ABI (AMD 56860), ATTESTATION_REPORT");
static_assert(offsetof(struct WIRE_SHADOW, signature_algo) == SNP_REPORT_ALGO_OFF, "algorithm");
static_assert(offsetof(struct WIRE_SHADOW, signature_r) == SNP_REPORT_SIGNED_BYTES,
	      "the signature covers the rest");
static_assert(sizeof(((struct WIRE_SHADOW *)0)->signature_r) == SNP_SIGNATURE_NUMBER_BYTES,
	      "signature numbers");
#undef WIRE_ROW_STRUCT

static const struct wire_bit policy_bits[] = { SNP_POLICY_BITS(WIRE_BIT_ROW) };
const struct wire_bits snp_policy_bits = { "policy", policy_bits, ARRAY_SIZE(policy_bits),
					   SNP_POLICY_ABI_MASK };

static const struct wire_bit platform_info_bits[] = { SNP_PLATFORM_INFO_BITS(WIRE_BIT_ROW) };
const struct wire_bits snp_platform_info_bits = { "platform_info", platform_info_bits,
						  ARRAY_SIZE(platform_info_bits) };

static const struct wire_bit key_info_bits[] = { SNP_KEY_INFO_BITS(WIRE_BIT_ROW) };
const struct wire_bits snp_key_info_bits = { "key_info", key_info_bits, ARRAY_SIZE(key_info_bits),
					     SNP_KEY_INFO_SIGNING_KEY_MASK };

const char *snp_signing_key_name(unsigned key)
{
	switch (key) {
	case SNP_SIGNED_BY_VCEK:
		return "vcek";
	case SNP_SIGNED_BY_VLEK:
		return "vlek";
	case SNP_SIGNED_BY_NONE:
		return "none";
	default:
		return NULL;
	}
}

static const char *const product_names[SNP_N_PRODUCTS] = {
	[SNP_PRODUCT_UNKNOWN] = "unknown",
	[SNP_MILAN] = "Milan",
	[SNP_GENOA] = "Genoa",
	[SNP_TURIN] = "Turin",
};

const char *snp_product_name(enum snp_product product)
{
	return (unsigned)product < SNP_N_PRODUCTS ? product_names[product]
						  : product_names[SNP_PRODUCT_UNKNOWN];
}

enum snp_product snp_product_by_name(const char *name)
{
	for (unsigned i = SNP_PRODUCT_UNKNOWN + 1; i < SNP_N_PRODUCTS; i++)
		if (!strcasecmp(name, product_names[i]))
			return (enum snp_product)i;
	return SNP_PRODUCT_UNKNOWN;
}

enum snp_product snp_product_by_cpuid(unsigned family, unsigned model)
{
	static const struct {
		uint8_t family, first, last;
		enum snp_product product;
	} models[] = {
		{ 0x19, 0x00, 0x0f, SNP_MILAN },
		{ 0x19, 0x10, 0x1f, SNP_GENOA },
		{ 0x19, 0xa0, 0xaf, SNP_GENOA },
		{ 0x1a, 0x00, 0x11, SNP_TURIN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(models); i++)
		if (family == models[i].family && model >= models[i].first && model <= models[i].last)
			return models[i].product;
	return SNP_PRODUCT_UNKNOWN;
}

enum snp_product snp_product_of_report(const struct snp_report *report)
{
	size_t turin = snp_hwid_bytes(SNP_TURIN);

	if (report->version >= 3)
		return snp_product_by_cpuid(report->cpuid_fam_id, report->cpuid_mod_id);
	if (bytes_all(report->chip_id + turin, sizeof(report->chip_id) - turin, 0) &&
	    !bytes_all(report->chip_id, turin, 0))
		return SNP_TURIN;
	return SNP_PRODUCT_UNKNOWN;
}

size_t snp_hwid_bytes(enum snp_product product)
{
	return product == SNP_TURIN ? 8 : 64;
}

/* Byte of TCB_VERSION that holds a component, -1: the product has none. Spec: firmware ABI, TCB_VERSION. */
static const struct tcb_component {
	const char *name;
	size_t member;
	signed char milan_genoa, turin;
} tcb_components[] = {
	{ "fmc", offsetof(struct snp_tcb, fmc), -1, 0 },
	{ "boot_loader", offsetof(struct snp_tcb, boot_loader), 0, 1 },
	{ "tee", offsetof(struct snp_tcb, tee), 1, 2 },
	{ "snp", offsetof(struct snp_tcb, snp), 6, 3 },
	{ "microcode", offsetof(struct snp_tcb, microcode), 7, 7 },
};

static int tcb_byte(const struct tcb_component *c, enum snp_product product)
{
	switch (product) {
	case SNP_MILAN:
	case SNP_GENOA:
		return c->milan_genoa;
	case SNP_TURIN:
		return c->turin;
	default:
		return -1;
	}
}

static_assert(ARRAY_SIZE(tcb_components) == SNP_TCB_COMPONENTS, "the components of a TCB");

const char *snp_tcb_component_name(unsigned i)
{
	return tcb_components[i].name;
}

bool snp_tcb_has_component(enum snp_product product, unsigned i)
{
	return tcb_byte(&tcb_components[i], product) >= 0;
}

uint8_t snp_tcb_get(const struct snp_tcb *tcb, unsigned i)
{
	return ((const uint8_t *)tcb)[tcb_components[i].member];
}

bool snp_tcb_read(enum snp_product product, uint64_t raw, struct snp_tcb *ret)
{
	struct snp_tcb tcb = { 0 };

	if (product == SNP_PRODUCT_UNKNOWN)
		return false;
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		int byte = tcb_byte(&tcb_components[i], product);

		if (byte >= 0)
			((uint8_t *)&tcb)[tcb_components[i].member] = (uint8_t)(raw >> 8 * byte);
	}
	if (snp_tcb_write(product, &tcb) != raw)
		return false;
	*ret = tcb;
	return true;
}

uint64_t snp_tcb_write(enum snp_product product, const struct snp_tcb *tcb)
{
	uint64_t raw = 0;

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		int byte = tcb_byte(&tcb_components[i], product);

		if (byte >= 0)
			raw |= (uint64_t)snp_tcb_get(tcb, i) << 8 * byte;
	}
	return raw;
}

bool snp_tcb_at_least(const struct snp_tcb *tcb, const struct snp_tcb *floor)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_get(tcb, i) < snp_tcb_get(floor, i))
			return false;
	return true;
}

size_t snp_tcb_format(enum snp_product product, const struct snp_tcb *tcb, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, "%s", "");
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_has_component(product, i) || snp_tcb_get(tcb, i) != 0)
			wire_text_add(&text, "%s%s %u", text.len ? ", " : "", tcb_components[i].name,
				      snp_tcb_get(tcb, i));
	return text.len;
}

uint8_t *snp_tcb_component(struct snp_tcb *tcb, const char *name)
{
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (!strcmp(tcb_components[i].name, name))
			return (uint8_t *)tcb + tcb_components[i].member;
	return NULL;
}

size_t snp_policy_format(uint64_t policy, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	wire_text_add(&text, "ABI %u.%u ", snp_policy_abi_major(policy), snp_policy_abi_minor(policy));
	return text.len +
	       wire_bits_format(&snp_policy_bits, policy, wire_text_end(&text), wire_text_room(&text));
}

size_t snp_key_info_format(uint32_t key_info, char *buf, size_t room)
{
	struct wire_text text = { buf, room };
	unsigned key = snp_key_info_signing_key(key_info);
	const char *name = snp_signing_key_name(key);

	if (name)
		wire_text_add(&text, "SIGNING_KEY %s", name);
	else
		wire_text_add(&text, "SIGNING_KEY %u", key);
	if (!(key_info & ~SNP_KEY_INFO_SIGNING_KEY_MASK))
		return text.len;
	wire_text_add(&text, " ");
	return text.len +
	       wire_bits_format(&snp_key_info_bits, key_info, wire_text_end(&text), wire_text_room(&text));
}

bool snp_report_is_newer(const uint8_t *bytes, size_t n)
{
	uint64_t version = n >= 4 ? bytes_get_le(bytes, 4) : 0;

	return version > SNP_REPORT_LAST_VERSION && version <= UINT8_MAX;
}

int snp_report_read(const uint8_t *bytes, size_t n, struct snp_report *ret, struct jurat_error *err)
{
	struct snp_report report;
	int r;

	if (snp_report_is_newer(bytes, n)) /* and may be of another size */
		return wire_unknown_version(snp_report_layout.name, bytes_get_le(bytes, 4),
					    SNP_REPORT_FIRST_VERSION, SNP_REPORT_LAST_VERSION, err);
	r = wire_read(&snp_report_layout, bytes, n, &report, err);
	if (r < 0)
		return r;
	if (report.version < SNP_REPORT_FIRST_VERSION || report.version > SNP_REPORT_LAST_VERSION)
		return jurat_fail(err, -EPROTO, "%s: version %" PRIu32 ", expected %d to %d",
				  snp_report_layout.name, report.version, SNP_REPORT_FIRST_VERSION,
				  SNP_REPORT_LAST_VERSION);
	*ret = report;
	return 0;
}

static bool number_to_be(const uint8_t le[SNP_SIGNATURE_NUMBER_BYTES], uint8_t be[SCALAR_BYTES])
{
	for (unsigned i = 0; i < SCALAR_BYTES; i++)
		be[i] = le[SCALAR_BYTES - 1 - i];
	return bytes_all(le + SCALAR_BYTES, SNP_SIGNATURE_NUMBER_BYTES - SCALAR_BYTES, 0);
}

static void number_from_be(const uint8_t be[SCALAR_BYTES], uint8_t le[SNP_SIGNATURE_NUMBER_BYTES])
{
	memset(le, 0, SNP_SIGNATURE_NUMBER_BYTES);
	for (unsigned i = 0; i < SCALAR_BYTES; i++)
		le[i] = be[SCALAR_BYTES - 1 - i];
}

bool snp_report_signature(const struct snp_report *report, uint8_t ret_r[48], uint8_t ret_s[48])
{
	uint8_t r[SCALAR_BYTES], s[SCALAR_BYTES];

	if (!number_to_be(report->signature_r, r) || !number_to_be(report->signature_s, s))
		return false;
	memcpy(ret_r, r, sizeof(r));
	memcpy(ret_s, s, sizeof(s));
	return true;
}

void snp_report_set_signature(struct snp_report *report, const uint8_t r[48], const uint8_t s[48])
{
	number_from_be(r, report->signature_r);
	number_from_be(s, report->signature_s);
}
