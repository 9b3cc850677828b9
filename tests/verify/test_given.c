/* SPDX-License-Identifier: MIT */
#include "verify/given.h"

#include "wire/snp_report.h"

/* Everything of one row, read. */
struct row {
	struct given_der report, leaf, intermediate, root;
	bool vlek;
	int64_t at;
};

static struct given_der read_der(const struct given_case *c, const char *name)
{
	struct given_der der = { 0 };

	if (strcmp(name, "-") != 0)
		der.data = evidence_read(c->folder, name, &der.size);
	return der;
}

static struct row row_read(const struct given_case *c)
{
	struct row row = {
		.report = read_der(c, c->report),
		.leaf = read_der(c, c->vek),
		.intermediate = read_der(c, c->intermediate),
		.root = read_der(c, c->root),
		.vlek = strcmp(c->signer, "vlek") == 0,
	};

	row.at = c->at;
	if (row.leaf.data && row.at == 0)
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
	assert_given_reasons(verdict, c->reasons, c->report);
	jurat_verdict_free(verdict);
}

/* With the right endorsements it would be accepted, but perhaps for its policy. */
static bool is_good(const struct given_case *c)
{
	return strcmp(c->reasons, "-") == 0 || strcmp(c->reasons, "debug-allowed") == 0;
}

static void judge_from_given(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = row_read(c);
	struct jurat_snp_evidence e = { .size = sizeof(e),
					.report = row.report.data,
					.report_size = row.report.size };
	struct jurat_verdict *verdict = NULL;
	struct jurat_verifier *const *verifiers = context;
	int r = jurat_verify_snp(verifiers[c->folder->is_real], &e, NULL, row.at, &verdict, NULL);

	assert_non_null(verdict);
	assert_int_equal(r, jurat_verdict_accepted(verdict) ? 0 : JURAT_REFUSED);
	if (is_good(c))
		assert_given_reasons(verdict, c->reasons, c->report);
	else /* of real ones the right leaf is nowhere; of the vectors it is with another case */
		assert_int_equal(jurat_verdict_accepted(verdict), !c->folder->is_real);
	jurat_verdict_free(verdict);
}

static void add_all(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = row_read(c);
	struct jurat_verifier *const *verifiers = context;
	const struct given_der *ders[] = { &row.leaf, &row.intermediate, &row.root };

	for (size_t i = 0; i < ARRAY_SIZE(ders); i++) {
		size_t n = 0;

		if (!ders[i]->data)
			continue;
		assert_int_equal(jurat_verifier_add_certificates(verifiers[c->folder->is_real], ders[i]->data,
								 ders[i]->size, &n, NULL),
				 0);
		assert_int_equal(n, 1);
	}
}

static struct jurat_verifier *verifier_new(void)
{
	struct jurat_verifier *v;

	assert_int_equal(jurat_verifier_new(&v, NULL), 0);
	return v;
}

enum { N_VECTORS = 41 };

static void reports_are_accepted_or_refused_as_their_tables_say(void **state)
{
	struct jurat_verifier *v = verifier_new();

	assert_true(given_each(judge_from_table, v) >= N_VECTORS);
	assert_true(given_each(judge_from_table, v) >= N_VECTORS); /* and again from the caches */
	jurat_verifier_free(v);
}

static void among_many_given_endorsements_the_right_one_is_found(void **state)
{
	/* for the vectors, and for real reports: a product has one root */
	struct jurat_verifier *verifiers[] = { verifier_new(), verifier_new() };

	given_each(add_all, verifiers);
	assert_true(given_each(judge_from_given, verifiers) >= N_VECTORS);
	assert_true(given_each(judge_from_given, verifiers) >= N_VECTORS);
	for (size_t i = 0; i < ARRAY_SIZE(verifiers); i++)
		jurat_verifier_free(verifiers[i]);
}

/* ---- one vector, one real report where there is one, and every bit of them and of their VCEKs flipped */

struct flipping {
	struct jurat_verifier *verifier;
	struct jurat_snp_evidence evidence;
	uint8_t *report, *table;
	size_t leaf_at, leaf_size, root_at;
	int64_t at;
};
enum { FLIPPED = 2 };

static size_t place_of(const struct flipping *f, const struct given_der *der)
{
	const uint8_t *at = memmem(f->table, f->evidence.certs_size, der->data, der->size);

	assert_non_null(at);
	return (size_t)(at - f->table);
}

static void take_first_good(const struct given_case *c, void *context)
{
	struct flipping *f = (struct flipping *)context + c->folder->is_real;
	struct row row auto_call(row_done) = { 0 };

	if (f->report || strcmp(c->reasons, "-") != 0)
		return;
	row = row_read(c);
	f->report = heap_copy(row.report.data, row.report.size);
	f->table = given_table(row.vlek, row.leaf, row.intermediate, row.root, &f->evidence.certs_size);
	f->leaf_at = place_of(f, &row.leaf);
	f->leaf_size = row.leaf.size;
	f->root_at = place_of(f, &row.root);
	f->at = row.at;
	f->evidence.size = sizeof(f->evidence);
	f->evidence.report = f->report;
	f->evidence.report_size = row.report.size;
	f->evidence.certs = f->table;
	f->verifier = verifier_new();
	assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL), 0);
}

static int flipping_begin(void **state)
{
	struct flipping *f = calloc(FLIPPED, sizeof(*f));

	assert_non_null(f);
	*state = f;
	given_each(take_first_good, f);
	return 0;
}

static int flipping_end(void **state)
{
	struct flipping *f = *state;

	for (size_t i = 0; i < FLIPPED; i++) {
		jurat_verifier_free(f[i].verifier);
		free(f[i].report);
		free(f[i].table);
	}
	free(f);
	return 0;
}

/* The vector, then the real one; NULL when there is no more. */
static struct flipping *next_flipping(struct flipping *all, size_t *i)
{
	while (*i < FLIPPED && !all[*i].report)
		++*i;
	return *i < FLIPPED ? &all[(*i)++] : NULL;
}

static void flip_all(struct flipping *f, uint8_t *bytes, size_t from, size_t to)
{
	for (size_t bit = 8 * from; bit < 8 * to; bit += test_step()) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL) != JURAT_REFUSED)
			FAIL_BECAUSE("byte %zu bit %zu flipped, and yet not refused", bit / 8, bit % 8);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, NULL, NULL), 0);
}

static void a_flipped_bit_anywhere_in_the_body_is_refused(void **state)
{
	struct flipping *f;
	size_t i = 0;

	assert_non_null(((struct flipping *)*state)->report);
	while ((f = next_flipping(*state, &i)))
		flip_all(f, f->report, 0, SNP_REPORT_SIGNED_BYTES);
}

static void a_flipped_bit_anywhere_in_the_signature_is_refused(void **state)
{
	struct flipping *f;
	size_t i = 0;

	while ((f = next_flipping(*state, &i)))
		flip_all(f, f->report, SNP_REPORT_SIGNED_BYTES, SNP_REPORT_BYTES);
}

static void a_flipped_bit_anywhere_in_the_vcek_is_refused(void **state)
{
	struct flipping *f;
	size_t i = 0;

	while ((f = next_flipping(*state, &i)))
		flip_all(f, f->table, f->leaf_at, f->leaf_at + f->leaf_size);
}

/* Any other length of report or table, on exact-size copies so that a sanitizer sees a read too far. */
static void truncate_all(struct flipping *f)
{
	struct jurat_snp_evidence e = f->evidence;

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

static void a_truncation_anywhere_is_refused(void **state)
{
	struct flipping *f;
	size_t i = 0;

	while ((f = next_flipping(*state, &i)))
		truncate_all(f);
}

/* B46: the table that a host filled with PEM. */
static void verify_with_pem_table(const struct evidence_row *row, const uint8_t *table, size_t n,
				  void *context)
{
	struct jurat_snp_evidence e = { .size = sizeof(e), .certs = table, .certs_size = n };
	struct jurat_verifier *v = verifier_new();
	auto_free uint8_t *report = NULL;
	struct jurat_verdict *verdict;

	report = evidence_read(row->folder,
			       row->folder->is_real
				       ? "veraison+services/snp-report__8d8bfb3e__sevsnp-tsm-report.cbor.bin"
				       : "snp/milan-v3-vcek.bin",
			       &e.report_size);
	e.report = report;
	assert_int_equal(jurat_verify_snp(v, &e, NULL, 1750000000, &verdict, NULL), JURAT_REFUSED);
	assert_given_reasons(verdict, "certificate-pem", evidence_value(row, "file"));
	assert_int_equal(jurat_verdict_reason_count(verdict), 3);
	jurat_verdict_free(verdict);
	jurat_verifier_free(v);
}

static void pem_in_the_table_is_refused_by_that_name(void **state)
{
	assert_true(evidence_each_file("snp-cert-table", verify_with_pem_table, NULL) >= 1);
}

/* Another last year of the root's term, in the evidence's certificate: its key is pinned, its word is not. */
static void a_pinned_key_in_an_altered_root_is_refused_b50(void **state)
{
	static const uint8_t time_tag[] = { 0x17, 0x0d };
	struct flipping *f;
	size_t i = 0;

	while ((f = next_flipping(*state, &i))) {
		size_t left = f->evidence.certs_size - f->root_at;
		struct jurat_verdict *verdict;
		uint8_t *begin = memmem(f->table + f->root_at, left, time_tag, sizeof(time_tag)), *end;

		assert_non_null(begin);
		end = begin + sizeof(time_tag) + 13;
		assert_memory_equal(end, time_tag, sizeof(time_tag));
		end[sizeof(time_tag) + 1] ^= 1;
		assert_int_equal(jurat_verify_snp(f->verifier, &f->evidence, NULL, f->at, &verdict, NULL),
				 JURAT_REFUSED);
		assert_given_reasons(verdict, "root-signature", "altered root");
		jurat_verdict_free(verdict);
	}
}

struct revocation {
	const struct evidence_folder *folder;
	struct jurat_verifier *verifier;
	struct jurat_policy *policy;
	int64_t next_update;
	unsigned before, after; /* reports of times at which it was current, and no more */
};

/* The CRL lists an authority that is not in use, so what matters is whether it is current. */
static void judge_genoa(const struct given_case *c, void *context)
{
	struct row row auto_call(row_done) = { 0 };
	struct jurat_snp_evidence e = { .size = sizeof(e) };
	struct revocation *r = context;
	struct jurat_verdict *verdict;

	if (c->folder != r->folder || strcmp(c->reasons, "-") != 0 || strcmp(c->product, "Genoa") != 0 ||
	    strcmp(c->signer, "vcek") != 0)
		return;
	row = row_read(c);
	if (!c->folder->is_real && c->at == 0)
		return; /* before the CRL begins */
	auto_free uint8_t *table = given_table(row.vlek, row.leaf, row.intermediate, row.root, &e.certs_size);

	e.report = row.report.data;
	e.report_size = row.report.size;
	e.certs = table;
	(void)!jurat_verify_snp(r->verifier, &e, r->policy, row.at, &verdict, NULL);
	assert_given_reasons(verdict, row.at > r->next_update ? "crl-stale" : "-", c->report);
	jurat_verdict_free(verdict);
	if (row.at > r->next_update)
		r->after++;
	else
		r->before++;
}

static void verify_with_crl(const struct evidence_row *row, const uint8_t *crl, size_t n, void *context)
{
	struct revocation r = { .folder = row->folder, .verifier = verifier_new() };

	/* AMD's was current until November 2025 */
	r.next_update = row->folder->is_real ? 1762131600 : atoll(evidence_fact(row, "next="));
	assert_int_equal(jurat_verifier_add_crl(r.verifier, crl, n, NULL), 0);
	assert_int_equal(jurat_policy_new(&r.policy, NULL), 0);
	assert_int_equal(jurat_policy_set(r.policy, "require_crl", "true", NULL), 0);
	given_each(judge_genoa, &r);
	assert_true(r.before > 0 && r.after > 0);
	jurat_policy_free(r.policy);
	jurat_verifier_free(r.verifier);
}

static void the_vendors_crl_counts_while_it_is_current(void **state)
{
	assert_true(evidence_each_file("amd-crl", verify_with_crl, NULL) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_accepted_or_refused_as_their_tables_say),
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
