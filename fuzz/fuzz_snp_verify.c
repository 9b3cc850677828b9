/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <jurat/verify.h>

#include "support/snp.h"
#include "support/verdict.h"
#include "verify/snp_fits.h"

/*
 * Evidence, endorsements, CRLs and a policy at once, one step away from being accepted. The software
 * platform signs what the fuzzer changed, where a flag says so, so that what stands behind the signatures
 * is reached.
 *
 * Input: two bytes of flags; report and certificate table, as fuzz_item() has them; the policy, a part;
 * then until the end files for the verifier: a byte FILE_* and an item.
 */
enum {
	MACHINE_MASK = 7, /* first byte */
	VLEK = 1 << 3,
	SIGN_REPORT = 1 << 4,
	SIGN_LEAF = 1 << 5,
	SIGN_CA = 1 << 6, /* intermediate and CRLs */
	PINNED = 1 << 7,  /* trusts AMD's roots only */

	TIME_MASK = 3, /* second byte: see at[] */
	WITH_POLICY = 1 << 2,
	NO_TABLE = 1 << 3,
	TWICE = 1 << 4, /* judged again, out of the caches */
	PIN = 1 << 5,   /* judged again by a policy that is made from the evidence */
	FITS = 1 << 6,  /* a host checks its table before guests get it */
};
enum { FILE_CERTIFICATES, FILE_CRL, FILE_REVOKING_CRL, FILE_TABLE, FILE_N_KINDS };

struct input {
	struct fuzz_snp *machine;
	uint8_t flags, more;
	struct bytes_rd in;
};

static enum sim_ca leaf_issuer(const struct input *i)
{
	return i->flags & VLEK ? SIM_ASVK : SIM_ASK;
}

/* Whether the platform itself issued it: then its signature holds already. */
static bool is_own(const struct input *i, const struct bytes_rd *der)
{
	const struct fuzz_bytes *own = &i->machine->tables[i->flags & VLEK ? 1 : 0];

	return der->size > 0 && memmem(own->p, own->n, der->data, der->size) != NULL;
}

/* The table with what was changed in it signed anew. */
static struct fuzz_bytes sign_table(const struct input *i, const struct fuzz_bytes *table)
{
	struct fuzz_bytes signed_der[SNP_CERTS_MAX_ENTRIES] = { 0 }, made = { 0 };
	struct snp_certs certs;
	size_t n;

	if (snp_certs_read(table->p, table->n, &certs, NULL) < 0)
		return fuzz_copy(table->p, table->n);
	for (unsigned k = 0; k < certs.n; k++) {
		struct snp_cert_entry *e = &certs.entries[k];
		bool leaf = e->kind == SNP_CERT_VCEK || e->kind == SNP_CERT_VLEK;
		bool ca = e->kind == SNP_CERT_ASK || e->kind == SNP_CERT_CRL;

		if ((!(leaf && i->flags & SIGN_LEAF) && !(ca && i->flags & SIGN_CA)) || is_own(i, &e->data))
			continue;
		signed_der[k] = fuzz_snp_sign_der(i->machine, leaf ? leaf_issuer(i) : SIM_ARK, e->data.data,
						  e->data.size);
		e->data = bytes_rd(signed_der[k].p, signed_der[k].n);
	}
	n = snp_certs_size(&certs);
	made = (struct fuzz_bytes){ malloc(n), n };
	must(made.p && snp_certs_write(&certs, made.p, n, &n, NULL) == 0);
	for (unsigned k = 0; k < certs.n; k++)
		fuzz_bytes_done(&signed_der[k]);
	return made;
}

static void add_file(struct input *i, struct jurat_verifier *v)
{
	uint8_t kind = fuzz_u8(&i->in) % FILE_N_KINDS;
	const struct fuzz_bytes *table = &i->machine->tables[i->flags & VLEK ? 1 : 0];
	auto_bytes crl = { 0 }, item = { 0 }, made = { 0 };

	switch (kind) {
	case FILE_TABLE:
	case FILE_CERTIFICATES:
		item = fuzz_item(&i->in, table->p, table->n);
		(void)!jurat_verifier_add_certificates(v, item.p, item.n, NULL, NULL);
		return;
	default:
		crl = fuzz_snp_crl(i->machine, kind == FILE_REVOKING_CRL, kind == FILE_REVOKING_CRL);
		item = fuzz_item(&i->in, crl.p, crl.n);
		made = i->flags & SIGN_CA ? fuzz_snp_sign_der(i->machine, SIM_ARK, item.p, item.n)
					  : fuzz_copy(item.p, item.n);
		if (jurat_verifier_add_crl(v, made.p, made.n, NULL) == 0)
			FUZZ_REACHED("a CRL is given");
	}
}

/* What no report may have that is accepted, whoever signed it. */
static void check_accepted(const struct input *i, const struct jurat_snp_evidence *e, bool default_policy)
{
	struct snp_report report;
	bool known = false;

	FUZZ_REACHED("a report is accepted");
	must(!(i->flags & PINNED));
	must(snp_report_read(e->report, e->report_size, &report, NULL) == 0);
	must(report.vmpl <= 3 && report.signature_algo == SNP_REPORT_ALGO_ECDSA_P384_SHA384);
	must(!(report.key_info & 1u << SNP_KEY_INFO_MASK_CHIP_KEY_BIT));
	must(!default_policy || !(report.policy >> SNP_POLICY_DEBUG_BIT & 1));
	if (i->flags & SIGN_REPORT)
		return;
	for (unsigned m = 0; m < FUZZ_SNP_MACHINES && !known; m++)
		for (unsigned vlek = 0; vlek < 2 && !known; vlek++)
			known = memcmp(fuzz_snp(m)->reports[vlek], e->report, SNP_REPORT_SIGNED_BYTES) == 0;
	must(known); /* nobody has signed anything else */
}

static void check_refused(const struct jurat_verdict *verdict)
{
	size_t n = jurat_verdict_reason_count(verdict);

	must(n > 0);
	for (size_t k = 0; k < n; k++) {
		const char *code = jurat_verdict_reason_code(verdict, k);

		must(code && jurat_verdict_reason_detail(verdict, k));
		if (strcmp(code, "intermediate-revoked") == 0)
			FUZZ_REACHED("a revoked intermediate");
		if (strcmp(code, "report-signature") == 0)
			FUZZ_REACHED("a report whose signature does not hold");
	}
}

static const int64_t at[TIME_MASK + 1] = { FUZZ_SNP_AT, 1500000000, 3000000000, INT64_MAX };

static struct jurat_verdict *judge(const struct input *i, struct jurat_verifier *v,
				   const struct jurat_snp_evidence *e, const struct jurat_policy *policy)
{
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_snp(v, e, policy, at[i->more & TIME_MASK], &verdict, NULL);

	must((r == 0) == (jurat_verdict_accepted(verdict) == 1));
	if (r == 0)
		check_accepted(i, e, policy == NULL);
	else
		check_refused(verdict);
	fuzz_use_verdict(verdict);
	return verdict;
}

/* Evidence is accepted by the policy that is made from it. */
static void pin(const struct input *i, struct jurat_verifier *v, const struct jurat_snp_evidence *e,
		const struct jurat_policy *policy, const struct jurat_verdict *verdict)
{
	struct jurat_policy *pinned = fuzz_policy_from(verdict, policy);
	struct jurat_verdict *again;

	if (!pinned)
		return;
	again = judge(i, v, e, pinned);
	if (jurat_verdict_accepted(verdict) == 1) {
		must(jurat_verdict_accepted(again) == 1);
		FUZZ_REACHED("a report is accepted by a policy made from it");
	}
	jurat_verdict_free(again);
	jurat_policy_free(pinned);
}

static void fits(const struct input *i, struct jurat_verifier *v, const struct fuzz_bytes *table)
{
	struct snp_signer signer = { .vlek = (i->flags & VLEK) != 0 };
	struct jurat_verdict *verdict = NULL;
	struct snp_report own;
	int r;

	must(snp_report_read(i->machine->reports[signer.vlek], SNP_REPORT_BYTES, &own, NULL) == 0);
	signer.product = i->machine->psp->product;
	memcpy(signer.chip_id, own.chip_id, sizeof(signer.chip_id));
	signer.reported_tcb = own.reported_tcb;
	r = snp_table_fits(v, &signer, table->p, table->n, at[i->more & TIME_MASK], &verdict, NULL);
	must(r == 0 || (r == JURAT_REFUSED && jurat_verdict_reason_count(verdict) > 0));
	if (r == 0)
		FUZZ_REACHED("a table fits");
	jurat_verdict_free(verdict);
}

static struct jurat_policy *read_policy(struct input *i)
{
	auto_bytes json = fuzz_part(&i->in);
	struct jurat_policy *policy = NULL;

	if (!(i->more & WITH_POLICY))
		return NULL;
	must(jurat_policy_new(&policy, NULL) == 0);
	if (jurat_policy_read_json(policy, (const char *)json.p, json.n, NULL) == 0)
		FUZZ_REACHED("a policy");
	return policy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input i = { .in = bytes_rd(data, size) };
	struct jurat_verifier *v;
	struct jurat_policy *policy;

	i.flags = fuzz_u8(&i.in);
	i.more = fuzz_u8(&i.in);
	i.machine = fuzz_snp(i.flags & MACHINE_MASK);
	auto_bytes report = fuzz_item(&i.in, i.machine->reports[i.flags & VLEK ? 1 : 0], SNP_REPORT_BYTES);
	const struct fuzz_bytes *own_table = &i.machine->tables[i.flags & VLEK ? 1 : 0];
	auto_bytes table = fuzz_item(&i.in, own_table->p, own_table->n);
	auto_bytes certs = sign_table(&i, &table), ark = fuzz_snp_ark(i.machine);

	if (i.flags & SIGN_REPORT && report.n == SNP_REPORT_BYTES)
		fuzz_snp_sign_report(i.machine, i.flags & VLEK, report.p);
	policy = read_policy(&i);
	must(jurat_verifier_new(&v, NULL) == 0);
	if (!(i.flags & PINNED))
		must(jurat_verifier_add_roots(v, ark.p, ark.n, NULL) == 0);
	for (unsigned k = 0; k < 4 && bytes_rd_left(&i.in) > 0; k++)
		add_file(&i, v);
	struct jurat_snp_evidence e = { .size = sizeof(e),
					.report = report.p,
					.report_size = report.n,
					.certs = certs.p,
					.certs_size = certs.n };
	if (i.more & NO_TABLE)
		e.certs = NULL;
	struct jurat_verdict *verdict = judge(&i, v, &e, policy);

	if (i.more & TWICE)
		jurat_verdict_free(judge(&i, v, &e, policy));
	if (i.more & PIN)
		pin(&i, v, &e, policy, verdict);
	if (i.more & FITS)
		fits(&i, v, &certs);
	jurat_verdict_free(verdict);
	jurat_policy_free(policy);
	jurat_verifier_free(v);
	return 0;
}
