/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/text_stream.h"

enum { LINES = 300 }; /* more than a stream keeps to itself */

static int write_lines(void *ctx)
{
	const char *line = ctx;
	struct text_stream s;
	char *text = NULL;
	size_t n = 0;
	int r;

	fail_memory_resume();
	r = text_stream_open(&s);
	if (r == 0) {
		for (int i = 0; i < LINES; i++)
			fprintf(s.to, "%s", line);
		r = text_stream_close(&s, &text, &n);
	}
	(void)fail_memory_pause();
	if (r != 0) {
		assert_null(text);
		return r;
	}
	assert_int_equal(n, LINES * strlen(line));
	assert_int_equal(strlen(text), n);
	for (int i = 0; i < LINES; i++)
		assert_memory_equal(text + (size_t)i * strlen(line), line, strlen(line));
	free(text);
	return 0;
}

static void a_text_is_whole_or_not_there(void **state)
{
	static char line[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

	assert_true(fail_memory_each(write_lines, line) > 2);
}

static void a_text_has_a_nul_behind_it_also_when_it_is_empty(void **state)
{
	struct text_stream s;
	char *text = NULL;
	size_t n = 1;

	assert_int_equal(text_stream_open(&s), 0);
	assert_int_equal(text_stream_close(&s, &text, &n), 0);
	assert_string_equal(text, "");
	assert_int_equal(n, 0);
	free(text);
}

/* Sizes around the room that a text has at first, and the double of it. */
static void a_text_of_any_size_fits(void **state)
{
	for (size_t size = 500; size < 1030; size++) {
		struct text_stream s;
		char *text = NULL;

		assert_int_equal(text_stream_open(&s), 0);
		for (size_t i = 0; i < size; i++)
			fputc(i == size / 2 ? '\0' : 'x', s.to);
		assert_int_equal(text_stream_close(&s, &text, NULL), 0);
		assert_int_equal(text[size / 2], '\0');
		assert_int_equal(text[size], '\0');
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_whole_or_not_there),
		cmocka_unit_test(a_text_has_a_nul_behind_it_also_when_it_is_empty),
		cmocka_unit_test(a_text_of_any_size_fits),
	};

	return cmocka_run_group_tests_name("text_stream", tests, NULL, NULL);
}
