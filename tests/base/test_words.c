/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/words.h"

static const struct base_option options[] = {
	{ "roots", "FILE", NULL, true },
	{ "tee", "TEE", "auto|sev-snp|tdx", false },
	{ "tee-only", NULL, NULL, false },
	{ "at", "TIME", NULL, false },
};

static bool option(const void *table, size_t i, struct base_option *ret)
{
	const struct base_option *rows = table;

	if (i == ARRAY_SIZE(options))
		return false;
	*ret = rows[i];
	return true;
}

enum { MAX_WORDS = 8, RESULT_BYTES = 256 };

/* "roots=a +b roots=c ." for options, arguments and the end; "help", or the error's text. */
static void walk(const char *const words[MAX_WORDS], char result[RESULT_BYTES])
{
	char *copies[MAX_WORDS];
	struct base_words w = { .words = copies, .option = option, .table = options };
	struct jurat_error err = { "" };
	size_t at = 0, i = 99;

	for (; w.n < MAX_WORDS && words[w.n]; w.n++)
		copies[w.n] = (char *)heap_copy(words[w.n], strlen(words[w.n]) + 1);
	for (;;) {
		const char *value = NULL;
		int r = base_words_next(&w, &i, &value, &err);

		if (r == BASE_WORD_OPTION)
			test_text(result + at, RESULT_BYTES - at, "%s%s%s ", options[i].name,
				  value ? "=" : "", value ? value : "");
		else if (r == BASE_WORD_ARGUMENT)
			test_text(result + at, RESULT_BYTES - at, "+%s ", value);
		else
			test_text(result + at, RESULT_BYTES - at, "%s",
				  r == BASE_WORD_END    ? "."
				  : r == BASE_WORD_HELP ? "help"
							: err.text);
		at += strlen(result + at);
		if (r < 0)
			assert_int_equal(r, -EINVAL);
		if (r != BASE_WORD_OPTION && r != BASE_WORD_ARGUMENT)
			break;
	}
	for (int k = 0; k < w.n; k++) {
		assert_string_equal(copies[k], words[k]); /* nothing was moved */
		free(copies[k]);
	}
}

static void words_are_options_and_arguments(void **state)
{
	static const struct {
		const char *words[MAX_WORDS], *result;
	} rows[] = {
		{ { NULL }, "." },
		{ { "a", "b" }, "+a +b ." },
		{ { "--roots", "a", "b", "--roots=c" }, "roots=a +b roots=c ." },
		{ { "--roots=" }, "roots= ." },
		{ { "--roots=a=b" }, "roots=a=b ." },
		{ { "--roots", "" }, "roots= ." },
		{ { "" }, "+ ." },
		{ { "-" }, "+- ." },
		{ { "--roots", "-" }, "roots=- ." },
		{ { "--roots", "--at" }, "roots=--at ." },
		{ { "--roots", "--", "a" }, "roots=-- +a ." },
		{ { "--", "--at", "-h", "--" }, "+--at +-h +-- ." },
		{ { "a", "--", "b" }, "+a +b ." },
		{ { "--" }, "." },
		{ { "--tee", "tdx", "--tee-only" }, "tee=tdx tee-only ." },
		{ { "--tee=auto" }, "tee=auto ." },
		{ { "a", "--help", "--nonsense" }, "+a help" },
		{ { "-h" }, "help" },
		{ { "--at", "--help" }, "at=--help ." },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char result[RESULT_BYTES];

		walk(rows[i].words, result);
		assert_string_equal(result, rows[i].result);
	}
}

static void what_is_wrong_names_the_option(void **state)
{
	static const struct {
		const char *words[MAX_WORDS], *result;
	} rows[] = {
		{ { "--nonsense" }, "unknown option '--nonsense'" },
		{ { "--root", "a" }, "unknown option '--root'" }, /* no abbreviations */
		{ { "--rootss" }, "unknown option '--rootss'" },
		{ { "--te" }, "unknown option '--te'" },
		{ { "--Roots" }, "unknown option '--Roots'" },
		{ { "--=a" }, "unknown option '--=a'" },
		{ { "-r" }, "unknown option '-r'" },
		{ { "-roots" }, "unknown option '-roots'" },
		{ { "-help" }, "unknown option '-help'" },
		{ { "--help=x" }, "unknown option '--help=x'" },
		{ { "a", "--roots" }, "+a --roots: expected FILE" },
		{ { "--tee-only=yes" }, "--tee-only: takes no value" },
		{ { "--tee", "sgx" }, "--tee: expected one of auto|sev-snp|tdx, found 'sgx'" },
		{ { "--tee=" }, "--tee: expected one of auto|sev-snp|tdx, found ''" },
		{ { "--tee=sev" }, "--tee: expected one of auto|sev-snp|tdx, found 'sev'" },
		{ { "--tee=auto|tdx" }, "--tee: expected one of auto|sev-snp|tdx, found 'auto|tdx'" },
		{ { "--at", "1", "--at=2" }, "at=1 --at: used more than once" },
		{ { "--tee-only", "--tee-only" }, "tee-only --tee-only: used more than once" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char result[RESULT_BYTES];

		walk(rows[i].words, result);
		assert_string_equal(result, rows[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_options_and_arguments),
		cmocka_unit_test(what_is_wrong_names_the_option),
	};

	return cmocka_run_group_tests_name("base_words", tests, NULL, NULL);
}
