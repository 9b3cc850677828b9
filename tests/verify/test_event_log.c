/* SPDX-License-Identifier: MIT */
#include "measure/log_made.h"
#include "support/evidence.h"
#include "verify/tdx_made.h"

#include <errno.h>

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/tdx.h"
#include "verify/tdx_verdict.h"

/*
 * Event logs beside quotes: what a log must explain, what a verdict says when it does not, and what policies
 * require of events.
 */

#define CMDLINE   "root=/dev/vda1 quiet"
#define SB_HEAD   "\x61\xdf\xe4\x8b\xca\x93\xd2\x11\xaa\x0d\x00\xe0\x98\x03\x2b\x8c\x0a\0\0\0\0\0\0\0"
#define SB_NAME   "S\0e\0c\0u\0r\0e\0B\0o\0o\0t\0"
#define SB(value) SB_HEAD "\1\0\0\0\0\0\0\0" SB_NAME value

enum { MAX_EVENTS = 16 };

struct event {
	unsigned index;
	uint32_t type;
	const char *data;
	size_t n;
	const char *measured; /* NULL: the data */
	size_t n_measured;
};

#define DATA(text) (text), sizeof(text) - 1

/* At 0x41, 0x8b, 0x102, 0x148, 0x193, 0x1fd, 0x243, 0x289, 0x2f0 and 0x33f of the log, which ends at 0x3a9. */
static const struct event usual[] = {
	{ 1, MEASURE_EV_EFI_HANDOFF_TABLES2, DATA("TdxTable"), DATA("hand-off") },
	{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, DATA(SB("\1")) },
	{ 1, MEASURE_EV_SEPARATOR, DATA("\0\0\0\0") },
	{ 1, MEASURE_EV_PLATFORM_CONFIG_FLAGS, DATA("ACPI DATA"), DATA("tables") },
	{ 2, MEASURE_EV_EFI_ACTION, DATA("Calling EFI Application from Boot Option") },
	{ 2, MEASURE_EV_SEPARATOR, DATA("\0\0\0\0") },
	{ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, DATA("path"), DATA("image") },
	{ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: " CMDLINE "\0"), DATA(CMDLINE) },
	{ 3, MEASURE_EV_IPL, DATA("/boot/initrd\0"), DATA("initrd") },
	{ 2, MEASURE_EV_EFI_ACTION, DATA("Exit Boot Services Returned with Success") },
};

/* SHA-384 of "image" and of "another image". */
#define IMAGE                                                                                                \
	"7158862be7ff7d2ae0a585b872f415cf09b7fe8c6ce170ef944061e7788d73c1"                                   \
	"f5835652d8afe9939b01905d5aa7c48c"
#define OTHER                                                                                                \
	"2b90602ff1a54236c1128f3dbc4286e869fb383acf1fa10541ed54337f30043b"                                   \
	"b88ae120c1c6396d59f48a80d5169697"

struct events {
	struct event items[MAX_EVENTS];
	size_t n;
};

static struct events usual_events(void)
{
	struct events e = { .n = ARRAY_SIZE(usual) };

	memcpy(e.items, usual, sizeof(usual));
	return e;
}

static void insert(struct events *e, size_t at, struct event event)
{
	assert_true(e->n < MAX_EVENTS && at <= e->n);
	memmove(&e->items[at + 1], &e->items[at], (e->n - at) * sizeof(event));
	e->items[at] = event;
	e->n++;
}

static void drop(struct events *e, size_t at)
{
	memmove(&e->items[at], &e->items[at + 1], (e->n - at - 1) * sizeof(e->items[0]));
	e->n--;
}

static void write_log(const struct events *e, struct log_made *log)
{
	log_made_begin(log);
	for (size_t i = 0; i < e->n; i++) {
		const struct event *event = &e->items[i];

		log_made_event_of(log, event->index, event->type,
				  event->measured ? event->measured : event->data,
				  event->measured ? event->n_measured : event->n, event->data, event->n);
	}
}

/* A good quote whose RTMRs the events give, and its collateral. */
struct world {
	struct tdx_made made;
	struct jurat_verifier *verifier;
	struct jurat_tdx_collateral *collateral;
	uint8_t rtmr3; /* fills RTMR3 of the next quote */
};

static void sign_for(struct world *w, const struct events *e)
{
	uint8_t *rtmr[] = { w->made.quote.body.rtmr0, w->made.quote.body.rtmr1, w->made.quote.body.rtmr2,
			    w->made.quote.body.rtmr3 };

	for (size_t i = 0; i < ARRAY_SIZE(rtmr); i++)
		memset(rtmr[i], i == 3 ? w->rtmr3 : 0, 48);
	for (size_t i = 0; i < e->n; i++) {
		const struct event *event = &e->items[i];
		uint8_t digest[48];

		crypto_sha384(event->measured ? event->measured : event->data,
			      event->measured ? event->n_measured : event->n, digest);
		measure_extend(rtmr[event->index - 1], digest);
	}
	tdx_made_sign(&w->made);
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct events e = usual_events();

	assert_non_null(w);
	tdx_made_init(&w->made, TDX_BODY_10);
	sign_for(w, &e);
	tdx_made_documents(&w->made);
	w->verifier = tdx_made_verifier(&w->made);
	w->collateral = tdx_made_collateral(&w->made);
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;

	jurat_tdx_collateral_free(w->collateral);
	jurat_verifier_free(w->verifier);
	tdx_made_done(&w->made);
	free(w);
	return 0;
}

static struct jurat_verdict *judge_bytes(const struct world *w, const void *log, size_t n, const char *policy)
{
	auto_free uint8_t *copy = log ? heap_copy(log, n) : NULL;
	struct jurat_tdx_evidence e = { sizeof(e), w->made.bytes, w->made.size, copy, n };
	struct jurat_policy *p = NULL;
	struct jurat_verdict *v = NULL;
	struct jurat_error err = { "" };
	int r;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	if (policy && jurat_policy_read_json(p, policy, strlen(policy), &err) != 0)
		FAIL_BECAUSE("%s: %s", policy, err.text);
	r = jurat_verify_tdx(w->verifier, &e, w->collateral, p, w->made.at, &v, &err);
	assert_non_null(v);
	assert_int_equal(r, jurat_verdict_accepted(v) ? 0 : JURAT_REFUSED);
	jurat_policy_free(p);
	return v;
}

static struct jurat_verdict *judge(const struct world *w, const struct events *e, const char *policy)
{
	struct log_made log;

	write_log(e, &log);
	return judge_bytes(w, log.bytes, log.w.off, policy);
}

/* All reasons, "code: detail", one a line. */
static void assert_reasons(struct jurat_verdict *v, const char *what, const char *wanted)
{
	char is[2048] = "";

	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		size_t used = strlen(is);

		snprintf(is + used, sizeof(is) - used, "%s%s: %s", i > 0 ? "\n" : "",
			 jurat_verdict_reason_code(v, i), jurat_verdict_reason_detail(v, i));
	}
	if (strcmp(is, wanted) != 0)
		FAIL_BECAUSE("%s: '%s', expected '%s'", what, is, wanted);
	jurat_verdict_free(v);
}

static void a_log_that_explains_the_quote_is_accepted(void **state)
{
	const struct world *w = *state;
	const struct events e = usual_events();
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct jurat_verdict *v = judge(w, &e, NULL);
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
	const struct events e = usual_events();
	struct log_made log;

	for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
		write_log(&e, &log);
		memset(log.bytes + log.w.off, (int)fill, sizeof(log.bytes) - log.w.off);
		assert_reasons(judge_bytes(*state, log.bytes, sizeof(log.bytes), NULL), "padding", "");
	}
}

static void a_quote_without_a_log_has_none_in_its_verdict(void **state)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct jurat_verdict *v = judge_bytes(*state, NULL, 0, NULL);
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
	insert(e, e->n, (struct event){ 2, MEASURE_EV_EFI_ACTION, DATA("later") });
}
static void one_more_before_the_image(struct events *e)
{
	insert(e, 6, (struct event){ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, DATA("x"), DATA("y") });
}
static void a_separator_twice(struct events *e)
{
	insert(e, 5, e->items[5]);
}
static void no_separator(struct events *e)
{
	drop(e, 5);
}
static void no_last_action(struct events *e)
{
	drop(e, 9);
}
static void no_image(struct events *e)
{
	drop(e, 6);
}
static void another_digest_of_secure_boot(struct events *e)
{
	e->items[1].measured = "other";
	e->items[1].n_measured = 5;
}
static void another_digest_of_the_command_line(struct events *e)
{
	e->items[7].measured = "other";
	e->items[7].n_measured = 5;
}
static void another_value_of_secure_boot(struct events *e)
{
	e->items[1] = (struct event){ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, DATA(SB("\0")) };
}
static void another_image(struct events *e)
{
	e->items[6].measured = "another image";
	e->items[6].n_measured = 13;
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
		drop(e, 0);
}
static void two_changes(struct events *e)
{
	another_image(e);
	another_order(e);
}
static void an_own_event(struct events *e)
{
	insert(e, e->n, (struct event){ 4, MEASURE_EV_EVENT_TAG, DATA("own") });
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
		{ "no image", no_image, NULL, MISMATCH("1", "3") NOT_SHOWN },
		{ "no image, but a policy knows it", no_image,
		  "{\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\"}}",
		  MISMATCH("1", "3") " from event 9 (EV_EFI_ACTION, offset 0x2f9) on: " BECAUSE_MISSING
				     "\nevent-missing: event_digests: no event of type "
				     "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ "another digest of Secure Boot", another_digest_of_secure_boot, NULL,
		  MISMATCH("0", "4") " from event 2 (EV_EFI_VARIABLE_DRIVER_CONFIG, offset 0x8b) "
				     "on: " BECAUSE_DATA },
		{ "another digest of the command line", another_digest_of_the_command_line, NULL,
		  MISMATCH("2", "2") " from event 8 (EV_IPL, offset 0x289) on: " BECAUSE_DATA },
		{ "another value of Secure Boot", another_value_of_secure_boot, NULL,
		  MISMATCH("0", "4") NOT_SHOWN },
		{ "another image", another_image, NULL, MISMATCH("1", "4") NOT_SHOWN },
		{ "another image, but a policy knows it", another_image,
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
		struct events e = usual_events();

		rows[i].change(&e);
		assert_reasons(judge(*state, &e, rows[i].policy), rows[i].what, rows[i].reasons);
	}
}

static void json_names_the_event_where_they_part(void **state)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	struct events e = usual_events();
	struct jurat_verdict *v;
	auto_free char *json = NULL;

	one_more_at_the_end(&e);
	no_firmware(&e);
	v = judge(*state, &e, NULL);
	json = jurat_verdict_json(v);
	assert_non_null(strstr(json, "\"difference\": \"rest-not-in-quote\",\n        \"event\": 7,\n"
				     "        \"type\": \"EV_EFI_ACTION\",\n        \"offset\": "));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), 0);
	assert_int_equal(log.explained, 0xc);
	assert_int_equal(log.secure_boot, JURAT_SECURE_BOOT_UNKNOWN);
	jurat_verdict_free(v);
}

static void no_truncation_of_a_log_is_accepted(void **state)
{
	const struct events e = usual_events();
	unsigned malformed = 0;
	struct log_made log;

	write_log(&e, &log);
	for (size_t n = 0; n < log.w.off; n++) {
		struct jurat_verdict *v = judge_bytes(*state, log.bytes, n, NULL);
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
	const struct events e = usual_events();
	struct log_made log;

	for (size_t at = 0; at < 48; at++) {
		write_log(&e, &log);
		log.bytes[LOG_MADE_SPEC_ID_BYTES + 14 + at] ^= 1;
		assert_reasons(judge_bytes(*state, log.bytes, log.w.off, NULL), "a digest",
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
			    "crypto-agile form), or JSON" },
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
		assert_reasons(judge_bytes(*state, rows[i].bytes, rows[i].n, NULL), rows[i].bytes,
			       rows[i].reasons);
	v = judge_bytes(*state, "", 0, NULL);
	json = jurat_verdict_json(v);
	text = jurat_verdict_text(v);
	assert_non_null(strstr(json, "\"event_log\": null"));
	assert_non_null(strstr(text, "\nevent_log            unreadable\n"));
	assert_int_equal(jurat_verdict_tdx_event_log(v, &log), JURAT_NOT_FOUND);
	jurat_verdict_free(v);
}

static void a_size_without_a_log_is_an_error(void **state)
{
	const struct world *w = *state;
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
	struct world *w = *state;
	struct events usual_ones = usual_events();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct events e = usual_events();
		struct jurat_verdict *v;

		if (rows[i].in_both)
			an_own_event(&e);
		w->rtmr3 = rows[i].in_quote ? 0x33 : 0;
		sign_for(w, &e);
		if (rows[i].in_log)
			an_own_event(&e);
		v = judge(w, &e, rows[i].policy);
		if (jurat_verdict_accepted(v) != rows[i].accepted || lists(v, "rtmr3") != rows[i].listed)
			FAIL_BECAUSE("%s: accepted %d, listed %d", rows[i].what, jurat_verdict_accepted(v),
				     lists(v, "rtmr3"));
		jurat_verdict_free(v);
	}
	w->rtmr3 = 0;
	sign_for(w, &usual_ones);
}

/* ---- policies; the quote is of the changed log */

static void the_usual(struct events *e)
{
}
static void two_command_lines(struct events *e)
{
	insert(e, 8,
	       (struct event){ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: init=/bin/sh\0"),
			       DATA("init=/bin/sh") });
}
static void the_command_line_twice(struct events *e)
{
	insert(e, 8, e->items[7]);
}
static void no_command_line(struct events *e)
{
	drop(e, 7);
}
static void a_command_line_of_the_efi_stub(struct events *e)
{
	e->items[7] = (struct event){ 3, MEASURE_EV_EVENT_TAG,
				      DATA("\xed\x22\x3b\x8f\x1a\0\0\0LOADED_IMAGE::LoadOptions\0"),
				      DATA("q\0u\0i\0e\0t\0\0\0") };
}
static void a_command_line_that_the_log_leaves_out(struct events *e)
{
	e->items[7] = (struct event){ 3, MEASURE_EV_IPL, DATA(""), DATA(CMDLINE) };
}
static void hostile_bytes_in_the_command_line(struct events *e)
{
	e->items[7] = (struct event){ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: \x1b[2J\xff\0"),
				      DATA("\x1b[2J\xff") };
}
static void no_secure_boot(struct events *e)
{
	drop(e, 1);
}
static void secure_boot_behind_the_separator(struct events *e)
{
	struct event secure_boot = e->items[1];

	e->items[1] = e->items[2];
	e->items[2] = secure_boot;
}
static void secure_boot_without_a_separator(struct events *e)
{
	drop(e, 2);
}
static void secure_boot_twice(struct events *e)
{
	insert(e, 1, e->items[1]);
}
static void secure_boot_on_and_off(struct events *e)
{
	insert(e, 1, e->items[1]);
	another_value_of_secure_boot(e);
}

#define NO_CMDLINE "event-missing: kernel_cmdline: no event measures one of its command lines"
#define NO_SECURE_BOOT                                                                                       \
	"event-missing: require_secure_boot: no event in rtmr0 before its separator proves the value of "    \
	"the variable SecureBoot"
#define IMAGES(digests) "{\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": " digests "}}"

static void events_are_accepted_or_refused_as_the_policy_says(void **state)
{
	static const struct {
		void (*change)(struct events *e);
		const char *policy, *reasons;
	} rows[] = {
		{ the_usual, "{\"require_event_log\": true}", "" },
		{ the_usual, IMAGES("\"" IMAGE "\""), "" },
		{ the_usual, IMAGES("[\"" OTHER "\", \"" IMAGE "\"]"), "" },
		{ the_usual, IMAGES("\"" OTHER "\""),
		  "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " IMAGE },
		{ another_image, IMAGES("\"" IMAGE "\""),
		  "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " OTHER },
		{ no_image, IMAGES("\"" IMAGE "\""),
		  "event-missing: event_digests: no event of type EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ the_usual, "{\"event_digests\": {\"0x80000003\": \"" IMAGE "\"}}", "" },
		{ the_usual, "{\"event_digests\": {\"0x12345\": \"" IMAGE "\"}}",
		  "event-missing: event_digests: no event of type 0x12345" },
		{ the_usual, "{\"kernel_cmdline\": \"" CMDLINE "\"}", "" },
		{ the_usual, "{\"kernel_cmdline\": [\"\", \"" CMDLINE "\"]}", "" },
		{ the_usual, "{\"kernel_cmdline\": \"root=/dev/vda1\"}",
		  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '" CMDLINE "'" },
		{ the_usual, "{\"kernel_cmdline\": \"\"}",
		  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '" CMDLINE "'" },
		{ the_command_line_twice, "{\"kernel_cmdline\": \"" CMDLINE "\"}", "" },
		{ two_command_lines, "{\"kernel_cmdline\": \"" CMDLINE "\"}",
		  "kernel-cmdline-not-allowed: event 9 (EV_IPL): 'init=/bin/sh'" },
		{ two_command_lines, "{\"kernel_cmdline\": [\"" CMDLINE "\", \"init=/bin/sh\"]}", "" },
		{ no_command_line, "{\"kernel_cmdline\": \"" CMDLINE "\"}", NO_CMDLINE },
		{ another_digest_of_the_command_line, "{\"kernel_cmdline\": \"" CMDLINE "\"}",
		  "kernel-cmdline-not-allowed: event 8 (EV_IPL): its digest is not that of a command line in "
		  "kernel_cmdline" },
		{ a_command_line_of_the_efi_stub, "{\"kernel_cmdline\": \"quiet\"}", "" },
		{ a_command_line_of_the_efi_stub, "{\"kernel_cmdline\": \"loud\"}",
		  "kernel-cmdline-not-allowed: event 8 (EV_EVENT_TAG): its digest is not that of a command "
		  "line in kernel_cmdline" },
		{ a_command_line_that_the_log_leaves_out, "{\"kernel_cmdline\": \"" CMDLINE "\"}", "" },
		{ a_command_line_that_the_log_leaves_out, "{\"kernel_cmdline\": \"quiet\"}", NO_CMDLINE },
		{ hostile_bytes_in_the_command_line, "{\"kernel_cmdline\": \"quiet\"}",
		  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '?[2J?'" },
		{ the_usual, "{\"require_secure_boot\": true}", "" },
		{ another_value_of_secure_boot, "{\"require_secure_boot\": false}", "" },
		{ another_value_of_secure_boot, "{\"require_secure_boot\": true}",
		  "secure-boot-disabled: the firmware measured the variable SecureBoot, and it is not 1" },
		{ no_secure_boot, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
		{ another_digest_of_secure_boot, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
		{ secure_boot_behind_the_separator, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
		{ secure_boot_without_a_separator, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
		{ secure_boot_twice, "{\"require_secure_boot\": true}", "" },
		{ secure_boot_on_and_off, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
	};
	struct world *w = *state;
	struct events usual_ones = usual_events();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct events e = usual_events();
		char what[32];

		TEXT(what, "row %zu", i);
		rows[i].change(&e);
		sign_for(w, &e);
		assert_reasons(judge(w, &e, rows[i].policy), what, rows[i].reasons);
	}
	sign_for(w, &usual_ones);
}

static void without_a_log_no_requirement_on_events_is_met(void **state)
{
	static const struct {
		const char *policy, *member;
	} rows[] = {
		{ "{\"require_event_log\": true}", "require_event_log" },
		{ IMAGES("\"" IMAGE "\""), "event_digests" },
		{ "{\"event_digests\": {\"*\": []}}", "event_digests" },
		{ "{\"kernel_cmdline\": \"\"}", "kernel_cmdline" },
		{ "{\"require_secure_boot\": true}", "require_secure_boot" },
	};
	char wanted[80];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		TEXT(wanted, "event-log-missing: %s: there is no event log", rows[i].member);
		assert_reasons(judge_bytes(*state, NULL, 0, rows[i].policy), rows[i].member, wanted);
	}
}

/* Every event must then be named, whatever type the log says it has. */
static void digests_of_all_events_leave_no_type_out(void **state)
{
	const struct events e = usual_events();
	char policy[4096] = "{\"event_digests\": {\"*\": [";
	struct jurat_verdict *v;

	for (size_t i = 0; i < e.n; i++) {
		const struct event *event = &e.items[i];
		char hex[BYTES_HEX_SIZE(48)];
		uint8_t digest[48];

		if (i == 6)
			continue; /* the image */
		crypto_sha384(event->measured ? event->measured : event->data,
			      event->measured ? event->n_measured : event->n, digest);
		snprintf(policy + strlen(policy), sizeof(policy) - strlen(policy), "%s\"%s\"",
			 i > 0 ? ", " : "", bytes_to_hex(digest, sizeof(digest), hex));
	}
	snprintf(policy + strlen(policy), sizeof(policy) - strlen(policy), "]}}");
	assert_reasons(judge(*state, &e, policy), "all but the image",
		       "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " IMAGE);
	snprintf(policy + strlen(policy) - 2, 3, ", ");
	snprintf(policy + strlen(policy), sizeof(policy) - strlen(policy),
		 "\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\"}}");
	assert_reasons(judge(*state, &e, policy), "all", "");
	v = judge(*state, &e, "{\"event_digests\": {\"*\": []}}");
	assert_int_equal(jurat_verdict_reason_count(v), 8);
	assert_true(jurat_verdict_has_reason(v, "event-not-allowed"));
	jurat_verdict_free(v);
}

static void bytes_of_a_command_line_are_shown_escaped(void **state)
{
	struct world *w = *state;
	struct events e = usual_events(), usual_ones = e;
	struct jurat_verdict *v;
	auto_free char *json = NULL, *text = NULL;

	hostile_bytes_in_the_command_line(&e);
	sign_for(w, &e);
	v = judge(w, &e, NULL);
	json = jurat_verdict_json(v);
	text = jurat_verdict_text(v);
	assert_string_equal(jurat_verdict_tdx_kernel_cmdline(v, 0), "\x1b[2J\xff");
	assert_non_null(strstr(json, "\"\\\\x1b[2J\\\\xff\""));
	assert_non_null(strstr(text, "  kernel_cmdline     \\x1b[2J\\xff\n"));
	jurat_verdict_free(v);
	sign_for(w, &usual_ones);
}

static void policies_on_events_are_read_strictly(void **state)
{
	static const struct {
		const char *policy, *text;
	} rows[] = {
		{ "{\"event_digests\": []}", "policy: event_digests: expected a non-empty list" },
		{ "{\"event_digests\": {}}",
		  "policy: event_digests: expected an object of digests by the type of the event" },
		{ "{\"event_digests\": \"EV_IPL\"}",
		  "policy: event_digests: expected an object of digests by the type of the event" },
		{ "{\"event_digests\": {\"EV_IPL\": []}}",
		  "policy: event_digests: EV_IPL: expected a non-empty list" },
		{ "{\"event_digests\": {\"EV_IPL\": \"00\"}}",
		  "policy: event_digests: EV_IPL: expected a string of exactly 96 hex digits" },
		{ "{\"event_digests\": {\"EV_IPL\": [1]}}",
		  "policy: event_digests: EV_IPL: expected a string of exactly 96 hex digits" },
		{ "{\"event_digests\": {\"EV_X\": \"" IMAGE "\"}}",
		  "policy: event_digests: EV_X: unknown type of event, expected a name such as "
		  "EV_EFI_BOOT_SERVICES_APPLICATION, \"0x...\" or \"*\"" },
		{ "{\"event_digests\": {\"0x100000000\": \"" IMAGE "\"}}",
		  "policy: event_digests: 0x100000000: unknown type of event, expected a name such as "
		  "EV_EFI_BOOT_SERVICES_APPLICATION, \"0x...\" or \"*\"" },
		{ "{\"event_digests\": {\"EV_NO_ACTION\": \"" IMAGE "\"}}",
		  "policy: event_digests: EV_NO_ACTION: events of this type are never measured" },
		{ "{\"event_digests\": {\"EV_IPL\": \"" IMAGE "\", \"0xd\": \"" IMAGE "\"}}",
		  "policy: event_digests: 0xd: duplicate type of event" },
		{ "{\"kernel_cmdline\": 1}", "policy: kernel_cmdline: expected a string" },
		{ "{\"kernel_cmdline\": []}", "policy: kernel_cmdline: expected a non-empty list" },
		{ "{\"require_secure_boot\": 1}", "policy: require_secure_boot: expected true or false" },
	};
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_error err = { "" };

		assert_int_equal(jurat_policy_read_json(p, rows[i].policy, strlen(rows[i].policy), &err),
				 -EBADMSG);
		assert_string_equal(err.text, rows[i].text);
	}
	assert_int_equal(jurat_policy_set(p, "kernel_cmdline", CMDLINE, NULL), 0);
	assert_int_equal(jurat_policy_set(p, "event_digests", "{\"*\": []}", NULL), 0);
	jurat_policy_free(p);
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
		cmocka_unit_test(no_truncation_of_a_log_is_accepted),
		cmocka_unit_test(no_other_byte_in_a_digest_is_accepted),
		cmocka_unit_test(what_is_no_log_is_refused),
		cmocka_unit_test(a_size_without_a_log_is_an_error),
		cmocka_unit_test(rtmr3_is_told_without_events_and_must_be_explained_with_them),
		cmocka_unit_test(events_are_accepted_or_refused_as_the_policy_says),
		cmocka_unit_test(without_a_log_no_requirement_on_events_is_met),
		cmocka_unit_test(digests_of_all_events_leave_no_type_out),
		cmocka_unit_test(bytes_of_a_command_line_are_shown_escaped),
		cmocka_unit_test(policies_on_events_are_read_strictly),
		cmocka_unit_test(real_logs_explain_what_they_are_known_to_explain),
	};

	return cmocka_run_group_tests(tests, make_world, end_world);
}
