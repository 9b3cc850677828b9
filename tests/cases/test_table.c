/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fnmatch.h>

#include <jurat/verify.h>

#include "cases/verified.h"
#include "verify/reasons.h"

/*
 * The table of cases against jurat's own verifier, in this process. With an argument only the rows whose id
 * matches it (fnmatch): test_cases_table 'snp-vcek-*'.
 */
static const char *pattern = "*";

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
	char expected[VERIFIED_REASONS_BYTES] = "", found[VERIFIED_REASONS_BYTES];
	bool ret;

	for (size_t i = 0; row->reasons[i]; i++)
		verified_add(expected, row->reasons[i]);
	if (cases_evidence_make(roots, row, &e, &err) < 0) {
		test_say("%s", err.text);
		return false;
	}
	if (verified_verdict(row, &e, &verdict, &err) < 0) {
		test_say("%s: not verified: %s", row->id, err.text);
		cases_evidence_done(&e);
		return false;
	}
	verified_reasons(verdict, found);
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
