/* SPDX-License-Identifier: MIT */
#include "wire/snp_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

enum snp_product snp_product_of_report(const struct snp_report *report)
{
	size_t short_hwid = snp_hwid_bytes(SNP_TURIN);

	if (report->version >= 3)
		return snp_product_by_cpuid(report->cpuid_fam_id, report->cpuid_mod_id);
	if (bytes_all(report->chip_id + short_hwid, sizeof(report->chip_id) - short_hwid, 0) &&
	    !bytes_all(report->chip_id, short_hwid, 0))
		return SNP_TURIN;
	return SNP_PRODUCT_UNKNOWN;
}

unsigned snp_report_field_since(const char *field)
{
	static const struct {
		const char *field;
		unsigned since;
	} later[] = {
		{ "cpuid_fam_id", 3 },      { "cpuid_mod_id", 3 },       { "cpuid_step", 3 },
		{ "launch_mit_vector", 5 }, { "current_mit_vector", 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (strcmp(later[i].field, field) == 0)
			return later[i].since;
	return SNP_REPORT_FIRST_VERSION;
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

	if (snp_report_is_newer(bytes, n)) /* its size may differ */
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

bool snp_number_read(const uint8_t le[SNP_SIGNATURE_NUMBER_BYTES], uint8_t be[SCALAR_BYTES])
{
	for (unsigned i = 0; i < SCALAR_BYTES; i++)
		be[i] = le[SCALAR_BYTES - 1 - i];
	return bytes_all(le + SCALAR_BYTES, SNP_SIGNATURE_NUMBER_BYTES - SCALAR_BYTES, 0);
}

void snp_number_write(const uint8_t be[SCALAR_BYTES], uint8_t le[SNP_SIGNATURE_NUMBER_BYTES])
{
	memset(le, 0, SNP_SIGNATURE_NUMBER_BYTES);
	for (unsigned i = 0; i < SCALAR_BYTES; i++)
		le[i] = be[SCALAR_BYTES - 1 - i];
}

bool snp_report_signature(const struct snp_report *report, uint8_t ret_r[48], uint8_t ret_s[48])
{
	uint8_t r[SCALAR_BYTES], s[SCALAR_BYTES];

	if (!snp_number_read(report->signature_r, r) || !snp_number_read(report->signature_s, s))
		return false;
	memcpy(ret_r, r, sizeof(r));
	memcpy(ret_s, s, sizeof(s));
	return true;
}

void snp_report_set_signature(struct snp_report *report, const uint8_t r[48], const uint8_t s[48])
{
	snp_number_write(r, report->signature_r);
	snp_number_write(s, report->signature_s);
}
