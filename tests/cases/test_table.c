/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fnmatch.h>

#include <jurat/verify.h>

#include "cases/evidence.h"
#include "verify/reasons.h"

/*
 * The table of cases against jurat's own verifier, in this process. With an argument only the rows whose id
 * matches it (fnmatch): test_cases_table 'snp-vcek-*'.
 */
static const char *pattern = "*";

enum { REASONS_BYTES = 1024 };

static int make_table(void **state)
{
	static struct cases_table table;
	struct jurat_error err = { "" };

	if (cases_table_new(&table, &err) < 0)
		FAIL_BECAUSE("%s", err.text);
	*state = &table;
	return 0;
}

static int free_table(void **state)
{
	cases_table_done(*state);
	return 0;
}

static bool is_wanted(const struct cases_row *row)
{
	return fnmatch(pattern, row->id, 0) == 0;
}

/* Words of lower-case letters and digits with one hyphen between them. */
static bool is_id(const char *id, const char *begins)
{
	const size_t n = strlen(id);

	return n <= 80 && !strncmp(id, begins, strlen(begins)) && id[n - 1] != '-' && !strstr(id, "--") &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool is_sentence(const char *text)
{
	const size_t n = text ? strlen(text) : 0;

	return n >= 20 && n <= 200 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") > 0 &&
	       text[n - 1] == '.' && !strstr(text, "  ") && !strstr(text, " .") && !strchr(text, '\n');
}

static bool is_reason(const char *code)
{
	const char *found, *text;

	for (size_t i = 0; verify_reason_at(i, &found, &text); i++)
		if (!strcmp(found, code))
			return true;
	return false;
}

/* What is wrong with how a row is written; NULL: nothing. */
static const char *fault_of(const struct cases_row *row)
{
	if (!row->id || !is_id(row->id, row->tdx ? "tdx-" : "snp-"))
		return "the id is not snp-... or tdx-... of lower-case words with hyphens";
	if (!is_sentence(row->what))
		return "`what` is not one sentence of 20 to 200 characters that ends in a full stop";
	if (!row->spec || strlen(row->spec) < 6)
		return "`spec` names no document and section";
	if (row->items[CASES_MAX_ITEMS - 1] || row->reasons[CASES_MAX_REASONS - 1])
		return "items or reasons have no NULL at their end";
	if (row->tdx ? row->product != SNP_PRODUCT_UNKNOWN || row->report_version || row->vlek
		     : row->product == SNP_PRODUCT_UNKNOWN || row->generation)
		return "it has members of the other TEE, or no product";
	if ((unsigned)row->class >= CASES_N_CLASSES || (unsigned)row->verdict > CASES_EITHER)
		return "no such class or verdict";
	if (row->verdict == CASES_REFUSED && (!row->reasons[0] || row->class == CASES_GOOD))
		return "it is refused, but has no reason, or is of the class `good`";
	if (row->verdict == CASES_ACCEPTED && row->reasons[0])
		return "it is accepted, but has reasons";
	for (size_t i = 0; row->reasons[i]; i++)
		if (!is_reason(row->reasons[i]))
			return "a reason is none of jurat's codes";
	return NULL;
}

static void every_row_is_well_formed(void **state)
{
	const struct cases_table *table = *state;
	unsigned bad = 0;

	for (size_t i = 0; i < table->n; i++) {
		const char *fault = fault_of(&table->rows[i]);

		if (fault)
			test_say("%s: %s", table->rows[i].id ? table->rows[i].id : "(no id)", fault);
		bad += fault != NULL;
	}
	assert_int_equal(bad, 0);
}

static void ids_and_sentences_are_unique(void **state)
{
	const struct cases_table *table = *state;
	unsigned bad = 0;

	for (size_t i = 0; i < table->n; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct cases_row *a = &table->rows[i], *b = &table->rows[k];

			if (!strcmp(a->id, b->id) || !strcmp(a->what, b->what)) {
				test_say("%s and %s have the same id or sentence", a->id, b->id);
				bad++;
			}
		}
	}
	assert_int_equal(bad, 0);
}

static void add(char *list, const char *word)
{
	snprintf(list + strlen(list), REASONS_BYTES - strlen(list), "%s%s", list[0] ? " " : "", word);
}

static bool has(const char *list, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

/* The codes, each once, in the order in which the verdict has them; "" when it accepts. */
static void list_reasons(const struct jurat_verdict *v, char list[REASONS_BYTES])
{
	list[0] = '\0';
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		if (!has(list, jurat_verdict_reason_code(v, i)))
			add(list, jurat_verdict_reason_code(v, i));
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
	struct jurat_tdx_evidence tdx = { .size = sizeof(tdx),
					  .quote = quote ? quote->bytes : NULL,
					  .quote_size = quote ? quote->size : 0 };
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

static int verify(const struct cases_row *row, const struct cases_evidence *e, struct jurat_verdict **ret,
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

static void say_details(const struct jurat_verdict *v)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++)
		test_say("    %s: %s", jurat_verdict_reason_code(v, i), jurat_verdict_reason_detail(v, i));
}

/* Whether jurat's verdict is that of the row; says the difference. */
static bool is_right(struct cases_roots *roots, const struct cases_row *row)
{
	struct jurat_error err = { "" };
	struct jurat_verdict *verdict = NULL;
	struct cases_evidence e;
	char expected[REASONS_BYTES] = "", found[REASONS_BYTES];
	bool ret;

	for (size_t i = 0; row->reasons[i]; i++)
		add(expected, row->reasons[i]);
	if (cases_evidence_make(roots, row, &e, &err) < 0) {
		test_say("%s", err.text);
		return false;
	}
	if (verify(row, &e, &verdict, &err) < 0) {
		test_say("%s: not verified: %s", row->id, err.text);
		cases_evidence_done(&e);
		return false;
	}
	list_reasons(verdict, found);
	ret = !strcmp(expected, found);
	if (!ret) {
		test_say("%s: expected %s", row->id, expected[0] ? expected : "accepted");
		test_say("    found %s", found[0] ? found : "accepted");
		say_details(verdict);
	}
	jurat_verdict_free(verdict);
	cases_evidence_done(&e);
	return ret;
}

static void every_row_has_its_verdict_and_reasons(void **state)
{
	const struct cases_table *table = *state;
	struct cases_roots *roots;
	unsigned n = 0, bad = 0;

	assert_int_equal(cases_roots_new(&roots, NULL), 0);
	for (size_t i = 0; i < table->n; i++) {
		if (!is_wanted(&table->rows[i]))
			continue;
		n++;
		bad += !is_right(roots, &table->rows[i]);
	}
	cases_roots_free(roots);
	if (n == 0)
		FAIL_BECAUSE("no id matches '%s'", pattern);
	if (bad > 0)
		FAIL_BECAUSE("%u of %u are wrong", bad, n);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_well_formed),
		cmocka_unit_test(ids_and_sentences_are_unique),
		cmocka_unit_test(every_row_has_its_verdict_and_reasons),
	};

	if (argc > 1)
		pattern = argv[1];
	return cmocka_run_group_tests(tests, make_table, free_table);
}
