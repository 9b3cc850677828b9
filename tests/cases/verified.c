/* SPDX-License-Identifier: MIT */
#include "cases/verified.h"

#include "support/test.h"

#include <errno.h>

void verified_add(char list[VERIFIED_REASONS_BYTES], const char *word)
{
	const size_t n = strlen(list);

	test_text(list + n, VERIFIED_REASONS_BYTES - n, "%s%s", n ? " " : "", word);
}

static bool has(const char *list, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

void verified_reasons(const struct jurat_verdict *v, char list[VERIFIED_REASONS_BYTES])
{
	list[0] = '\0';
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		if (!has(list, jurat_verdict_reason_code(v, i)))
			verified_add(list, jurat_verdict_reason_code(v, i));
}

static int verify_snp(const struct cases_evidence *e, struct jurat_verifier *v, const struct jurat_policy *p,
		      struct jurat_verdict **ret, struct jurat_error *err)
{
	const struct sim_forged_file *report = sim_forged_find(&e->forged, "report.bin");
	const struct sim_forged_file *certs = sim_forged_find(&e->forged, "certs.bin");
	const struct sim_forged_file *crl = sim_forged_find(&e->forged, "crl.der");
	struct jurat_snp_evidence snp = { .size = sizeof(snp),
					  .report = report ? report->bytes : NULL,
					  .report_size = report ? report->size : 0,
					  .certs = certs ? certs->bytes : NULL,
					  .certs_size = certs ? certs->size : 0 };

	/* One that cannot be read is missing, for those who require it. */
	if (crl && jurat_verifier_add_crl(v, crl->bytes, crl->size, err) == -ENOMEM)
		return -ENOMEM;
	return jurat_verify_snp(v, &snp, p, e->at, ret, err);
}

static int verify_tdx(const struct cases_evidence *e, struct jurat_verifier *v, const struct jurat_policy *p,
		      struct jurat_verdict **ret, struct jurat_error *err)
{
	const struct sim_forged_file *quote = sim_forged_find(&e->forged, "quote.bin");
	const struct sim_forged_file *log = sim_forged_find(&e->forged, "event-log.bin");
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = quote ? quote->bytes : NULL,
					  .quote_size = quote ? quote->size : 0,
					  .event_log = log ? log->bytes : NULL,
					  .event_log_size = log ? log->size : 0 };
	struct jurat_tdx_collateral *collateral;
	int r = jurat_tdx_collateral_new(&collateral, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < e->forged.n; i++) {
		const struct sim_forged_file *f = &e->forged.files[i];

		if (!strncmp(f->name, "collateral/", 11) &&
		    jurat_tdx_collateral_add(collateral, f->bytes, f->size, err) == -ENOMEM)
			r = -ENOMEM;
	}
	if (r == 0)
		r = jurat_verify_tdx(v, &tdx, collateral, p, e->at, ret, err);
	jurat_tdx_collateral_free(collateral);
	return r;
}

int verified_verdict(const struct cases_row *row, const struct cases_evidence *e, struct jurat_verdict **ret,
		     struct jurat_error *err)
{
	struct jurat_verifier *v = NULL;
	struct jurat_policy *p = NULL;
	int r = jurat_verifier_new(&v, err);

	if (r == 0)
		r = jurat_policy_new(&p, err);
	if (r == 0 && e->policy)
		r = jurat_policy_read_json(p, e->policy, strlen(e->policy), err);
	if (r == 0 && e->root)
		r = jurat_verifier_add_roots(v, e->root, e->root_size, err);
	if (r == 0)
		r = row->tdx ? verify_tdx(e, v, p, ret, err) : verify_snp(e, v, p, ret, err);
	jurat_policy_free(p);
	jurat_verifier_free(v);
	return r;
}
