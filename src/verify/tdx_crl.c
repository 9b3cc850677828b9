/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/tdx_judge.h"

/*
 * Status of one certificate in its issuer's CRLs. A certificate that a signed CRL lists is revoked even if
 * the CRL has expired; that a CRL does not list it counts only while the CRL is current.
 */
struct crls {
	unsigned current, bad_signature, critical, no_number, no_key_id; /* of this issuer */
	/* The last one that is not yet valid, expired, or older than the policy allows; NULL: none. */
	const struct crypto_crl *not_yet, *stale, *too_old;
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
	if (crl->has_unknown_critical)
		found->critical++;
	else if (crl->authority_key_id.size == 0)
		found->no_key_id++;
	else if (crl->crl_number.size == 0)
		found->no_number++;
	else if (j->at < crl->this_update)
		found->not_yet = crl;
	else if (crl->next_update < j->at) /* also when it has no next update */
		found->stale = crl;
	else if (tdx_is_too_old(j, crl->this_update))
		found->too_old = crl;
	else
		found->current++;
	return 0;
}

static void refuse_unusable(struct tdx_judge *j, const struct crls *found, const char *issuer)
{
	char from[VERDICT_TIME_BYTES], at[VERDICT_TIME_BYTES];

	if (found->critical)
		verdict_refuse(j->out, REASON_CRL_CRITICAL_EXTENSION,
			       "CRL of '%s': unrecognized critical extension", issuer);
	if (found->too_old)
		verdict_refuse(j->out, REASON_COLLATERAL_TOO_OLD, "CRL of '%s': issued at %s, verified at %s",
			       issuer, verdict_time(found->too_old->this_update, from),
			       verdict_time(j->at, at));
	if (found->no_key_id)
		verdict_refuse(j->out, REASON_CRL_PROFILE,
			       "CRL of '%s': the authority key identifier is missing", issuer);
	if (found->no_number)
		verdict_refuse(j->out, REASON_CRL_PROFILE, "CRL of '%s': the CRL number is missing", issuer);
	if (found->not_yet)
		verdict_refuse(j->out, REASON_CRL_NOT_YET_VALID, "CRL of '%s': issued at %s, verified at %s",
			       issuer, verdict_time(found->not_yet->this_update, from),
			       verdict_time(j->at, at));
	if (found->stale && found->stale->next_update == INT64_MIN)
		verdict_refuse(j->out, REASON_CRL_STALE,
			       "CRL of '%s': the time of the next update is missing", issuer);
	else if (found->stale)
		verdict_refuse(j->out, REASON_CRL_STALE,
			       "CRL of '%s': next update was due at %s, verified at %s", issuer,
			       verdict_time(found->stale->next_update, from), verdict_time(j->at, at));
}

static void refuse_revoked(struct tdx_judge *j, const struct cert_entry *issuer,
			   const struct cert_entry *subject, enum verify_reason revoked)
{
	char name[VERDICT_NAME_BYTES], issuer_name[VERDICT_NAME_BYTES];

	verdict_refuse(j->out, revoked, "'%s' is revoked by the CRL of its issuer, '%s'",
		       verdict_name(&subject->cert.subject_cn, name, sizeof(name)),
		       verdict_name(&issuer->cert.subject_cn, issuer_name, sizeof(issuer_name)));
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
		refuse_revoked(j, issuer, subject, revoked);
	verdict_name(&issuer->cert.subject_cn, name, sizeof(name));
	if (found.bad_signature > 0) /* also beside a valid CRL: the other may list the certificate */
		verdict_refuse(j->out, REASON_CRL_SIGNATURE,
			       "the signature of a CRL of '%s' does not verify with its key", name);
	if (found.current > 0)
		return 0;
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	if (found.critical + found.no_key_id + found.no_number > 0 || found.not_yet || found.stale ||
	    found.too_old)
		refuse_unusable(j, &found, name);
	else if (found.bad_signature == 0 &&
		 (j->policy->require_crl || (j->collateral && !j->policy->allow_no_collateral)))
		verdict_refuse(j->out, REASON_CRL_MISSING, "no CRL of '%s'", name);
	return 0;
}
