/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "wire/sev_uapi.h"
#include "wire/sgx_report.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"
#include "wire/text.h"

const struct wire_bit_field wire_bit_fields[] = {
	{ &snp_report_layout, "policy", &snp_policy_bits },
	{ &snp_report_layout, "platform_info", &snp_platform_info_bits },
	{ &snp_report_layout, "key_info", &snp_key_info_bits },
	{ &snp_msg_key_req_layout, "guest_field_select", &snp_field_select_bits },
	{ &snp_platform_status_layout, "flags", &snp_status_bits },
	{ &tdx_td_info_layout, "td_attributes", &tdx_attr_bits },
	{ &tdx_td_info_layout, "xfam", &tdx_xfam_bits },
	{ &tdx_body_10_layout, "td_attributes", &tdx_attr_bits },
	{ &tdx_body_10_layout, "xfam", &tdx_xfam_bits },
	{ &tdx_body_15_layout, "td_attributes", &tdx_attr_bits },
	{ &tdx_body_15_layout, "xfam", &tdx_xfam_bits },
	{ &tdx_body_layout, "td_attributes", &tdx_attr_bits },
	{ &tdx_body_layout, "xfam", &tdx_xfam_bits },
	{ &sgx_report_layout, "attributes", &sgx_attr_bits },
};
const size_t wire_n_bit_fields = sizeof(wire_bit_fields) / sizeof(wire_bit_fields[0]);

const struct wire_bits *wire_bits_of(const struct wire_layout *layout, const char *field)
{
	for (size_t i = 0; i < wire_n_bit_fields; i++)
		if (wire_bit_fields[i].layout == layout && !strcmp(wire_bit_fields[i].field, field))
			return wire_bit_fields[i].set;
	return NULL;
}

bool wire_is_svns(const struct wire_field *field)
{
	static const char *const names[] = { "tee_tcb_svn", "tee_tcb_svn2", "init_tee_tcb_svn" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(field->name, names[i]))
			return true;
	return false;
}

/* Spec: SEV-SNP firmware ABI (AMD 56860), ATTESTATION_REPORT, TCB_VERSION. */
static size_t snp_meaning(const struct snp_report *report, const struct wire_field *field, char *buf,
			  size_t room)
{
	enum snp_product product = snp_product_of_report(report);
	struct snp_tcb tcb;

	if (product == SNP_PRODUCT_UNKNOWN && report->version < 3)
		product = SNP_MILAN; /* or Genoa, which has the same TCB_VERSION layout */
	switch (field->member) {
	case offsetof(struct snp_report, policy):
		return snp_policy_format(report->policy, buf, room);
	case offsetof(struct snp_report, key_info):
		return snp_key_info_format(report->key_info, buf, room);
	case offsetof(struct snp_report, current_tcb):
	case offsetof(struct snp_report, reported_tcb):
	case offsetof(struct snp_report, committed_tcb):
	case offsetof(struct snp_report, launch_tcb):
		if (!snp_tcb_read(product, wire_get(field, report), &tcb))
			return 0;
		return snp_tcb_format(product, &tcb, buf, room);
	default:
		return 0;
	}
}

bool wire_field_is_absent(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  unsigned *ret_since)
{
	const struct snp_report *report = from;
	unsigned since;

	if (layout != &snp_report_layout)
		return false;
	since = snp_report_field_since(field->name);
	if (ret_since)
		*ret_since = since;
	return report->version < since;
}

size_t wire_field_meaning(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  char *buf, size_t room)
{
	const struct wire_bits *set = wire_bits_of(layout, field->name);
	size_t n = layout == &snp_report_layout ? snp_meaning(from, field, buf, room) : 0;

	if (n > 0)
		return n;
	if (set)
		return wire_bits_format(set, wire_get(field, from), buf, room);
	if (wire_is_svns(field))
		return wire_svns_format((const uint8_t *)from + field->member, field->size, buf, room);
	if (room > 0)
		buf[0] = '\0';
	return 0;
}
