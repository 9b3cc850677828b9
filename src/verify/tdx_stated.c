/* SPDX-License-Identifier: MIT */
#include "verify/tdx_stated.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/tdx_judge.h"

/* The root of a certificate that may be the TCB signer's: without a quote, no other chain leads to it. */
static int judge_root(struct tdx_judge *j)
{
	const struct cert_entry *found = NULL;

	for (size_t i = 0; i < j->collateral->n_certs; i++) {
		const struct cert_entry *entry = j->collateral->certs[i];

		if (!entry->cert.is_ca &&
		    (!found || tdx_is_named(&entry->cert.subject_cn, TDX_TCB_SIGNER_CN)))
			found = entry;
	}
	if (found)
		return tdx_judge_root(j, found);
	verdict_refuse(j->out, REASON_TCB_SIGNER_MISSING,
		       "TCB info: the certificate of the signer is missing");
	return 0;
}

static int judge_all(struct tdx_judge *j, const struct tdx_stated *stated)
{
	int r;

	memcpy(j->pck.fmspc, stated->fmspc, sizeof(j->pck.fmspc));
	memcpy(j->pck.pceid, stated->pceid, sizeof(j->pck.pceid));
	j->has_pck = true;
	j->out->has_report = true; /* as far as the TCB goes */
	j->tdx->has_pck = true;
	j->tdx->pck = j->pck;
	r = j->collateral ? judge_root(j) : 0;
	if (r == 0)
		r = tdx_judge_collateral(j);
	return r == 0 ? tdx_judge_stated(j, &stated->tcb) : r;
}

int tdx_stated_judge(struct jurat_verifier *verifier, const struct tdx_stated *stated,
		     const struct jurat_tdx_collateral *collateral, const struct jurat_policy *policy,
		     int64_t at, struct jurat_verdict **ret, struct jurat_error *err)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = verdict_new_tdx();
	struct tdx_judge j = { .verifier = verifier, .collateral = collateral, .policy = policy, .at = at };
	int r;

	if (!verdict)
		return jurat_fail_memory(err);
	j.out = verdict;
	j.tdx = verdict->tdx;
	verdict->at = at;
	verdict->roots_given = verifier->roots_given;
	r = judge_all(&j, stated);
	if (r < 0)
		return verdict_not_reached(err, r, "TCB of a TDX platform");
	r = verdict->refused ? JURAT_REFUSED : 0;
	*ret = take_ptr(verdict);
	return r;
}
