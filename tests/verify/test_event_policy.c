/* SPDX-License-Identifier: MIT */
#include "verify/event_made.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "crypto/hash.h"

/* What policies require of the events of a log that explains the quote. */

static void the_usual(struct events *e)
{
}
static void two_command_lines(struct events *e)
{
	events_insert(e, 8,
		      (struct event){ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: init=/bin/sh\0"),
				      DATA("init=/bin/sh") });
}
static void the_command_line_twice(struct events *e)
{
	events_insert(e, 8, e->items[7]);
}
static void no_command_line(struct events *e)
{
	events_drop(e, 7);
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
	events_drop(e, 1);
}
static void secure_boot_behind_the_separator(struct events *e)
{
	struct event secure_boot = e->items[1];

	e->items[1] = e->items[2];
	e->items[2] = secure_boot;
}
static void secure_boot_without_a_separator(struct events *e)
{
	events_drop(e, 2);
}
static void secure_boot_twice(struct events *e)
{
	events_insert(e, 1, e->items[1]);
}
static void secure_boot_on_and_off(struct events *e)
{
	events_insert(e, 1, e->items[1]);
	event_another_value_of_secure_boot(e);
}

/* Software that is not what the policy requires, which then extends the RTMR with the digest of what is. */
static void other_software_under_another_type(struct events *e)
{
	events_insert(e, 7, e->items[6]);
	event_another_image(e);
	e->items[6].type = MEASURE_EV_EFI_VARIABLE_BOOT;
}
static void other_command_line_under_another_type(struct events *e)
{
	events_insert(e, 8, e->items[7]);
	e->items[7] = (struct event){ 3, MEASURE_EV_EFI_VARIABLE_BOOT, DATA("x"), DATA("init=/bin/sh") };
}
static void other_initrd_without_a_label(struct events *e)
{
	e->items[8] = (struct event){ 3, MEASURE_EV_EVENT_TAG, DATA("x"), DATA("evil") };
}
static void a_boot_option_that_is_an_image(struct events *e)
{
	events_insert(e, 6, (struct event){ 2, MEASURE_EV_EFI_VARIABLE_BOOT, DATA("another image") });
}
static void a_partition_table(struct events *e)
{
	events_insert(e, 6, (struct event){ 2, MEASURE_EV_EFI_GPT_EVENT, DATA("EFI PART and the rest") });
}
static void a_partition_table_of_another_digest(struct events *e)
{
	events_insert(
		e, 6,
		(struct event){ 2, MEASURE_EV_EFI_GPT_EVENT, DATA("EFI PART and the rest"), DATA("evil") });
}
static void a_partition_table_of_the_loader(struct events *e)
{
	events_insert(e, 8, (struct event){ 3, MEASURE_EV_EFI_GPT_EVENT, DATA("EFI PART and the rest") });
}

#define NO_CMDLINE "event-missing: kernel_cmdline: no event measures one of its command lines"
/* SHA-384 of the variable SecureBoot with value 1. */
#define SECURE_BOOT                                                                                          \
	"2cded0c6f453d4c6f59c5e14ec61abc6b018314540a2367cba326a52aa2b315c"                                   \
	"cc08ce68a816ce09c6ef2ac7e514ae1f"
/* SHA-384 of "initrd". */
#define INITRD                                                                                               \
	"0ea077a251cb5b89108623041521d525aa49452a84239b04232bd69ad66b2885"                                   \
	"b792748e445082253569dd304c50a110"
/* All that the usual log has in RTMR1 and RTMR2 besides the command line. */
#define REST                                                                                                 \
	"\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\", \"EV_IPL\": \"" INITRD "\"}"
#define IMAGES_ONLY             "\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\"}"
#define LINES_OF(others, lines) "{" others ", \"kernel_cmdline\": " lines "}"
#define LINES(lines)            LINES_OF(REST, lines)
#define NO_SECURE_BOOT                                                                                       \
	"event-missing: require_secure_boot: no event in rtmr0 before its separator proves the value of "    \
	"the variable SecureBoot"
#define IMAGES(digests) "{\"event_digests\": {\"EV_EFI_BOOT_SERVICES_APPLICATION\": " digests "}}"

static const struct {
	void (*change)(struct events *e);
	const char *policy, *reasons;
} policy_rows[] = {
	{ the_usual, "{\"require_event_log\": true}", "" },
	{ the_usual, IMAGES("\"" IMAGE "\""), "" },
	{ the_usual, IMAGES("[\"" OTHER "\", \"" IMAGE "\"]"), "" },
	{ the_usual, IMAGES("\"" OTHER "\""),
	  "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " IMAGE },
	{ event_another_image, IMAGES("\"" IMAGE "\""),
	  "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " OTHER },
	{ event_no_image, IMAGES("\"" IMAGE "\""),
	  "event-missing: event_digests: no event of type EV_EFI_BOOT_SERVICES_APPLICATION" },
	{ the_usual, "{\"event_digests\": {\"0x80000003\": \"" IMAGE "\"}}", "" },
	{ the_usual, "{\"event_digests\": {\"0x12345\": \"" IMAGE "\"}}",
	  "event-missing: event_digests: no event of type 0x12345" },
	{ the_usual, LINES("\"" CMDLINE "\""), "" },
	{ the_usual, LINES("[\"\", \"" CMDLINE "\"]"), "" },
	{ the_usual, "{\"kernel_cmdline\": \"root=/dev/vda1\"}",
	  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '" CMDLINE "'" },
	{ the_usual, "{\"kernel_cmdline\": \"\"}",
	  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '" CMDLINE "'" },
	{ the_command_line_twice, LINES("\"" CMDLINE "\""), "" },
	{ two_command_lines, "{\"kernel_cmdline\": \"" CMDLINE "\"}",
	  "kernel-cmdline-not-allowed: event 9 (EV_IPL): 'init=/bin/sh'" },
	{ two_command_lines, LINES("[\"" CMDLINE "\", \"init=/bin/sh\"]"), "" },
	{ the_usual, "{\"kernel_cmdline\": \"" CMDLINE "\"}",
	  "event-not-fixed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION) (and 1 more): fixed by "
	  "neither event_digests nor rtmr1" },
	{ the_usual, LINES_OF(IMAGES_ONLY, "\"" CMDLINE "\""),
	  "event-not-fixed: event 9 (EV_IPL): fixed by neither event_digests nor rtmr2" },
	{ other_initrd_without_a_label, LINES_OF(REST, "\"" CMDLINE "\""),
	  "event-not-fixed: event 9 (EV_EVENT_TAG): fixed by neither event_digests nor rtmr2" },
	{ other_software_under_another_type, LINES("\"" CMDLINE "\""),
	  "event-not-fixed: event 7 (EV_EFI_VARIABLE_BOOT): fixed by neither event_digests nor "
	  "rtmr1" },
	{ other_software_under_another_type, IMAGES("\"" IMAGE "\""),
	  "event-not-fixed: event 7 (EV_EFI_VARIABLE_BOOT): fixed by neither event_digests nor "
	  "rtmr1" },
	{ other_command_line_under_another_type, LINES("\"" CMDLINE "\""),
	  "event-not-fixed: event 8 (EV_EFI_VARIABLE_BOOT): fixed by neither event_digests nor "
	  "rtmr2" },
	{ a_boot_option_that_is_an_image, IMAGES("\"" IMAGE "\""),
	  "event-not-fixed: event 7 (EV_EFI_VARIABLE_BOOT): fixed by neither event_digests nor "
	  "rtmr1" },
	{ the_usual, "{\"event_digests\": {\"EV_EFI_VARIABLE_DRIVER_CONFIG\": \"" SECURE_BOOT "\"}}",
	  "event-not-fixed: event 1 (EV_EFI_HANDOFF_TABLES2) (and 1 more): fixed by neither "
	  "event_digests nor rtmr0" },
	{ a_partition_table, LINES("\"" CMDLINE "\""), "" },
	{ a_partition_table_of_another_digest, IMAGES("\"" IMAGE "\""),
	  "event-not-fixed: event 7 (EV_EFI_GPT_EVENT): fixed by neither event_digests nor rtmr1" },
	{ a_partition_table_of_the_loader, LINES("\"" CMDLINE "\""),
	  "event-not-fixed: event 9 (EV_EFI_GPT_EVENT): fixed by neither event_digests nor rtmr2" },
	{ no_command_line, "{\"kernel_cmdline\": \"" CMDLINE "\"}", NO_CMDLINE },
	{ event_another_digest_of_the_command_line, "{\"kernel_cmdline\": \"" CMDLINE "\"}",
	  "kernel-cmdline-not-allowed: event 8 (EV_IPL): its digest is not that of a command line in "
	  "kernel_cmdline" },
	{ a_command_line_of_the_efi_stub, LINES("\"quiet\""), "" },
	{ a_command_line_of_the_efi_stub, "{\"kernel_cmdline\": \"loud\"}",
	  "kernel-cmdline-not-allowed: event 8 (EV_EVENT_TAG): its digest is not that of a command "
	  "line in kernel_cmdline" },
	{ a_command_line_that_the_log_leaves_out, LINES("\"" CMDLINE "\""), "" },
	{ a_command_line_that_the_log_leaves_out, "{\"kernel_cmdline\": \"quiet\"}", NO_CMDLINE },
	{ hostile_bytes_in_the_command_line, "{\"kernel_cmdline\": \"quiet\"}",
	  "kernel-cmdline-not-allowed: event 8 (EV_IPL): '?[2J?'" },
	{ the_usual, "{\"require_secure_boot\": true}", "" },
	{ event_another_value_of_secure_boot, "{\"require_secure_boot\": false}", "" },
	{ event_another_value_of_secure_boot, "{\"require_secure_boot\": true}",
	  "secure-boot-disabled: the firmware measured the variable SecureBoot, and it is not 1" },
	{ no_secure_boot, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
	{ event_another_digest_of_secure_boot, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
	{ secure_boot_behind_the_separator, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
	{ secure_boot_without_a_separator, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
	{ secure_boot_twice, "{\"require_secure_boot\": true}", "" },
	{ secure_boot_on_and_off, "{\"require_secure_boot\": true}", NO_SECURE_BOOT },
};

static void events_are_accepted_or_refused_as_the_policy_says(void **state)
{
	struct event_world *w = *state;
	struct events usual_ones = events_usual();

	for (size_t i = 0; i < ARRAY_SIZE(policy_rows); i++) {
		struct events e = events_usual();
		char what[32];

		TEXT(what, "row %zu", i);
		policy_rows[i].change(&e);
		event_world_sign(w, &e);
		event_assert_reasons(event_world_judge(w, &e, policy_rows[i].policy), what,
				     policy_rows[i].reasons);
	}
	event_world_sign(w, &usual_ones);
}

static void each_refusal_has_its_code(void **state)
{
	struct event_world *w = *state;
	struct events e = events_usual(), usual = e;
	struct jurat_verdict *v;

	event_another_value_of_secure_boot(&e);
	event_world_sign(w, &e);
	v = event_world_judge(w, &e, "{\"kernel_cmdline\": \"\", \"require_secure_boot\": true}");
	assert_int_equal(jurat_verdict_reason_count(v), 2);
	assert_true(jurat_verdict_has_reason(v, "kernel-cmdline-not-allowed"));
	assert_true(jurat_verdict_has_reason(v, "secure-boot-disabled"));
	jurat_verdict_free(v);
	event_world_sign(w, &usual);
	v = event_world_judge(w, &usual, "{\"kernel_cmdline\": \"" CMDLINE "\"}");
	assert_true(jurat_verdict_has_reason(v, "event-not-fixed"));
	jurat_verdict_free(v);
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
		event_assert_reasons(event_world_judge_bytes(*state, NULL, 0, rows[i].policy), rows[i].member,
				     wanted);
	}
}

/* An RTMR whose value the policy states needs no list of its events. */
static void a_pinned_rtmr_leaves_no_event_open(void **state)
{
	struct event_world *w = *state;
	const struct events e = events_usual();
	char policy[512], hex[2][BYTES_HEX_SIZE(48)];

	bytes_to_hex(w->made.quote.body.rtmr1, 48, hex[0]);
	bytes_to_hex(w->made.quote.body.rtmr2, 48, hex[1]);
	TEXT(policy, "{\"rtmr1\": \"%s\", \"kernel_cmdline\": \"" CMDLINE "\"}", hex[0]);
	event_assert_reasons(event_world_judge(w, &e, policy), "rtmr1 alone",
			     "event-not-fixed: event 9 (EV_IPL): fixed by neither event_digests nor rtmr2");
	TEXT(policy, "{\"rtmr1\": \"%s\", \"rtmr2\": \"%s\", \"kernel_cmdline\": \"" CMDLINE "\"}", hex[0],
	     hex[1]);
	event_assert_reasons(event_world_judge(w, &e, policy), "both", "");
}

/* Every event must then be named, whatever type the log says it has. */
static void digests_of_all_events_leave_no_type_out(void **state)
{
	const struct events e = events_usual();
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
		test_text(policy + strlen(policy), sizeof(policy) - strlen(policy), "%s\"%s\"",
			  i > 0 ? ", " : "", bytes_to_hex(digest, sizeof(digest), hex));
	}
	test_text(policy + strlen(policy), sizeof(policy) - strlen(policy), "]}}");
	event_assert_reasons(event_world_judge(*state, &e, policy), "all but the image",
			     "event-not-allowed: event 7 (EV_EFI_BOOT_SERVICES_APPLICATION): digest " IMAGE);
	policy[strlen(policy) - 2] = '\0';
	test_text(policy + strlen(policy), sizeof(policy) - strlen(policy),
		  ", \"EV_EFI_BOOT_SERVICES_APPLICATION\": \"" IMAGE "\"}}");
	event_assert_reasons(event_world_judge(*state, &e, policy), "all", "");
	v = event_world_judge(*state, &e, "{\"event_digests\": {\"*\": []}}");
	assert_int_equal(jurat_verdict_reason_count(v), 8);
	assert_true(jurat_verdict_has_reason(v, "event-not-allowed"));
	jurat_verdict_free(v);
}

static void bytes_of_a_command_line_are_shown_escaped(void **state)
{
	struct event_world *w = *state;
	struct events e = events_usual(), usual_ones = e;
	struct jurat_verdict *v;
	auto_free char *json = NULL, *text = NULL;

	hostile_bytes_in_the_command_line(&e);
	event_world_sign(w, &e);
	v = event_world_judge(w, &e, NULL);
	json = jurat_verdict_json(v);
	text = jurat_verdict_text(v);
	assert_string_equal(jurat_verdict_tdx_kernel_cmdline(v, 0), "\x1b[2J\xff");
	assert_non_null(strstr(json, "\"\\\\x1b[2J\\\\xff\""));
	assert_non_null(strstr(text, "  kernel_cmdline     \\x1b[2J\\xff\n"));
	jurat_verdict_free(v);
	event_world_sign(w, &usual_ones);
}

/* What a verdict keeps of a hostile log is bounded. */
static void each_command_line_is_kept_once_and_no_more_than_64(void **state)
{
	enum { N_LINES = 70, KEPT = 64 };
	struct event_world *w = *state;
	struct events e = { .n = 0 }, usual_ones = events_usual();
	struct jurat_verdict *v;
	static char lines[N_LINES][32];

	events_insert(&e, 0, usual_ones.items[7]);
	events_insert(&e, 0, usual_ones.items[7]);
	event_world_sign(w, &e);
	v = event_world_judge(w, &e, NULL);
	assert_string_equal(jurat_verdict_tdx_kernel_cmdline(v, 0), CMDLINE);
	assert_null(jurat_verdict_tdx_kernel_cmdline(v, 1));
	jurat_verdict_free(v);
	e.n = 0;
	for (size_t i = 0; i < N_LINES; i++) {
		TEXT(lines[i], "kernel_cmdline: %zu", i);
		events_insert(&e, i,
			      (struct event){ 3, MEASURE_EV_IPL, lines[i], strlen(lines[i]) + 1,
					      lines[i] + 16, strlen(lines[i] + 16) });
	}
	event_world_sign(w, &e);
	v = event_world_judge(w, &e, NULL);
	assert_string_equal(jurat_verdict_tdx_kernel_cmdline(v, KEPT - 1), "63");
	assert_null(jurat_verdict_tdx_kernel_cmdline(v, KEPT));
	jurat_verdict_free(v);
	event_world_sign(w, &usual_ones);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_accepted_or_refused_as_the_policy_says),
		cmocka_unit_test(each_refusal_has_its_code),
		cmocka_unit_test(without_a_log_no_requirement_on_events_is_met),
		cmocka_unit_test(a_pinned_rtmr_leaves_no_event_open),
		cmocka_unit_test(digests_of_all_events_leave_no_type_out),
		cmocka_unit_test(each_command_line_is_kept_once_and_no_more_than_64),
		cmocka_unit_test(bytes_of_a_command_line_are_shown_escaped),
		cmocka_unit_test(policies_on_events_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, event_world_make, event_world_end);
}
