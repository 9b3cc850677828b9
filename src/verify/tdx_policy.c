/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/policy_bits.h"
#include "verify/tdx_judge.h"
#include "wire/tdx_report.h"

static void judge_bytes(struct tdx_judge *j)
{
	static const struct {
		const char *name;
		size_t list, field, size;
		enum verify_reason reason;
	} rows[] = {
#define LIST(field) offsetof(struct jurat_policy, field)
#define TD_BYTES_ROW(field, size, reason)                                                                    \
	{ #field, LIST(field), offsetof(struct tdx_body, field), size, REASON_##reason },
		POLICY_TD_BYTES(TD_BYTES_ROW)
		/* clang-format off */
		{ "report_data", LIST(report_data), offsetof(struct tdx_body, report_data), 64,
		  REASON_REPORT_DATA_MISMATCH },
		{ "mrtd", LIST(measurement), offsetof(struct tdx_body, mrtd), 48,
		  REASON_MEASUREMENT_MISMATCH },
		/* clang-format on */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct policy_list *list = (const void *)((const char *)j->policy + rows[i].list);
		const struct wire_layout *layout = tdx_body_layout_of(j->quote.body_type);
		const uint8_t *value = (const uint8_t *)&j->quote.body + rows[i].field;
		char hex[BYTES_HEX_SIZE(64)];

		if (list->n > 0 && !wire_find(layout, rows[i].name))
			verdict_refuse(j->out, rows[i].reason, "%s: absent in a quote of body type %d",
				       rows[i].name, j->quote.body_type);
		else if (!policy_list_has(list, value, rows[i].size))
			verdict_refuse(j->out, rows[i].reason, "%s is %s", rows[i].name,
				       bytes_to_hex(value, rows[i].size, hex));
	}
}

/* Refuses named bits that are set but not allowed, or clear but required. */
static void judge_named(struct tdx_judge *j, const struct wire_bits *set, uint64_t is, uint64_t allowed,
			enum verify_reason not_allowed, uint64_t required, enum verify_reason missing)
{
	uint64_t bad = is & wire_bits_mask(set) & ~allowed;
	char names[256];

	if (bad) {
		wire_bits_format(set, bad, names, sizeof(names));
		verdict_refuse(j->out, not_allowed, "%s: %s is set and not in allowed_%s", set->name, names,
			       set->name);
	}
	bad = required & ~is;
	if (bad) {
		wire_bits_format(set, bad, names, sizeof(names));
		verdict_refuse(j->out, missing, "%s: clear, and in required_%s: %s", set->name, set->name,
			       names);
	}
}

/*
 * Bits 7:0 (TUD) mean that the TD can be debugged or profiled; all other set bits must be allowed. Spec:
 * Intel TDX module ABI, ATTRIBUTES.
 */
static void judge_attributes(struct tdx_judge *j)
{
	const struct jurat_policy *p = j->policy;
	const uint64_t debug = UINT64_C(1) << TDX_ATTR_DEBUG_BIT, is = j->quote.body.td_attributes;
	const uint64_t allowed = p->allowed_td_attributes | p->allow_unknown_td_attributes;

	if (is & debug && !p->allow_debug)
		verdict_refuse(j->out, REASON_TD_DEBUG, "%s: DEBUG set, and allow_debug is false",
			       tdx_attr_bits.name);
	judge_named(j, &tdx_attr_bits, is, allowed | debug, REASON_TD_ATTRIBUTES_NOT_ALLOWED,
		    p->required_td_attributes, REASON_TD_ATTRIBUTES_REQUIRED);
	policy_judge_unknown_bits(j->out, POLICY_TD_ATTRIBUTES, is, allowed);
}

static void judge_xfam(struct tdx_judge *j)
{
	const struct jurat_policy *p = j->policy;
	const uint64_t is = j->quote.body.xfam, allowed = p->allowed_xfam | p->allow_unknown_xfam;

	judge_named(j, &tdx_xfam_bits, is, allowed, REASON_XFAM_NOT_ALLOWED, p->required_xfam,
		    REASON_XFAM_REQUIRED);
	policy_judge_unknown_bits(j->out, POLICY_XFAM, is, allowed);
}

/*
 * A service TD may migrate the TD and so access its memory. A policy allows one by its hash, or any with
 * allow_service_td. Body type 4 has two more hashes: current, and on the platform of launch.
 */
static void judge_service_td(struct tdx_judge *j)
{
	const struct tdx_body *body = &j->quote.body;
	const struct jurat_policy *p = j->policy;
	const struct {
		const char *name;
		const uint8_t *hash;
		const struct policy_list *allowed;
	} rows[] = {
		{ "mrservicetd", body->mrservicetd, &p->mrservicetd },
		{ "curr_servtd_hash", body->curr_servtd_hash, &p->curr_servtd_hash },
		{ "init_servtd_hash", body->init_servtd_hash, &p->init_servtd_hash },
	};
	char hex[BYTES_HEX_SIZE(48)];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (bytes_all(rows[i].hash, sizeof(body->mrservicetd), 0))
			continue;
		verdict_not_judged(j->out, NOT_JUDGED_SERVICE_TD);
		if (!p->allow_service_td && rows[i].allowed->n == 0)
			verdict_refuse(j->out, REASON_SERVICE_TD_NOT_ALLOWED,
				       "%s is %s (see allow_service_td)", rows[i].name,
				       bytes_to_hex(rows[i].hash, 48, hex));
	}
}

static void judge_pck(struct tdx_judge *j)
{
	static const struct {
		const char *name;
		size_t list, field, size;
		enum verify_reason reason;
	} rows[] = {
#define PCK_ROW(field, size, reason)                                                                         \
	{ #field, offsetof(struct jurat_policy, field), offsetof(struct pck, field), size, REASON_##reason },
		POLICY_PCK_BYTES(PCK_ROW)
	};
	const uint32_t types = j->policy->sgx_type;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct policy_list *list = (const void *)((const char *)j->policy + rows[i].list);
		const uint8_t *value = (const uint8_t *)&j->pck + rows[i].field;
		bool absent = !j->has_pck || (rows[i].reason == REASON_PLATFORM_INSTANCE_ID_MISMATCH &&
					      !j->pck.has_platform_instance_id);
		char hex[BYTES_HEX_SIZE(16)];

		if (list->n > 0 && absent)
			verdict_refuse(j->out, rows[i].reason, "%s: not in the PCK certificate",
				       rows[i].name);
		else if (!policy_list_has(list, value, rows[i].size))
			verdict_refuse(j->out, rows[i].reason, "%s is %s", rows[i].name,
				       bytes_to_hex(value, rows[i].size, hex));
	}
	if (types != UINT32_MAX && !j->has_pck)
		verdict_refuse(j->out, REASON_SGX_TYPE_NOT_ALLOWED, "sgx_type: not in the PCK certificate");
	else if (types != UINT32_MAX && (j->pck.sgx_type > 31 || !(types >> j->pck.sgx_type & 1)))
		verdict_refuse(j->out, REASON_SGX_TYPE_NOT_ALLOWED, "sgx_type is %u", j->pck.sgx_type);
}

static void judge_svn(struct tdx_judge *j, const char *name, const uint8_t *svn)
{
	const uint8_t *floor = j->policy->minimum_tee_tcb_svn.floor;
	char component[VERDICT_COMPONENT_BYTES];

	for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
		if (svn[i] >= floor[i])
			continue;
		snprintf(component, sizeof(component), "component_%u", i + 1);
		verdict_short(j->out, name, component, svn[i], floor[i]);
		verdict_refuse(j->out, REASON_TEE_TCB_SVN_BELOW_MINIMUM, "%s: %s is %u, wanted %u", name,
			       component, svn[i], floor[i]);
	}
}

/*
 * Checks the SVNs of the module at launch, of the current module, and of the module that launched the TD on
 * another platform, as far as the quote has them.
 */
static void judge_svns(struct tdx_judge *j)
{
	const struct tdx_body *body = &j->quote.body;

	if (!j->policy->minimum_tee_tcb_svn.set)
		return;
	judge_svn(j, "tee_tcb_svn", body->tee_tcb_svn);
	if (j->quote.has_15)
		judge_svn(j, "tee_tcb_svn2", body->tee_tcb_svn2);
	if (j->quote.has_15ex && j->tdx->launched_elsewhere)
		judge_svn(j, "init_tee_tcb_svn", body->init_tee_tcb_svn);
}

void tdx_judge_policy(struct tdx_judge *j)
{
	const struct jurat_policy *p = j->policy;

	if (!(p->tees >> POLICY_TDX & 1))
		verdict_refuse(j->out, REASON_TEE_NOT_ALLOWED, "TDX");
	else
		policy_judge_scope(p, POLICY_OF_TDX, j->out);
	judge_bytes(j);
	judge_attributes(j);
	judge_xfam(j);
	judge_service_td(j);
	judge_pck(j);
	judge_svns(j);
	if (!(j->quote.body.td_attributes >> TDX_ATTR_SEPT_VE_DISABLE_BIT & 1) &&
	    !policy_is_set(p, "required_td_attributes"))
		verdict_not_judged(j->out, NOT_JUDGED_SEPT_VE_DISABLE);
	if (p->report_data.n == 0)
		verdict_not_judged(j->out, NOT_JUDGED_REPORT_DATA);
	if (p->measurement.n == 0 && p->mrtd.n == 0)
		verdict_not_judged(j->out, NOT_JUDGED_MEASUREMENT);
}
