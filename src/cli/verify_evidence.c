/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"
#include "verify/render.h"

/* What is the same for one piece of evidence and for many. */

json_t *cli_verify_json(const struct jurat_verdict *verdict, const struct cli_verify *v)
{
	const char *how = verdict->tdx ? v->evidence->quote_how : v->evidence->report_how;
	struct render_json o = { 0 };
	json_t *root = render_verdict(verdict);

	if (how[0])
		render_put(&o, root, "decoded", json_string(how));
	if (json_array_size(v->fetched) > 0)
		render_put(&o, root, "fetched", json_copy(v->fetched));
	if (!o.bad)
		return root;
	json_decref(root);
	return NULL;
}

void cli_verify_begin(struct cli_verify *v, const struct cli_evidence *evidence)
{
	v->evidence = evidence;
	v->verifier = v->shared_verifier;
	v->collateral = v->shared_collateral;
	v->asked = (struct cli_verify_asked){ .n = 0 };
}

void cli_verify_end(struct cli_verify *v)
{
	jurat_verifier_free(v->own_verifier);
	jurat_tdx_collateral_free(v->own_collateral);
	v->own_verifier = NULL;
	v->own_collateral = NULL;
	v->evidence = NULL;
}

int cli_verify_own_verifier(struct cli *cli, struct cli_verify *v)
{
	int status;

	if (!v->several || v->own_verifier)
		return CLI_OK;
	status = cli_endorsements_verifier(cli, &v->kept, &v->own_verifier);
	if (status == CLI_OK)
		v->verifier = v->own_verifier;
	return status;
}

int cli_verify_own_collateral(struct cli *cli, struct cli_verify *v)
{
	int status;

	if (!v->several || v->own_collateral)
		return CLI_OK;
	status = cli_endorsements_collateral(cli, &v->kept, &v->own_collateral);
	if (status == CLI_OK)
		v->collateral = v->own_collateral;
	return status;
}

/* Verifies one piece of evidence with what is there. CLI_OK: there is a verdict. */
static int verify_once(struct cli *cli, struct cli_verify *v, bool quote, struct jurat_verdict **ret)
{
	const struct cli_evidence *loaded = v->evidence;
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = loaded->report,
					  .report_size = loaded->report_size,
					  .certs = loaded->certs,
					  .certs_size = loaded->certs_size };
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = loaded->quote,
					  .quote_size = loaded->quote_size,
					  .event_log = loaded->event_log,
					  .event_log_size = loaded->event_log_size };
	struct jurat_error err = { "" };
	const struct jurat_policy *policy = quote && v->quote_policy ? v->quote_policy : v->policy;
	int r;

	r = quote ? jurat_verify_tdx(v->verifier, &tdx, v->collateral, policy, v->at, ret, &err)
		  : jurat_verify_snp(v->verifier, &snp, policy, v->at, ret, &err);
	return r < 0 ? cli_fail(cli, CLI_INTERNAL, "%s", err.text) : CLI_OK;
}

int cli_verify_evidence(struct cli *cli, struct cli_verify *v, bool quote, struct jurat_verdict **ret)
{
	struct jurat_verdict *verdict = NULL;
	int status = verify_once(cli, v, quote, &verdict);
	bool more = true;

	json_array_clear(v->fetched);
	while (status == CLI_OK && v->fetch && more) {
		status = v->fetch(cli, v, verdict, &more);
		if (status == CLI_OK && more) {
			jurat_verdict_free(verdict);
			verdict = NULL;
			status = verify_once(cli, v, quote, &verdict);
		}
	}
	if (status == CLI_OK)
		*ret = verdict;
	else
		jurat_verdict_free(verdict);
	return status;
}
