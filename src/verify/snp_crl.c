/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "verify/snp_judge.h"

/*
 * Whether the CRLs of the root revoke the intermediate. A certificate that a signed CRL lists is revoked,
 * whether the CRL is current or not; that it is not listed counts only in a current CRL. Spec: AMD KDS
 * (57230), CRL; RFC 5280 6.3.
 */
struct crls {
	unsigned current, stale, not_yet, bad_signature, critical; /* of this root */
	unsigned of_intermediate;
	int64_t until,
		from; /* of the stale one that is valid longest; of the first one that is not yet valid */
	bool listed;
};

static bool is_of(const struct crypto_crl *crl, const struct crypto_cert *issuer)
{
	return crl->issuer.size == issuer->subject.size &&
	       memcmp(crl->issuer.data, issuer->subject.data, crl->issuer.size) == 0;
}

static int look_at(struct snp_judge *j, struct crl_entry *entry, struct crls *found)
{
	const struct crypto_crl *crl = &entry->crl;
	const struct crypto_cert *root = &j->root->cert;
	int r;

	if (!is_of(crl, root)) {
		found->of_intermediate += is_of(crl, &j->intermediate->cert);
		return 0;
	}
	r = root->key_usage & CRYPTO_USAGE_CRL_SIGN ? crl_entry_signed_by(entry, j->root) : JURAT_REFUSED;
	if (r < 0)
		return r;
	if (r == JURAT_REFUSED) {
		found->bad_signature++;
		return 0;
	}
	crl_entry_learn(entry, j->root);
	found->listed = found->listed || crypto_crl_lists(crl, &j->intermediate->cert.serial);
	if (crl->has_unknown_critical) {
		found->critical++;
	} else if (j->at < crl->this_update) {
		if (found->not_yet++ == 0 || crl->this_update < found->from)
			found->from = crl->this_update;
	} else if (crl->next_update < j->at) { /* also when it has no next update */
		if (found->stale++ == 0 || crl->next_update > found->until)
			found->until = crl->next_update;
	} else {
		found->current++;
	}
	return 0;
}

static void refuse_unusable(struct snp_judge *j, const struct crls *supplied, const char *root)
{
	char limit[VERDICT_TIME_BYTES], when[VERDICT_TIME_BYTES];

	verdict_time(j->at, when);
	if (supplied->critical)
		verdict_refuse(j->out, REASON_CRL_CRITICAL_EXTENSION,
			       "the CRL of '%s' has an unrecognized critical extension", root);
	if (supplied->not_yet)
		verdict_refuse(j->out, REASON_CRL_NOT_YET_VALID,
			       "the CRL of '%s' is valid from %s, verified at %s", root,
			       verdict_time(supplied->from, limit), when);
	if (supplied->stale && supplied->until == INT64_MIN)
		verdict_refuse(j->out, REASON_CRL_STALE, "the CRL of '%s' has no nextUpdate", root);
	else if (supplied->stale)
		verdict_refuse(j->out, REASON_CRL_STALE, "the CRL of '%s' is valid until %s, verified at %s",
			       root, verdict_time(supplied->until, limit), when);
}

/*
 * A supplied CRL that cannot count is a reason to refuse also beside a good one: it may list what the other
 * does not.
 */
static void refuse_misplaced(struct snp_judge *j, const struct crls *supplied, const char *root)
{
	char name[VERDICT_NAME_BYTES];

	if (supplied->bad_signature > 0)
		verdict_refuse(j->out, REASON_CRL_SIGNATURE,
			       "a supplied CRL of '%s' is not signed with its key", root);
	if (supplied->of_intermediate > 0)
		verdict_refuse(j->out, REASON_CRL_SIGNATURE,
			       "a supplied CRL is of '%s', expected one of '%s', which alone issues CRLs",
			       verdict_name(&j->intermediate->cert.subject_cn, name, sizeof(name)), root);
}

int judge_crls(struct snp_judge *j)
{
	const struct pointers *list = &j->verifier->crls;
	struct crls supplied = { 0 }, brought = { 0 };
	char name[VERDICT_NAME_BYTES], root[VERDICT_NAME_BYTES];
	int r = 0;

	verdict_name(&j->root->cert.subject_cn, root, sizeof(root));
	for (size_t i = 0; r == 0 && i < list->n; i++)
		r = look_at(j, list->items[i], &supplied);
	if (r == 0 && j->table_crl)
		r = look_at(j, j->table_crl, &brought);
	if (r < 0)
		return r;
	if (j->table_crl && crl_entry_has_signer(j->table_crl))
		judge_keep_crl(j);
	if (supplied.listed || brought.listed)
		verdict_refuse(j->out, REASON_INTERMEDIATE_REVOKED, "'%s'",
			       verdict_name(&j->intermediate->cert.subject_cn, name, sizeof(name)));
	refuse_misplaced(j, &supplied, root);
	if (supplied.current + brought.current > 0)
		return 0;
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	if (supplied.critical + supplied.not_yet + supplied.stale > 0)
		refuse_unusable(j, &supplied, root);
	else if (supplied.bad_signature + supplied.of_intermediate == 0 && j->policy->require_crl)
		verdict_refuse(j->out, REASON_CRL_MISSING, "no current CRL of '%s'", root);
	return 0;
}
