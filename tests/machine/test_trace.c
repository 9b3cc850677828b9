/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <jansson.h>

#include "base/text_stream.h"
#include "machine/trace.h"
#include "support/fail_memory.h"

/* A clock that the test sets. */
struct clock {
	struct base_env base;
	uint64_t ns;
};

static uint64_t clock_now_ns(struct base_env *env)
{
	return ((struct clock *)env)->ns;
}

static const struct base_env_ops clock_ops = { .now_ns = clock_now_ns };

/* What went to the sink, with the texts of the last ones. */
enum { MAX_EVENTS = 12000 };
struct got {
	struct sequence_event events[MAX_EVENTS];
	char lines[64][200]; /* "parent>id text -> result xCOUNT" of the first */
	size_t n;
};

static void get(void *ctx, const struct sequence_event *e)
{
	struct got *got = ctx;

	assert_true(got->n < MAX_EVENTS);
	if (got->n < ARRAY_SIZE(got->lines))
		TEXT(got->lines[got->n], "%u>%u %s -> %s x%u", (unsigned)e->parent, (unsigned)e->id, e->text,
		     e->result ? e->result : "", (unsigned)e->count);
	got->events[got->n++] = *e;
}

struct world {
	struct clock clock;
	struct got *got;
	struct trace *trace;
};

static struct world begin(void)
{
	struct world w = { .clock = { { &clock_ops }, 1000 }, .got = calloc(1, sizeof(struct got)) };

	assert_non_null(w.got);
	return w;
}

static void start(struct world *w)
{
	const struct trace_options options = {
		.sink = get, .ctx = w->got, .clock = &w->clock.base, .wants_bytes = true
	};

	assert_int_equal(trace_new(&options, &w->trace), 0);
}

static void end(struct world *w)
{
	assert_int_equal(trace_free(w->trace), 0);
	w->trace = NULL;
}

/* What holds of every trace: see sequence.h. */
static void assert_good(const struct got *got)
{
	for (size_t i = 0; i < got->n; i++) {
		const struct sequence_event *e = &got->events[i];
		size_t parent = 0;

		assert_true(e->begin_us <= e->end_us);
		assert_true(i == 0 || got->events[i - 1].begin_us <= e->begin_us);
		assert_true(i == 0 || got->events[i - 1].id < e->id);
		while (e->parent && parent < i && got->events[parent].id != e->parent)
			parent++;
		if (e->parent) {
			assert_true(parent < i);
			assert_true(got->events[parent].begin_us <= e->begin_us);
			if (e->kind == SEQUENCE_STEP)
				assert_true(e->end_us <= got->events[parent].end_us);
			assert_int_equal(got->events[parent].request, e->request);
		}
		for (size_t k = 0; k < i && got->n < 500; k++) { /* slices of a track nest */
			const struct sequence_event *before = &got->events[k];

			if (before->track == e->track && before->kind == e->kind)
				assert_true(before->end_us <= e->begin_us || e->end_us <= before->end_us);
		}
	}
}

static void steps_nest_and_have_an_end_of_their_own(void **state)
{
	struct world w = begin();
	uint32_t outer, inner;
	struct trace_place before;

	(void)state;
	start(&w);
	before = trace_go(w.trace, trace_request(w.trace, trace_guest(w.trace, "guest"), 3, 77));
	outer = trace_call(w.trace, "guest program", "guest driver", "ioctl %d", 1);
	(void)trace_go(w.trace, trace_in(w.trace, outer));
	w.clock.ns += 5000;
	inner = trace_call(w.trace, "guest driver", "KVM", "VMGEXIT");
	trace_number(w.trace, inner, "gpa", 0x4000, TRACE_HEX);
	w.clock.ns += 2000;
	trace_return(w.trace, "KVM", "guest driver", "info_2 = 0");
	w.clock.ns += 1000;
	trace_end(w.trace, outer, "returns %d", 0);
	(void)trace_go(w.trace, before);
	end(&w);
	assert_int_equal(w.got->n, 2);
	assert_string_equal(w.got->lines[0], "0>1 ioctl 1 -> returns 0 x1");
	assert_string_equal(w.got->lines[1], "1>2 VMGEXIT -> info_2 = 0 x1");
	assert_true(w.got->events[0].end_us - w.got->events[0].begin_us == 8);
	assert_true(w.got->events[1].end_us - w.got->events[1].begin_us == 2);
	assert_int_equal(w.got->events[1].thread, 77);
	assert_int_equal(w.got->events[1].vcpu, 3);
	assert_int_equal(w.got->events[1].depth, 1);
	assert_good(w.got);
	free(w.got);
}

static void requests_at_the_same_time_have_tracks_of_their_own(void **state)
{
	struct world w = begin();
	uint32_t ids[3];
	int guest;

	(void)state;
	start(&w);
	guest = trace_guest(w.trace, "guest");
	for (int i = 0; i < 3; i++) { /* two on one vCPU */
		(void)trace_go(w.trace, trace_request(w.trace, guest, i / 2, 0));
		ids[i] = trace_call(w.trace, "guest program", "guest driver", "ioctl");
		w.clock.ns += 1000;
	}
	for (int i = 0; i < 3; i++) {
		(void)trace_go(w.trace, trace_in(w.trace, ids[i]));
		trace_say(w.trace, "guest driver", "guest driver", "works");
		w.clock.ns += 1000;
		trace_end(w.trace, ids[i], NULL);
	}
	end(&w);
	assert_int_equal(w.got->n, 6);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(w.got->events[i].track, w.got->events[k].track);
	assert_int_equal(w.got->events[1].lane, 1);
	assert_int_equal(w.got->events[2].lane, 0);
	for (size_t i = 3; i < 6; i++)
		assert_int_equal(w.got->events[i].track, w.got->events[i - 3].track);
	assert_good(w.got);
	free(w.got);
}

static void steps_with_other_bytes_are_not_equal_though_those_are_not_kept(void **state)
{
	static uint8_t bytes[SEQUENCE_BYTES_KEPT + 1];
	struct world w = begin();
	uint32_t outer, step;

	(void)state;
	start(&w);
	outer = trace_call(w.trace, "a", "b", "outer");
	(void)trace_go(w.trace, trace_in(w.trace, outer));
	for (int i = 0; i < 3; i++) { /* the last two are equal */
		bytes[SEQUENCE_BYTES_KEPT] = i == 0;
		step = trace_call(w.trace, "b", "c", "inner");
		trace_bytes(w.trace, step, "quote", bytes, sizeof(bytes));
		trace_end(w.trace, step, NULL);
	}
	trace_end(w.trace, outer, NULL);
	end(&w);
	assert_int_equal(w.got->n, 3);
	assert_int_equal(w.got->events[1].count, 1);
	assert_int_equal(w.got->events[2].count, 2);
	free(w.got);
}

/* A poll: a step with another one in it. */
static void poll_once(struct world *w, const char *text)
{
	uint32_t poll = trace_call(w->trace, "guest driver", "guest driver", "polls"), sleep;

	w->clock.ns += 1000;
	sleep = trace_call(w->trace, "guest driver", "guest driver", "%s", text);
	w->clock.ns += 9000;
	trace_end(w->trace, sleep, NULL);
	trace_end(w->trace, poll, NULL);
}

static void equal_steps_behind_each_other_are_one_with_their_count(void **state)
{
	struct world w = begin();
	uint32_t outer;

	(void)state;
	start(&w);
	outer = trace_call(w.trace, "guest program", "guest driver", "ioctl");
	(void)trace_go(w.trace, trace_in(w.trace, outer));
	for (int i = 0; i < 30; i++)
		poll_once(&w, "sleeps 1000 ms");
	poll_once(&w, "sleeps 500 ms");
	poll_once(&w, "sleeps 500 ms");
	trace_note(w.trace, "guest driver", "something else");
	poll_once(&w, "sleeps 500 ms");
	end(&w);
	assert_int_equal(w.got->n, 8);
	assert_string_equal(w.got->lines[1], "1>2 polls ->  x30");
	assert_true(w.got->events[1].end_us - w.got->events[1].begin_us == 300);
	assert_string_equal(w.got->lines[2], "2>3 sleeps 1000 ms ->  x1");
	assert_int_equal(w.got->events[3].count, 2);
	assert_string_equal(w.got->lines[4] + strlen(w.got->lines[4]) - 2, "x1");
	assert_int_equal(w.got->events[6].count, 1);
	assert_true(w.got->events[0].unfinished);
	assert_good(w.got);
	free(w.got);
}

static void a_different_number_is_no_repetition(void **state)
{
	struct world w = begin();
	uint32_t outer, step;

	(void)state;
	start(&w);
	outer = trace_call(w.trace, "a", "b", "outer");
	(void)trace_go(w.trace, trace_in(w.trace, outer));
	for (unsigned i = 0; i < 4; i++) {
		step = trace_call(w.trace, "a", "b", "step");
		trace_number(w.trace, step, "sequence", i / 2, TRACE_DECIMAL);
		trace_end(w.trace, step, NULL);
	}
	trace_end(w.trace, outer, NULL);
	end(&w);
	assert_int_equal(w.got->n, 3);
	assert_int_equal(w.got->events[1].count, 2);
	assert_int_equal(w.got->events[2].count, 2);
	free(w.got);
}

static void a_lock_outlasts_the_step_that_takes_it(void **state)
{
	struct world w = begin();
	uint32_t step, lock;

	(void)state;
	start(&w);
	step = trace_call(w.trace, "VMM", "store", "serves");
	(void)trace_go(w.trace, trace_in(w.trace, step));
	lock = trace_lock(w.trace, trace_actor(w.trace, "?"), "certs.blob", false);
	w.clock.ns += 1000;
	trace_end(w.trace, step, NULL);
	w.clock.ns += 1000;
	trace_say(w.trace, "KVM", "firmware", "command");
	trace_end(w.trace, lock, NULL);
	end(&w);
	assert_int_equal(w.got->n, 3);
	assert_int_equal(w.got->events[1].kind, SEQUENCE_LOCK);
	assert_int_equal(w.got->events[1].parent, step);
	assert_true(w.got->events[1].end_us == 2);
	assert_int_not_equal(w.got->events[1].track, w.got->events[0].track);
	assert_good(w.got);
	free(w.got);
}

static void what_is_open_at_the_end_is_ended_and_marked(void **state)
{
	struct world w = begin();

	(void)state;
	start(&w);
	(void)trace_go(w.trace, trace_in(w.trace, trace_call(w.trace, "a", "b", "outer")));
	(void)!trace_call(w.trace, "b", "c", "inner");
	(void)!trace_aside(w.trace, "b", "d", "aside");
	(void)!trace_beside(w.trace, "b", "e", "beside");
	(void)!trace_lock(w.trace, "b", "lock", true);
	w.clock.ns += 3000;
	end(&w);
	assert_int_equal(w.got->n, 5);
	for (size_t i = 0; i < w.got->n; i++) {
		assert_true(w.got->events[i].unfinished);
		assert_true(w.got->events[i].end_us == 3);
	}
	assert_int_equal(w.got->events[2].parent, 0);
	assert_int_equal(w.got->events[3].parent, 1);
	assert_good(w.got);
	free(w.got);
}

static void ten_thousand_steps_in_one_request_are_all_there(void **state)
{
	struct world w = begin();
	uint32_t outer;

	(void)state;
	start(&w);
	outer = trace_call(w.trace, "a", "b", "outer");
	(void)trace_go(w.trace, trace_in(w.trace, outer));
	for (unsigned i = 0; i < 10000; i++)
		trace_say(w.trace, "a", "b", "step %u", i);
	trace_end(w.trace, outer, NULL);
	end(&w);
	assert_int_equal(w.got->n, 10001);
	free(w.got);
}

/* A step that never ends must not keep everything in memory. */
static void count_only(void *ctx, const struct sequence_event *e)
{
	++*(size_t *)ctx;
}

static void a_trace_has_bounds(void **state)
{
	size_t n = 0;
	const struct trace_options options = { .sink = count_only, .ctx = &n };
	struct trace *trace;

	(void)state;
	assert_int_equal(trace_new(&options, &trace), 0);
	(void)trace_go(trace, trace_in(trace, trace_call(trace, "a", "b", "for ever")));
	for (unsigned i = 0; i < 70000; i++)
		trace_say(trace, "a", "b", "step %u", i);
	assert_true(n > 60000);
	assert_int_equal(trace_free(trace), 0);
	assert_int_equal(n, 70001);
}

static void nothing_is_done_without_a_trace(void **state)
{
	(void)state;
	assert_int_equal(trace_call(NULL, "a", "b", "c"), 0);
	trace_say(NULL, "a", "b", "c");
	trace_note(NULL, "a", "c");
	trace_return(NULL, "a", "b", "c");
	trace_end(NULL, 1, NULL);
	trace_number(NULL, 1, "a", 1, TRACE_HEX);
	trace_bytes(NULL, 1, "a", "b", 1);
	assert_int_equal(trace_lock(NULL, "a", "b", true), 0);
	assert_int_equal(trace_free(NULL), 0);
}

static int attempt(struct got *got)
{
	const struct trace_options options = { .sink = get, .ctx = got, .wants_bytes = true };
	struct trace *trace;
	uint32_t step;

	if (trace_new(&options, &trace) < 0)
		return -ENOMEM;
	step = trace_call(trace, "a", "b", "c");
	(void)trace_go(trace, trace_in(trace, step));
	trace_bytes(trace, step, "bytes", "12345", 5);
	(void)!trace_lock(trace, "a", "b", true);
	trace_say(trace, "a", "b", "c");
	trace_end(trace, step, "result");
	return trace_free(trace);
}

static void each_allocation_may_fail(void **state)
{
	struct got *got = calloc(1, sizeof(*got));
	unsigned long k;
	bool fired = true;

	(void)state;
	assert_non_null(got);
	for (k = 1; fired; k++) {
		int r;

		got->n = 0;
		fail_memory_arm(k, false);
		r = attempt(got);
		fired = fail_memory_disarm().fired;
		assert_int_equal(r, fired ? -ENOMEM : 0);
		assert_good(got);
	}
	assert_true(k > 6);
	free(got);
}

/* ---- formats */

/* JSON spells out what would not be seen: see page/page.h. */
static const struct {
	const char *text, *json; /* NULL: the same */
} hostile[] = {
	{ "plain" },
	{ "\"quote\"" },
	{ "back\\slash" },
	{ "new\nline\r", "new\\u{a}line\\u{d}" },
	{ "\x01\x1f\x7f", "\\u{1}\\u{1f}\\u{7f}" },
	{ "<script>alert(1)</script>" },
	{ "a; b # c % d" },
	{ "{ } & >" },
	{ "end" },
	{ "-->>" },
	{ "Note over" },
	{ "\xc3\xa4" },
	{ "cut in \xc3", "cut in \\xc3" },
	{ "./a\xff", "./a\\xff" },
	{ "]]>" },
	{ "'" },
};

static char *written(enum sequence_format format, const char *text)
{
	const uint8_t bytes[3] = { 1, 2, 0xff };
	const struct sequence_number numbers[] = { { "gpa", 0x4000, .hex = true },
						   { "result", (uint64_t)-5, .is_signed = true },
						   { "huge", UINT64_MAX } };
	const struct sequence_bytes data[] = { { "report data", bytes, sizeof(bytes), 64 } };
	const struct sequence_event event =
		SEQUENCE_EVENT(.kind = SEQUENCE_STEP, .id = 1, .request = 1, .end_us = 2,
			       .from = "guest program", .to = "guest driver", .text = text, .result = text,
			       .numbers = numbers, .n_numbers = ARRAY_SIZE(numbers), .bytes = data,
			       .n_bytes = 1);
	const struct sequence_event note = SEQUENCE_EVENT(.kind = SEQUENCE_NOTE, .id = 2, .parent = 1,
							  .from = "", .to = "", .text = text);
	struct sequence sequence;
	struct text_stream stream;
	char *ret;

	assert_int_equal(text_stream_open(&stream), 0);
	sequence_begin(&sequence, format, stream.to);
	sequence_add(&sequence, &event);
	sequence_add(&sequence, &note);
	assert_int_equal(sequence_end(&sequence), 0);
	assert_int_equal(text_stream_close(&stream, &ret, NULL), 0);
	return ret;
}

static void any_text_is_json_that_says_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		auto_free char *text = written(SEQUENCE_CHROME, hostile[i].text);
		const char *says = hostile[i].json ? hostile[i].json : hostile[i].text;
		json_t *all = json_loads(text, 0, NULL), *step, *args;

		assert_non_null(all);
		step = json_array_get(all, 2); /* after the names of process and track */
		args = json_object_get(step, "args");
		assert_string_equal(json_string_value(json_object_get(step, "name")), says);
		assert_string_equal(json_string_value(json_object_get(args, "returned")), says);
		assert_string_equal(json_string_value(json_object_get(args, "gpa")), "0x4000");
		assert_int_equal(json_integer_value(json_object_get(args, "result")), -5);
		assert_string_equal(json_string_value(json_object_get(args, "huge")), "18446744073709551615");
		assert_string_equal(
			json_string_value(json_object_get(json_object_get(args, "report data"), "hex")),
			"0102ff...");
		json_decref(all);
	}
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++) {
		n += *text == '\n';
		assert_true(*text == '\n' || (unsigned char)*text >= 0x20);
		assert_int_not_equal(*text, 0x7f);
	}
	return n;
}

static void any_text_is_one_line_of_text_and_of_mermaid(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		auto_free char *text = written(SEQUENCE_TEXT, hostile[i].text),
			       *mermaid = written(SEQUENCE_MERMAID, hostile[i].text);

		assert_int_equal(lines_of(text), 2);
		assert_int_equal(lines_of(mermaid), 6); /* head, two parties, call, note, end */
		assert_null(strchr(mermaid, '<'));
		assert_null(strchr(mermaid, '{'));
	}
}

/* A name of a file, or a line of another program, may be so; and a terminal obeys 0x9b as ESC [. */
static void text_that_is_not_utf_8_leaves_a_trace_readable(void **state)
{
	static const char bytes[] = "\x9b[2J \xff \xc2\x9b \xe2\x80\xae \xc3\xa9 \xe2\x82";
	auto_free char *json = written(SEQUENCE_CHROME, bytes), *text = written(SEQUENCE_TEXT, bytes),
		       *mermaid = written(SEQUENCE_MERMAID, bytes);
	json_t *all = json_loads(json, 0, NULL);

	(void)state;
	assert_non_null(all);
	json_decref(all);
	assert_non_null(strstr(text, "?[2J ? ? ? \xc3\xa9 ??"));
	assert_non_null(strstr(mermaid, "?[2J ? ? ? \xc3\xa9 ??"));
}

static void a_diagram_ends_each_bar_once_and_after_what_is_in_it(void **state)
{
	static const struct sequence_event events[] = {
		SEQUENCE_EVENT(.kind = SEQUENCE_STEP, .id = 1, .request = 1, .end_us = 9, .from = "a",
			       .to = "b", .text = "outer", .result = "r1"),
		SEQUENCE_EVENT(.kind = SEQUENCE_STEP, .id = 2, .parent = 1, .request = 1, .begin_us = 1,
			       .end_us = 9, .from = "b", .to = "c", .text = "inner", .result = "r2"),
		SEQUENCE_EVENT(.kind = SEQUENCE_STEP, .id = 3, .request = 2, .begin_us = 2, .end_us = 3,
			       .from = "a", .to = "b", .text = "other", .result = "r3"),
	};
	struct sequence sequence;
	struct text_stream stream;
	auto_free char *text = NULL;

	(void)state;
	assert_int_equal(text_stream_open(&stream), 0);
	sequence_begin(&sequence, SEQUENCE_MERMAID, stream.to);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		sequence_add(&sequence, &events[i]);
	assert_int_equal(sequence_end(&sequence), 0);
	assert_int_equal(text_stream_close(&stream, &text, NULL), 0);
	assert_string_equal(text, "sequenceDiagram\n"
				  "    participant a as a\n"
				  "    participant b as b\n"
				  "    a->>+b: request 1: outer\n"
				  "    participant c as c\n"
				  "    b->>+c: inner\n"
				  "    a->>+b: request 2: other\n"
				  "    b-->>-a: r3\n"
				  "    c-->>-b: r2\n"
				  "    b-->>-a: r1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_nest_and_have_an_end_of_their_own),
		cmocka_unit_test(requests_at_the_same_time_have_tracks_of_their_own),
		cmocka_unit_test(equal_steps_behind_each_other_are_one_with_their_count),
		cmocka_unit_test(steps_with_other_bytes_are_not_equal_though_those_are_not_kept),
		cmocka_unit_test(a_different_number_is_no_repetition),
		cmocka_unit_test(a_lock_outlasts_the_step_that_takes_it),
		cmocka_unit_test(what_is_open_at_the_end_is_ended_and_marked),
		cmocka_unit_test(ten_thousand_steps_in_one_request_are_all_there),
		cmocka_unit_test(a_trace_has_bounds),
		cmocka_unit_test(nothing_is_done_without_a_trace),
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(any_text_is_json_that_says_the_same),
		cmocka_unit_test(any_text_is_one_line_of_text_and_of_mermaid),
		cmocka_unit_test(text_that_is_not_utf_8_leaves_a_trace_readable),
		cmocka_unit_test(a_diagram_ends_each_bar_once_and_after_what_is_in_it),
	};

	return cmocka_run_group_tests_name("machine_trace", tests, NULL, NULL);
}
