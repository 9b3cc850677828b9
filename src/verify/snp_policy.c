/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/snp_judge.h"

static void judge_bytes(struct snp_judge *j)
{
	static const struct {
		const char *name;
		size_t list, field, size;
		enum verify_reason reason;
	} rows[] = {
#define BYTES_ROW(field, size, reason)                                                                       \
	{ #field, offsetof(struct jurat_policy, field), offsetof(struct snp_report, field), size,            \
	  REASON_##reason },
		POLICY_BYTES(BYTES_ROW)
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct policy_list *list = (const void *)((const char *)j->policy + rows[i].list);
		const uint8_t *value = (const uint8_t *)&j->report + rows[i].field;
		char hex[BYTES_HEX_SIZE(64)];

		if (!policy_list_has(list, value, rows[i].size))
			verdict_refuse(j->out, rows[i].reason, "%s is %s", rows[i].name,
				       bytes_to_hex(value, rows[i].size, hex));
	}
}

/* Whether a version is below the minimum. Notes the first component that differs, which decides. */
static bool version_short(struct jurat_verdict *out, const char *name, const uint8_t *is,
			  const uint8_t *floor, size_t parts)
{
	static const char *const numbers[] = { "major", "minor", "build" };
	size_t i = 0;

	while (i < parts && is[i] == floor[i])
		i++;
	if (i == parts || is[i] > floor[i])
		return false;
	verdict_short(out, name, numbers[i], is[i], floor[i]);
	return true;
}

static void judge_guest_policy(struct snp_judge *j)
{
	const struct jurat_policy *p = j->policy;
	const struct policy_version *abi = &p->minimum_policy_abi;
	const uint8_t is[] = { (uint8_t)snp_policy_abi_major(j->report.policy),
			       (uint8_t)snp_policy_abi_minor(j->report.policy) };
	char name[WIRE_BIT_NAME_BYTES];

#define GUEST_BIT(member, scope, value, bit, wrong, reason)                                                  \
	if ((j->report.policy >> (bit)&1) == (wrong) && p->member != (wrong))                                \
		verdict_refuse(j->out, REASON_##reason, "policy: %s %s, and " #member " is %s",              \
			       wire_bit_name(&snp_policy_bits, bit, name), (wrong) ? "set" : "clear",        \
			       p->member ? "true" : "false");
	POLICY_GUEST_BITS(GUEST_BIT)
	if (abi->set && version_short(j->out, "policy_abi", is, abi->part, ARRAY_SIZE(is)))
		verdict_refuse(j->out, REASON_GUEST_ABI_BELOW_MINIMUM,
			       "policy: ABI %u.%u, expected %u.%u or later", is[0], is[1], abi->part[0],
			       abi->part[1]);
}

/* Notes every component below its minimum, and refuses the evidence for them. */
static void judge_tcb_parts(struct snp_judge *j, const struct snp_tcb *tcb, const struct snp_tcb *floor,
			    const char *name, enum verify_reason reason)
{
	char text[VERDICT_DETAIL_BYTES];
	size_t n = 0;

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++) {
		unsigned is = snp_tcb_get(tcb, i), wanted = snp_tcb_get(floor, i);

		if (is >= wanted)
			continue;
		verdict_short(j->out, name, snp_tcb_component_name(i), is, wanted);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s is %u, expected at least %u",
				      n > 0 ? "; " : "", snp_tcb_component_name(i), is, wanted);
		assert(n < sizeof(text));
	}
	if (n > 0)
		verdict_refuse(j->out, reason, "%s: %s", name, text);
}

static void judge_tcb(struct snp_judge *j, const struct policy_tcb *wanted, uint64_t raw, const char *name,
		      enum verify_reason reason)
{
	struct snp_tcb tcb;

	if (!wanted->set)
		return;
	if (j->product == SNP_PRODUCT_UNKNOWN || !wanted->named[j->product]) {
		verdict_refuse(j->out, reason, "%s: the policy sets no minimum for product %s", name,
			       snp_product_name(j->product));
		return;
	}
	if (!snp_tcb_read(j->product, raw, &tcb))
		memset(&tcb, 0, sizeof(tcb)); /* refused already as malformed */
	judge_tcb_parts(j, &tcb, &wanted->floor[j->product], name, reason);
}

enum { TCB_TEXT_BYTES = 72 };

/* Formats a TCB; as a number if it is malformed, or the product is unknown. */
static const char *tcb_text(enum snp_product product, uint64_t raw, char to[TCB_TEXT_BYTES])
{
	struct snp_tcb tcb;

	if (snp_tcb_read(product, raw, &tcb))
		snp_tcb_format(product, &tcb, to, TCB_TEXT_BYTES);
	else
		snprintf(to, TCB_TEXT_BYTES, "0x%016llx", (unsigned long long)raw);
	return to;
}

static void judge_firmware(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;
	const uint8_t current[3] = { r->current_major, r->current_minor, r->current_build };
	const uint8_t committed[3] = { r->committed_major, r->committed_minor, r->committed_build };
	const struct {
		const char *name;
		const struct policy_version *floor;
		const uint8_t *is;
		enum verify_reason reason;
	} rows[] = {
		{ "firmware", &j->policy->minimum_firmware, current, REASON_FIRMWARE_BELOW_MINIMUM },
		{ "committed_firmware", &j->policy->minimum_committed_firmware, committed,
		  REASON_COMMITTED_FIRMWARE_BELOW_MINIMUM },
	};
	char is_tcb[TCB_TEXT_BYTES], committed_tcb[TCB_TEXT_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t *floor = rows[i].floor->part, *is = rows[i].is;

		if (rows[i].floor->set && version_short(j->out, rows[i].name, is, floor, 3))
			verdict_refuse(j->out, rows[i].reason, "%u.%u.%u, expected at least %u.%u.%u", is[0],
				       is[1], is[2], floor[0], floor[1], floor[2]);
	}
	if (!j->policy->allow_provisional_firmware &&
	    (memcmp(current, committed, 3) != 0 || r->current_tcb != r->committed_tcb))
		verdict_refuse(j->out, REASON_PROVISIONAL_FIRMWARE,
			       "current: %u.%u.%u, %s; committed: %u.%u.%u, %s", current[0], current[1],
			       current[2], tcb_text(j->product, r->current_tcb, is_tcb), committed[0],
			       committed[1], committed[2],
			       tcb_text(j->product, r->committed_tcb, committed_tcb));
}

/* Each bit is a mitigation, so a vector is not compared as a number. */
static void judge_mitigations(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;
	const struct {
		const char *name;
		uint64_t is, wanted;
		enum verify_reason reason;
	} rows[] = {
		{ "launch_mit_vector", r->launch_mit_vector, j->policy->minimum_launch_mit_vector,
		  REASON_LAUNCH_MIT_VECTOR_BELOW_MINIMUM },
		{ "current_mit_vector", r->current_mit_vector, j->policy->minimum_current_mit_vector,
		  REASON_CURRENT_MIT_VECTOR_BELOW_MINIMUM },
		{ "current_mit_vector", r->current_mit_vector,
		  j->policy->require_launch_mitigations ? r->launch_mit_vector : 0,
		  REASON_LAUNCH_MITIGATIONS_LOST },
	};
	const unsigned since = snp_report_field_since("launch_mit_vector");
	bool wanted = j->policy->require_launch_mitigations;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		wanted = wanted || rows[i].wanted != 0;
		if (r->version < since || (rows[i].wanted & ~rows[i].is) == 0)
			continue;
		verdict_short(j->out, rows[i].name, "mitigations", rows[i].is, rows[i].wanted)->is_flags =
			true;
		verdict_refuse(j->out, rows[i].reason, "%s is 0x%llx, expected the bits 0x%llx as well",
			       rows[i].name, (unsigned long long)rows[i].is,
			       (unsigned long long)(rows[i].wanted & ~rows[i].is));
	}
	if (wanted && r->version < since)
		verdict_refuse(j->out, REASON_MIT_VECTOR_MISSING,
			       "reports have mitigation vectors from version %u on, this is version %u",
			       since, r->version);
}

static const char *names_of(uint64_t bits, char *to, size_t size)
{
	wire_bits_format(&snp_platform_info_bits, bits, to, size);
	return to;
}

static void judge_platform(struct snp_judge *j)
{
	const struct jurat_policy *p = j->policy;
	uint64_t missing = p->required_platform_info & ~j->report.platform_info;
	uint64_t present = p->forbidden_platform_info & j->report.platform_info;
	char names[192];

	if (missing)
		verdict_refuse(j->out, REASON_PLATFORM_INFO_REQUIRED,
			       "platform_info: %s is clear and in required_platform_info",
			       names_of(missing, names, sizeof(names)));
	if (present)
		verdict_refuse(j->out, REASON_PLATFORM_INFO_FORBIDDEN,
			       "platform_info: %s is set and in forbidden_platform_info",
			       names_of(present, names, sizeof(names)));
}

static void judge_signer(struct snp_judge *j)
{
	const struct jurat_policy *p = j->policy;
	unsigned key = snp_key_info_signing_key(j->report.key_info);
	bool named = p->csp_id.n == 0;

	if (!(p->products >> j->product & 1)) /* a list of products never includes an unknown one */
		verdict_refuse(j->out, REASON_PRODUCT_NOT_ALLOWED, "%s", snp_product_name(j->product));
	if (key == SNP_SIGNED_BY_VCEK && !p->allow_vcek)
		verdict_refuse(j->out, REASON_VCEK_NOT_ALLOWED, "the signing key is VCEK");
	if (key == SNP_SIGNED_BY_VLEK && !p->allow_vlek)
		verdict_refuse(j->out, REASON_VLEK_NOT_ALLOWED, "the signing key is VLEK");
	for (size_t i = 0; j->leaf && i < p->csp_id.n; i++)
		named = named || strcmp(p->csp_id.items[i], j->leaf->vek.csp_id) == 0;
	if (key == SNP_SIGNED_BY_VLEK && !named)
		verdict_refuse(j->out, REASON_CSP_ID_NOT_ALLOWED, "CSP_ID is '%s'",
			       j->leaf ? j->leaf->vek.csp_id : "");
}

static void note_unjudged(struct snp_judge *j)
{
	if (j->policy->report_data.n == 0)
		verdict_not_judged(j->out, NOT_JUDGED_REPORT_DATA);
	if (j->policy->measurement.n == 0)
		verdict_not_judged(j->out, NOT_JUDGED_MEASUREMENT);
	if (!j->policy->minimum_tcb.set)
		verdict_not_judged(j->out, NOT_JUDGED_MINIMUM_TCB);
}

static enum policy_scope scope_of(const struct snp_report *r)
{
	switch (snp_key_info_signing_key(r->key_info)) {
	case SNP_SIGNED_BY_VCEK:
		return POLICY_OF_VCEK;
	case SNP_SIGNED_BY_VLEK:
		return POLICY_OF_VLEK;
	default:
		return POLICY_OF_SNP;
	}
}

static void judge_guest_svn(struct snp_judge *j)
{
	const uint32_t is = j->report.guest_svn, wanted = j->policy->minimum_guest_svn;

	if (is >= wanted)
		return;
	verdict_short(j->out, "guest", "guest_svn", is, wanted);
	verdict_refuse(j->out, REASON_GUEST_SVN_BELOW_MINIMUM, "guest_svn is %u, expected at least %u", is,
		       wanted);
}

void judge_policy(struct snp_judge *j)
{
	const struct jurat_policy *p = j->policy;
	const struct snp_report *r = &j->report;

	if (!(p->tees >> POLICY_SEV_SNP & 1))
		verdict_refuse(j->out, REASON_TEE_NOT_ALLOWED, "SEV-SNP");
	else
		policy_judge_scope(p, scope_of(r), j->out);
	judge_bytes(j);
	judge_guest_policy(j);
	if (r->vmpl > p->maximum_vmpl || !(p->vmpls >> r->vmpl & 1))
		verdict_refuse(j->out, REASON_VMPL_NOT_ALLOWED, "VMPL %u", r->vmpl);
	judge_guest_svn(j);
	judge_tcb(j, &p->minimum_tcb, r->reported_tcb, "reported_tcb", REASON_TCB_BELOW_MINIMUM);
	judge_tcb(j, &p->minimum_committed_tcb, r->committed_tcb, "committed_tcb",
		  REASON_COMMITTED_TCB_BELOW_MINIMUM);
	judge_tcb(j, &p->minimum_current_tcb, r->current_tcb, "current_tcb",
		  REASON_CURRENT_TCB_BELOW_MINIMUM);
	judge_tcb(j, &p->minimum_launch_tcb, r->launch_tcb, "launch_tcb", REASON_LAUNCH_TCB_BELOW_MINIMUM);
	judge_firmware(j);
	judge_mitigations(j);
	judge_platform(j);
	judge_signer(j);
	note_unjudged(j);
}
