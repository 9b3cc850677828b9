/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/complete.h"
#include "base/text_stream.h"

static struct base_complete_verb verb;
static struct base_complete_option option;

static bool get_verb(size_t i, struct base_complete_verb *ret)
{
	*ret = verb;
	return i == 0;
}

static bool get_option(size_t of, size_t i, struct base_complete_option *ret)
{
	*ret = option;
	return of == 0 && i == 0;
}

static int print(const char *shell, char **ret)
{
	static const struct base_complete program = { "prog", get_verb, get_option };
	struct text_stream stream;
	int r;

	assert_int_equal(text_stream_open(&stream), 0);
	r = base_complete_print(stream.to, &program, shell);
	assert_int_equal(text_stream_close(&stream, ret, NULL), 0);
	return r;
}

static void a_row_has_what_the_table_says(void **state)
{
	static const struct {
		const char *args, *value, *choices, *items;
		bool has_commands, any_case, repeatable;
		const char *takes, *kind;
	} rows[] = {
		{ "FILE", "FILE", .takes = "-\tfile'", .kind = "file\t-\tonce\tFILE" },
		{ "EVIDENCE...", "FILE|DIR", .repeatable = true, .takes = "-\tfile ...'",
		  .kind = "file\t-\tmany\tFILE|DIR" },
		{ "", NULL, .takes = "-\t'", .kind = "flag\t-\tonce\t-" },
		{ "-- PROGRAM [ARGUMENT]...", "DIR", .takes = "-\tprogram ...'",
		  .kind = "dir\t-\tonce\tDIR" },
		{ "[VERB [COMMAND]]", "HEX|@FILE", .takes = "-\tverb command'",
		  .kind = "atfile\t-\tonce\tHEX|@FILE" },
		{ "a DIR BLOB | b [NAME]... | c", "NAME", "x|y", .has_commands = true, .any_case = true,
		  .takes = "b\ttext ...'", .kind = "names\tx|y\tonce\tNAME" },
		{ "a DIR BLOB | b", "NAME", "x|y", .has_commands = true, .takes = "a\tdir file'",
		  .kind = "words\tx|y\tonce\tNAME" },
		{ "a | b -- ADAPTER", "LIST", NULL, "x|y", .has_commands = true, .takes = "b\tprogram'",
		  .kind = "list\tx|y\tonce\tLIST" },
		{ "unix:PATH", "unix:PATH|PROFILE", .takes = "-\ttext'", .kind = "text\t-\tonce\tunix:PATH" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *text = NULL;

		verb = (struct base_complete_verb){ "verb", "sum", rows[i].args, rows[i].has_commands };
		option = (struct base_complete_option){ .name = "option",
							.help = "a user's `$help`",
							.value = rows[i].value,
							.choices = rows[i].choices,
							.items = rows[i].items,
							.commands = "a|b",
							.any_case = rows[i].any_case,
							.repeatable = rows[i].repeatable };
		assert_int_equal(print("bash", &text), 0);
		assert_non_null(strstr(text, "\t'verb\tverb\tsum'\n"));
		assert_non_null(strstr(text, rows[i].takes));
		assert_non_null(strstr(text, rows[i].kind));
		assert_non_null(strstr(text, "\t'option\tverb\toption\ta|b\t"));
		assert_non_null(strstr(text, "\ta user'\\''s `$help`'\n"));
	}
}

static void every_shell_gets_its_script_and_no_other_has_one(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	auto_free char *none = NULL;

	verb = (struct base_complete_verb){ "verb", "sum", "", false };
	option = (struct base_complete_option){ .name = "option", .help = "help" };
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		auto_free char *text = NULL;

		assert_int_equal(print(shells[i], &text), 0);
		assert_non_null(strstr(text, "prog"));
		assert_null(strstr(text, "@PROGRAM@"));
		assert_null(strstr(text, "@TABLE@"));
	}
	assert_int_equal(print("csh", &none), -EINVAL);
	assert_string_equal(none, "");
}

static void what_a_shell_would_read_differently_is_refused(void **state)
{
	static const char *const texts[] = { "a\\b", "a\tb", "a\nb" };

	verb = (struct base_complete_verb){ "verb", "sum", "", false };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_free char *text = NULL;

		option = (struct base_complete_option){ .name = "option", .help = texts[i] };
		assert_int_equal(print("fish", &text), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_what_the_table_says),
		cmocka_unit_test(every_shell_gets_its_script_and_no_other_has_one),
		cmocka_unit_test(what_a_shell_would_read_differently_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
