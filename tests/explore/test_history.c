/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/text_stream.h"
#include "explore/history.h"
#include "support/fail_memory.h"

static struct history *new_history(void)
{
	struct history *h;

	assert_int_equal(history_new(&h), 0);
	return h;
}

static void add(struct history *h, enum sequence_kind kind, uint64_t step, const char *from, const char *to,
		const char *text)
{
	const struct history_event event = { kind, step, from, to, text };

	history_add(h, &event);
}

static char *printed(const struct history *h, enum sequence_format format)
{
	struct text_stream stream;
	char *text;

	assert_int_equal(text_stream_open(&stream), 0);
	history_print(h, format, stream.to);
	assert_int_equal(text_stream_close(&stream, &text, NULL), 0);
	return text;
}

static void what_is_added_is_copied_and_kept_in_order(void **state)
{
	struct history *h = new_history();
	char name[16], text[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		TEXT(name, "party %u", i % 7);
		TEXT(text, "step %u", i);
		add(h, i % 3 ? SEQUENCE_STEP : SEQUENCE_NOTE, i, name, i % 3 ? "KVM" : "", text);
	}
	assert_int_equal(history_error(h), 0);
	assert_int_equal(history_count(h), 1000);
	for (unsigned i = 0; i < 1000; i++) {
		struct history_event e = history_get(h, i);

		TEXT(name, "party %u", i % 7);
		TEXT(text, "step %u", i);
		assert_int_equal(e.kind, i % 3 ? SEQUENCE_STEP : SEQUENCE_NOTE);
		assert_int_equal(e.step, i);
		assert_string_equal(e.from, name);
		assert_string_equal(e.to, i % 3 ? "KVM" : "");
		assert_string_equal(e.text, text);
	}
	history_free(h);
}

/* Steps, notes about one and about all, and what each format gives a meaning to. */
static struct history *example(void)
{
	struct history *h = new_history();

	add(h, SEQUENCE_STEP, 1, "vCPU 0", "KVM", "ioctl \"KVM_RUN\"; #1");
	add(h, SEQUENCE_NOTE, 1, "KVM", "", "exit\n<reason> 40\\");
	add(h, SEQUENCE_STEP, 2, "updater", "certificates", "rename a to b");
	add(h, SEQUENCE_STEP, 3, "KVM", "KVM", "completes");
	add(h, SEQUENCE_VIOLATION, 3, "vCPU 0", "", "I2: 50% of {it}");
	add(h, SEQUENCE_VIOLATION, 3, "", "", "I3: no party can make progress");
	return h;
}

static void text_has_a_line_for_each_event(void **state)
{
	struct history *h = example();
	auto_free char *text = printed(h, SEQUENCE_TEXT);

	(void)state;
	assert_string_equal(
		text, "        1  vCPU 0        > KVM           ioctl \"KVM_RUN\"; #1\n"
		      "           KVM                           exit <reason> 40\\\n"
		      "        2  updater       > certificates  rename a to b\n"
		      "        3  KVM           > KVM           completes\n"
		      "           vCPU 0                        VIOLATION I2: 50% of {it}\n"
		      "                                         VIOLATION I3: no party can make progress\n");
	history_free(h);
}

static void mermaid_has_parties_in_order_and_entities(void **state)
{
	struct history *h = example();
	auto_free char *text = printed(h, SEQUENCE_MERMAID);

	(void)state;
	assert_string_equal(text,
			    "sequenceDiagram\n"
			    "    participant vCPU_0 as vCPU 0\n"
			    "    participant KVM as KVM\n"
			    "    vCPU_0->>KVM: ioctl #34;KVM_RUN#34;#59; #35;1\n"
			    "    Note over KVM: exit #60;reason#62; 40\\\n"
			    "    participant updater as updater\n"
			    "    participant certificates as certificates\n"
			    "    updater->>certificates: rename a to b\n"
			    "    KVM->>KVM: completes\n"
			    "    Note over vCPU_0: VIOLATION I2: 50#37; of #123;it#125;\n"
			    "    Note over vCPU_0,certificates: VIOLATION I3: no party can make progress\n");
	history_free(h);
}

/* Steps of one party at another, the first two of which are one line; what is not a step, or is too long. */
static void steps_that_follow_each_other_share_a_line_for_people(void **state)
{
	static const char long_name[] = "stat a-name-that-is-so-long-that-only-one-of-them-fits-on-a-line";
	struct history *h = new_history();
	auto_free char *text, *mermaid;

	(void)state;
	add(h, SEQUENCE_STEP, 9, "updater", "files", "open a");
	add(h, SEQUENCE_STEP, 10, "updater", "files", "close a");
	add(h, SEQUENCE_STEP, 10, "updater", "files", "the same step");
	add(h, SEQUENCE_STEP, 11, "updater", "KVM", "another party");
	add(h, SEQUENCE_STEP, 12, "vCPU 0", "KVM", "another one's");
	add(h, SEQUENCE_NOTE, 12, "vCPU 0", "", "a note");
	add(h, SEQUENCE_STEP, 13, "vCPU 0", "KVM", long_name);
	add(h, SEQUENCE_STEP, 14, "vCPU 0", "KVM", "too long");
	add(h, SEQUENCE_STEP, 15, "vCPU 0", "KVM", "the last");
	text = printed(h, SEQUENCE_TEXT);
	mermaid = printed(h, SEQUENCE_MERMAID);
	history_free(h);
	assert_non_null(strstr(text, "     9-10  updater       > files         open a; close a\n"
				     "       10  updater       > files         the same step\n"
				     "       11  updater       > KVM           another party\n"
				     "       12  vCPU 0        > KVM           another one's\n"
				     "           vCPU 0                        a note\n"
				     "       13  vCPU 0        > KVM           stat a-name"));
	assert_non_null(
		strstr(text, "a-line\n    14-15  vCPU 0        > KVM           too long; the last\n"));
	assert_non_null(strstr(
		mermaid, "    updater->>files: open a#59; close a\n    updater->>files: the same step\n"));
}

static void chrome_events_are_json_with_a_row_for_each_party(void **state)
{
	struct history *h = example();
	auto_free char *text = printed(h, SEQUENCE_CHROME);

	(void)state;
	assert_string_equal(
		text,
		"[\n"
		"{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": 2, \"args\": "
		"{\"name\": \"KVM\"}},\n"
		"{\"name\": \"ioctl \\\"KVM_RUN\\\"; #1\", \"cat\": \"step\", \"ph\": \"X\", "
		"\"pid\": 1, \"tid\": 2, \"ts\": 1.000, \"dur\": 1.000, \"args\": {\"from\": "
		"\"vCPU 0\", \"to\": \"KVM\"}},\n"
		"{\"name\": \"exit\\\\u{a}\\u003creason\\u003e 40\\\\\", \"cat\": \"note\", \"ph\": \"i\", "
		"\"s\": \"t\", \"pid\": 1, \"tid\": 2, \"ts\": 1.000, \"args\": {\"violation\": "
		"false, \"from\": \"KVM\"}},\n"
		"{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": 4, \"args\": "
		"{\"name\": \"certificates\"}},\n"
		"{\"name\": \"rename a to b\", \"cat\": \"step\", \"ph\": \"X\", \"pid\": 1, "
		"\"tid\": 4, \"ts\": 2.000, \"dur\": 1.000, \"args\": {\"from\": \"updater\", "
		"\"to\": \"certificates\"}},\n"
		"{\"name\": \"completes\", \"cat\": \"step\", \"ph\": \"X\", \"pid\": 1, "
		"\"tid\": 2, \"ts\": 3.000, \"dur\": 1.000, \"args\": {\"from\": \"KVM\", "
		"\"to\": \"KVM\"}},\n"
		"{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": 1, \"args\": "
		"{\"name\": \"vCPU 0\"}},\n"
		"{\"name\": \"I2: 50% of {it}\", \"cat\": \"note\", \"ph\": \"i\", \"s\": \"t\", "
		"\"pid\": 1, \"tid\": 1, \"ts\": 3.000, \"args\": {\"violation\": true, "
		"\"from\": \"vCPU 0\"}},\n"
		"{\"name\": \"I3: no party can make progress\", \"cat\": \"note\", \"ph\": "
		"\"i\", \"s\": \"p\", \"pid\": 1, \"tid\": 1, \"ts\": 3.000, \"args\": "
		"{\"violation\": true, \"from\": \"\"}}\n"
		"]\n");
	history_free(h);
}

static size_t lock(struct history *h, uint64_t step, const char *holder, bool exclusive)
{
	return history_lock(h, &(struct history_event){ .step = step, .from = holder, .to = "certs" },
			    exclusive);
}

/* Two who share, one of them twice, and an exclusive one, which is held at the end. */
static struct history *locked_history(void)
{
	struct history *h = new_history();
	size_t a, again, b;

	add(h, SEQUENCE_STEP, 1, "vCPU 0", "certs", "lock shared certs");
	a = lock(h, 1, "vCPU 0", false);
	add(h, SEQUENCE_STEP, 2, "vCPU 1", "certs", "lock shared certs");
	b = lock(h, 2, "vCPU 1", false);
	add(h, SEQUENCE_STEP, 3, "vCPU 0", "certs", "lock shared certs again");
	again = lock(h, 3, "vCPU 0", false);
	add(h, SEQUENCE_STEP, 4, "vCPU 0", "certs", "unlock certs");
	history_unlock(h, a, 4);
	history_unlock(h, again, 4);
	history_unlock(h, b, 5);
	history_unlock(h, 0, 5);
	history_unlock(h, 99, 5);
	add(h, SEQUENCE_STEP, 5, "updater", "certs", "lock exclusive certs");
	assert_int_equal(lock(h, 5, "updater", true), 4);
	add(h, SEQUENCE_VIOLATION, 7, "updater", "", "I5: a lock is held");
	return h;
}

static void locks_are_held_from_their_step_to_that_which_releases_them(void **state)
{
	static const struct history_lock expected[] = {
		{ .begin = 1, .end = 4, .holder = "vCPU 0", .track = 0 },
		{ .begin = 2, .end = 5, .holder = "vCPU 1", .track = 1 },
		{ .begin = 3, .end = 4, .holder = "vCPU 0", .track = 2 },
		{ .begin = 5, .end = 8, .holder = "updater", .exclusive = true, .is_held = true, .track = 3 },
	};
	struct history *h = locked_history();

	(void)state;
	assert_int_equal(history_lock_count(h), ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct history_lock l = history_get_lock(h, i);

		assert_int_equal(l.begin, expected[i].begin);
		assert_int_equal(l.end, expected[i].end);
		assert_int_equal(l.exclusive, expected[i].exclusive);
		assert_int_equal(l.is_held, expected[i].is_held);
		assert_int_equal(l.track, expected[i].track);
		assert_string_equal(l.holder, expected[i].holder);
		assert_string_equal(l.name, "certs");
	}
	assert_int_equal(lock(h, 8, "vCPU 0", true), 5); /* the first track of its own is free */
	assert_int_equal(history_get_lock(h, 4).track, 0);
	history_free(h);
}

static void locks_are_bars_on_pages_and_slices_and_not_in_text(void **state)
{
	struct history *h = locked_history();
	auto_free char *page = printed(h, SEQUENCE_PAGE), *chrome = printed(h, SEQUENCE_CHROME),
		       *text = printed(h, SEQUENCE_TEXT), *mermaid = printed(h, SEQUENCE_MERMAID);

	(void)state;
	assert_non_null(strstr(page,
			       "{\"kind\":\"lock\",\"b\":1.000,\"e\":4.000,\"f\":\"vCPU 0\",\"t\":\"certs\","
			       "\"x\":\"holds certs, shared\",\"at\":\"1-3\"}\n"));
	assert_non_null(strstr(page, "{\"kind\":\"lock\",\"b\":5.000,\"e\":8.000,\"k\":3,\"l\":1,\"u\":1,"
				     "\"f\":\"updater\",\"t\":\"certs\",\"x\":\"holds certs, exclusive\","
				     "\"at\":\"5-7\"}\n"));
	assert_true(strstr(page, "\"e\":8.000") < strstr(page, "I5: a lock is held"));
	assert_non_null(strstr(chrome, "\"tid\": 33, \"args\": {\"name\": \"vCPU 0 holds certs\"}}"));
	assert_non_null(strstr(chrome,
			       "{\"name\": \"holds certs, exclusive\", \"cat\": \"lock\", \"ph\": \"X\", "
			       "\"pid\": 1, \"tid\": 36, \"ts\": 5.000, \"dur\": 3.000, "));
	assert_null(strstr(text, "holds"));
	assert_null(strstr(mermaid, "holds"));
	history_free(h);
}

static void an_empty_history_is_valid_in_each_format(void **state)
{
	static const char *const expected[] = { "", "sequenceDiagram\n", "[\n]\n" };

	(void)state;
	for (int format = SEQUENCE_TEXT; format <= SEQUENCE_CHROME; format++) {
		struct history *h = new_history();
		auto_free char *text = printed(h, (enum sequence_format)format);

		assert_string_equal(text, expected[format]);
		history_free(h);
	}
}

static void more_parties_than_there_are_rows_share_the_last_one(void **state)
{
	struct history *h = new_history();
	auto_free char *text = NULL;
	char name[16];

	(void)state;
	for (unsigned i = 1; i <= 40; i++) {
		TEXT(name, "p%u", i);
		add(h, SEQUENCE_NOTE, 0, name, "", "here");
	}
	text = printed(h, SEQUENCE_CHROME);
	assert_non_null(strstr(text, "\"tid\": 32, \"args\": {\"name\": \"p32\"}"));
	assert_non_null(strstr(
		text, "\"tid\": 32, \"ts\": 0.000, \"args\": {\"violation\": false, \"from\": \"p40\"}"));
	assert_null(strstr(text, "\"tid\": 33"));
	history_free(h);
}

static void the_ending_of_a_name_says_the_format(void **state)
{
	static const struct {
		const char *path;
		int r;
		enum sequence_format format;
	} rows[] = {
		{ "a.txt", 0, SEQUENCE_TEXT },          { "/b.d/a.b.mmd", 0, SEQUENCE_MERMAID },
		{ "a.json", 0, SEQUENCE_CHROME },       { "a.jso", -EINVAL, SEQUENCE_TEXT },
		{ "a.txt.gz", -EINVAL, SEQUENCE_TEXT }, { "txt", -EINVAL, SEQUENCE_TEXT },
		{ "", -EINVAL, SEQUENCE_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum sequence_format format = SEQUENCE_TEXT;

		assert_int_equal(sequence_format_of(rows[i].path, &format), rows[i].r);
		assert_int_equal(format, rows[i].format);
	}
}

static int history_with_little_memory(void *ctx)
{
	struct history *h = NULL;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = history_new(&h);
	if (r == 0) {
		for (unsigned i = 0; i < 200; i++)
			add(h, SEQUENCE_STEP, i, "from somebody", "to somebody", "something");
		for (unsigned i = 0; i < 200; i++)
			(void)lock(h, i, "somebody", true);
		r = history_error(h);
	}
	fail_memory_pause();
	if (r == 0)
		assert_int_equal(history_count(h) + history_lock_count(h), 400);
	history_free(h);
	return r;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(fail_memory_each(history_with_little_memory, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_copied_and_kept_in_order),
		cmocka_unit_test(text_has_a_line_for_each_event),
		cmocka_unit_test(mermaid_has_parties_in_order_and_entities),
		cmocka_unit_test(steps_that_follow_each_other_share_a_line_for_people),
		cmocka_unit_test(chrome_events_are_json_with_a_row_for_each_party),
		cmocka_unit_test(locks_are_held_from_their_step_to_that_which_releases_them),
		cmocka_unit_test(locks_are_bars_on_pages_and_slices_and_not_in_text),
		cmocka_unit_test(an_empty_history_is_valid_in_each_format),
		cmocka_unit_test(more_parties_than_there_are_rows_share_the_last_one),
		cmocka_unit_test(the_ending_of_a_name_says_the_format),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("explore_history", tests, NULL, NULL);
}
