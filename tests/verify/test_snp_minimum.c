/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "support/fail_memory.h"
#include "verify/snp_minimum.h"

#define ROW(more) "{\"minimums\":[{\"product\":\"Genoa\",\"bulletin\":\"B\"" more "}]}"
#define TCB       ",\"minimum_tcb\":{\"snp\":\"0x1b\",\"microcode\":84}"

/* Every text is read from a heap copy of its exact size. */
static int read_text(const char *text, size_t n, struct snp_minimums *ret, struct jurat_error *err)
{
	char *copy = malloc(n + 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, n);
	copy = realloc(copy, n > 0 ? n : 1);
	r = snp_minimums_read(copy, n, ret, err);
	free(copy);
	return r;
}

static void a_table_is_read_with_all_that_it_says(void **state)
{
	static const char text[] = "{\"comment\":[1],\"minimums\":["
				   "{\"product\":\"genoa\",\"bulletin\":\"AMD-SB-3027\",\"title\":\"a "
				   "title\",\"published\":\"2026-01-"
				   "15\","
				   "\"required_from\":\"2026-02-01T12:00:00Z\",\"cpuid\":{\"family\":"
				   "\"0x19\",\"model\":17,\"stepping\":"
				   "1},"
				   "\"minimum_tcb\":{\"microcode\":\"0x56\"}},"
				   "{\"product\":\"Turin\",\"bulletin\":\"B\",\"published\":\"1970-01-02\","
				   "\"minimum_tcb\":{\"fmc\":0,"
				   "\"snp\":255}},"
				   "{\"product\":\"Milan\",\"bulletin\":\"C\",\"minimum_tcb\":{\"snp\":1}}]}";
	struct snp_minimums table = { .rows = NULL };
	struct jurat_error err = { "" };

	(void)state;
	assert_int_equal(read_text(text, strlen(text), &table, &err), 0);
	assert_int_equal(table.n, 3);
	assert_int_equal(table.rows[0].product, SNP_GENOA);
	assert_string_equal(table.rows[0].bulletin, "AMD-SB-3027");
	assert_string_equal(table.rows[0].title, "a title");
	assert_true(table.rows[0].has_published);
	assert_int_equal(table.rows[0].published, 1768435200);
	assert_int_equal(table.rows[0].required_from, 1769947200);
	assert_true(table.rows[0].has_cpuid && table.rows[0].has_stepping);
	assert_int_equal(table.rows[0].family, 0x19);
	assert_int_equal(table.rows[0].model, 0x11);
	assert_int_equal(table.rows[0].stepping, 1);
	assert_int_equal(table.rows[0].tcb.microcode, 0x56);
	assert_true(table.rows[0].named[SNP_TCB_MICROCODE]);
	assert_false(table.rows[0].named[SNP_TCB_SNP]);
	assert_int_equal(table.rows[1].required_from, 86400);
	assert_true(table.rows[1].named[SNP_TCB_FMC]);
	assert_true(table.rows[2].required_from == INT64_MIN);
	assert_false(table.rows[2].has_cpuid);
	snp_minimums_done(&table);
}

static const struct {
	const char *text, *why;
} wrong_tables[] = {
	{ "", "line 1, column 0: '[' or '{' expected near end of file" },
	{ "[]", "expected an object with the member minimums" },
	{ "{}", "expected an object with the member minimums" },
	{ "{\"minimums\":{}}", "minimums: expected an array of 1 to 1024 rows" },
	{ "{\"minimums\":[]}", "minimums: expected an array of 1 to 1024 rows" },
	{ "{\"minimums\":[1]}", "minimums, 1: expected an object" },
	{ "{\"minimum\":[],\"minimums\":[1]}", "minimum: unknown member" },
	{ "{\"minimums\":[{\"bulletin\":\"B\"" TCB "}]}", "minimums, 1: product: missing" },
	{ "{\"minimums\":[{\"product\":\"Genoa\"" TCB "}]}", "minimums, 1: bulletin: missing" },
	{ ROW(""), "minimums, 1: minimum_tcb: missing" },
	{ ROW(",\"minimum_tcb\":{}"),
	  "minimums, 1: minimum_tcb: expected an object of TCB components, such as {\"snp\": 27}" },
	{ ROW(",\"minimum_tcb\":27"),
	  "minimums, 1: minimum_tcb: expected an object of TCB components, such as {\"snp\": 27}" },
	{ ROW(",\"minimum_tcb\":{\"ucode\":1}"), "minimums, 1: minimum_tcb: ucode: unknown TCB component" },
	{ ROW(",\"minimum_tcb\":{\"fmc\":1}"),
	  "minimums, 1: minimum_tcb: fmc: not a TCB component of Genoa" },
	{ ROW(",\"minimum_tcb\":{\"snp\":256}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":-1}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":\"27\"}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":\"0x\"}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":\"0x+1\"}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":\"0x1g\"}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":\"0x-1\"}"),
	  "minimums, 1: minimum_tcb: snp: expected a number from 0 to 255, or \"0x00\" to \"0xff\"" },
	{ ROW(",\"minimum_tcb\":{\"snp\":1,\"snp\":2}"),
	  "line 1, column 75: duplicate object key near '\"snp\"'" },
	{ ROW(TCB ",\"snp\":1"), "minimums, 1: snp: unknown member" },
	{ ROW(TCB ",\"title\":\"\""),
	  "minimums, 1: title: expected text of 1 to 160 printable ASCII characters" },
	{ ROW(TCB ",\"title\":\"a\\u0000b\""), "line 1, column 109: \\u0000 is not allowed without "
					       "JSON_ALLOW_NUL near '\"a\\u0000b\"'" },
	{ ROW(TCB ",\"title\":\"a\\nb\""),
	  "minimums, 1: title: expected text of 1 to 160 printable ASCII characters" },
	{ ROW(TCB ",\"published\":\"2026\""), "minimums, 1: published: expected a date such as "
					      "\"2026-01-31\" or \"2026-01-31T12:00:00Z\"" },
	{ ROW(TCB ",\"required_from\":1"),
	  "minimums, 1: required_from: expected a date such as \"2026-01-31\" or "
	  "\"2026-01-31T12:00:00Z\"" },
	{ ROW(TCB ",\"cpuid\":{\"family\":25}"),
	  "minimums, 1: cpuid: expected an object of family, model and, optionally, stepping" },
	{ ROW(TCB ",\"cpuid\":[]"),
	  "minimums, 1: cpuid: expected an object of family, model and, optionally, stepping" },
	{ ROW(TCB ",\"cpuid\":{\"family\":25,\"model\":17,\"step\":1}"),
	  "minimums, 1: cpuid: step: unknown member" },
	{ ROW(TCB ",\"cpuid\":{\"family\":25,\"model\":1}"),
	  "minimums, 1: cpuid: family 0x19, model 0x1 is not of Genoa" },
	{ "{\"minimums\":[{\"product\":\"Rome\",\"bulletin\":\"B\"" TCB "}]}",
	  "minimums, 1: product: expected Milan, Genoa or Turin" },
	{ ROW(TCB) "x", "line 1, column 94: end of file expected near 'x'" },
};

static void what_is_wrong_with_a_table_is_named_with_its_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong_tables); i++) {
		struct snp_minimums table = { .n = 77 };
		struct jurat_error err = { "" };

		assert_int_equal(read_text(wrong_tables[i].text, strlen(wrong_tables[i].text), &table, &err),
				 -EBADMSG);
		assert_string_equal(err.text, wrong_tables[i].why);
		assert_int_equal(table.n, 77);
	}
}

static void every_truncation_is_refused(void **state)
{
	static const char text[] = ROW(TCB ",\"title\":\"t\",\"cpuid\":{\"family\":25,\"model\":17}");

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		struct snp_minimums table = { .n = 77 };
		struct jurat_error err = { "" };

		assert_int_equal(read_text(text, n, &table, &err), -EBADMSG);
		assert_int_equal(table.n, 77);
	}
}

static int read_once(void *ctx)
{
	static const char text[] = ROW(TCB);
	struct snp_minimums table = { .rows = NULL };
	int r;

	(void)ctx;
	fail_memory_resume();
	r = snp_minimums_read(text, strlen(text), &table, NULL);
	fail_memory_pause();
	assert_int_equal(table.n, r == 0);
	snp_minimums_done(&table);
	return r;
}

static void without_memory_nothing_is_read(void **state)
{
	(void)state;
	assert_true(fail_memory_each(read_once, NULL) >= 1);
}

static void a_row_counts_for_its_processors_from_its_day_on(void **state)
{
	static const struct {
		struct snp_minimum_subject subject;
		int64_t at;
		enum snp_minimum_state state;
	} rows[] = {
#define IS(p, snp_svn, cpuid, m, s) { SNP_##p, { .snp = (snp_svn) }, cpuid, 0x19, m, s }
		{ IS(GENOA, 26, true, 0x11, 1), 100, SNP_MINIMUM_SHORT },
		{ IS(GENOA, 27, true, 0x11, 1), 100, SNP_MINIMUM_MET },
		{ IS(GENOA, 28, true, 0x11, 1), 100, SNP_MINIMUM_MET },
		{ IS(GENOA, 26, true, 0x11, 1), 99, SNP_MINIMUM_OTHER },
		{ IS(GENOA, 26, true, 0x11, 2), 100, SNP_MINIMUM_OTHER },
		{ IS(GENOA, 26, true, 0x12, 1), 100, SNP_MINIMUM_OTHER },
		{ IS(MILAN, 26, true, 0x11, 1), 100, SNP_MINIMUM_OTHER },
		{ IS(PRODUCT_UNKNOWN, 26, true, 0x11, 1), INT64_MAX, SNP_MINIMUM_OTHER },
		{ IS(GENOA, 26, false, 0, 0), 100, SNP_MINIMUM_UNDECIDED },
		{ IS(GENOA, 27, false, 0, 0), 100, SNP_MINIMUM_MET },
	};
	struct snp_minimum row = { .product = SNP_GENOA,
				   .has_cpuid = true,
				   .has_stepping = true,
				   .family = 0x19,
				   .model = 0x11,
				   .stepping = 1,
				   .required_from = 100,
				   .tcb = { .snp = 27, .microcode = 84 } };

	(void)state;
	row.named[SNP_TCB_SNP] = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(snp_minimum_state(&row, &rows[i].subject, rows[i].at), rows[i].state);
	row.named[SNP_TCB_MICROCODE] = true; /* 0 in all of the subjects */
	assert_int_equal(snp_minimum_state(&row, &rows[1].subject, 100), SNP_MINIMUM_SHORT);
	row.has_stepping = false;
	assert_int_equal(snp_minimum_state(&row, &rows[4].subject, 100), SNP_MINIMUM_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_read_with_all_that_it_says),
		cmocka_unit_test(what_is_wrong_with_a_table_is_named_with_its_row),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(without_memory_nothing_is_read),
		cmocka_unit_test(a_row_counts_for_its_processors_from_its_day_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
