/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/struct.h"
#include "verify/policy_bits.h"
#include "verify/snp_judge.h"

enum { MAX_VMPL = 3 };

static void judge_reserved(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;
	struct jurat_error why;

	if (wire_check_zero(&snp_report_layout, r, &why) < 0)
		verdict_refuse(j->out, REASON_REPORT_RESERVED, "%s", why.text);
	if (r->version < 3 && (r->cpuid_fam_id | r->cpuid_mod_id | r->cpuid_step) != 0)
		verdict_refuse(j->out, REASON_REPORT_RESERVED, "CPUID at 0x188 in a version %u report",
			       r->version);
	if (r->version < 5 && (r->launch_mit_vector | r->current_mit_vector) != 0)
		verdict_refuse(j->out, REASON_REPORT_RESERVED,
			       "mitigation vectors at 0x1f8 in a version %u report", r->version);
}

static void judge_key_info(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;
	unsigned key = snp_key_info_signing_key(r->key_info);
	bool author_key = r->key_info >> SNP_KEY_INFO_AUTHOR_KEY_EN_BIT & 1;

	verdict_unknown_bits(j->out, &snp_key_info_bits, r->key_info, 0, 0, REASON_KEY_INFO_RESERVED);
	if (!snp_signing_key_name(key))
		verdict_refuse(j->out, REASON_KEY_INFO_RESERVED,
			       "key_info: SIGNING_KEY %u is unknown to this verifier, which knows 0, 1 and 7",
			       key);
	if (author_key == bytes_all(r->author_key_digest, sizeof(r->author_key_digest), 0))
		verdict_refuse(j->out, REASON_AUTHOR_KEY_INCONSISTENT,
			       "AUTHOR_KEY_EN is %d, author_key_digest is %s", author_key,
			       author_key ? "zero" : "not zero");
	if (r->key_info >> SNP_KEY_INFO_MASK_CHIP_KEY_BIT & 1)
		verdict_refuse(j->out, REASON_REPORT_UNSIGNED, "MASK_CHIP_KEY is set");
	else if (key == SNP_SIGNED_BY_NONE)
		verdict_refuse(j->out, REASON_REPORT_UNSIGNED, "the signing key is NONE");
	j->vlek = key == SNP_SIGNED_BY_VLEK;
}

static void judge_fields(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;

	judge_reserved(j);
	judge_key_info(j);
	if (r->signature_algo != SNP_REPORT_ALGO_ECDSA_P384_SHA384)
		verdict_refuse(
			j->out, REASON_SIGNATURE_ALGORITHM,
			"signature_algo %u is unknown to this verifier, which knows 1, ECDSA P-384 with "
			"SHA-384",
			r->signature_algo);
	if (!(r->policy >> SNP_POLICY_MUST_BE_ONE_BIT & 1))
		verdict_refuse(j->out, REASON_GUEST_POLICY_RESERVED,
			       "policy: bit 17, which must be one, is zero");
	verdict_unknown_bits(j->out, &snp_policy_bits, r->policy, 0, 0, REASON_GUEST_POLICY_RESERVED);
	policy_judge_unknown_bits(j->out, POLICY_PLATFORM_INFO, r->platform_info,
				  j->policy->allow_unknown_platform_info);
	if (r->vmpl > MAX_VMPL)
		verdict_refuse(j->out, REASON_VMPL_RANGE, "vmpl is %u, expected 0 to %d", r->vmpl, MAX_VMPL);
}

/* Determines the product from the CPUID fields. Version 2 has none: the issuer of the leaf decides later. */
static void judge_cpuid(struct snp_judge *j)
{
	const struct snp_report *r = &j->report;
	char names[SNP_PRODUCT_NAMES_BYTES];

	j->product = snp_product_of_report(r);
	if (r->version >= 3 && j->product == SNP_PRODUCT_UNKNOWN)
		verdict_refuse(j->out, REASON_PRODUCT_UNKNOWN,
			       "CPUID family 0x%x, model 0x%x is unknown to this verifier, which knows %s",
			       r->cpuid_fam_id, r->cpuid_mod_id, snp_product_names("and", names));
}

static void judge_tcbs(struct snp_judge *j)
{
	const struct {
		const char *name;
		uint64_t raw;
	} tcbs[] = {
		{ "current_tcb", j->report.current_tcb },
		{ "reported_tcb", j->report.reported_tcb },
		{ "committed_tcb", j->report.committed_tcb },
		{ "launch_tcb", j->report.launch_tcb },
	};
	struct snp_tcb tcb;

	if (j->product == SNP_PRODUCT_UNKNOWN)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tcbs); i++) {
		if (!snp_tcb_read(j->product, tcbs[i].raw, &tcb))
			verdict_refuse(j->out, REASON_TCB_MALFORMED,
				       "%s: 0x%016llx has bytes set that are no component of the TCB of %s "
				       "that this verifier knows",
				       tcbs[i].name, (unsigned long long)tcbs[i].raw,
				       snp_product_name(j->product));
	}
}

static bool has_signer(const struct snp_judge *j)
{
	unsigned key = snp_key_info_signing_key(j->report.key_info);

	return key == SNP_SIGNED_BY_VCEK || key == SNP_SIGNED_BY_VLEK;
}

static int judge_certificates(struct snp_judge *j, const struct jurat_snp_evidence *evidence)
{
	int r;

	crypto_sha384(j->report_bytes, SNP_REPORT_SIGNED_BYTES, j->digest);
	j->has_signature = snp_report_signature(&j->report, j->r, j->s);
	if (!has_signer(j)) {
		verdict_not_judged(j->out, NOT_JUDGED_CHAIN);
		verdict_not_judged(j->out, NOT_JUDGED_REPORT_SIGNATURE);
		verdict_not_judged(j->out, NOT_JUDGED_REVOCATION);
		return 0;
	}
	r = judge_table(j, evidence->certs, evidence->certs_size);
	if (r == 0)
		r = judge_leaf(j);
	if (r == 0)
		r = judge_chain(j);
	if (r == 0 && j->leaf_signed)
		r = judge_report_signature(j);
	if (r == 0)
		judge_missing(j);
	return r;
}

static int judge_all(struct snp_judge *j, const struct jurat_snp_evidence *evidence, struct jurat_error *err)
{
	struct jurat_error why;
	int r;

	r = evidence->report ? snp_report_read(evidence->report, evidence->report_size, &j->report, &why)
			     : -EBADMSG;
	if (r != -EPROTO && (r < 0 || evidence->report_size != SNP_REPORT_BYTES)) {
		verdict_refuse(j->out, REASON_REPORT_SIZE, "%zu bytes, expected %d", evidence->report_size,
			       SNP_REPORT_BYTES);
		return 0;
	}
	if (r < 0) {
		verdict_refuse(j->out, REASON_REPORT_VERSION, "%s", why.text);
		return 0;
	}
	j->report_bytes = evidence->report;
	j->out->report = j->report;
	j->out->has_report = true;
	judge_fields(j);
	judge_cpuid(j);
	j->out->vlek = j->vlek;
	r = judge_certificates(j, evidence);
	if (r < 0)
		return verdict_not_reached(err, r, "SEV-SNP report");
	j->out->product = j->product;
	judge_tcbs(j);
	judge_policy(j);
	return 0;
}

int jurat_verify_snp(struct jurat_verifier *verifier, const struct jurat_snp_evidence *evidence,
		     const struct jurat_policy *policy, int64_t at, struct jurat_verdict **ret,
		     struct jurat_error *err)
{
	struct jurat_verdict *verdict auto_call(verdict_drop) = NULL;
	struct snp_judge j auto_call(judge_done) = { 0 };
	struct jurat_snp_evidence e;
	struct jurat_policy fallback;
	int r;

	r = base_struct_take(&e, evidence, report_size, "jurat_snp_evidence", err);
	if (r < 0)
		return r;
	verdict = verdict_new();
	if (!verdict)
		return jurat_fail_memory(err);
	if (!policy) {
		policy_init(&fallback);
		policy = &fallback;
	}
	j.verifier = verifier;
	j.policy = policy;
	j.at = at;
	j.out = verdict;
	verdict->at = at;
	verdict->roots_given = verifier->roots_given;
	r = judge_all(&j, &e, err);
	if (r < 0)
		return r;
	assert(verdict->refused ||
	       (verdict->signature_holds && j.root_trusted && j.leaf_signed && verdict->root));
	r = verdict->refused ? JURAT_REFUSED : 0;
	if (r == JURAT_REFUSED)
		jurat_fail(err, r, "refused: %s: %s", jurat_verdict_reason_code(verdict, 0),
			   jurat_verdict_reason_detail(verdict, 0));
	if (ret)
		*ret = take_ptr(verdict);
	return r;
}
