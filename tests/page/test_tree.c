/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/text_stream.h"
#include "page/tree.h"

static char *tree_of(json_t *tree)
{
	struct text_stream s;
	char *ret;

	assert_non_null(tree);
	assert_int_equal(text_stream_open(&s), 0);
	page_tree(s.to, tree);
	assert_int_equal(text_stream_close(&s, &ret, NULL), 0);
	json_decref(tree);
	return ret;
}

static const struct {
	const char *json, *html;
} cases[] = {
	{ "{}", "<div class=tree>\n</div>\n" },
	{ "[]", "<div class=tree>\n</div>\n" },
	{ "{\"a\":\"b\"}",
	  "<div class=tree>\n<div class=r><span class=k>a</span><span class=v>b</span></div>\n</div>\n" },
	{ "{\"n\":-5,\"t\":true,\"f\":false,\"z\":null}",
	  "<div class=tree>\n<div class=r><span class=k>n</span><span class=v>-5</span></div>\n"
	  "<div class=r><span class=k>t</span><span class=v>yes</span></div>\n"
	  "<div class=r><span class=k>f</span><span class=v>no</span></div>\n"
	  "<div class=r><span class=k>z</span><span class=v>none</span></div>\n</div>\n" },
	{ "{\"list\":[1]}", "<div class=tree>\n<details class=g open><summary><span class=k>list</span>"
			    "<span class=n>1</span></summary><div>\n"
			    "<div class=r><span class=k>list 1</span><span class=v>1</span></div>\n"
			    "</div></details>\n</div>\n" },
	{ "{\"c\":{\"subject\":\"<b>\"}}",
	  "<div class=tree>\n<details class=g open><summary><span class=k>c</span><span "
	  "class=m>&#60;b&#62;</span>"
	  "<span class=n>1</span></summary><div>\n"
	  "<div class=r><span class=k>subject</span><span class=v>&#60;b&#62;</span></div>\n"
	  "</div></details>\n</div>\n" },
	{ "{\"<i>\":{\"\":\"5\",\"means\":\"&\",\"note\":\"\\\"n\\\"\",\"offset\":16,\"bytes\":\"053c\"}}",
	  "<div class=tree>\n<details class=f><summary><span class=o>0010</span><span "
	  "class=k>&#60;i&#62;</span>"
	  "<span class=v>5</span><span class=m>&#38;</span></summary><p>&#34;n&#34;</p>"
	  "<p class=w>offset 16, 2 bytes</p><pre class=x>0010  05 3c                                         "
	  "   .&#60;\n"
	  "</pre></details>\n</div>\n" },
	{ "{\"p\":{\"\":\"v\",\"text\":\"one\\n<two>\"}}",
	  "<div class=tree>\n<details class=f><summary><span class=k>p</span><span class=v>v</span></summary>"
	  "<pre class=x>one\n&#60;two&#62;</pre></details>\n</div>\n" },
	{ "{\"p\":{\"\":\"v\",\"bytes\":\"zz\"}}",
	  "<div class=tree>\n<details class=f><summary><span class=k>p</span><span class=v>v</span></summary>"
	  "<pre class=x>0000  zz                                               "
	  ".\n</pre></details>\n</div>\n" },
};

static void values_lists_and_rows_are_elements_with_escaped_text(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *html = tree_of(json_loads(cases[i].json, 0, NULL));

		assert_string_equal(html, cases[i].html);
	}
}

static void a_long_field_has_a_line_for_each_16_bytes(void **state)
{
	enum { BYTES = 4096 };
	static char hex[2 * BYTES + 1];
	auto_free char *html = NULL;
	unsigned lines = 0;

	memset(hex, '4', 2 * BYTES);
	html = tree_of(json_pack("{s:{s:s, s:s}}", "f", "", "v", "bytes", hex));
	for (const char *at = html; (at = strstr(at, "DDDDDDDDDDDDDDDD\n")); at++)
		lines++;
	assert_int_equal(lines, BYTES / 16);
	assert_non_null(strstr(html, "\n0ff0  44 44"));
}

/* As many as a bundle of an attacker may have: closed, because nobody reads so many at once. */
static void a_list_of_many_items_is_closed(void **state)
{
	enum { MANY = 100000 };
	json_t *list = json_array();
	auto_free char *html = NULL;

	for (int i = 0; i < MANY; i++)
		json_array_append_new(list, json_string("\"<>"));
	html = tree_of(json_pack("{s:o}", "many", list));
	assert_non_null(strstr(
		html, "<details class=g><summary><span class=k>many</span><span class=n>100000</span>"));
	assert_non_null(strstr(html, "<span class=k>many 100000</span><span class=v>&#34;&#60;&#62;</span>"));
	assert_null(strstr(html, "\"<>"));
}

static char *page_of(enum page_verdict verdict)
{
	struct text_stream s;
	json_t *tree = json_pack("{s:s}", "field", "value");
	char *ret;

	assert_int_equal(text_stream_open(&s), 0);
	page_tree_begin(s.to, "<name>\xff");
	page_tree_verdict(s.to, verdict, "<what>", "<summary>");
	page_tree_reason(s.to, "some-code", "<detail>");
	page_tree_section(s.to, "<heading>", true, tree);
	page_tree_end(s.to);
	assert_int_equal(text_stream_close(&s, &ret, NULL), 0);
	json_decref(tree);
	return ret;
}

static void check_order(const char *page, const char *section)
{
	const char *const parts[] = { "<h1>&#60;name&#62;\\xff</h1>",
				      section,
				      "<p>&#60;what&#62;</p><p class=w>&#60;summary&#62;</p>",
				      "<code>some-code</code><span>&#60;detail&#62;</span>",
				      "<h2>&#60;heading&#62;</h2>",
				      "<span class=v>value</span>" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		page = strstr(page, parts[i]);
		assert_non_null(page);
	}
}

static void a_page_has_the_verdict_above_its_reasons_above_the_evidence(void **state)
{
	static const struct {
		enum page_verdict verdict;
		const char *section;
	} verdicts[] = {
		{ PAGE_NO_VERDICT, "<section class=\"verdict none\"><h2>No verdict</h2>" },
		{ PAGE_ACCEPTED, "<section class=\"verdict yes\"><h2>Accepted</h2>" },
		{ PAGE_REFUSED, "<section class=\"verdict no\"><h2>Refused</h2>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		auto_free char *page = page_of(verdicts[i].verdict);

		check_order(page, verdicts[i].section);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_lists_and_rows_are_elements_with_escaped_text),
		cmocka_unit_test(a_long_field_has_a_line_for_each_16_bytes),
		cmocka_unit_test(a_list_of_many_items_is_closed),
		cmocka_unit_test(a_page_has_the_verdict_above_its_reasons_above_the_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
