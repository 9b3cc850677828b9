/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/tdx_judge.h"

/*
 * What an issuer's CRLs say of one certificate. What a signed CRL lists is revoked at any time; that
 * nothing is listed counts only while the CRL is current.
 */
struct crls {
	unsigned current, stale, not_yet, bad_signature, profile; /* of this issuer */
	bool listed;
};

static int look_at(struct tdx_judge *j, const struct crl_entry *entry, struct cert_entry *issuer,
		   const struct cert_entry *subject, struct crls *found)
{
	const struct crypto_crl *crl = &entry->crl;
	const struct bytes_rd *name = &issuer->cert.subject;
	int r;

	if (crl->issuer.size != name->size || memcmp(crl->issuer.data, name->data, name->size) != 0)
		return 0;
	r = issuer->cert.key_usage & CRYPTO_USAGE_CRL_SIGN
		    ? tdx_crl_signed_by(&j->verifier->tdx, entry, issuer)
		    : JURAT_REFUSED;
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED) {
		found->bad_signature++;
		return 0;
	}
	tdx_learn(&j->verifier->tdx, entry->sha256, issuer->sha256);
	found->listed = found->listed || crypto_crl_lists(crl, &subject->cert.serial);
	if (crl->has_unknown_critical || crl->crl_number.size == 0 || crl->authority_key_id.size == 0)
		found->profile++;
	else if (j->at < crl->this_update)
		found->not_yet++;
	else if (crl->next_update < j->at) /* also when it names no next update */
		found->stale++;
	else
		found->current++;
	return 0;
}

static void refuse_unusable(struct tdx_judge *j, const struct crls *found, const char *issuer)
{
	if (found->profile)
		verdict_refuse(j->out, REASON_CRL_CRITICAL_EXTENSION,
			       "CRL of '%s': unknown critical extension, or no number or key id", issuer);
	if (found->not_yet)
		verdict_refuse(j->out, REASON_CRL_NOT_YET_VALID, "no current CRL of '%s'", issuer);
	if (found->stale)
		verdict_refuse(j->out, REASON_CRL_STALE, "no current CRL of '%s'", issuer);
}

int tdx_judge_revocation(struct tdx_judge *j, struct cert_entry *issuer, const struct cert_entry *subject,
			 enum verify_reason revoked)
{
	const struct pointers *given = &j->verifier->crls;
	struct crls found = { 0 };
	char name[VERDICT_NAME_BYTES];
	int r = 0;

	for (size_t i = 0; r == 0 && j->collateral && i < j->collateral->n_crls; i++)
		r = look_at(j, j->collateral->crls[i], issuer, subject, &found);
	for (size_t i = 0; r == 0 && i < given->n; i++)
		r = look_at(j, given->items[i], issuer, subject, &found);
	if (r < 0)
		return r;
	if (found.listed)
		verdict_refuse(j->out, revoked, "'%s' of '%s'",
			       verdict_name(&subject->cert.subject_cn, name, sizeof(name)),
			       "its issuer's CRL");
	verdict_name(&issuer->cert.subject_cn, name, sizeof(name));
	if (found.bad_signature > 0) /* also beside a good one: it may be the one that lists something */
		verdict_refuse(j->out, REASON_CRL_SIGNATURE, "a CRL of '%s' does not carry its signature",
			       name);
	if (found.current > 0)
		return 0;
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	if (found.profile + found.not_yet + found.stale > 0)
		refuse_unusable(j, &found, name);
	else if (found.bad_signature == 0 &&
		 (j->policy->require_crl || (j->collateral && !j->policy->allow_no_collateral)))
		verdict_refuse(j->out, REASON_CRL_MISSING, "no CRL of '%s'", name);
	return 0;
}
