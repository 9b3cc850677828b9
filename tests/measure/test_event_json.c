/* SPDX-License-Identifier: MIT */
#include "measure/log_made.h"
#include "support/evidence.h"
#include "support/test.h"

#include <errno.h>
#include <jansson.h>

#include "crypto/hash.h"
#include "measure/event_log.h"

/* Event logs in JSON: dstack's, Trustee's, and a TCG log within JSON. */

#define ZEROS_16 "00000000000000000000000000000000"
#define DIGEST   ZEROS_16 ZEROS_16 ZEROS_16
#define EVENT(imr, type, digest, event, payload)                                                             \
	"{\"imr\":" imr ",\"event_type\":" type ",\"digest\":\"" digest "\",\"event\":\"" event              \
	"\",\"event_payload\":\"" payload "\"}"
#define LOG(events)             "{\"event_log\":[" events "]}"
#define RUNTIME(event, payload) EVENT("3", "134217729", "", event, payload)
#define TRUSTEE(index, type, alg, digest, data)                                                              \
	"{\"index\":" index ",\"type_name\":\"" type "\",\"digests\":[{\"alg\":\"" alg                       \
	"\",\"digest\":\"" digest "\"}],\"event\":\"" data "\",\"details\":{}}"

static int read_text(const char *text, struct measure_log **ret, struct jurat_error *err)
{
	uint8_t *copy = heap_copy(text, strlen(text));
	int r = measure_log_read(copy, strlen(text), ret, err);

	free(copy);
	return r;
}

static struct measure_log *read_good(const char *text)
{
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };

	if (read_text(text, &log, &err) != 0)
		FAIL_BECAUSE("%s: %s", text, err.text);
	assert_true(measure_log_is(text, strlen(text)));
	return log;
}

static void a_runtime_event_without_digest_has_that_of_its_name_and_payload(void **state)
{
	static const char preimage[] = "\x01\x00\x00\x08:app-id:\xab\xcd";
	struct measure_log *log = read_good("[" RUNTIME("app-id", "abcd") "]");
	const struct measure_event *e = measure_log_event(log, 0);
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	assert_int_equal(measure_log_form(log), MEASURE_LOG_DSTACK);
	assert_int_equal(e->index, 4);
	assert_int_equal(e->stated_index, 3);
	assert_string_equal(e->name, "app-id");
	assert_int_equal(e->n, 2);
	assert_memory_equal(e->data, "\xab\xcd", 2);
	crypto_sha384(preimage, sizeof(preimage) - 1, digest);
	assert_memory_equal(e->digest, digest, sizeof(digest));
	assert_true(e->data_is_measured);
	measure_log_free(log);
}

static void version_2_measures_canonical_json(void **state)
{
	static const char preimage[] = "{\"name\":\"a\\\"b\",\"payload\":\"abcd\",\"type\":134217729}";
	struct measure_log *log = read_good("[{\"imr\":3,\"event_type\":134217729,\"event\":\"a\\\"b\","
					    "\"event_payload\":\"ABCD\",\"version\":2}]");
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	crypto_sha384(preimage, sizeof(preimage) - 1, digest);
	assert_memory_equal(measure_log_event(log, 0)->digest, digest, sizeof(digest));
	measure_log_free(log);
}

static void a_digest_that_is_not_of_the_payload_is_kept_and_told(void **state)
{
	static const uint8_t zeros[MEASURE_DIGEST_BYTES];
	struct measure_log *log = read_good("[" EVENT("3", "134217729", DIGEST, "app-id", "abcd") "," EVENT(
		"0", "10", DIGEST, "acpi-rsdp", "") "]");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(measure_log_event(log, i)->digest, zeros, sizeof(zeros));
		assert_false(measure_log_event(log, i)->data_is_measured);
		assert_null(measure_log_event(log, i)->measured);
	}
	assert_int_equal(measure_log_event(log, 1)->index, 1);
	measure_log_free(log);
}

static void trustees_events_count_registers_as_uefi_does(void **state)
{
	/* SHA-384 of "abc". Spec: FIPS 180-4, examples */
	struct measure_log *log = read_good("{\"uefi_event_logs\":[" TRUSTEE(
		"2", "EV_EFI_ACTION", "SHA-384",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
		"1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		"YWJj") "," TRUSTEE("0", "EV_NO_ACTION", "SHA-1", "00", "") "]}");
	const struct measure_event *e = measure_log_event(log, 0);

	(void)state;
	assert_int_equal(measure_log_form(log), MEASURE_LOG_TRUSTEE);
	assert_int_equal(measure_log_count(log), 2);
	assert_int_equal(e->index, 2);
	assert_int_equal(e->type, MEASURE_EV_EFI_ACTION);
	assert_int_equal(e->n, 3);
	assert_true(e->data_is_measured);
	assert_false(measure_log_event(log, 1)->extends);
	measure_log_free(log);
}

#define IN_TEXT "{\\\"imr\\\":3,\\\"event_type\\\":134217729,\\\"event\\\":\\\"a\\\"}"

static const char *const places[] = {
	"[" RUNTIME("a", "") "]",
	"\xef\xbb\xbf [" RUNTIME("a", "") "]",
	"{\"quote\":\"00\",\"event_log\":[" RUNTIME("a", "") "],\"vm_config\":\"{}\"}",
	"{\"tcb_info\":{\"rtmr0\":\"\",\"event_log\":[" RUNTIME("a", "") "]}}",
	"{\"event_log\":\"\",\"inner\":{\"event_log\":[" RUNTIME("a", "") "]},\"eventlog\":null}",
	"{\"event_log\":\" [" IN_TEXT "]\"}",
	"{\"tcb_info\":\"{\\\"event_log\\\":[" IN_TEXT "]}\"}",
	"{\"pck_certificate_chain\":\"PEM\\n\\u0000\",\"event_log\":[" RUNTIME("a", "") "]}",
};

static void a_log_is_found_where_its_carriers_have_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct measure_log *log = read_good(places[i]);

		assert_int_equal(measure_log_count(log), 1);
		assert_string_equal(measure_log_event(log, 0)->name, "a");
		measure_log_free(log);
	}
}

static const char *const repeated[] = {
	"{\"event_log\":[" RUNTIME("a", "") "],\"info\":{\"tcb_info\":\"{\\\"event_log\\\":[" IN_TEXT
					    "]}\"}}",
	"{\"event_log\":\"[" IN_TEXT "]\",\"all_attestations\":[{\"event_log\":\"[" IN_TEXT "]\"}]}",
	"[" LOG(EVENT("3", "134217729",
		      "005b6c046008dc825f17eb8000a62d41eaaa46047cf522e9bd5ede76a5b7d70f6e875aedb6a90c67d38890"
		      "46c0b2f83d",
		      "a", "")) "," LOG(RUNTIME("a", "")) "]",
	"[" LOG(EVENT("0", "4", DIGEST, "", "00")) "," LOG(EVENT("0", "4", DIGEST, "", "")) "]",
};

static void a_log_may_be_there_more_than_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(repeated); i++) {
		struct measure_log *log = read_good(repeated[i]);

		assert_int_equal(measure_log_count(log), 1);
		measure_log_free(log);
	}
}

static void an_empty_list_of_events_is_an_empty_log(void **state)
{
	static const char *const texts[] = { "{\"event_log\":[]}", "{\"event_log\":\"[]\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct measure_log *log = read_good(texts[i]);

		assert_int_equal(measure_log_count(log), 0);
		measure_log_free(log);
	}
}

static const struct {
	const char *text, *said;
} refused[] = {
	{ "{\"event_log\":[", "event log in JSON: line 1, column 14: ']' expected near end of file" },
	{ "{\"event_log\":[],\"event_log\":[]}",
	  "event log in JSON: line 1, column 27: duplicate object key near '\"event_log\"'" },
	{ "{\"event_log\":null}", "JSON without an event log" },
	{ "{\"event_log\":12}", "JSON without an event log" },
	{ "{\"event_log\":{\"a\":1}}", "JSON without an event log" },
	{ "{\"event_log\":[],\"cc_eventlog\":\"00\"}", "more than one event log" },
	{ "{\"event_log\":[" RUNTIME("a", "") "],\"cc_eventlog\":\"[]\"}", "more than one event log" },
	{ "[" LOG(RUNTIME("a", "")) "," LOG(RUNTIME("a", "00")) "]", "more than one event log" },
	{ "[" LOG(RUNTIME("a", "")) "," LOG(RUNTIME("b", "")) "]", "more than one event log" },
	{ "[" LOG(RUNTIME("a", "")) "," LOG(EVENT("2", "134217729", "", "a", "")) "]",
	  "more than one event log" },
	{ "[" LOG(RUNTIME("a", "")) "," LOG(EVENT("3", "134217730", "", "a", "")) "]",
	  "more than one event log" },
	{ "[" LOG(EVENT("0", "1", DIGEST, "", "")) "," LOG(EVENT("0", "1", ZEROS_16, "", "")) "]",
	  "more than one event log" },
	{ "[" LOG(RUNTIME("a", "")) "," LOG(RUNTIME("a", "") "," RUNTIME("a", "")) "]",
	  "more than one event log" },
	{ "[" LOG(TRUSTEE("1", "EV_IPL", "SHA-384", DIGEST, "")) "," LOG(
		  TRUSTEE("2", "EV_IPL", "SHA-384", DIGEST, "")) "]",
	  "more than one event log" },
	{ "{\"event_log\":[" RUNTIME("a", "") "],\"a\":{\"event_log\":[]}}", "more than one event log" },
	{ "{\"event_log\":\"AQID\"}",
	  "event log within JSON: 3 bytes that do not begin with a Spec ID event" },
	{ "{\"event_log\":\"A?\"}", "event log within JSON: neither JSON nor hex nor base64" },
	{ "{\"event_log\":\"[1\"}", "event log in JSON: line 1, column 2: ']' expected near end of file" },
	{ "{\"event_log\":[1]}", "event 1: imr is not a number from 0 to 3" },
	{ "[" EVENT("4", "1", DIGEST, "", "") "]", "event 1: imr is not a number from 0 to 3" },
	{ "[" EVENT("-1", "1", DIGEST, "", "") "]", "event 1: imr is not a number from 0 to 3" },
	{ "[" EVENT("1.0", "1", DIGEST, "", "") "]", "event 1: imr is not a number from 0 to 3" },
	{ "[" RUNTIME("a", "") "," EVENT("4294967296", "1", DIGEST, "", "") "]",
	  "event 2: imr is not a number from 0 to 3" },
	{ "[" EVENT("0", "4294967296", DIGEST, "", "") "]",
	  "event 1: event_type is not a number of 32 bits" },
	{ "[" EVENT("0", "-1", DIGEST, "", "") "]", "event 1: event_type is not a number of 32 bits" },
	{ "[" EVENT("0", "\"1\"", DIGEST, "", "") "]", "event 1: event_type is not a number of 32 bits" },
	{ "[" EVENT("0", "1", "", "", "") "]", "event 1: has no digest" },
	{ "[" EVENT("3", "134217729", "", "", "00") "]", "event 1: has no digest" },
	{ "[" EVENT("0", "1", "00", "", "") "]", "event 1: digest is not 48 bytes in hex" },
	{ "[" EVENT("0", "1", DIGEST "00", "", "") "]", "event 1: digest is not 48 bytes in hex" },
	{ "[" EVENT("0", "1", DIGEST "0", "", "") "]", "event 1: digest is not 48 bytes in hex" },
	{ "[" EVENT("0", "1", DIGEST, "", "0") "]", "event 1: event_payload is not hex" },
	{ "[" EVENT("0", "1", DIGEST, "", "0g") "]", "event 1: event_payload is not hex" },
	{ "[{\"imr\":3,\"event_type\":134217729,\"event\":1}]",
	  "event 1: event or digest is not a string without NULs" },
	{ "[{\"imr\":3,\"event_type\":134217729,\"event\":\"a\\u0000\"}]",
	  "event 1: event or digest is not a string without NULs" },
	{ "[" EVENT("0", "1", DIGEST "\\u0000", "", "") "]",
	  "event 1: event or digest is not a string without NULs" },
	{ "[" EVENT("0", "1", DIGEST, "", "00\\u0000") "]", "event 1: event_payload is not hex" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("1", "EV_IPL\\u0000", "SHA-384", DIGEST, "") "]}",
	  "event 1: type_name is not the name of a type" },
	{ "[{\"imr\":3,\"event_type\":134217729,\"event\":\"a\",\"event_payload\":[]}]",
	  "event 1: event_payload is not hex" },
	{ "[{\"imr\":3,\"event_type\":134217729,\"event\":\"a\",\"version\":3}]",
	  "event 1: version is not 1 or 2" },
	{ "[{\"imr\":3,\"event_type\":134217729,\"event\":\"a\\u0001\",\"version\":2}]",
	  "event 1: has no digest, and a name with control characters" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("-1", "EV_IPL", "SHA-384", DIGEST, "") "]}",
	  "event 1: index is not a number of 32 bits" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("16", "EV_IPL", "SHA-384", DIGEST, "") "]}",
	  "event 1 at 0: there is no register 16" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("1", "EV_OTHER", "SHA-384", DIGEST, "") "]}",
	  "event 1: type_name is not the name of a type" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("1", "EV_IPL", "SHA-384", "00", "") "]}",
	  "event 1: the SHA-384 digest is not 48 bytes in hex" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("1", "EV_IPL", "SM3", DIGEST, "") "]}",
	  "event 1: has no SHA-384 digest" },
	{ "{\"uefi_event_logs\":[" TRUSTEE("1", "EV_IPL", "SHA-384", DIGEST, "A") "]}",
	  "event 1: event is not base64" },
	{ "{\"uefi_event_logs\":[{\"index\":1,\"type_name\":\"EV_IPL\",\"event\":\"\",\"digests\":{}}]}",
	  "event 1: digests is not a list" },
	{ "{\"uefi_event_logs\":[{\"index\":1,\"type_name\":\"EV_IPL\",\"event\":\"\",\"digests\":[1]}]}",
	  "event 1: has no SHA-384 digest" },
	{ "{\"uefi_event_logs\":[{\"index\":1,\"type_name\":\"EV_IPL\",\"event\":\"\",\"digests\":[{\"alg\":"
	  "1}]}]}",
	  "event 1: a digest without alg and digest" },
	{ "{\"uefi_event_logs\":[{\"index\":1,\"type_name\":\"EV_IPL\",\"event\":\"\",\"digests\":["
	  "{\"alg\":\"SHA-384\",\"digest\":\"" DIGEST "\"},{\"alg\":\"SHA-384\",\"digest\":\"" DIGEST
	  "\"}]}]}",
	  "event 1: two SHA-384 digests" },
};

static void other_json_is_refused_by_event_and_member(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct measure_log *log = NULL;
		struct jurat_error err = { "" };

		assert_int_equal(read_text(refused[i].text, &log, &err), -EBADMSG);
		assert_null(log);
		if (strcmp(err.text, refused[i].said) != 0)
			FAIL_BECAUSE("%s: %s, expected %s", refused[i].text, err.text, refused[i].said);
	}
}

static void every_truncation_of_json_is_refused(void **state)
{
	static const char text[] = "{\"event_log\":[" RUNTIME("app-id", "abcd") "]}";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		uint8_t *copy = heap_copy(text, n);
		struct measure_log *log = NULL;

		assert_int_equal(measure_log_read(copy, n, &log, NULL), -EBADMSG);
		assert_null(log);
		free(copy);
	}
}

/* JSON of this many levels around a log. */
static int read_nested(unsigned levels, struct measure_log **ret)
{
	char text[4096];
	size_t n = 0;

	for (unsigned i = 0; i < levels; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "{\"a\":");
	n += (size_t)snprintf(text + n, sizeof(text) - n, "{\"event_log\":[" RUNTIME("a", "") "]}");
	for (unsigned i = 0; i < levels; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "}");
	return read_text(text, ret, NULL);
}

static void a_log_is_looked_for_in_a_few_levels(void **state)
{
	struct measure_log *log = NULL;

	(void)state;
	assert_int_equal(read_nested(32, &log), 0);
	measure_log_free(log);
	log = NULL;
	assert_int_equal(read_nested(33, &log), -EBADMSG);
	assert_int_equal(read_nested(300, &log), -EBADMSG);
	assert_null(log);
}

static void a_tcg_log_is_read_from_hex_and_base64_in_json(void **state)
{
	struct log_made made;
	char hex[2 * 300 + 1], text[1024];

	(void)state;
	log_made_begin(&made);
	log_made_event(&made, 1, MEASURE_EV_SEPARATOR, LOG_MADE_TEXT("\0\0\0\0"));
	TEXT(text, "{\"cc_eventlog\":\"%s\"}", bytes_to_hex(made.bytes, made.w.off, hex));
	for (unsigned i = 0; i < 2; i++) {
		struct measure_log *log = read_good(text);

		assert_int_equal(measure_log_form(log), MEASURE_LOG_TCG);
		assert_int_equal(measure_log_count(log), 1);
		measure_log_free(log);
		/* The same log, by Python's base64 */
		TEXT(text, "{\"event_log\":\"%s\"}",
		     "AQAAAAMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACEAAABTcGVjIElEIEV2ZW50MDMAAAAAAAACAAIBAAAADAAwAAA"
		     "BAAAABAAA"
		     "AAEAAAAMADlDQbcYLNInxcawfvgADN/YYTbEKSuOV2VzrX7ZrkEBn1gYtLlxye/8YOGtnxKJ8AQAAAAAAAAA");
	}
}

static int read_once(void *ctx)
{
	static const char text[] =
		"{\"event_log\":\"[{\\\"imr\\\":3,\\\"event_type\\\":134217729,\\\"event\\\":\\\"a\\\"}]\"}";
	struct measure_log *log = NULL;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = measure_log_read(text, sizeof(text) - 1, &log, NULL);
	fail_memory_pause();
	if ((r == 0) != (log != NULL))
		FAIL_BECAUSE("a log in spite of a failure");
	measure_log_free(log);
	return r;
}

static void every_failed_allocation_leaves_no_log(void **state)
{
	(void)state;
	assert_true(fail_memory_each(read_once, NULL) >= 4);
}

static void assert_same_event(const struct measure_event *a, const struct measure_event *b,
			      const json_t *parsed)
{
	assert_int_equal(a->index, b->index);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->data, b->data, a->n);
	assert_memory_equal(a->digest, b->digest, MEASURE_DIGEST_BYTES);
	assert_int_equal(a->data_is_measured, b->data_is_measured);
	assert_int_equal(a->data_is_measured && a->n_measured == a->n,
			 json_is_true(json_object_get(parsed, "digest_matches_event")));
}

static void compare_parse(const char *binary, const char *parsed)
{
	struct measure_log *a = NULL, *b = NULL;
	size_t n_a, n_b;
	auto_free uint8_t *log = evidence_find(binary, &n_a), *json = evidence_find(parsed, &n_b);
	json_t *tree;

	if (!log || !json)
		SKIP_BECAUSE("needs real evidence");
	assert_int_equal(measure_log_read(log, n_a, &a, NULL), 0);
	assert_int_equal(measure_log_read(json, n_b, &b, NULL), 0);
	tree = json_loadb((const char *)json, n_b, 0, NULL);
	assert_non_null(tree);
	assert_int_equal(measure_log_count(a), measure_log_count(b));
	for (size_t i = 0; i < measure_log_count(a); i++)
		assert_same_event(measure_log_event(a, i), measure_log_event(b, i),
				  json_array_get(json_object_get(tree, "uefi_event_logs"), i));
	json_decref(tree);
	measure_log_free(a);
	measure_log_free(b);
}

static void real_logs_are_parsed_as_trustee_parses_them(void **state)
{
	(void)state;
	compare_parse("CCEL_data_ovmf.bin", "CCEL_data_ovmf_out.json");
	compare_parse("CCEL_data_grub.bin", "CCEL_data_grub_out.json");
}

static void a_real_log_of_dstack_explains_all_rtmrs_of_its_quote(void **state)
{
	enum {
		RTMRS_OFF = 48 + 328
	}; /* header of a quote, then TD report. Spec: TDX DCAP quote format, 3.1, 3.2 */
	uint8_t rtmrs[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES], quote[RTMRS_OFF + sizeof(rtmrs)];
	struct measure_log *log = NULL;
	size_t n;
	auto_free uint8_t *json = evidence_find("tdx-lite-getquote.json", &n);
	json_t *tree;
	char hex[2 * sizeof(quote) + 1];

	(void)state;
	if (!json)
		SKIP_BECAUSE("needs real evidence");
	assert_int_equal(measure_log_read(json, n, &log, NULL), 0);
	measure_log_replay(log, measure_log_count(log), rtmrs);
	tree = json_loadb((const char *)json, n, 0, NULL);
	TEXT(hex, "%.*s", (int)(2 * sizeof(quote)), json_string_value(json_object_get(tree, "quote")));
	assert_true(bytes_from_hex(hex, quote, sizeof(quote)));
	assert_memory_equal(quote + RTMRS_OFF, rtmrs, sizeof(rtmrs));
	json_decref(tree);
	measure_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_runtime_event_without_digest_has_that_of_its_name_and_payload),
		cmocka_unit_test(version_2_measures_canonical_json),
		cmocka_unit_test(a_digest_that_is_not_of_the_payload_is_kept_and_told),
		cmocka_unit_test(trustees_events_count_registers_as_uefi_does),
		cmocka_unit_test(a_log_is_found_where_its_carriers_have_it),
		cmocka_unit_test(a_log_may_be_there_more_than_once),
		cmocka_unit_test(an_empty_list_of_events_is_an_empty_log),
		cmocka_unit_test(other_json_is_refused_by_event_and_member),
		cmocka_unit_test(every_truncation_of_json_is_refused),
		cmocka_unit_test(a_log_is_looked_for_in_a_few_levels),
		cmocka_unit_test(a_tcg_log_is_read_from_hex_and_base64_in_json),
		cmocka_unit_test(every_failed_allocation_leaves_no_log),
		cmocka_unit_test(real_logs_are_parsed_as_trustee_parses_them),
		cmocka_unit_test(a_real_log_of_dstack_explains_all_rtmrs_of_its_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
