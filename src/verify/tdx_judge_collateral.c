/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/tdx_judge.h"

const struct tdx_document_kind tdx_tcb_info_kind = { "TCB info", REASON_TCB_INFO_SIGNATURE,
						     REASON_TCB_INFO_NOT_YET_VALID, REASON_TCB_INFO_EXPIRED };
const struct tdx_document_kind tdx_qe_identity_kind = { "QE identity", REASON_QE_IDENTITY_SIGNATURE,
							REASON_QE_IDENTITY_NOT_YET_VALID,
							REASON_QE_IDENTITY_EXPIRED };

static bool is_current(const struct tdx_judge *j, const struct signed_document *doc)
{
	return doc->issue_date <= j->at && j->at <= doc->next_update;
}

/* Prefers a current document, then the higher tcbEvaluationDataNumber, then the later issue date. */
static bool is_better(const struct tdx_judge *j, const struct signed_document *a,
		      const struct signed_document *b)
{
	if (is_current(j, a) != is_current(j, b))
		return is_current(j, a);
	if (a->evaluation_data_number != b->evaluation_data_number)
		return a->evaluation_data_number > b->evaluation_data_number;
	return a->issue_date > b->issue_date;
}

static bool suits(const struct tdx_judge *j, const struct tcb_info *info)
{
	return strcmp(info->doc.id, "TDX") == 0 &&
	       (!j->has_pck || memcmp(info->fmspc, j->pck.fmspc, sizeof(info->fmspc)) == 0);
}

/*
 * Chooses the TCB info for this platform; if there is none, another one, so that the verdict says how it
 * differs.
 */
static const struct tcb_info *choose_info(const struct tdx_judge *j)
{
	const struct jurat_tdx_collateral *c = j->collateral;
	const struct tcb_info *best = NULL;

	for (size_t i = 0; c && i < c->n_tcb_infos; i++) {
		const struct tcb_info *info = c->tcb_infos[i];

		if (!best || suits(j, info) > suits(j, best) ||
		    (suits(j, info) == suits(j, best) && is_better(j, &info->doc, &best->doc)))
			best = info;
	}
	return best;
}

static const struct qe_identity *choose_identity(const struct tdx_judge *j)
{
	const struct jurat_tdx_collateral *c = j->collateral;
	const struct qe_identity *best = NULL;

	for (size_t i = 0; c && i < c->n_identities; i++) {
		const struct qe_identity *identity = c->identities[i];
		bool right = strcmp(identity->doc.id, "TD_QE") == 0;
		bool best_right = best && strcmp(best->doc.id, "TD_QE") == 0;

		if (!best || right > best_right ||
		    (right == best_right && is_better(j, &identity->doc, &best->doc)))
			best = identity;
	}
	return best;
}

/*
 * Chooses the certificate whose key signed the document among those with the name of Intel's TCB signer. If
 * there is none: one with that name, or any that is not a CA, so that the verdict names it (V18). 0, and
 * *ret_signed is set; < 0 -errno.
 */
static int choose_signer(struct tdx_judge *j, const struct signed_part *part, struct cert_entry **ret,
			 bool *ret_signed)
{
	const struct jurat_tdx_collateral *c = j->collateral;
	struct cert_entry *named = NULL, *other = NULL;

	*ret_signed = false;
	for (size_t i = 0; i < c->n_certs; i++) {
		struct cert_entry *entry = c->certs[i];
		int r;

		if (!tdx_is_named(&entry->cert.subject_cn, TDX_TCB_SIGNER_CN)) {
			if (!entry->cert.is_ca && !other)
				other = entry;
			continue;
		}
		named = named ? named : entry;
		r = tdx_digest_signed_by(&j->verifier->tdx, part->sha256, part->digest, part->r, part->s,
					 entry);
		if (r < 0)
			return r;
		if (r == 0) {
			*ret = entry;
			*ret_signed = true;
			return 0;
		}
	}
	*ret = named ? named : other;
	return 0;
}

/*
 * Checks that the signer was issued by the root for this purpose, is within its validity period, and not
 * revoked.
 */
static int judge_signer(struct tdx_judge *j, const struct cert_entry *signer)
{
	static const struct tdx_cert_reasons reasons = { .name = REASON_TCB_SIGNER_NAME,
							 .profile = REASON_TCB_SIGNER_PROFILE,
							 .key = REASON_TCB_SIGNER_PROFILE,
							 .critical = REASON_TCB_SIGNER_CRITICAL_EXTENSION,
							 .not_yet = REASON_TCB_SIGNER_NOT_YET_VALID,
							 .expired = REASON_TCB_SIGNER_EXPIRED };
	int r = JURAT_REFUSED;

	j->signer = signer;
	j->signer_good = false;
	tdx_judge_cert(j, signer, false, TDX_TCB_SIGNER_CN, &reasons);
	if (!j->root_trusted)
		return 0;
	if (tdx_issued(j->root, signer))
		r = tdx_cert_signed_by(&j->verifier->tdx, signer, j->root);
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED) {
		verdict_refuse(j->out, REASON_TCB_SIGNER_SIGNATURE,
			       "the certificate was not issued by this root");
		return 0;
	}
	tdx_learn(&j->verifier->tdx, signer->sha256, j->root->sha256);
	j->signer_good = tdx_is_named(&signer->cert.subject_cn, TDX_TCB_SIGNER_CN) && !signer->cert.is_ca;
	return tdx_judge_revocation(j, j->root, signer, REASON_TCB_SIGNER_REVOKED);
}

static void judge_dates(struct tdx_judge *j, const struct tdx_document_kind *kind,
			const struct signed_document *doc)
{
	char at[VERDICT_TIME_BYTES], end[VERDICT_TIME_BYTES];

	if (j->at < doc->issue_date)
		verdict_refuse(j->out, kind->not_yet, "issued at %s, verified at %s",
			       verdict_time(doc->issue_date, end), verdict_time(j->at, at));
	if (j->at > doc->next_update)
		verdict_refuse(j->out, kind->expired, "next update was due at %s, verified at %s",
			       verdict_time(doc->next_update, end), verdict_time(j->at, at));
	if (tdx_is_too_old(j, doc->issue_date))
		verdict_refuse(j->out, REASON_COLLATERAL_TOO_OLD, "%s: issued at %s, verified at %s",
			       kind->name, verdict_time(doc->issue_date, end), verdict_time(j->at, at));
	if (doc->evaluation_data_number < j->policy->minimum_tcb_evaluation_data_number)
		verdict_refuse(j->out, REASON_TCB_EVALUATION_BELOW_MINIMUM,
			       "%s: tcbEvaluationDataNumber is %u, expected at least %u", kind->name,
			       doc->evaluation_data_number, j->policy->minimum_tcb_evaluation_data_number);
}

static void show_document(const struct signed_document *doc, struct cert_entry *signer,
			  struct verdict_document *to)
{
	to->there = true;
	to->issue_date = doc->issue_date;
	to->next_update = doc->next_update;
	to->evaluation_data_number = doc->evaluation_data_number;
	to->signer = cert_entry_share(signer);
}

int tdx_judge_document(struct tdx_judge *j, const struct tdx_document_kind *kind,
		       const struct signed_document *doc, struct verdict_document *to, bool *ret_trusted)
{
	struct cert_entry *signer;
	bool is_signed;
	int r = choose_signer(j, &doc->part, &signer, &is_signed);

	*ret_trusted = false;
	if (r < 0)
		return r;
	show_document(doc, signer, to);
	judge_dates(j, kind, doc);
	if (!signer) {
		verdict_refuse(j->out, REASON_TCB_SIGNER_MISSING,
			       "%s: the certificate of the signer is missing", kind->name);
		return 0;
	}
	if (signer != j->signer) {
		r = judge_signer(j, signer);
		if (r < 0)
			return r;
	}
	if (!is_signed) {
		verdict_refuse(j->out, kind->signature,
			       "%s: the signature over its bytes as served does not verify with the key of "
			       "'" TDX_TCB_SIGNER_CN "'",
			       kind->name);
		return 0;
	}
	*ret_trusted = j->signer_good;
	if (j->signer_good)
		tdx_learn(&j->verifier->tdx, doc->part.sha256, signer->sha256);
	return 0;
}

/*
 * Reports why another document of this kind was refused, if the one that was chosen is not for this platform.
 */
static void note_unusable(struct tdx_judge *j, bool suits_platform, enum collateral_document which)
{
	const char *why = j->collateral->unusable[which];

	if (!suits_platform && why[0])
		verdict_refuse(j->out, REASON_COLLATERAL_UNUSABLE, "%s", why);
}

/* A policy may allow a missing document, but not one that was supplied and is malformed. */
static void miss(struct tdx_judge *j, const char *what, enum collateral_document which)
{
	const char *why = j->collateral->unusable[which];

	if (why[0])
		verdict_refuse(j->out, REASON_COLLATERAL_UNUSABLE, "%s", why);
	else if (!j->policy->allow_no_collateral)
		verdict_refuse(j->out, REASON_COLLATERAL_MISSING, "no %s was supplied", what);
}

int tdx_judge_collateral(struct tdx_judge *j)
{
	const struct tcb_info *info = choose_info(j);
	const struct qe_identity *identity = choose_identity(j);
	bool trusted;
	int r = 0;

	if (!j->collateral) {
		if (!j->policy->allow_no_collateral)
			verdict_refuse(j->out, REASON_COLLATERAL_MISSING,
				       "no collateral: TCB, quoting enclave and revocation are not verified");
		return 0;
	}
	if (info) {
		r = tdx_judge_document(j, &tdx_tcb_info_kind, &info->doc, &j->tdx->tcb_info, &trusted);
		j->info = r == 0 && trusted ? info : NULL;
		note_unusable(j, suits(j, info), COLLATERAL_TCB_INFO);
	} else {
		miss(j, "TCB info", COLLATERAL_TCB_INFO);
	}
	if (r < 0)
		return r;
	if (identity) {
		r = tdx_judge_document(j, &tdx_qe_identity_kind, &identity->doc, &j->tdx->qe_identity,
				       &trusted);
		j->identity = r == 0 && trusted ? identity : NULL;
		note_unusable(j, strcmp(identity->doc.id, "TD_QE") == 0, COLLATERAL_QE_IDENTITY);
	} else {
		miss(j, "QE identity", COLLATERAL_QE_IDENTITY);
	}
	return r;
}
