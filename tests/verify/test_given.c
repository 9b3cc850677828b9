/* SPDX-License-Identifier: MIT */
#include "verify/given.h"

#include <jurat/verify.h>

#include "wire/snp_report.h"

/* Everything of one row, read. */
struct row {
	struct given_der report, leaf, intermediate, root;
	bool vlek;
	int64_t at;
};

static struct given_der read_der(const char *name)
{
	struct given_der der = { 0 };

	if (strcmp(name, "-") != 0)
		der.data = given_read(name, &der.size);
	return der;
}

static struct row row_read(const struct given_case *c)
{
	struct row row = {
		.report = read_der(c->report),
		.leaf = read_der(c->vek),
		.intermediate = read_der(c->intermediate),
		.root = read_der(c->root),
		.vlek = strcmp(c->signer, "vlek") == 0,
	};

	if (row.leaf.data)
		row.at = given_day_after(row.leaf.data, row.leaf.size);
	return row;
}

static void row_done(struct row *row)
{
	free((void *)(uintptr_t)row->report.data);
	free((void *)(uintptr_t)row->leaf.data);
	free((void *)(uintptr_t)row->intermediate.data);
	free((void *)(uintptr_t)row->root.data);
}

static void assert_reasons(const struct jurat_verdict *v, const char *const *codes, size_t n,
			   const char *what)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		if (i >= n || strcmp(jurat_verdict_reason_code(v, i), codes[i]) != 0)
			FAIL_BECAUSE("%s: reason %zu: %s: %s", what, i, jurat_verdict_reason_code(v, i),
				     jurat_verdict_reason_detail(v, i));
	}
	assert_int_equal(jurat_verdict_reason_count(v), n);
	assert_int_equal(jurat_verdict_accepted(v), n == 0);
}

static void assert_row(const struct given_case *c, const struct jurat_verdict *v)
{
	static const char *const debug[] = { "debug-allowed" }, *const missing[] = { "leaf-missing" };

	if (strcmp(c->outcome, "good") != 0)
		assert_reasons(v, missing, 1, c->report);
	else
		assert_reasons(v, debug, c->policy_debug[0] == '1', c->report);
}

static void judge_from_table(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = row_read(c);
	struct jurat_snp_evidence e = { .size = sizeof(e),
					.report = row.report.data,
					.report_size = row.report.size };
	struct jurat_verifier *verifier = context;
	struct jurat_verdict *verdict = NULL;
	auto_free uint8_t *table = given_table(row.vlek, row.leaf, row.intermediate, row.root, &e.certs_size);
	int r;

	e.certs = table;
	r = jurat_verify_snp(verifier, &e, NULL, row.at, &verdict, NULL);
	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	assert_row(c, verdict);
	jurat_verdict_free(verdict);
}

static void judge_from_given(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = row_read(c);
	struct jurat_snp_evidence e = { .size = sizeof(e),
					.report = row.report.data,
					.report_size = row.report.size };
	struct jurat_verdict *verdict = NULL;
	int r = jurat_verify_snp(context, &e, NULL, row.at, &verdict, NULL);

	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	if (strcmp(c->outcome, "good") ==
	    0) /* others' endorsements are there, so the nearest one is judged */
		assert_row(c, verdict);
	else
		assert_false(jurat_verdict_accepted(verdict));
	jurat_verdict_free(verdict);
}

static void add_all(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = row_read(c);
	const struct given_der *ders[] = { &row.leaf, &row.intermediate, &row.root };

	for (size_t i = 0; i < ARRAY_SIZE(ders); i++) {
		size_t n = 0;

		if (!ders[i]->data)
			continue;
		assert_int_equal(
			jurat_verifier_add_certificates(context, ders[i]->data, ders[i]->size, &n, NULL), 0);
		assert_int_equal(n, 1);
	}
}

static struct jurat_verifier *verifier_new(void)
{
	struct jurat_verifier *v;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	return v;
}

static void reports_of_real_machines_are_judged_as_expected(void **state)
{
	struct jurat_verifier *v;

	if (!given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	v = verifier_new();
	assert_true(given_each(judge_from_table, v) > 20);
	assert_true(given_each(judge_from_table, v) > 20); /* and again from the caches */
	jurat_verifier_free(v);
}

static void among_many_given_endorsements_the_right_one_is_found(void **state)
{
	struct jurat_verifier *v;

	if (!given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	v = verifier_new();
	given_each(add_all, v);
	assert_true(given_each(judge_from_given, v) > 20);
	assert_true(given_each(judge_from_given, v) > 20);
	jurat_verifier_free(v);
}

/* ---- one real report, and every bit of it and of its VCEK flipped */

struct flipping {
	struct jurat_verifier *verifier;
	struct jurat_snp_evidence evidence;
	uint8_t *report, *table;
	size_t leaf_at, leaf_size;
	int64_t at;
};

static void take_first_good(const struct given_case *c, void *context)
{
	struct flipping *f = context;
	struct row row auto_call(row_done) = { 0 };

	if (f->report || strcmp(c->outcome, "good") != 0 || c->policy_debug[0] == '1')
		return;
	row = row_read(c);
	f->report = heap_copy(row.report.data, row.report.size);
	f->table = given_table(row.vlek, row.leaf, row.intermediate, row.root, &f->evidence.certs_size);
	f->leaf_size = row.leaf.size;
	f->at = row.at;
	f->evidence.size = sizeof(f->evidence);
	f->evidence.report = f->report;
	f->evidence.report_size = row.report.size;
	f->evidence.certs = f->table;
	for (f->leaf_at = 0; memcmp(f->table + f->leaf_at, row.leaf.data, row.leaf.size) != 0; f->leaf_at++)
		;
}

static int flipping_begin(void **state)
{
	struct flipping *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	*state = f;
	if (!given_there())
		return 0;
	f->verifier = verifier_new();
	given_each(take_first_good, f);
	assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL), 0);
	return 0;
}

static int flipping_end(void **state)
{
	struct flipping *f = *state;

	jurat_verifier_free(f->verifier);
	free(f->report);
	free(f->table);
	free(f);
	return 0;
}

static void flip_all(struct flipping *f, uint8_t *bytes, size_t from, size_t to)
{
	if (!f->report)
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	for (size_t i = from; i < to; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes[i] ^= 1u << bit;
			if (jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL) !=
			    JURAT_REFUSED)
				FAIL_BECAUSE("byte %zu bit %u flipped, and yet not refused", i, bit);
			bytes[i] ^= 1u << bit;
		}
	}
	assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL), 0);
}

static void a_flipped_bit_anywhere_in_the_body_is_refused(void **state)
{
	struct flipping *f = *state;

	flip_all(f, f->report, 0, SNP_REPORT_SIGNED_BYTES);
}

static void a_flipped_bit_anywhere_in_the_signature_is_refused(void **state)
{
	struct flipping *f = *state;

	flip_all(f, f->report, SNP_REPORT_SIGNED_BYTES, SNP_REPORT_BYTES);
}

static void a_flipped_bit_anywhere_in_the_vcek_is_refused(void **state)
{
	struct flipping *f = *state;

	flip_all(f, f->table, f->leaf_at, f->leaf_at + f->leaf_size);
}

/* Any other length of report or table, on exact-size copies so that a sanitizer sees a read too far. */
static void a_truncation_anywhere_is_refused(void **state)
{
	struct flipping *f = *state;
	struct jurat_snp_evidence e = f->evidence;

	if (!f->report)
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	for (size_t n = 0; n < f->evidence.report_size; n++) {
		auto_free uint8_t *copy = heap_copy(f->report, n);

		e.report = copy;
		e.report_size = n;
		assert_int_equal(jurat_verify_snp(f->verifier, &e, NULL, f->at, NULL, NULL), JURAT_REFUSED);
	}
	e = f->evidence;
	for (size_t n = 0; n < f->evidence.certs_size; n++) {
		auto_free uint8_t *copy = heap_copy(f->table, n);

		e.certs = copy;
		e.certs_size = n;
		assert_int_equal(jurat_verify_snp(f->verifier, &e, NULL, f->at, NULL, NULL), JURAT_REFUSED);
	}
}

/* B46: the table that a host filled with PEM. */
static void pem_in_the_table_is_refused_by_that_name(void **state)
{
	static const char *const reasons[] = { "certificate-pem", "certificate-pem", "certificate-pem" };
	struct jurat_verifier *v;
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	auto_free uint8_t *report = NULL, *table = NULL;
	struct jurat_verdict *verdict;

	if (!given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	v = verifier_new();
	report = given_read("veraison+services/snp-report__8d8bfb3e__sevsnp-tsm-report.cbor.bin",
			    &e.report_size);
	table = given_read("veraison+services/snp-cert-table__9e37aaf8__sevsnp-tsm-report.bin",
			   &e.certs_size);
	e.report = report;
	e.certs = table;
	assert_int_equal(jurat_verify_snp(v, &e, NULL, 1750000000, &verdict, NULL), JURAT_REFUSED);
	assert_reasons(verdict, reasons, ARRAY_SIZE(reasons), "PEM");
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

/* The last second of ARK-Milan's term, in the evidence's certificate: its key is pinned, its word is not. */
static void a_pinned_key_in_an_altered_root_is_refused_b50(void **state)
{
	static const char *const reasons[] = { "root-signature" };
	struct flipping *f = *state;
	struct jurat_verdict *verdict;
	uint8_t *end;

	if (!f->report)
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	end = memmem(f->table, f->evidence.certs_size, "451022",
		     6); /* of the ASK: look behind it for the ARK's */
	assert_non_null(end);
	end = memmem(end + 1, f->evidence.certs_size - (size_t)(end + 1 - f->table), "451022", 6);
	assert_non_null(end);
	end[1] = '9';
	assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, &verdict, NULL),
			 JURAT_REFUSED);
	assert_reasons(verdict, reasons, 1, "altered root");
	jurat_verdict_free(verdict);
}

struct genoa {
	struct jurat_verifier *verifier;
	struct jurat_policy *policy;
	unsigned judged;
};

/* AMD's own CRL lists the ASK that was replaced, not the one in use; it was current until November 2025. */
static void judge_genoa(const struct given_case *c, void *context)
{
	static const char *const stale[] = { "crl-stale" };
	struct row row auto_call(row_done) = { 0 };
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct genoa *g = context;
	struct jurat_verdict *verdict;

	if (strcmp(c->outcome, "good") != 0 || strcmp(c->product, "Genoa") != 0)
		return;
	row = row_read(c);
	auto_free uint8_t *table = given_table(row.vlek, row.leaf, row.intermediate, row.root, &e.certs_size);

	e.report = row.report.data;
	e.report_size = row.report.size;
	e.certs = table;
	(void)!jurat_verify_snp(g->verifier, &e, g->policy, row.at, &verdict, NULL);
	assert_reasons(verdict, stale, row.at > 1762131600, c->report);
	jurat_verdict_free(verdict);
	g->judged |= row.at > 1762131600 ? 1 : 2;
}

static void the_vendors_crl_counts_while_it_is_current(void **state)
{
	struct genoa g = { 0 };
	size_t n;

	if (!given_there())
		SKIP_BECAUSE("JURAT_EVIDENCE names no evidence");
	auto_free uint8_t *crl = given_read("openpcc+openpcc/amd-crl__a3064b0a__sev_certificates.der", &n);

	g.verifier = verifier_new();
	assert_int_equal(jurat_verifier_add_crl(g.verifier, crl, n, NULL), 0);
	assert_int_equal(jurat_policy_new(&g.policy, NULL), 0);
	assert_int_equal(jurat_policy_set(g.policy, "require_crl", "true", NULL), 0);
	given_each(judge_genoa, &g);
	assert_int_equal(g.judged, 3); /* reports of before and after */
	jurat_policy_free(g.policy);
	jurat_verifier_free(g.verifier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_of_real_machines_are_judged_as_expected),
		cmocka_unit_test(among_many_given_endorsements_the_right_one_is_found),
		cmocka_unit_test_setup_teardown(a_flipped_bit_anywhere_in_the_body_is_refused, flipping_begin,
						flipping_end),
		cmocka_unit_test_setup_teardown(a_flipped_bit_anywhere_in_the_signature_is_refused,
						flipping_begin, flipping_end),
		cmocka_unit_test_setup_teardown(a_flipped_bit_anywhere_in_the_vcek_is_refused, flipping_begin,
						flipping_end),
		cmocka_unit_test_setup_teardown(a_truncation_anywhere_is_refused, flipping_begin,
						flipping_end),
		cmocka_unit_test_setup_teardown(a_pinned_key_in_an_altered_root_is_refused_b50,
						flipping_begin, flipping_end),
		cmocka_unit_test(the_vendors_crl_counts_while_it_is_current),
		cmocka_unit_test(pem_in_the_table_is_refused_by_that_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
