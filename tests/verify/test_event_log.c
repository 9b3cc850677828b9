/* SPDX-License-Identifier: MIT */
#include "support/evidence.h"
#include "verify/event_made.h"

#include <errno.h>

#include "base/cleanup.h"
#include "verify/tdx_verdict.h"

/*
 * Event logs beside quotes: what a log must explain, and what a verdict says when it does not.
 */

static void a_log_that_explains_the_quote_is_accepted(void **state)
{
	const struct event_world *w = *state;
	const struct events e = events_usual();
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct jurat_verdict *v = event_world_judge(w, &e, NULL);
	auto_free char *json = jurat_verdict_json(v), *text = jurat_verdict_text(v);

	assert_true(jurat_verdict_accepted(v));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), 0);
	assert_int_equal(log.event_count, e.n);
	assert_int_equal(log.explained, 0xf);
	assert_int_equal(log.secure_boot, JURAT_SECURE_BOOT_ENABLED);
	assert_int_equal(log.kernel_cmdline_count, 1);
	assert_string_equal(jurat_verdict_tdx_kernel_cmdline(v, 0), CMDLINE);
	assert_null(jurat_verdict_tdx_kernel_cmdline(v, 1));
	assert_non_null(strstr(json, "\"form\": \"tcg\""));
	assert_non_null(strstr(json, "\"secure_boot\": true"));
	assert_non_null(strstr(json, "\"kernel_cmdline\": [\n      \"" CMDLINE "\"\n    ]"));
	assert_non_null(strstr(json, "\"explained\": true"));
	assert_null(strstr(json, "\"explained\": false"));
	assert_null(strstr(json, "parts_at"));
	assert_non_null(strstr(
		text, "\nevent_log            10 events (tcg)\n  rtmr0              explained, 4 events\n"));
	assert_non_null(strstr(text, "\n  secure_boot        enabled\n  kernel_cmdline     " CMDLINE "\n"));
	jurat_verdict_free(v);
}

static void padding_behind_a_log_is_not_read(void **state)
{
	const struct events e = events_usual();
	struct log_made log;

	for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
		events_write(&e, &log);
		memset(log.bytes + log.w.off, (int)fill, sizeof(log.bytes) - log.w.off);
		event_assert_reasons(event_world_judge_bytes(*state, log.bytes, sizeof(log.bytes), NULL),
				     "padding", "");
	}
}

static void a_quote_without_a_log_has_none_in_its_verdict(void **state)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct jurat_verdict *v = event_world_judge_bytes(*state, NULL, 0, NULL);
	auto_free char *json = jurat_verdict_json(v);

	assert_true(jurat_verdict_accepted(v));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), JURAT_NOT_FOUND);
	assert_int_equal(jurat_verdict_tdx_event_log(NULL, &log), JURAT_NOT_FOUND);
	assert_null(jurat_verdict_tdx_kernel_cmdline(v, 0));
	assert_null(strstr(json, "event_log"));
	jurat_verdict_free(v);
}

/* What was changed in the log of a quote whose own is the usual one. */
static void one_more_at_the_end(struct events *e)
{
	events_insert(e, e->n, (struct event){ 2, MEASURE_EV_EFI_ACTION, DATA("later") });
}
static void one_more_before_the_image(struct events *e)
{
	events_insert(e, 6,
		      (struct event){ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, DATA("x"), DATA("y") });
}
static void a_separator_twice(struct events *e)
{
	events_insert(e, 5, e->items[5]);
}
static void no_separator(struct events *e)
{
	events_drop(e, 5);
}
static void no_last_action(struct events *e)
{
	events_drop(e, 9);
}
static void another_order(struct events *e)
{
	struct event first = e->items[4];

	e->items[4] = e->items[5];
	e->items[5] = first;
}
static void another_register(struct events *e)
{
	e->items[8].index = 2;
}
static void no_firmware(struct events *e)
{
	for (unsigned i = 0; i < 4; i++)
		events_drop(e, 0);
}
static void two_changes(struct events *e)
{
	event_another_image(e);
	another_order(e);
}
static void an_own_event(struct events *e)
{
	events_insert(e, e->n, (struct event){ 4, MEASURE_EV_EVENT_TAG, DATA("own") });
}

#define MISMATCH(rtmr, n)                                                                                    \
	"event-log-mismatch: rtmr" rtmr ": replay of its " n " events gives another value than the quote's"
#define BECAUSE_REST    "the quote has only the events before it"
#define BECAUSE_EXTRA   "the quote has all events but this one"
#define BECAUSE_DATA    "the quote has the digest of this event's data, the log another"
#define BECAUSE_SWAPPED "the quote has this event and the next in the opposite order"
#define BECAUSE_OTHER   "the quote has another digest here, which event_digests allows"
#define BECAUSE_MISSING "the log lacks an event here"
#define NOT_SHOWN       "; the log does not show which event differs"

static void a_log_that_does_not_explain_the_quote_is_refused_where_they_part(void **state)
{
	static const struct {
		const char *what;
		void (*change)(struct events *e);
		const char *policy, *reasons;
	} rows[] = {
		{ "one more at the end", one_more_at_the_end, NULL,
		  MISMATCH("1", "5") " from event 11 (EV_EFI_ACTION, offset 0x3a9) on: " BECAUSE_REST },
		{ "one more before the image", one_more_before_the_image, NULL,
		  MISMATCH("1", "5") " from event 7 (EV_EFI_BOOT_SERVICES_APPLICATION, offset 0x243) "
				     "on: " BECAUSE_EXTRA },
		{ "a separator twice", a_separator_twice, NULL,
		  MISMATCH("1", "5") " from event 6 (EV_SEPARATOR, offset 0x1fd) on: " BECAUSE_EXTRA },
		{ "no separator", no_separator, NULL,
		  MISMATCH("1", "3") " from event 6 (EV_EFI_BOOT_SERVICES_APPLICATION, offset 0x1fd) "
				     "on: " BECAUSE_MISSING },
		{ "no last action", no_last_action, NULL,
		  MISMATCH("1", "3") " from the end of its events on: " BECAUSE_MISSING },
		{ "no image", event_no_image, NULL, MISMATCH("1", "3") NOT_SHOWN },
		{ "no image, but a policy knows it", event_no_image,
		  "{\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\"}}",
		  MISMATCH("1", "3") " from event 9 (EV_EFI_ACTION, offset 0x2f9) on: " BECAUSE_MISSING
				     "\nevent-missing: event_digests: no event of type "
				     "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ "another digest of Secure Boot", event_another_digest_of_secure_boot, NULL,
		  MISMATCH("0", "4") " from event 2 (EV_EFI_VARIABLE_DRIVER_CONFIG, offset 0x8b) "
				     "on: " BECAUSE_DATA },
		{ "another digest of the command line", event_another_digest_of_the_command_line, NULL,
		  MISMATCH("2", "2") " from event 8 (EV_IPL, offset 0x289) on: " BECAUSE_DATA },
		{ "another value of Secure Boot", event_another_value_of_secure_boot, NULL,
		  MISMATCH("0", "4") NOT_SHOWN },
		{ "another image", event_another_image, NULL, MISMATCH("1", "4") NOT_SHOWN },
		{ "another image, but a policy knows it", event_another_image,
		  "{\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": [\"" OTHER "\", \"" IMAGE
		  "\"]}}",
		  MISMATCH("1", "4") " from event 7 (EV_EFI_BOOT_SERVICES_APPLICATION, offset 0x243) "
				     "on: " BECAUSE_OTHER "\nevent-missing: event_digests: no event of type "
				     "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ "another order", another_order, NULL,
		  MISMATCH("1", "4") " from event 5 (EV_SEPARATOR, offset 0x193) on: " BECAUSE_SWAPPED },
		{ "another register", another_register, NULL,
		  MISMATCH("1", "5") " from event 9 (EV_IPL, offset 0x2f0) on: " BECAUSE_EXTRA "\n" MISMATCH(
			  "2", "1") " from the end of its events on: " BECAUSE_MISSING },
		{ "no firmware", no_firmware, NULL,
		  "event-log-mismatch: rtmr0: the log has no events for it, and the quote's value is not "
		  "zero" },
		{ "two changes", two_changes, NULL, MISMATCH("1", "4") NOT_SHOWN },
		{ "an event that the quote has not in RTMR3", an_own_event, NULL,
		  MISMATCH("3", "1") " from event 11 (EV_EVENT_TAG, offset 0x3a9) on: " BECAUSE_REST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct events e = events_usual();

		rows[i].change(&e);
		event_assert_reasons(event_world_judge(*state, &e, rows[i].policy), rows[i].what,
				     rows[i].reasons);
	}
}

static void json_names_the_event_where_they_part(void **state)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct events e = events_usual();
	struct jurat_verdict *v;
	auto_free char *json = NULL;

	one_more_at_the_end(&e);
	no_firmware(&e);
	v = event_world_judge(*state, &e, NULL);
	json = jurat_verdict_json(v);
	assert_non_null(strstr(json, "\"difference\": \"rest-not-in-quote\",\n        \"event\": 7,\n"
				     "        \"type\": \"EV_EFI_ACTION\",\n        \"offset\": "));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), 0);
	assert_int_equal(log.explained, 0xc);
	assert_int_equal(log.secure_boot, JURAT_SECURE_BOOT_UNKNOWN);
	jurat_verdict_free(v);
}

static void secure_boot_is_not_known_from_an_rtmr_that_is_not_explained(void **state)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct events e = events_usual();
	struct jurat_verdict *v;

	event_another_value_of_secure_boot(&e);
	v = event_world_judge(*state, &e, NULL);
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), 0);
	assert_int_equal(log.explained, 0xe);
	assert_int_equal(log.secure_boot, JURAT_SECURE_BOOT_UNKNOWN);
	jurat_verdict_free(v);
}

static void no_truncation_of_a_log_is_accepted(void **state)
{
	const struct events e = events_usual();
	unsigned malformed = 0;
	struct log_made log;

	events_write(&e, &log);
	for (size_t n = 0; n < log.w.off; n++) {
		struct jurat_verdict *v = event_world_judge_bytes(*state, log.bytes, n, NULL);
		const bool bad = jurat_verdict_has_reason(v, "event-log-malformed");

		assert_false(jurat_verdict_accepted(v));
		assert_true(bad || jurat_verdict_has_reason(v, "event-log-mismatch"));
		malformed += bad;
		jurat_verdict_free(v);
	}
	assert_int_equal(malformed, log.w.off - e.n);
}

static void no_other_byte_in_a_digest_is_accepted(void **state)
{
	const struct events e = events_usual();
	struct log_made log;

	for (size_t at = 0; at < 48; at++) {
		events_write(&e, &log);
		log.bytes[LOG_MADE_SPEC_ID_BYTES + 14 + at] ^= 1;
		event_assert_reasons(event_world_judge_bytes(*state, log.bytes, log.w.off, NULL), "a digest",
				     MISMATCH("0", "4") NOT_SHOWN);
	}
}

static void what_is_no_log_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *reasons;
	} rows[] = {
		{ DATA(""), "event-log-malformed: not an event log: expected a Spec ID event (TCG, "
			    "crypto-agile form), or JSON with an event log" },
		{ DATA("{\"event_log\": []}"), "event-log-mismatch: rtmr0: the log has no events for it, and "
					       "the quote's value is not zero\n"
					       "event-log-mismatch: rtmr1: the log has no events for it, and "
					       "the quote's value is not zero\n"
					       "event-log-mismatch: rtmr2: the log has no events for it, and "
					       "the quote's value is not zero" },
		{ DATA("{\"event_log\": null}"), "event-log-malformed: JSON without an event log" },
		{ DATA("{\"event_log\": [{\"imr\": 4}]}"),
		  "event-log-malformed: event 1: imr is not a number from 0 to 3" },
	};
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct jurat_verdict *v;
	auto_free char *json = NULL, *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		event_assert_reasons(event_world_judge_bytes(*state, rows[i].bytes, rows[i].n, NULL),
				     rows[i].bytes, rows[i].reasons);
	v = event_world_judge_bytes(*state, "", 0, NULL);
	json = jurat_verdict_json(v);
	text = jurat_verdict_text(v);
	assert_non_null(strstr(json, "\"event_log\": null"));
	assert_non_null(strstr(text, "\nevent_log            unreadable\n"));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), JURAT_NOT_FOUND);
	jurat_verdict_free(v);
}

static void a_size_without_a_log_is_an_error(void **state)
{
	const struct event_world *w = *state;
	struct jurat_tdx_evidence e = { sizeof(e), w->made.bytes, w->made.size, NULL, 1 };
	struct jurat_error err = { "" };

	assert_int_equal(jurat_verify_tdx(w->verifier, &e, w->collateral, NULL, w->made.at, NULL, &err),
			 -EINVAL);
	assert_string_equal(err.text, "event_log_size without event_log");
}

/* ---- RTMR3 */

static bool lists(struct jurat_verdict *v, const char *code)
{
	for (size_t i = 0; i < jurat_verdict_not_judged_count(v); i++)
		if (strcmp(jurat_verdict_not_judged_code(v, i), code) == 0)
			return true;
	return false;
}

static void rtmr3_is_told_without_events_and_must_be_explained_with_them(void **state)
{
	static const struct {
		const char *what, *policy;
		bool in_quote, in_log, in_both, accepted, listed;
	} rows[] = {
		{ "neither", NULL, false, false, false, true, false },
		{ "an event of both", NULL, false, false, true, true, false },
		{ "something in the quote", NULL, true, false, false, true, true },
		{ "an event in the log", NULL, false, true, false, false, false },
		{ "something in the quote before an event of both", NULL, true, false, true, false, false },
		{ "the same, and it is allowed", "{\"allow_unexplained_rtmr3\": true}", true, false, true,
		  true, true },
		{ "an event in the log, which is allowed", "{\"allow_unexplained_rtmr3\": true}", false, true,
		  false, true, true },
	};
	struct event_world *w = *state;
	struct events usual_ones = events_usual();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct events e = events_usual();
		struct jurat_verdict *v;

		if (rows[i].in_both)
			an_own_event(&e);
		w->rtmr3 = rows[i].in_quote ? 0x33 : 0;
		event_world_sign(w, &e);
		if (rows[i].in_log)
			an_own_event(&e);
		v = event_world_judge(w, &e, rows[i].policy);
		if (jurat_verdict_accepted(v) != rows[i].accepted || lists(v, "rtmr3") != rows[i].listed)
			FAIL_BECAUSE("%s: accepted %d, listed %d", rows[i].what, jurat_verdict_accepted(v),
				     lists(v, "rtmr3"));
		jurat_verdict_free(v);
	}
	w->rtmr3 = 0;
	event_world_sign(w, &usual_ones);
}

/* ---- real logs and quotes, of which the chain does not matter here */

static void judge_replay(const struct evidence_row *row, void *context)
{
	static const char *const truth[2] = { "False", "True" };
	const char *name = evidence_value(row, "quote (file in given/heldout or here)");
	struct jurat_tdx_event_log summary = { .size = sizeof(summary) };
	struct jurat_verifier *verifier;
	struct jurat_verdict *v = NULL;
	const char *matches[3];
	char match[64];
	size_t n_log, n_quote;

	if (!name[0])
		return;
	auto_free uint8_t *log = evidence_read(row->folder, evidence_value(row, "log"), &n_log);
	auto_free uint8_t *quote = evidence_read(row->folder, name, &n_quote);
	const struct jurat_tdx_evidence e = { sizeof(e), quote, n_quote, log, n_log };

	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	(void)!jurat_verify_tdx(verifier, &e, NULL, NULL, 1767225600, &v, NULL);
	assert_int_equal(jurat_verdict_tdx_event_log(v, &summary), 0);
	/* The table has False for a register that nothing extended: neither log nor quote. */
	for (unsigned i = 0; i < 3; i++)
		matches[i] = truth[v->tdx->events->rtmr[i].n_events > 0 && summary.explained >> i & 1];
	TEXT(match, "[%s, %s, %s]", matches[0], matches[1], matches[2]);
	if (strcmp(match, evidence_value(row, "match")) != 0)
		FAIL_BECAUSE("%s: %s", name, match);
	assert_int_equal(jurat_verdict_has_reason(v, "event-log-mismatch"), (summary.explained & 7) != 7);
	jurat_verdict_free(v);
	jurat_verifier_free(verifier);
	++*(unsigned *)context;
}

static void real_logs_explain_what_they_are_known_to_explain(void **state)
{
	unsigned pairs = 0;

	if (evidence_each_row("RTMR-REPLAYS.tsv", judge_replay, &pairs) == 0)
		SKIP_BECAUSE("needs real evidence");
	assert_true(pairs >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_that_explains_the_quote_is_accepted),
		cmocka_unit_test(padding_behind_a_log_is_not_read),
		cmocka_unit_test(a_quote_without_a_log_has_none_in_its_verdict),
		cmocka_unit_test(a_log_that_does_not_explain_the_quote_is_refused_where_they_part),
		cmocka_unit_test(json_names_the_event_where_they_part),
		cmocka_unit_test(secure_boot_is_not_known_from_an_rtmr_that_is_not_explained),
		cmocka_unit_test(no_truncation_of_a_log_is_accepted),
		cmocka_unit_test(no_other_byte_in_a_digest_is_accepted),
		cmocka_unit_test(what_is_no_log_is_refused),
		cmocka_unit_test(a_size_without_a_log_is_an_error),
		cmocka_unit_test(rtmr3_is_told_without_events_and_must_be_explained_with_them),
		cmocka_unit_test(real_logs_explain_what_they_are_known_to_explain),
	};

	return cmocka_run_group_tests(tests, event_world_make, event_world_end);
}
