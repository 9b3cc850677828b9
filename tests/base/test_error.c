/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/error.h"

static void fail_returns_its_code_and_keeps_the_text(void **state)
{
	struct jurat_error err = { "old" };

	(void)state;
	assert_int_equal(jurat_fail(&err, -EBADMSG, "entry %d: %s", 3, "odd"), -EBADMSG);
	assert_string_equal(err.text, "entry 3: odd");
	assert_int_equal(jurat_fail(NULL, -EIO, "nobody listens"), -EIO);
}

static void wrap_puts_context_in_front(void **state)
{
	struct jurat_error err;

	(void)state;
	jurat_fail(&err, -EIO, "no answer");
	assert_int_equal(jurat_wrap(&err, -EIO, "'%s'", "/dev/sev-guest"), -EIO);
	assert_string_equal(err.text, "'/dev/sev-guest': no answer");
}

static void long_text_is_cut_at_a_character(void **state)
{
	struct jurat_error err;
	char text[JURAT_ERROR_TEXT_BYTES + 8];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + JURAT_ERROR_TEXT_BYTES - 2, "\xc3\xa9", 2); /* its first byte is the last that fits */
	text[sizeof(text) - 1] = '\0';
	jurat_fail(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.text), JURAT_ERROR_TEXT_BYTES - 2);
	jurat_wrap(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.text), JURAT_ERROR_TEXT_BYTES - 2);
}

static void control_characters_do_not_reach_a_terminal(void **state)
{
	struct jurat_error err;

	(void)state;
	jurat_fail(&err, -EIO, "%s",
		   "a\x1b[2Jb\r\n\x7f\xc2\x9b"
		   "c\xc3\xa9\xc2\xa0");
	assert_string_equal(err.text, "a?[2Jb?????c\xc3\xa9\xc2\xa0");
	jurat_wrap(&err, -EIO, "'%s'", "\x1b");
	assert_string_equal(err.text, "'?': a?[2Jb?????c\xc3\xa9\xc2\xa0");
}

/* JSON cannot have it, and to a terminal that is not of UTF-8, 0x9b begins a sequence. */
static void what_is_not_utf_8_is_replaced(void **state)
{
	struct jurat_error err;

	(void)state;
	jurat_fail(&err, -EIO, "%s", "\x9b[2J \xc3\xa9 \xc0\xbc \xed\xa0\x80 \xf0\x9f\x94\x91 \xff\xe2\x82");
	assert_string_equal(err.text, "?[2J \xc3\xa9 ?? ??? \xf0\x9f\x94\x91 ???");
}

static void memory_fails_with_one_text(void **state)
{
	struct jurat_error err = { "old" };

	(void)state;
	assert_int_equal(jurat_fail_memory(&err), -ENOMEM);
	assert_string_equal(err.text, "out of memory");
	assert_int_equal(jurat_fail_memory(NULL), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fail_returns_its_code_and_keeps_the_text),
		cmocka_unit_test(wrap_puts_context_in_front),
		cmocka_unit_test(long_text_is_cut_at_a_character),
		cmocka_unit_test(control_characters_do_not_reach_a_terminal),
		cmocka_unit_test(what_is_not_utf_8_is_replaced),
		cmocka_unit_test(memory_fails_with_one_text),
	};

	return cmocka_run_group_tests_name("base_error", tests, NULL, NULL);
}
