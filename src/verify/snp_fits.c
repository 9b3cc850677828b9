/* SPDX-License-Identifier: MIT */
#include "verify/snp_fits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/snp_judge.h"

enum { REPORT_VERSION = 3 }; /* with the product in the report, not guessed from the certificate */

/* Guests take the certificates from this table only, in printed order of their GUIDs. */
static void judge_entries(struct snp_judge *j, const uint8_t *table, size_t n)
{
	static const struct {
		enum snp_cert_kind kind;
		enum verify_reason missing;
	} needed[] = {
		{ SNP_CERT_ASK, REASON_INTERMEDIATE_MISSING },
		{ SNP_CERT_ARK, REASON_ROOT_MISSING },
	};
	struct jurat_error why;
	struct snp_certs certs;

	if (snp_certs_read(table, n, &certs, &why) < 0)
		verdict_refuse(j->out, REASON_TABLE_MALFORMED, "%s", why.text);
	else if (snp_certs_is_mixed_endian(table, n))
		verdict_refuse(j->out, REASON_TABLE_MALFORMED, "GUIDs in EFI's mixed-endian order");
	else if (certs.size > SNP_CERTS_LINUX_MAX_BYTES)
		verdict_refuse(j->out, REASON_TABLE_MALFORMED, "%zu bytes: a Linux guest takes at most %d",
			       certs.size, SNP_CERTS_LINUX_MAX_BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!snp_certs_find(&j->table, needed[i].kind))
			verdict_refuse(j->out, needed[i].missing, "the table has no %s entry",
				       snp_cert_name(needed[i].kind));
}

int snp_table_fits(struct jurat_verifier *verifier, const struct snp_signer *signer, const uint8_t *table,
		   size_t n, int64_t at, struct jurat_verdict **ret, struct jurat_error *err)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = verdict_new();
	struct snp_judge j auto_call(judge_done) = { .verifier = verifier,
						     .at = at,
						     .out = verdict,
						     .no_report = true,
						     .product = signer->product,
						     .vlek = signer->vlek };
	struct jurat_policy fallback;
	struct snp_tcb tcb;
	int r;

	if (!verdict)
		return jurat_fail_memory(err);
	policy_init(&fallback);
	j.policy = &fallback;
	j.report.version = REPORT_VERSION;
	j.report.reported_tcb = signer->reported_tcb;
	memcpy(j.report.chip_id, signer->chip_id, sizeof(j.report.chip_id));
	verdict->at = at;
	verdict->roots_given = verifier->roots_given;
	verdict->vlek = signer->vlek;
	verdict->product = signer->product;
	if (!snp_tcb_read(signer->product, signer->reported_tcb, &tcb))
		verdict_refuse(verdict, REASON_TCB_MALFORMED, "%s has no reported TCB 0x%016" PRIx64,
			       snp_product_name(signer->product), signer->reported_tcb);
	r = judge_table(&j, table, n);
	if (r == 0)
		judge_entries(&j, table, n);
	if (r == 0)
		r = judge_leaf(&j);
	if (r == 0)
		r = judge_chain(&j);
	if (r < 0)
		return verdict_not_reached(err, r, "certificate table");
	if (!verdict->refused && !(j.root_trusted && j.leaf_signed))
		verdict_refuse(verdict, REASON_ROOT_NOT_TRUSTED, "the chain was not verified");
	if (verdict->refused)
		jurat_fail(err, JURAT_REFUSED, "%s: %s", jurat_verdict_reason_code(verdict, 0),
			   jurat_verdict_reason_detail(verdict, 0));
	r = verdict->refused ? JURAT_REFUSED : 0;
	if (ret)
		*ret = take_ptr(verdict);
	return r;
}
