/* SPDX-License-Identifier: MIT */
#include "verify/tdx_given.h"

#include "verify/tdx_tcb.h"
#include "verify/tdx_verdict.h"
#include "verify/verdict.h"
#include "wire/tdx_report.h"

static struct jurat_verifier *verifier_new(void)
{
	struct jurat_verifier *v;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	return v;
}

static struct jurat_verdict *judge(struct jurat_verifier *v, const uint8_t *quote, size_t n,
				   const struct jurat_tdx_collateral *collateral,
				   const struct jurat_policy *policy, int64_t at)
{
	struct jurat_tdx_evidence e = { .size = sizeof(e), .quote = quote, .quote_size = n };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_tdx(v, &e, collateral, policy, at, &verdict, NULL);

	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	return verdict;
}

struct expected {
	const char *codes[12];
	size_t n;
};

static void expect(struct expected *e, bool is, const char *code)
{
	if (is)
		e->codes[e->n++] = code;
}

static bool is_expected(const struct expected *e, const char *code)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(e->codes[i], code) == 0)
			return true;
	}
	return false;
}

/*
 * What the row says by Intel's library, and what is stricter here: certificates that have not begun, and by
 * policy debug (V7), attributes that are not established (V8), service TDs (V25).
 */
static struct expected expected_of(const struct tdx_case *c, const uint8_t *bytes, size_t n)
{
	struct expected e = { .n = 0 };
	struct tdx_quote q;

	if (strcmp(c->type, "quote-v3-sgx") == 0) {
		expect(&e, true, "not-a-td-quote");
		return e;
	}
	assert_int_equal(tdx_quote_read(bytes, n, &q, NULL), 0);
	expect(&e, strcmp(c->kind, "pcknotyet") == 0, "leaf-not-yet-valid");
	expect(&e, strcmp(c->qvl_pckchain, "CRL_EXPIRED") == 0, "crl-stale");
	expect(&e, strcmp(c->qvl_tcbinfo, "TCB_INFO_EXPIRED") == 0, "tcb-info-expired");
	expect(&e, strcmp(c->qvl_qeid, "ENCLAVE_IDENTITY_EXPIRED") == 0, "qe-identity-expired");
	expect(&e, strcmp(c->qvl_quote, "TCB_NOT_SUPPORTED") == 0, "tcb-not-supported");
	expect(&e, strcmp(c->qvl_quote, "TCB_OUT_OF_DATE") == 0, "tcb-status-not-accepted");
	expect(&e, q.body.td_attributes & 1, "td-debug");
	expect(&e, (q.body.td_attributes & ~TDX_ATTR_ESTABLISHED_MASK) != 0, "td-attributes-not-allowed");
	expect(&e, !bytes_all(q.body.mrservicetd, 48, 0), "service-td-not-allowed");
	return e;
}

static void assert_row(const struct tdx_case *c, const struct expected *e, const struct jurat_verdict *v)
{
	static const struct {
		const char *qvl;
		enum tcb_status status;
	} statuses[] = { { "OK", TCB_UP_TO_DATE },
			 { "TCB_OUT_OF_DATE", TCB_OUT_OF_DATE },
			 { "TCB_NOT_SUPPORTED", TCB_NOT_SUPPORTED } };
	size_t n = jurat_verdict_reason_count(v);

	for (size_t i = 0; i < n; i++) {
		if (!is_expected(e, jurat_verdict_reason_code(v, i)))
			FAIL_BECAUSE("%s: %s: %s", c->name, jurat_verdict_reason_code(v, i),
				     jurat_verdict_reason_detail(v, i));
	}
	if (n != e->n)
		FAIL_BECAUSE("%s: %zu reasons, expected %zu", c->name, n, e->n);
	assert_int_equal(jurat_verdict_accepted(v), e->n == 0);
	for (size_t i = 0; i < ARRAY_SIZE(statuses) && v->has_report; i++) {
		if (strcmp(c->qvl_quote, statuses[i].qvl) == 0)
			assert_int_equal(v->tdx->evaluation.status, statuses[i].status);
	}
}

static void judge_row(const struct tdx_case *c, void *context)
{
	struct jurat_tdx_collateral *collateral = tdx_given_collateral(c, 0);
	struct jurat_verdict *verdict;
	struct expected e;
	auto_free uint8_t *quote = NULL;
	size_t n;

	quote = given_read(c->quote, &n);
	e = expected_of(c, quote, n);
	verdict = judge(context, quote, n, collateral, NULL, atoll(c->now));
	assert_row(c, &e, verdict);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(collateral);
}

static void quotes_of_real_machines_are_judged_as_intels_library_does_or_stricter(void **state)
{
	struct jurat_verifier *v;

	if (!tdx_given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	v = verifier_new();
	assert_true(tdx_given_each(judge_row, v) > 200);
	assert_true(tdx_given_each(judge_row, v) > 200); /* and again from the caches */
	jurat_verifier_free(v);
}

static void each_part_of_the_collateral_is_missed(void **state)
{
	static const struct {
		unsigned without;
		const char *codes[4];
	} rows[] = {
		{ 1 << 0, { "collateral-missing" } },
		{ 1 << 1, { "collateral-missing" } },
		{ 1 << 2, { "crl-missing" } },
		{ 1 << 3, { "crl-missing", "crl-missing" } }, /* for the PCK CA and for the TCB signer */
		{ 1 << 4, { "tcb-signer-missing", "tcb-signer-missing" } },
		{ 1 << 5, { NULL } }, /* the quote has the root */
		{ 0x3f, { "collateral-missing" } },
	};
	char line[4096];
	struct tdx_case c;
	size_t n;

	if (!tdx_given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	c = tdx_given_find("fresh", "quote-v4-tdx", "OK", line);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free uint8_t *quote = given_read(c.quote, &n);
		struct jurat_tdx_collateral *collateral = tdx_given_collateral(&c, rows[i].without);
		struct jurat_verifier *v = verifier_new();
		struct jurat_policy *policy;
		struct jurat_verdict *verdict = judge(v, quote, n, collateral, NULL, atoll(c.now));
		size_t k = 0;

		for (; rows[i].codes[k]; k++)
			assert_string_equal(jurat_verdict_reason_code(verdict, k), rows[i].codes[k]);
		assert_int_equal(jurat_verdict_reason_count(verdict), k);
		jurat_verdict_free(verdict);

		assert_int_equal(jurat_policy_new(&policy, NULL), 0);
		assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
		verdict = judge(v, quote, n, collateral, policy, atoll(c.now));
		if (rows[i].without != 1 << 4) /* what is there must be believable all the same */
			assert_true(jurat_verdict_accepted(verdict));
		jurat_verdict_free(verdict);
		jurat_policy_free(policy);
		jurat_verifier_free(v);
		jurat_tdx_collateral_free(collateral);
	}
}

static struct jurat_tdx_collateral *collateral_of(const char *const *names, size_t n_names)
{
	struct jurat_tdx_collateral *collateral;

	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (size_t i = 0; i < n_names; i++) {
		size_t n;
		auto_free uint8_t *bytes = given_read(names[i], &n);

		assert_int_equal(jurat_tdx_collateral_add(collateral, bytes, n, NULL), 0);
	}
	return collateral;
}

/* The numbers of four quotes and the collateral of their days. */
static const char *const tdx_quote[] = {
	"Phala-Network+dcap-qvl/collateral-bundle__b0a5f5fd__tdx_quote_collateral.json"
};
static const char *const outdated[] = {
	"Phala-Network+dcap-qvl/collateral-bundle__05e91466__tdx_quote_outdated_collateral.json"
};
static const char *const v5_sample[] = {
	"google+go-tdx-guest/intel-tcbinfo__1cd56245__sample_tcbinfo_response_v5.json",
	"google+go-tdx-guest/intel-identity__86239584__sample_qeIdentity_response.json"
};
static const char *const spr_e4[] = {
	"google+go-tdx-guest/intel-tcbinfo__7f029eab__sample_tcbInfo_response.json",
	"google+go-tdx-guest/intel-identity__86239584__sample_qeIdentity_response.json"
};

static const struct {
	const char *const *names;
	size_t n_names;
	struct tcb_subject subject;
	enum tcb_status status, module, current;
} known[] = {
	{ tdx_quote,
	  1,
	  { .sgx = { 3, 3, 2, 2, 4, 1, 0, 5 }, .pcesvn = 11, .qe_isvsvn = 6, .tee_tcb_svn = { 6, 1, 3 } },
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ outdated,
	  1,
	  { .sgx = { 3, 3, 2, 2, 4, 1, 0, 3 },
	    .pcesvn = 13,
	    .qe_isvsvn = 7,
	    .tee_tcb_svn = { 7, 1, 3 },
	    .has_svn2 = true,
	    .tee_tcb_svn2 = { 13, 1, 3 } },
	  TCB_NOT_SUPPORTED,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ v5_sample,
	  2,
	  { .sgx = { 4, 4, 2, 2, 4, 1, 0, 5 },
	    .pcesvn = 13,
	    .qe_isvsvn = 7,
	    .tee_tcb_svn = { 11, 1, 4 },
	    .has_svn2 = true,
	    .tee_tcb_svn2 = { 13, 1, 4 } },
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE },
	{ spr_e4,
	  2,
	  { .sgx = { 3, 3, 2, 2, 2, 1, 0, 2 }, .pcesvn = 11, .qe_isvsvn = 4, .tee_tcb_svn = { 3, 0, 4 } },
	  TCB_NOT_SUPPORTED,
	  TCB_STATUS_NONE,
	  TCB_STATUS_NONE },
};

static void the_known_answers_are_found(void **state)
{
	if (!tdx_given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct jurat_tdx_collateral *c = collateral_of(known[i].names, known[i].n_names);
		struct tcb_evaluation e;

		assert_int_equal(c->n_tcb_infos, 1);
		assert_int_equal(c->n_identities, 1);
		tcb_evaluate(c->tcb_infos[0], c->identities[0], &known[i].subject, &e);
		assert_int_equal(e.status, known[i].status);
		assert_int_equal(e.module.status, known[i].module);
		assert_int_equal(e.current, known[i].current);
		jurat_tdx_collateral_free(c);
	}
}

static void a_real_quote_is_judged_with_its_one_file_of_collateral(void **state)
{
	static const char *const bundle[] = {
		"Phala-Network+dcap-qvl/collateral-bundle__05e91466__tdx_quote_outdated_collateral.json"
	};
	struct jurat_tdx_collateral *c;
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	auto_free uint8_t *quote = NULL;
	size_t n;

	if (!tdx_given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	c = collateral_of(bundle, 1);
	v = verifier_new();
	quote = given_read("Phala-Network+dcap-qvl/quote-v5-tdx__4c453ea4__tdx_quote_outdated.bin", &n);
	verdict = judge(v, quote, n, c, NULL, c->tcb_infos[0]->doc.issue_date + 86400);
	assert_int_equal(jurat_verdict_reason_count(verdict), 1);
	assert_string_equal(jurat_verdict_reason_code(verdict, 0), "tcb-not-supported");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
	jurat_tdx_collateral_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_of_real_machines_are_judged_as_intels_library_does_or_stricter),
		cmocka_unit_test(each_part_of_the_collateral_is_missed),
		cmocka_unit_test(the_known_answers_are_found),
		cmocka_unit_test(a_real_quote_is_judged_with_its_one_file_of_collateral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
