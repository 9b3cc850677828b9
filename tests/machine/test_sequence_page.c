/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/text_stream.h"
#include "machine/sequence.h"

static const uint8_t some[] = { 0x3c, 0x2f, 0x73, 0x3e, 0xff }, other[] = { 1, 2, 3 };
static unsigned n_decoded;
static size_t tree_bytes; /* of all but `some`; 0: they are not decoded */

static char *decode(const struct sequence_bytes *bytes)
{
	n_decoded++;
	if (bytes->n != sizeof(some) && tree_bytes > 0) {
		char *tree = malloc(tree_bytes + 1);

		assert_non_null(tree);
		memset(tree, ' ', tree_bytes);
		memcpy(tree, "{}", 2);
		tree[tree_bytes] = '\0';
		return tree;
	}
	return bytes->n == sizeof(some) ? strdup("{\"a\":\"</script>&\"}") : NULL;
}

static char *page_of(const struct sequence_event *events, size_t n, int *ret)
{
	struct sequence s;
	struct text_stream to;
	char *page = NULL;

	n_decoded = 0;
	if (text_stream_open(&to) < 0) {
		*ret = -ENOMEM;
		return NULL;
	}
	sequence_begin(&s, SEQUENCE_PAGE, to.to);
	s.page.title = "run of <x>";
	s.page.decode = decode;
	for (size_t i = 0; i < n; i++)
		sequence_add(&s, &events[i]);
	*ret = sequence_end(&s);
	if (text_stream_close(&to, &page, NULL) < 0)
		*ret = -ENOMEM;
	return page;
}

/* The lines of data of a page. The caller frees it. */
static char *data_of(const struct sequence_event *events, size_t n)
{
	int r;
	auto_free char *page = page_of(events, n, &r);
	static const char begin[] = "<script type=\"application/json\" id=data>\n";
	char *at, *end;

	assert_int_equal(r, 0);
	at = strstr(page, begin);
	assert_non_null(at);
	at += strlen(begin);
	end = strstr(at, "</script>");
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static void a_format_is_found_by_the_ending(void **state)
{
	enum sequence_format format;

	assert_int_equal(sequence_format_of("a.b/steps.html", &format), 0);
	assert_int_equal(format, SEQUENCE_PAGE);
	assert_int_equal(sequence_format_of("steps.htm", &format), -EINVAL);
	assert_non_null(strstr(sequence_endings(), ".html"));
}

static void an_event_has_only_members_that_say_something(void **state)
{
	const struct sequence_event event =
		SEQUENCE_EVENT(.begin_us = 1.5, .end_us = 2, .from = "KVM", .to = "VMM", .text = "exit");
	auto_free char *data = data_of(&event, 1);

	assert_string_equal(
		data,
		"{\"kind\":\"step\",\"b\":1.500,\"e\":2.000,\"f\":\"KVM\",\"t\":\"VMM\",\"x\":\"exit\"}\n");
}

static void everything_of_an_event_is_on_the_page(void **state)
{
	const struct sequence_number numbers[] = {
		{ .name = "gpa", .value = 0x4000, .hex = true },
		{ .name = "npages", .value = UINT64_MAX },
		{ .name = "ret", .value = (uint64_t)-4, .is_signed = true },
	};
	const struct sequence_bytes bytes[] = {
		{ .name = "report", .bytes = some, .n = sizeof(some), .total = sizeof(some) },
		{ .name = "response", .bytes = other, .n = sizeof(other), .total = 70000 },
		{ .name = "quote", .total = 9000 },
		{ .name = "again", .bytes = some, .n = sizeof(some), .total = sizeof(some) },
	};
	const struct sequence_event event = { .kind = SEQUENCE_LOCK,
					      .id = 7,
					      .parent = 3,
					      .request = 2,
					      .track = 4,
					      .count = 5,
					      .guest = 0,
					      .vcpu = 1,
					      .thread = 99,
					      .begin_us = 0,
					      .end_us = 1e6,
					      .at = "step 5",
					      .from = "VMM",
					      .to = "</script>",
					      .text = "\"<>&\xff",
					      .result = "done",
					      .exclusive = true,
					      .unfinished = true,
					      .numbers = numbers,
					      .n_numbers = ARRAY_SIZE(numbers),
					      .bytes = bytes,
					      .n_bytes = ARRAY_SIZE(bytes) };
	auto_free char *data = data_of(&event, 1);

	assert_string_equal(
		data,
		"{\"blob\":0,\"base64\":\"PC9zPv8=\",\"tree\":{\"a\":\"\\u003c/script\\u003e\\u0026\"}}\n"
		"{\"blob\":1,\"base64\":\"AQID\"}\n"
		"{\"kind\":\"lock\",\"b\":0.000,\"e\":1000000.000,\"id\":7,\"p\":3,\"r\":2,\"k\":4,\"c\":5,"
		"\"g\":0,\"v\":1,"
		"\"th\":99,\"l\":1,\"u\":1,\"f\":\"VMM\",\"t\":\"\\u003c/"
		"script\\u003e\",\"x\":\"\\\"\\u003c\\u003e\\u0026\\\\xff\","
		"\"z\":\"done\",\"at\":\"step "
		"5\",\"n\":[[\"gpa\",\"0x4000\"],[\"npages\",\"18446744073709551615\"],"
		"[\"ret\",\"-4\"]],\"d\":[[\"report\",5,0],[\"response\",70000,1],[\"quote\",9000],["
		"\"again\",5,0]]}\n");
	assert_int_equal(n_decoded, 2); /* once for the same bytes */
}

static void notes_and_violations_are_of_their_kind(void **state)
{
	const struct sequence_event events[] = {
		SEQUENCE_EVENT(.kind = SEQUENCE_NOTE, .from = "", .to = "", .text = "all"),
		SEQUENCE_EVENT(.kind = SEQUENCE_VIOLATION, .from = "KVM", .to = "", .text = "bad"),
	};
	auto_free char *data = data_of(events, ARRAY_SIZE(events));

	assert_non_null(strstr(
		data, "{\"kind\":\"note\",\"b\":0.000,\"e\":0.000,\"f\":\"\",\"t\":\"\",\"x\":\"all\"}\n"));
	assert_non_null(strstr(data, "{\"kind\":\"violation\""));
}

static void a_trace_without_events_is_a_page(void **state)
{
	int r;
	auto_free char *page = page_of(NULL, 0, &r);

	assert_int_equal(r, 0);
	assert_non_null(strstr(page, "<title>run of &#60;x&#62;</title>"));
	assert_non_null(strstr(page, "</html>\n"));
}

/* Twelve megabytes of rows each: the third is too much, and says so. */
static void bytes_beyond_the_limit_of_rows_say_that_they_are_not_decoded(void **state)
{
	struct sequence_event events[3];
	struct sequence_bytes bytes[3];
	static uint8_t values[3][2] = { { 1 }, { 2 }, { 3 } };
	auto_free char *data = NULL;

	for (size_t i = 0; i < 3; i++) {
		bytes[i] = (struct sequence_bytes){ .name = "b", .bytes = values[i], .n = 2, .total = 2 };
		events[i] = (struct sequence_event)SEQUENCE_EVENT(.from = "a", .to = "b", .text = "c",
								  .bytes = &bytes[i], .n_bytes = 1);
	}
	tree_bytes = 12 * 1024 * 1024;
	data = data_of(events, 3);
	tree_bytes = 0;
	assert_int_equal(n_decoded, 2);
	assert_non_null(strstr(data, "{\"blob\":0,\"base64\":\"AQA=\",\"tree\":{}"));
	assert_non_null(strstr(data, "{\"blob\":1,\"base64\":\"AgA=\",\"tree\":{}"));
	assert_non_null(strstr(data, "{\"blob\":2,\"base64\":\"AwA=\",\"undecoded\":true}\n"));
}

enum { MANY = 700 }; /* so that the table of digests grows twice */

static void many_different_bytes_keep_their_numbers(void **state)
{
	struct sequence_bytes bytes[2 * MANY];
	struct sequence_event *events = calloc(ARRAY_SIZE(bytes), sizeof(*events));
	static uint8_t values[MANY][2];
	auto_free char *data = NULL;
	char expected[64];

	assert_non_null(events);
	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++) {
		values[i % MANY][0] = (uint8_t)(i % MANY);
		values[i % MANY][1] = (uint8_t)(i % MANY >> 8);
		bytes[i] =
			(struct sequence_bytes){ .name = "b", .bytes = values[i % MANY], .n = 2, .total = 2 };
		events[i] = (struct sequence_event)SEQUENCE_EVENT(.from = "a", .to = "b", .text = "c",
								  .bytes = &bytes[i], .n_bytes = 1);
	}
	data = data_of(events, ARRAY_SIZE(bytes));
	for (unsigned i = 0; i < MANY; i++) {
		const char *first;

		TEXT(expected, "\"d\":[[\"b\",2,%u]]}\n", i);
		first = strstr(data, expected);
		assert_non_null(first);
		assert_non_null(strstr(first + 1, expected));
	}
	free(events);
}

static int write_page(void *ctx)
{
	const struct sequence_bytes bytes[] = {
		{ .name = "report", .bytes = some, .n = sizeof(some), .total = 5 }
	};
	const struct sequence_event event =
		SEQUENCE_EVENT(.from = "a", .to = "b", .text = "the event", .bytes = bytes, .n_bytes = 1);
	auto_free char *page = NULL;
	int r;

	fail_memory_resume();
	page = page_of(&event, 1, &r);
	(void)fail_memory_pause();
	if (r == 0)
		assert_non_null(strstr(page, "the event"));
	return r;
}

static void a_page_without_memory_says_that_events_are_missing(void **state)
{
	assert_true(fail_memory_each(write_page, NULL) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_format_is_found_by_the_ending),
		cmocka_unit_test(an_event_has_only_members_that_say_something),
		cmocka_unit_test(everything_of_an_event_is_on_the_page),
		cmocka_unit_test(notes_and_violations_are_of_their_kind),
		cmocka_unit_test(a_trace_without_events_is_a_page),
		cmocka_unit_test(bytes_beyond_the_limit_of_rows_say_that_they_are_not_decoded),
		cmocka_unit_test(many_different_bytes_keep_their_numbers),
		cmocka_unit_test(a_page_without_memory_says_that_events_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
