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
	char codes[256];
};

static void expect(struct expected *e, bool is, const char *code)
{
	size_t n = strlen(e->codes);

	if (is)
		test_text(e->codes + n, sizeof(e->codes) - n, "%s%s", n > 0 ? "," : "", code);
}

/*
 * What the row says. By Intel's library, that is its answers and what is stricter here: certificates that
 * have not begun, and by policy debug (V7), attributes that are not established (V8), service TDs (V25).
 */
static struct expected expected_of(const struct tdx_case *c, const uint8_t *bytes, size_t n)
{
	struct expected e = { "" };
	struct tdx_quote q;

	if (c->reasons[0] || strcmp(c->type, "quote-v3-sgx") == 0) {
		expect(&e, true, c->reasons[0] ? c->reasons : "not-a-td-quote");
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
	expect(&e, !e.codes[0], "-");
	return e;
}

static void assert_status(const struct tdx_case *c, const struct jurat_verdict *v)
{
	static const struct {
		const char *qvl, *status;
	} names[] = { { "OK", "UpToDate" },
		      { "TCB_OUT_OF_DATE", "OutOfDate" },
		      { "TCB_NOT_SUPPORTED", "NotSupported" } };
	const char *expected = c->status;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(c->qvl_quote, names[i].qvl) == 0)
			expected = names[i].status;
	if (!expected[0] || !v->has_report)
		return;
	if (strcmp(tcb_status_name(v->tdx->evaluation.status), expected) != 0)
		FAIL_BECAUSE("%s: %s, expected %s", c->name, tcb_status_name(v->tdx->evaluation.status),
			     expected);
}

static void judge_row(const struct tdx_case *c, void *context)
{
	struct jurat_tdx_collateral *collateral = tdx_given_collateral(c, 0);
	struct jurat_verdict *verdict;
	struct expected e;
	auto_free uint8_t *quote = NULL;
	size_t n;

	quote = evidence_read(c->folder, c->quote, &n);
	e = expected_of(c, quote, n);
	verdict = judge(context, quote, n, collateral, NULL, c->now);
	assert_given_reasons(verdict, e.codes, c->name);
	assert_status(c, verdict);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(collateral);
}

enum { N_VECTORS = 146 };

static void quotes_get_the_status_and_the_reasons_of_their_tables(void **state)
{
	struct jurat_verifier *v = verifier_new();

	assert_true(tdx_given_each(judge_row, v) >= N_VECTORS);
	assert_true(tdx_given_each(judge_row, v) >= N_VECTORS); /* and again from the caches */
	jurat_verifier_free(v);
}

static const struct {
	unsigned without;
	const char *codes[4];
} parts[] = {
	{ 1 << 0, { "collateral-missing" } },
	{ 1 << 1, { "collateral-missing" } },
	{ 1 << 2, { "crl-missing" } },
	{ 1 << 3, { "crl-missing" } }, /* once, for the PCK CA and the TCB signer alike */
	{ 1 << 4, { "tcb-signer-missing", "tcb-signer-missing" } },
	{ 1 << 5, { NULL } }, /* the quote has the root */
	{ 0x3f, { "collateral-missing" } },
};

static void judge_without_parts(const struct tdx_case *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t n, k = 0;
		auto_free uint8_t *quote = evidence_read(c->folder, c->quote, &n);
		struct jurat_tdx_collateral *collateral = tdx_given_collateral(c, parts[i].without);
		struct jurat_verifier *v = verifier_new();
		struct jurat_policy *policy;
		struct jurat_verdict *verdict = judge(v, quote, n, collateral, NULL, c->now);

		for (; parts[i].codes[k]; k++)
			assert_string_equal(jurat_verdict_reason_code(verdict, k), parts[i].codes[k]);
		assert_int_equal(jurat_verdict_reason_count(verdict), k);
		jurat_verdict_free(verdict);

		assert_int_equal(jurat_policy_new(&policy, NULL), 0);
		assert_int_equal(jurat_policy_set(policy, "allow_no_collateral", "true", NULL), 0);
		verdict = judge(v, quote, n, collateral, policy, c->now);
		if (parts[i].without != 1 << 4) /* what is there must be believable all the same */
			assert_true(jurat_verdict_accepted(verdict));
		jurat_verdict_free(verdict);
		jurat_policy_free(policy);
		jurat_verifier_free(v);
		jurat_tdx_collateral_free(collateral);
	}
}

static void each_part_of_the_collateral_is_missed(void **state)
{
	tdx_given_each_accepted(judge_without_parts);
}

/* NULL: one of these files is nowhere. Parts of names, as evidence_find() takes them. */
static struct jurat_tdx_collateral *collateral_of(const char *const names[2])
{
	struct jurat_tdx_collateral *collateral;

	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (size_t i = 0; i < 2 && names[i]; i++) {
		size_t n;
		auto_free uint8_t *bytes = evidence_find(names[i], &n);

		if (!bytes) {
			jurat_tdx_collateral_free(collateral);
			return NULL;
		}
		assert_int_equal(jurat_tdx_collateral_add(collateral, bytes, n, NULL), 0);
	}
	return collateral;
}

/*
 * Numbers of quotes and the collateral of their days. The vectors: the platform's own TCB, and one more in
 * the first SGX component. The others: four real quotes.
 */
static const struct {
	const char *names[2];
	struct tcb_subject subject;
	enum tcb_status status, module, current;
} known[] = {
	{ { "tcb_info-OutOfDate-UpToDate", "qe_identity-UpToDate" },
	  { .sgx = { 3, 3, 2, 2, 4, 1, 0, 5 }, .pcesvn = 13, .qe_isvsvn = 7, .tee_tcb_svn = { 7, 1, 3 } },
	  TCB_OUT_OF_DATE,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ { "tcb_info-OutOfDate-UpToDate", "qe_identity-UpToDate" },
	  { .sgx = { 4, 3, 2, 2, 4, 1, 0, 5 }, .pcesvn = 13, .qe_isvsvn = 7, .tee_tcb_svn = { 7, 1, 3 } },
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ { "b0a5f5fd" },
	  { .sgx = { 3, 3, 2, 2, 4, 1, 0, 5 }, .pcesvn = 11, .qe_isvsvn = 6, .tee_tcb_svn = { 6, 1, 3 } },
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ { "05e91466" },
	  { .sgx = { 3, 3, 2, 2, 4, 1, 0, 3 },
	    .pcesvn = 13,
	    .qe_isvsvn = 7,
	    .tee_tcb_svn = { 7, 1, 3 },
	    .has_svn2 = true,
	    .tee_tcb_svn2 = { 13, 1, 3 } },
	  TCB_NOT_SUPPORTED,
	  TCB_UP_TO_DATE,
	  TCB_STATUS_NONE },
	{ { "1cd56245", "86239584" },
	  { .sgx = { 4, 4, 2, 2, 4, 1, 0, 5 },
	    .pcesvn = 13,
	    .qe_isvsvn = 7,
	    .tee_tcb_svn = { 11, 1, 4 },
	    .has_svn2 = true,
	    .tee_tcb_svn2 = { 13, 1, 4 } },
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE,
	  TCB_UP_TO_DATE },
	{ { "7f029eab", "86239584" },
	  { .sgx = { 3, 3, 2, 2, 2, 1, 0, 2 }, .pcesvn = 11, .qe_isvsvn = 4, .tee_tcb_svn = { 3, 0, 4 } },
	  TCB_NOT_SUPPORTED,
	  TCB_STATUS_NONE,
	  TCB_STATUS_NONE },
	{ { "1b96f799", "86239584" },
	  { .sgx = { 3, 3, 2, 2, 2, 1, 0, 2 }, .pcesvn = 11, .qe_isvsvn = 4, .tee_tcb_svn = { 3, 0, 4 } },
	  TCB_NOT_SUPPORTED,
	  TCB_STATUS_NONE,
	  TCB_STATUS_NONE },
};

static void the_known_answers_are_found(void **state)
{
	unsigned found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct jurat_tdx_collateral *c = collateral_of(known[i].names);
		struct tcb_evaluation e;

		if (!c)
			continue;
		assert_int_equal(c->n_tcb_infos, 1);
		assert_int_equal(c->n_identities, 1);
		tcb_evaluate(c->tcb_infos[0], c->identities[0], &known[i].subject, &e);
		assert_int_equal(e.status, known[i].status);
		assert_int_equal(e.module.status, known[i].module);
		assert_int_equal(e.current, known[i].current);
		jurat_tdx_collateral_free(c);
		found++;
	}
	assert_true(found >= 2);
}

/* A quote and its one file of collateral, by parts of their names; false: they are nowhere. */
static bool judge_with_bundle(const char *quote_name, const char *bundle, const char *codes)
{
	struct jurat_tdx_collateral *c = collateral_of((const char *const[2]){ bundle });
	struct jurat_verifier *v;
	struct jurat_verdict *verdict;
	auto_free uint8_t *quote = NULL;
	size_t n;

	if (!c)
		return false;
	v = verifier_new();
	quote = evidence_find(quote_name, &n);
	assert_non_null(quote);
	verdict = judge(v, quote, n, c, NULL, c->tcb_infos[0]->doc.issue_date + 86400);
	assert_given_reasons(verdict, codes, quote_name);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
	jurat_tdx_collateral_free(c);
	return true;
}

static void a_quote_is_judged_with_its_one_file_of_collateral(void **state)
{
	assert_true(judge_with_bundle("tdx/v4.bin", "tdx/bundle.json", "-"));
	judge_with_bundle("4c453ea4", "05e91466", "tcb-not-supported");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_get_the_status_and_the_reasons_of_their_tables),
		cmocka_unit_test(each_part_of_the_collateral_is_missed),
		cmocka_unit_test(the_known_answers_are_found),
		cmocka_unit_test(a_quote_is_judged_with_its_one_file_of_collateral),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
