/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/text_stream.h"
#include "crypto/hash.h"
#include "page/page.h"
#include "page/trace.h"

typedef void put_fn(FILE *to, const char *text);

static char *put(put_fn *fn, const char *text)
{
	struct text_stream s;
	char *ret;

	assert_int_equal(text_stream_open(&s), 0);
	fn(s.to, text);
	assert_int_equal(text_stream_close(&s, &ret, NULL), 0);
	return ret;
}

static const struct {
	const char *text, *html, *json;
} cases[] = {
	{ "", "", "\"\"" },
	{ "plain: 1 + 1", "plain: 1 + 1", "\"plain: 1 + 1\"" },
	{ "</script><script>", "&#60;/script&#62;&#60;script&#62;",
	  "\"\\u003c/script\\u003e\\u003cscript\\u003e\"" },
	{ "<!--", "&#60;!--", "\"\\u003c!--\"" },
	{ "a & b", "a &#38; b", "\"a \\u0026 b\"" },
	{ "\"' onclick=", "&#34;&#39; onclick=", "\"\\\"' onclick=\"" },
	{ "back\\slash", "back\\slash", "\"back\\\\slash\"" },
	{ "line\nfeed\ttab", "line\\u{a}feed\\u{9}tab", "\"line\\\\u{a}feed\\\\u{9}tab\"" },
	{ "\x1b[31m\x7f", "\\u{1b}[31m\\u{7f}", "\"\\\\u{1b}[31m\\\\u{7f}\"" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91",
	  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\"" },
	{ "nbsp\xc2\xa0"
	  "csi\xc2\x9b",
	  "nbsp\\u{a0}csi\\u{9b}", "\"nbsp\\\\u{a0}csi\\\\u{9b}\"" },
	/* Marks of direction: the name would be read as exe.txt. */
	{ "txt.\xe2\x80\xae"
	  "exe",
	  "txt.\\u{202e}exe", "\"txt.\\\\u{202e}exe\"" },
	{ "\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c", "\\u{2066}\\u{2069}\\u{61c}",
	  "\"\\\\u{2066}\\\\u{2069}\\\\u{61c}\"" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}", "\"\\\\u{2028}\\\\u{2029}\"" },
	{ "\xef\xbb\xbf\xe2\x80\x8b", "\\u{feff}\\u{200b}", "\"\\\\u{feff}\\\\u{200b}\"" },
	{ "\xf3\xa0\x81\x81\xee\x80\x80", "\\u{e0041}\\u{e000}", "\"\\\\u{e0041}\\\\u{e000}\"" },
	/* Not UTF-8: a byte alone, too long forms, half a pair, beyond the last, no end */
	{ "\x80\xff", "\\x80\\xff", "\"\\\\x80\\\\xff\"" },
	{ "\xc0\xbc", "\\xc0\\xbc", "\"\\\\xc0\\\\xbc\"" },
	{ "\xe0\x80\xbc", "\\xe0\\x80\\xbc", "\"\\\\xe0\\\\x80\\\\xbc\"" },
	{ "\xf0\x80\x80\xbc", "\\xf0\\x80\\x80\\xbc", "\"\\\\xf0\\\\x80\\\\x80\\\\xbc\"" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\"\\\\xed\\\\xa0\\\\x80\"" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\"\\\\xf4\\\\x90\\\\x80\\\\x80\"" },
	{ "\xe2\x82<", "\\xe2\\x82&#60;", "\"\\\\xe2\\\\x82\\u003c\"" },
	{ "\xf0\x9f", "\\xf0\\x9f", "\"\\\\xf0\\\\x9f\"" },
};

static void what_has_a_meaning_or_cannot_be_seen_is_escaped(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *html = put(page_string, cases[i].text),
			       *json = put(page_json_string, cases[i].text);

		assert_string_equal(html, cases[i].html);
		assert_string_equal(json, cases[i].json);
	}
}

/* Each byte alone, in front of and behind a character that has a meaning. */
static void no_byte_takes_the_next_one_with_it(void **state)
{
	for (unsigned c = 1; c < 256; c++) {
		const char text[] = { (char)c, '<', '"', (char)c, '\0' };
		auto_free char *html = put(page_string, text), *json = put(page_json_string, text);

		assert_null(strpbrk(html, "<>\"'"));
		assert_non_null(strstr(html, "&#60;&#34;"));
		assert_non_null(strstr(json, "\\u003c\\\""));
		assert_null(strpbrk(json, "<>&\n"));
	}
}

static void a_text_of_a_length_may_have_nuls(void **state)
{
	struct text_stream s;
	auto_free char *text = NULL;

	assert_int_equal(text_stream_open(&s), 0);
	page_text(s.to, "a\0<b", 4);
	assert_int_equal(text_stream_close(&s, &text, NULL), 0);
	assert_string_equal(text, "a\\u{0}&#60;b");
}

static void json_cannot_end_the_element_around_it(void **state)
{
	static const struct {
		const char *json, *expected;
	} rows[] = {
		{ "", "" },
		{ "{\"a\":[1,2.5,null]}", "{\"a\":[1,2.5,null]}" },
		{ "\"</script>\"", "\"\\u003c/script\\u003e\"" },
		{ "\"&<\"", "\"\\u0026\\u003c\"" },
		{ "\"x<\"", "\"x\\u003c\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_free char *text = put(page_json, rows[i].json);

		assert_string_equal(text, rows[i].expected);
	}
}

static void base64_of_digest(const uint8_t digest[CRYPTO_SHA256_BYTES], char to[64])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t padded[CRYPTO_SHA256_BYTES + 1] = { 0 };

	memcpy(padded, digest, CRYPTO_SHA256_BYTES);
	for (size_t i = 0; i < 43; i++) {
		size_t bit = 6 * i;
		unsigned two = (unsigned)padded[bit / 8] << 8 | padded[bit / 8 + 1];

		to[i] = digits[two >> (10 - bit % 8) & 63];
	}
	to[43] = '=';
	to[44] = '\0';
}

static void check_part(const char *page, const struct page_part *part, const char *begin, const char *end)
{
	const char *at = strstr(page, begin), *until;
	uint8_t digest[CRYPTO_SHA256_BYTES];
	char base64[64], expected[96];

	assert_non_null(at);
	at += strlen(begin);
	until = strstr(at, end);
	assert_non_null(until);
	assert_int_equal(until - at, part->n);
	assert_memory_equal(at, part->text, part->n);
	crypto_sha256(at, (size_t)(until - at), digest);
	base64_of_digest(digest, base64);
	TEXT(expected, "sha256-%s", base64);
	assert_string_equal(part->hash, expected);
	TEXT(expected, "-src '%s';", part->hash);
	assert_non_null(strstr(page, expected));
	assert_null(strstr(until + strlen(end), begin)); /* and there is no other */
}

static void the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(void **state)
{
	static const struct {
		const struct page_part *style, *script;
	} kinds[] = { { &page_tree_style, &page_tree_script }, { &page_trace_style, &page_trace_script } };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct text_stream s;
		auto_free char *page = NULL;

		assert_int_equal(text_stream_open(&s), 0);
		page_begin(s.to, kinds[i].style, kinds[i].script, "<title>");
		page_end(s.to, kinds[i].script);
		assert_int_equal(text_stream_close(&s, &page, NULL), 0);
		check_part(page, kinds[i].style, "<style>", "</style>");
		check_part(page, kinds[i].script, "<script>", "</script>");
		assert_non_null(strstr(page, "content=\"default-src 'none'; style-src 'sha256-"));
		assert_non_null(strstr(page, "<title>&#60;title&#62;</title>"));
		assert_null(strstr(page, "unsafe-"));
		assert_null(strstr(page, "http:"));
		assert_null(strstr(page, "https:"));
	}
}

static void a_disk_that_is_full_is_told_by_the_stream(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	if (!full)
		SKIP_BECAUSE("no /dev/full here");
	page_trace_begin(full, "title");
	page_trace_end(full);
	assert_int_not_equal(fflush(full), 0);
	assert_true(ferror(full));
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_a_meaning_or_cannot_be_seen_is_escaped),
		cmocka_unit_test(no_byte_takes_the_next_one_with_it),
		cmocka_unit_test(a_text_of_a_length_may_have_nuls),
		cmocka_unit_test(json_cannot_end_the_element_around_it),
		cmocka_unit_test(the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else),
		cmocka_unit_test(a_disk_that_is_full_is_told_by_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
