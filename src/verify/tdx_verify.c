/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/struct.h"
#include "verify/tdx_judge.h"

static void judge_done(struct tdx_judge *j)
{
	qe_entry_free(j->fresh_qe);
	cache_unpin(j->qe_slot);
}

static void not_judged_at_all(struct tdx_judge *j)
{
	verdict_not_judged(j->out, NOT_JUDGED_CHAIN);
	verdict_not_judged(j->out, NOT_JUDGED_REPORT_SIGNATURE);
	verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
	verdict_not_judged(j->out, NOT_JUDGED_TCB_STATUS);
}

static int judge_all(struct tdx_judge *j, size_t n, const uint8_t *log, size_t log_size)
{
	bool readable;
	int r = tdx_judge_quote(j, n, &readable);

	if (r < 0)
		return r;
	if (!readable) {
		not_judged_at_all(j);
		return 0;
	}
	r = tdx_judge_chain(j);
	if (r == 0)
		r = tdx_judge_collateral(j);
	if (r == 0) {
		j->out->leaf = cert_entry_share(j->leaf);
		j->out->intermediate = cert_entry_share(j->intermediate);
		j->out->root = cert_entry_share(j->root);
		j->tdx->has_pck = j->has_pck;
		j->tdx->pck = j->pck;
		r = tdx_judge_signatures(j);
	}
	if (r == 0)
		r = tdx_judge_tcb(j);
	if (r == 0)
		tdx_judge_policy(j);
	if (r == 0 && log)
		return tdx_judge_events(j, log, log_size);
	if (r == 0)
		tdx_judge_no_events(j);
	return r;
}

int verdict_tdx_again(struct jurat_verifier *verifier, const struct jurat_tdx_evidence *evidence,
		      const struct jurat_tdx_collateral *collateral, const struct jurat_policy *policy,
		      int64_t at, const struct jurat_verdict *before, struct jurat_verdict **ret,
		      struct jurat_error *err)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	struct tdx_judge j auto_call(judge_done) = { .verifier = verifier, .policy = policy, .at = at };
	struct jurat_tdx_evidence e;
	struct jurat_policy fallback;
	int r;

	r = base_struct_take(&e, evidence, quote_size, "jurat_tdx_evidence", err);
	if (r < 0)
		return r;
	if (!e.event_log && e.event_log_size > 0)
		return jurat_fail(err, -EINVAL, "event_log_size without event_log");
	verdict = verdict_new_tdx();
	if (!verdict)
		return jurat_fail_memory(err);
	if (!policy) {
		policy_init(&fallback);
		j.policy = &fallback;
	}
	/* Empty collateral is treated as none. */
	if (collateral &&
	    (collateral->n_certs + collateral->n_crls + collateral->n_tcb_infos + collateral->n_identities >
		     0 ||
	     collateral->unusable[COLLATERAL_TCB_INFO][0] || collateral->unusable[COLLATERAL_QE_IDENTITY][0]))
		j.collateral = collateral;
	j.bytes = e.quote;
	j.out = verdict;
	j.tdx = verdict->tdx;
	j.before = before && before->tdx ? &before->tdx->signed_as : NULL;
	verdict->at = at;
	verdict->roots_given = verifier->roots_given;
	r = judge_all(&j, e.quote ? e.quote_size : 0, e.event_log, e.event_log_size);
	if (r < 0)
		return verdict_not_reached(err, r, "TD quote");
	assert(verdict->refused ||
	       (verdict->signature_holds && j.root_trusted && j.intermediate_signed && j.leaf_signed &&
		j.has_pck && (j.policy->allow_no_collateral || j.tdx->has_evaluation)));
	r = verdict->refused ? JURAT_REFUSED : 0;
	if (r == JURAT_REFUSED)
		jurat_fail(err, r, "refused: %s: %s", jurat_verdict_reason_code(verdict, 0),
			   jurat_verdict_reason_detail(verdict, 0));
	if (ret)
		*ret = take_ptr(verdict);
	return r;
}

int jurat_verify_tdx(struct jurat_verifier *verifier, const struct jurat_tdx_evidence *evidence,
		     const struct jurat_tdx_collateral *collateral, const struct jurat_policy *policy,
		     int64_t at, struct jurat_verdict **ret, struct jurat_error *err)
{
	return verdict_tdx_again(verifier, evidence, collateral, policy, at, NULL, ret, err);
}
