/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/base64.h"

static const struct {
	const char *text, *hex; /* NULL: refused */
} rows[] = {
	/* RFC 4648, 10 */
	{ "Zg==", "66" },
	{ "Zm8=", "666f" },
	{ "Zm9v", "666f6f" },
	{ "Zm9vYg==", "666f6f62" },
	{ "Zm9vYmE=", "666f6f6261" },
	{ "Zm9vYmFy", "666f6f626172" },
	/* without padding, and the URL-safe digits */
	{ "Zg", "66" },
	{ "Zm8", "666f" },
	{ "Zm9vYmE", "666f6f6261" },
	{ "+/+/", "fbffbf" },
	{ "-_-_", "fbffbf" },
	{ "-_8=", "fbff" },
	{ "-_8", "fbff" },
	/* padding that is not whole, or too much of it */
	{ "Zg=", NULL },
	{ "Zg===", NULL },
	{ "Zm8==", NULL },
	{ "Zm9v=", NULL },
	{ "Zm9v====", NULL },
	{ "=", NULL },
	{ "==", NULL },
	{ "====", NULL },
	{ "Z===", NULL },
	{ "Z", NULL },
	{ "Zm9vY", NULL },
	/* bits that stand for nothing */
	{ "Zh==", NULL },
	{ "Zm9=", NULL },
	{ "Zh", NULL },
	/* anything else */
	{ "", NULL },
	{ "Zm 9v", NULL },
	{ "Zm9v\n", NULL },
	{ " Zm9v", NULL },
	{ "Zg==Zg==", NULL },
	{ "Zm9*", NULL },
	{ "+_+_", NULL },
	{ "Zm\xc3\xa9", NULL },
};

static void base64_is_read_strictly(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].text), n = 77;
		auto_free uint8_t *text = heap_copy(rows[i].text, length);
		auto_free uint8_t *to = NEVER_FAILS(malloc(BASE64_ROOM(length)));
		char hex[64];

		if (base64_read((const char *)text, length, to, &n) != (rows[i].hex != NULL))
			FAIL_BECAUSE("'%s' is %s", rows[i].text, rows[i].hex ? "refused" : "accepted");
		if (rows[i].hex)
			assert_string_equal(bytes_to_hex(to, n, hex), rows[i].hex);
		else
			assert_int_equal(n, 77);
	}
}

static void every_character_has_the_value_of_its_alphabet(void **state)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int c = 0; c < 256; c++) {
		const char *digit = c ? strchr(plain, c) : NULL;
		const int value = digit      ? (int)(digit - plain)
				  : c == '-' ? 62 | BASE64_URL
				  : c == '_' ? 63 | BASE64_URL
					     : -1;

		assert_int_equal(base64_value((uint8_t)c), value);
	}
}

static void base64_is_written_with_its_padding_and_read_again(void **state)
{
	static const char *const texts[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"
	}; /* RFC 4648, 10 */
	uint8_t bytes[256], again[BASE64_ROOM(BASE64_TEXT_SIZE(sizeof(bytes)))];
	char text[BASE64_TEXT_SIZE(sizeof(bytes))];
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_string_equal(base64_write((const uint8_t *)"foobar", i, text), texts[i]);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(3 * i + 255);
	for (size_t i = 1; i <= sizeof(bytes); i++) {
		assert_int_equal(strlen(base64_write(bytes, i, text)) + 1, BASE64_TEXT_SIZE(i));
		assert_true(base64_read(text, strlen(text), again, &n));
		assert_int_equal(n, i);
		assert_memory_equal(again, bytes, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_is_read_strictly),
		cmocka_unit_test(every_character_has_the_value_of_its_alphabet),
		cmocka_unit_test(base64_is_written_with_its_padding_and_read_again),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
