/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "verify/tdx_judge.h"

/* Checks this platform, its TDX module and its quoting enclave against trusted collateral. */

/* Whether the TCB info is for this platform. */
static bool judge_info(struct tdx_judge *j)
{
	const struct tcb_info *info = j->info;
	char is[BYTES_HEX_SIZE(6)], wanted[BYTES_HEX_SIZE(6)];
	bool good = true;

	if (strcmp(info->doc.id, "TDX") != 0) {
		verdict_refuse(j->out, REASON_TCB_INFO_ID, "id is '%s', expected 'TDX'", info->doc.id);
		good = false;
	}
	if (info->tcb_type != 0) {
		verdict_refuse(j->out, REASON_TCB_INFO_TYPE, "tcbType is %u, expected 0", info->tcb_type);
		good = false;
	}
	if (!j->has_pck)
		return false;
	if (memcmp(info->fmspc, j->pck.fmspc, sizeof(info->fmspc)) != 0) {
		verdict_refuse(j->out, REASON_TCB_INFO_FMSPC, "TCB info is for %s, the platform is %s",
			       bytes_to_hex(info->fmspc, sizeof(info->fmspc), is),
			       bytes_to_hex(j->pck.fmspc, sizeof(j->pck.fmspc), wanted));
		good = false;
	}
	if (memcmp(info->pceid, j->pck.pceid, sizeof(info->pceid)) != 0) {
		verdict_refuse(j->out, REASON_TCB_INFO_PCEID, "TCB info is for %s, the platform is %s",
			       bytes_to_hex(info->pceid, sizeof(info->pceid), is),
			       bytes_to_hex(j->pck.pceid, sizeof(j->pck.pceid), wanted));
		good = false;
	}
	return good;
}

/*
 * Checks signer and attributes of the TDX module. As in Intel's library, attributes must be all zero and
 * equal those of the identity, whatever its mask. Spec: QVL, TdxModuleCheck; Intel PCS v4, TCB Info.
 */
static void judge_module(struct tdx_judge *j)
{
	const struct tdx_body *body = &j->quote.body;
	uint8_t version = body->tee_tcb_svn[TEE_TCB_SVN_MODULE_VERSION], attributes[8];
	const struct tdx_module *module = tcb_module(j->info, version);
	char hex[BYTES_HEX_SIZE(48)];

	if (version > 0 && !j->info->has_modules) {
		verdict_refuse(j->out, REASON_TDX_MODULE_IDENTITIES_MISSING,
			       "the TCB info has no module identities, the module is TDX_%02X", version);
		return;
	}
	if (!module) {
		verdict_refuse(j->out, REASON_TDX_MODULE_UNKNOWN, "TDX_%02X", version);
		return;
	}
	if (memcmp(module->mrsigner, body->mrsignerseam, sizeof(module->mrsigner)) != 0)
		verdict_refuse(j->out, REASON_TDX_MODULE_SIGNER, "mrsignerseam is %s",
			       bytes_to_hex(body->mrsignerseam, sizeof(body->mrsignerseam), hex));
	bytes_put_le(attributes, body->seam_attributes, sizeof(attributes));
	if (body->seam_attributes != 0 || memcmp(attributes, module->attributes, sizeof(attributes)) != 0)
		verdict_refuse(j->out, REASON_TDX_MODULE_ATTRIBUTES, "seam attributes are %s",
			       bytes_to_hex(attributes, sizeof(attributes), hex));
}

static bool masked_equal(const uint8_t *is, const uint8_t *wanted, const uint8_t *mask, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((is[i] & mask[i]) != wanted[i])
			return false;
	}
	return true;
}

/* Whether the enclave that signed is Intel's quoting enclave for TDs. Spec: Intel PCS v4, QE identity. */
static bool judge_enclave(struct tdx_judge *j)
{
	const struct qe_identity *q = j->identity;
	const struct sgx_report *report = &j->quote.qe_report;
	uint8_t misc[4], attributes[16];
	char hex[BYTES_HEX_SIZE(32)];

	if (strcmp(q->doc.id, "TD_QE") != 0) {
		verdict_refuse(j->out, REASON_QE_IDENTITY_ID, "id is '%s', expected 'TD_QE'", q->doc.id);
		return false;
	}
	bytes_put_le(misc, report->miscselect, sizeof(misc));
	bytes_put_le(attributes, report->attributes, 8);
	bytes_put_le(attributes + 8, report->xfrm, 8);
	if (!masked_equal(misc, q->miscselect, q->miscselect_mask, sizeof(misc)))
		verdict_refuse(j->out, REASON_QE_MISCSELECT, "miscselect is 0x%x", report->miscselect);
	if (!masked_equal(attributes, q->attributes, q->attributes_mask, sizeof(attributes)))
		verdict_refuse(j->out, REASON_QE_ATTRIBUTES, "attributes are %s",
			       bytes_to_hex(attributes, sizeof(attributes), hex));
	if (memcmp(report->mrsigner, q->mrsigner, sizeof(q->mrsigner)) != 0)
		verdict_refuse(j->out, REASON_QE_MRSIGNER, "mrsigner is %s",
			       bytes_to_hex(report->mrsigner, sizeof(report->mrsigner), hex));
	if (report->isv_prod_id != q->isvprodid)
		verdict_refuse(j->out, REASON_QE_ISVPRODID, "isvprodid is %u, expected %u",
			       report->isv_prod_id, q->isvprodid);
	return true;
}

static void judge_qe_debug(struct tdx_judge *j)
{
	if (j->quote.qe_report.attributes >> SGX_ATTR_DEBUG_BIT & 1)
		verdict_refuse(j->out, REASON_QE_DEBUG, "its host can read the attestation key");
}

/*
 * Whether a status is accepted: as it is, or because the out-of-date level is recent enough and the rest of
 * the status is accepted. TDRelaunchAdvised is treated as out of date.
 */
static bool accepts(const struct tdx_judge *j, uint32_t statuses, enum tcb_status status, int64_t date)
{
	bool recent = date >= j->policy->minimum_tcb_date;

	if (statuses >> status & 1)
		return true;
	switch (status) {
	case TCB_OUT_OF_DATE:
	case TCB_TD_RELAUNCH_ADVISED:
		return recent;
	case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
	case TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
		return recent && statuses >> TCB_CONFIGURATION_NEEDED & 1;
	default:
		return false;
	}
}

/* Whether a level of a later date would be accepted. */
static bool is_dated(enum tcb_status status)
{
	return status == TCB_OUT_OF_DATE || status == TCB_TD_RELAUNCH_ADVISED ||
	       status == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED ||
	       status == TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
}

/* "OutOfDate: platform, TCB level of ...; pcesvn is 11, wanted 13 for UpToDate of ..." */
static void refuse_part(struct tdx_judge *j, enum verify_reason reason, enum tcb_status status,
			enum tcb_part_id deciding)
{
	const struct tcb_part *part = tcb_part_of(&j->tdx->evaluation, deciding);
	const char *name = tcb_part_name(deciding);
	char date[VERDICT_TIME_BYTES], wanted[VERDICT_TIME_BYTES], older[80] = "",
								   lacks[VERDICT_DETAIL_BYTES];

	if (is_dated(status) && j->policy->minimum_tcb_date != INT64_MAX &&
	    part->date < j->policy->minimum_tcb_date)
		snprintf(older, sizeof(older), ", before minimum_tcb_date %s",
			 verdict_time(j->policy->minimum_tcb_date, wanted));
	verdict_refuse(j->out, reason, "%s: %s, TCB level of %s%s%s", tcb_status_name(status), name,
		       verdict_time(part->date, date), older,
		       tdx_shortfall_text(j->out, name, lacks, sizeof(lacks)));
}

static void refuse_status(struct tdx_judge *j, const struct tcb_evaluation *e)
{
	/* In a quote with one TCB, launch and current TCB are the same. */
	bool has_current = e->current != TCB_STATUS_NONE;
	enum tcb_status now = has_current ? e->current : e->launch;
	enum tcb_part_id part = has_current ? e->current_deciding : e->deciding;
	char lacks[VERDICT_DETAIL_BYTES];

	tdx_shortfall_text(j->out, tcb_part_name(e->deciding), lacks, sizeof(lacks));
	if (e->status == TCB_NOT_SUPPORTED) {
		verdict_refuse(j->out, REASON_TCB_NOT_SUPPORTED, "%s%s", e->why, lacks);
	} else if (e->status == TCB_UNRECOGNIZED) {
		verdict_refuse(j->out, REASON_TCB_STATUS_UNRECOGNIZED, "%s", e->why);
	} else if (e->status == TCB_REVOKED) { /* whatever statuses the policy accepts */
		verdict_refuse(j->out, REASON_TCB_STATUS_NOT_ACCEPTED, "Revoked: %s%s", e->why, lacks);
	} else {
		if (!accepts(j, j->policy->accepted_tcb_statuses, e->status, e->date))
			refuse_part(j, REASON_TCB_STATUS_NOT_ACCEPTED, e->status, e->deciding);
		if (!accepts(j, j->policy->accepted_current_tcb_statuses, now, tcb_part_of(e, part)->date))
			refuse_part(j, REASON_CURRENT_TCB_STATUS_NOT_ACCEPTED, now, part);
	}
}

/* Collects the advisories of all parts, both at launch and now. */
static int advise(struct tdx_judge *j, const struct tcb_evaluation *e)
{
	const struct {
		const struct signed_document *doc;
		const struct tcb_part *part;
	} parts[] = {
		{ &j->info->doc, &e->platform },       { &j->identity->doc, &e->qe },
		{ &j->info->doc, &e->module },         { &j->info->doc, &e->current_platform },
		{ &j->info->doc, &e->current_module },
	};
	int r = 0;

	if (e->status == TCB_NOT_SUPPORTED || e->status == TCB_UNRECOGNIZED)
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = verdict_tdx_advise(j->tdx, parts[i].doc, &parts[i].part->advisories);
	return r;
}

static void judge_advisories(struct tdx_judge *j)
{
	const struct policy_words *rejected = &j->policy->rejected_advisories;
	const struct policy_words *accepted = &j->policy->accepted_advisories;

	for (size_t i = 0; i < j->tdx->n_advisories; i++) {
		const char *id = j->tdx->advisories[i];

		if (policy_words_have_alike(rejected, id) ||
		    (accepted->n > 0 && !policy_words_have_alike(accepted, id)))
			verdict_refuse(j->out, REASON_ADVISORY_NOT_ACCEPTED, "%s", id);
	}
}

static int evaluate(struct tdx_judge *j, const struct tcb_subject *subject)
{
	int r;

	tcb_evaluate(j->info, j->identity, subject, &j->tdx->evaluation);
	j->tdx->has_evaluation = true;
	r = tdx_note_shortfall(j, subject);
	if (r == 0)
		r = advise(j, &j->tdx->evaluation);
	if (r < 0)
		return r;
	refuse_status(j, &j->tdx->evaluation);
	judge_advisories(j);
	return 0;
}

int tdx_judge_stated(struct tdx_judge *j, const struct tcb_subject *subject)
{
	const uint8_t version = subject->tee_tcb_svn[TEE_TCB_SVN_MODULE_VERSION];

	if (!j->info || !j->identity || !judge_info(j))
		return 0; /* with reasons */
	if (strcmp(j->identity->doc.id, "TD_QE") != 0) {
		verdict_refuse(j->out, REASON_QE_IDENTITY_ID, "id is '%s', expected 'TD_QE'",
			       j->identity->doc.id);
		return 0;
	}
	if (!tcb_module(j->info, version))
		verdict_refuse(j->out, REASON_TDX_MODULE_UNKNOWN, "TDX_%02X", version);
	return evaluate(j, subject);
}

int tdx_judge_tcb(struct tdx_judge *j)
{
	const struct tdx_body *body = &j->quote.body;
	struct tcb_subject subject = { .qe_isvsvn = j->quote.qe_report.isv_svn, .has_svn2 = j->quote.has_15 };
	bool right_info = false, right_qe = false;

	judge_qe_debug(j);
	if (j->identity)
		right_qe = judge_enclave(j);
	else
		verdict_not_judged(j->out, NOT_JUDGED_QE_IDENTITY);
	if (j->info) {
		right_info = judge_info(j);
		judge_module(j);
	} else {
		verdict_not_judged(j->out, NOT_JUDGED_TDX_MODULE);
	}
	if (!right_info || !right_qe) {
		verdict_not_judged(j->out, NOT_JUDGED_TCB_STATUS);
		return 0;
	}
	memcpy(subject.sgx, j->pck.components, sizeof(subject.sgx));
	subject.pcesvn = j->pck.pcesvn;
	memcpy(subject.tee_tcb_svn, body->tee_tcb_svn, sizeof(subject.tee_tcb_svn));
	memcpy(subject.tee_tcb_svn2, body->tee_tcb_svn2, sizeof(subject.tee_tcb_svn2));
	subject.has_init = j->tdx->launched_elsewhere && j->quote.has_15ex;
	memcpy(subject.init_tee_tcb_svn, body->init_tee_tcb_svn, sizeof(subject.init_tee_tcb_svn));
	return evaluate(j, &subject);
}
