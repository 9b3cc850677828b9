/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/snp_judge.h"

/*
 * Whether the CRLs of the root revoke the intermediate. A certificate that a signed CRL lists is revoked even
 * if the CRL has expired; that a CRL does not list it counts only while the CRL is current. Spec: AMD KDS
 * (57230), CRL; RFC 5280 6.3.
 */
struct crls {
	unsigned current, stale, not_yet, bad_signature, critical; /* of this root */
	bool listed;
};

static int look_at(struct snp_judge *j, struct crl_entry *entry, struct crls *found)
{
	const struct crypto_crl *crl = &entry->crl;
	const struct crypto_cert *root = &j->root->cert;
	int r;

	if (crl->issuer.size != root->subject.size ||
	    memcmp(crl->issuer.data, root->subject.data, crl->issuer.size) != 0)
		return 0;
	r = root->key_usage & CRYPTO_USAGE_CRL_SIGN ? crl_entry_signed_by(entry, j->root) : JURAT_REFUSED;
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED) {
		found->bad_signature++;
		return 0;
	}
	found->listed = found->listed || crypto_crl_lists(crl, &j->intermediate->cert.serial);
	if (crl->has_unknown_critical)
		found->critical++;
	else if (j->at < crl->this_update)
		found->not_yet++;
	else if (crl->next_update < j->at) /* also when it has no next update */
		found->stale++;
	else
		found->current++;
	return 0;
}

static void refuse_unusable(struct snp_judge *j, const struct crls *given)
{
	static const char why[] = "none of the CRLs given for this root can be used";

	if (given->critical)
		verdict_refuse(j->out, REASON_CRL_CRITICAL_EXTENSION, "%s", why);
	if (given->not_yet)
		verdict_refuse(j->out, REASON_CRL_NOT_YET_VALID, "%s", why);
	if (given->stale)
		verdict_refuse(j->out, REASON_CRL_STALE, "%s", why);
}

int judge_crls(struct snp_judge *j)
{
	const struct pointers *list = &j->verifier->crls;
	struct crls given = { 0 }, brought = { 0 };
	char name[VERDICT_NAME_BYTES];
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = look_at(j, list->items[i], &given);
	if (r == 0 && j->table_crl)
		r = look_at(j, j->table_crl, &brought);
	if (r < 0)
		return r;
	if (j->table_crl && j->table_crl->signed_ok)
		judge_keep_crl(j);
	if (given.listed || brought.listed)
		verdict_refuse(j->out, REASON_INTERMEDIATE_REVOKED, "'%s'",
			       verdict_name(&j->intermediate->cert.subject_cn, name, sizeof(name)));
	if (given.bad_signature > 0) /* also beside a valid CRL: the other may list the certificate */
		verdict_refuse(j->out, REASON_CRL_SIGNATURE,
			       "a CRL given for '%s' does not carry its signature",
			       verdict_name(&j->root->cert.subject_cn, name, sizeof(name)));
	if (given.current + brought.current > 0)
		return 0;
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	if (given.critical + given.not_yet + given.stale > 0)
		refuse_unusable(j, &given);
	else if (given.bad_signature == 0 && j->policy->require_crl)
		verdict_refuse(j->out, REASON_CRL_MISSING, "no current CRL of '%s'",
			       verdict_name(&j->root->cert.subject_cn, name, sizeof(name)));
	return 0;
}
