/* SPDX-License-Identifier: MIT */
#include "measure/log_made.h"
#include "support/evidence.h"
#include "support/test.h"

#include <errno.h>

#include "crypto/hash.h"
#include "measure/event_log.h"
#include "measure/tdx.h"

/* Reads an exact-size copy. */
static int read_copy(const uint8_t *bytes, size_t n, struct measure_log **ret, struct jurat_error *err)
{
	uint8_t *copy = heap_copy(bytes, n);
	int r = measure_log_read(copy, n, ret, err);

	free(copy);
	return r;
}

static struct measure_log *read_made(const struct log_made *made)
{
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };

	if (read_copy(made->bytes, made->w.off, &log, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	return log;
}

static void assert_refused(const uint8_t *bytes, size_t n, const char *text)
{
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };

	assert_int_equal(read_copy(bytes, n, &log, &err), -EBADMSG);
	assert_null(log);
	assert_string_equal(err.text, text);
}

/* Two events, at 65 and 135, of 70 and 66 + 3 bytes. */
static void make_two(struct log_made *made)
{
	log_made_begin(made);
	log_made_event(made, 1, MEASURE_EV_SEPARATOR, LOG_MADE_TEXT("\0\0\0\0"));
	log_made_event(made, 2, MEASURE_EV_EFI_ACTION, LOG_MADE_TEXT("abc"));
	assert_int_equal(made->w.off, 204);
}

static void events_are_read_with_their_offsets_and_data(void **state)
{
	struct log_made made;
	struct measure_log *log;
	const struct measure_event *e;

	(void)state;
	make_two(&made);
	log = read_made(&made);
	assert_int_equal(measure_log_form(log), MEASURE_LOG_TCG);
	assert_int_equal(measure_log_count(log), 2);
	assert_null(measure_log_event(log, 2));
	e = measure_log_event(log, 1);
	assert_int_equal(e->offset, 135);
	assert_int_equal(e->index, 2);
	assert_int_equal(e->stated_index, 2);
	assert_int_equal(e->type, MEASURE_EV_EFI_ACTION);
	assert_true(e->extends && e->data_is_measured);
	assert_int_equal(e->n, 3);
	assert_memory_equal(e->data, "abc", 3);
	assert_int_equal(e->n_measured, 3);
	measure_log_free(log);
}

static void rtmrs_are_extended_in_order_up_to_the_event_asked_for(void **state)
{
	uint8_t rtmrs[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES], wanted[MEASURE_DIGEST_BYTES] = { 0 },
							      zeros[MEASURE_DIGEST_BYTES] = { 0 };
	struct log_made made;
	struct measure_log *log;

	(void)state;
	log_made_begin(&made);
	log_made_event(&made, 4, MEASURE_EV_IPL, LOG_MADE_TEXT("one"));
	log_made_event(&made, 4, MEASURE_EV_NO_ACTION, LOG_MADE_TEXT("nothing"));
	log_made_event(&made, 1, MEASURE_EV_IPL, LOG_MADE_TEXT("other"));
	log_made_event(&made, 4, MEASURE_EV_IPL, LOG_MADE_TEXT("two"));
	log = read_made(&made);
	measure_log_replay(log, 3, rtmrs);
	measure_extend(wanted, measure_log_event(log, 0)->digest);
	assert_memory_equal(rtmrs[3], wanted, sizeof(wanted));
	measure_log_replay(log, SIZE_MAX, rtmrs);
	measure_extend(wanted, measure_log_event(log, 3)->digest);
	assert_memory_equal(rtmrs[3], wanted, sizeof(wanted));
	assert_memory_equal(rtmrs[1], zeros, sizeof(zeros));
	measure_log_replay(log, 0, rtmrs);
	assert_memory_equal(rtmrs[3], zeros, sizeof(zeros));
	measure_log_free(log);
}

/* A field of the log of make_two() with another value. */
static const struct {
	size_t off;
	unsigned size;
	uint64_t value;
	const char *text;
} bad_fields[] = {
	{ 4, 4, 4, "Spec ID event: type 0x4, expected EV_NO_ACTION" },
	{ 28, 4, UINT32_MAX, "Spec ID event: its data has 4294967295 bytes, the log has 172" },
	{ 28, 4, 173, "Spec ID event: its data has 173 bytes, the log has 172" },
	{ 28, 4, 0,
	  "Spec ID event: 0 bytes do not hold its 0 algorithms and its vendor's information exactly" },
	{ 28, 4, 32,
	  "Spec ID event: 32 bytes do not hold its 1 algorithms and its vendor's information exactly" },
	{ 28, 4, 34,
	  "Spec ID event: 34 bytes do not hold its 1 algorithms and its vendor's information exactly" },
	{ 56, 4, 0, "Spec ID event: 0 algorithms, expected 1 to 16" },
	{ 56, 4, 17, "Spec ID event: 17 algorithms, expected 1 to 16" },
	{ 56, 4, UINT32_MAX, "Spec ID event: 4294967295 algorithms, expected 1 to 16" },
	{ 56, 4, 2,
	  "Spec ID event: 33 bytes do not hold its 1 algorithms and its vendor's information exactly" },
	{ 60, 2, 0xd, "Spec ID event: SHA-512 digests of 48 bytes, expected 64" },
	{ 60, 2, 0xfff0,
	  "Spec ID event: no SHA-384 digests, which RTMRs are extended with (the first of 1 algorithms is "
	  "0xfff0)" },
	{ 62, 2, 0, "Spec ID event: algorithm 0xc has digests of 0 bytes" },
	{ 62, 2, 47, "Spec ID event: SHA-384 digests of 47 bytes, expected 48" },
	{ 62, 2, UINT16_MAX, "Spec ID event: SHA-384 digests of 65535 bytes, expected 48" },
	{ 64, 1, 1,
	  "Spec ID event: 33 bytes do not hold its 1 algorithms and its vendor's information exactly" },
	{ 64, 1, UINT8_MAX,
	  "Spec ID event: 33 bytes do not hold its 1 algorithms and its vendor's information exactly" },
	{ 65, 4, 16, "event 1 at 65: there is no register 16" },
	{ 65, 4, UINT32_MAX, "event 1 at 65: there is no register 4294967295" },
	{ 73, 4, 0,
	  "event 1 at 65: its data has 1127809036 bytes, the log has 123 more" }, /* what was a digest */
	{ 73, 4, 2, "event 1 at 65: more digests than the Spec ID event declares: 2 (0x2)" },
	{ 73, 4, UINT32_MAX,
	  "event 1 at 65: more digests than the Spec ID event declares: 4294967295 (0xffffffff)" },
	{ 77, 2, LOG_MADE_SHA256,
	  "event 1 at 65: digest of an algorithm that the Spec ID event does not declare: 11 (0xb)" },
	{ 127, 4, 74, "event 1 at 65: its data has 74 bytes, the log has 73 more" },
	{ 127, 4, UINT32_MAX, "event 1 at 65: its data has 4294967295 bytes, the log has 73 more" },
	{ 127, 4, 0,
	  "event 2 at 131: more digests than the Spec ID event declares: 2147483655 (0x80000007)" },
	{ 127, 4, 72, "event 2 at 203: the log ends within it, at 204" },
	{ 197, 4, 4, "event 2 at 135: its data has 4 bytes, the log has 3 more" },
	{ 197, 4, 2, "event 3 at 203: the log ends within it, at 204" },
};

static void fields_with_values_that_do_not_fit_are_refused_by_name_and_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_fields); i++) {
		struct log_made made;

		make_two(&made);
		bytes_put_le(made.bytes + bad_fields[i].off, bad_fields[i].value, bad_fields[i].size);
		assert_refused(made.bytes, made.w.off, bad_fields[i].text);
	}
}

static void what_the_digest_is_of_is_for_the_type_to_say(void **state)
{
	/* UEFI_VARIABLE_DATA: GUID, sizes of name and value, "B", a value of two bytes */
	static const char variable[] = "0123456789abcdef\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0B\0xy";
	static const struct {
		uint32_t type;
		const char *measured;
		size_t n_measured;
		const char *data;
		size_t n;
		bool is_measured;
	} rows[] = {
		{ MEASURE_EV_EFI_VARIABLE_BOOT, "xy", 2, variable, 36, true },
		{ MEASURE_EV_EFI_VARIABLE_BOOT, variable, 36, variable, 36, true },
		{ MEASURE_EV_EFI_VARIABLE_BOOT, "x", 1, variable, 35, false }, /* too short for its size */
		{ MEASURE_EV_EFI_VARIABLE_BOOT2, "xy", 2, variable, 36, false },
		{ MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, "xy", 2, variable, 36, false },
		{ MEASURE_EV_EVENT_TAG, "abc", 3, LOG_MADE_TEXT("IDID\3\0\0\0abc"), true },
		{ MEASURE_EV_EVENT_TAG, "abc", 3, LOG_MADE_TEXT("IDID\4\0\0\0abc"), false },
		{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, "abc", 3, LOG_MADE_TEXT("0123456789abcdef\3\0\0\0abc"),
		  true },
		{ MEASURE_EV_PLATFORM_CONFIG_FLAGS, "abc", 3, LOG_MADE_TEXT("abc\0"), false },
		{ MEASURE_EV_IPL, "abc", 3, LOG_MADE_TEXT("module_cmdline: abc\0"), true },
		{ MEASURE_EV_IPL, "abc", 3, LOG_MADE_TEXT("other: abc\0"), false },
		{ MEASURE_EV_SEPARATOR, "abc", 3, LOG_MADE_TEXT("grub_cmd: abc\0"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct measure_event *e;
		struct log_made made;
		struct measure_log *log;

		log_made_begin(&made);
		log_made_event_of(&made, 1, rows[i].type, rows[i].measured, rows[i].n_measured, rows[i].data,
				  rows[i].n);
		log = read_made(&made);
		e = measure_log_event(log, 0);
		if (e->data_is_measured != rows[i].is_measured)
			FAIL_BECAUSE("row %zu", i);
		assert_int_equal(e->n_measured, e->data_is_measured ? rows[i].n_measured : 0);
		measure_log_free(log);
	}
}

static void every_truncation_within_an_event_is_refused(void **state)
{
	struct log_made made;

	(void)state;
	make_two(&made);
	for (size_t n = 0; n < made.w.off; n++) {
		struct measure_log *log = NULL;
		int r = read_copy(made.bytes, n, &log, NULL);

		if (n == LOG_MADE_SPEC_ID_BYTES || n == 135) {
			assert_int_equal(r, 0);
			assert_int_equal(measure_log_count(log), n == 135);
			measure_log_free(log);
			continue;
		}
		assert_int_equal(r, -EBADMSG);
		assert_null(log);
	}
}

static void algorithms_that_are_not_known_are_skipped_by_their_declared_size(void **state)
{
	static const struct log_made_algorithm algorithms[] = {
		{ 0x4, 20 }, { 0xabcd, 7 }, { 0xc, 48 }, { 0xfff0, 1 }
	};
	struct log_made made;
	struct measure_log *log;
	uint8_t digest[MEASURE_DIGEST_BYTES];

	(void)state;
	log_made_begin_with(&made, algorithms, ARRAY_SIZE(algorithms));
	crypto_sha384("abc", 3, digest);
	log_made_head(&made, 1, MEASURE_EV_IPL, 4);
	bytes_wr_le16(&made.w, 0xfff0);
	bytes_wr_zero(&made.w, 1);
	bytes_wr_le16(&made.w, 0xabcd);
	bytes_wr_zero(&made.w, 7);
	bytes_wr_le16(&made.w, 0xc);
	bytes_wr_copy(&made.w, digest, sizeof(digest));
	bytes_wr_le16(&made.w, 0x4);
	bytes_wr_zero(&made.w, 20);
	bytes_wr_le32(&made.w, 3);
	bytes_wr_copy(&made.w, "abc", 3);
	log = read_made(&made);
	assert_int_equal(measure_log_count(log), 1);
	assert_memory_equal(measure_log_event(log, 0)->digest, digest, sizeof(digest));
	assert_true(measure_log_event(log, 0)->data_is_measured);
	measure_log_free(log);
}

static void an_event_without_its_sha384_digest_or_with_two_is_refused(void **state)
{
	static const struct log_made_algorithm algorithms[] = { { 0xc, 48 }, { 0xabcd, 1 } };
	struct log_made made;

	(void)state;
	log_made_begin_with(&made, algorithms, 2);
	log_made_head(&made, 1, MEASURE_EV_SEPARATOR, 1);
	bytes_wr_le16(&made.w, 0xabcd);
	bytes_wr_zero(&made.w, 1 + 4);
	assert_refused(made.bytes, made.w.off, "event 1 at 69: no SHA-384 digest; type: 4 (0x4)");
	log_made_begin_with(&made, algorithms, 2);
	log_made_head(&made, 1, MEASURE_EV_SEPARATOR, 2);
	for (unsigned i = 0; i < 2; i++) {
		bytes_wr_le16(&made.w, 0xc);
		bytes_wr_zero(&made.w, MEASURE_DIGEST_BYTES);
	}
	bytes_wr_le32(&made.w, 0);
	assert_refused(made.bytes, made.w.off, "event 1 at 69: two digests of one algorithm: 12 (0xc)");
}

static void an_algorithm_that_is_declared_twice_is_refused(void **state)
{
	static const struct log_made_algorithm algorithms[] = { { 0xc, 48 }, { 0xc, 48 } };
	struct log_made made;

	(void)state;
	log_made_begin_with(&made, algorithms, 2);
	assert_refused(made.bytes, made.w.off, "Spec ID event: algorithm 0xc is declared twice");
}

static void events_that_extend_nothing_need_no_digest_and_any_register(void **state)
{
	struct log_made made;
	struct measure_log *log;

	(void)state;
	log_made_begin(&made);
	log_made_head(&made, UINT32_MAX, MEASURE_EV_NO_ACTION, 0);
	bytes_wr_le32(&made.w, 0);
	log_made_event(&made, 0, MEASURE_EV_NO_ACTION, LOG_MADE_TEXT("StartupLocality"));
	log_made_event(&made, 1, MEASURE_EV_SEPARATOR, LOG_MADE_TEXT("\0\0\0\0"));
	log = read_made(&made);
	assert_int_equal(measure_log_count(log), 3);
	assert_null(measure_log_event(log, 0)->digest);
	assert_false(measure_log_event(log, 1)->extends || measure_log_event(log, 1)->data_is_measured);
	assert_int_equal(measure_log_event(log, 2)->index, 1);
	measure_log_free(log);
}

static void the_rest_of_the_log_area_may_be_erased_and_nothing_else(void **state)
{
	static const uint8_t fills[] = { 0xff, 0 };
	static const size_t sizes[] = { 1, 7, 8, 11, 12, 100 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct measure_log *log = NULL;
			struct log_made made;
			size_t n;

			make_two(&made);
			n = made.w.off + sizes[k];
			memset(made.bytes + made.w.off, fills[i], sizes[k]);
			assert_int_equal(read_copy(made.bytes, n, &log, NULL), 0);
			assert_int_equal(measure_log_count(log), 2);
			measure_log_free(log);
			made.bytes[n - 1] = 0x55;
			log = NULL;
			assert_int_equal(read_copy(made.bytes, n, &log, NULL), -EBADMSG);
			assert_null(log);
		}
	}
}

static void bytes_behind_the_padding_are_refused_with_its_offset(void **state)
{
	struct log_made made;

	(void)state;
	make_two(&made);
	memset(made.bytes + made.w.off, 0xff, 40);
	made.bytes[made.w.off + 39] = 0;
	assert_refused(made.bytes, made.w.off + 40, "padding at 204, and then other bytes");
}

/* What the log states, and the RTMRs that it means, up to a 0xff. */
static const struct {
	uint8_t stated[4], meant[4];
} numberings[] = {
	{ { 1, 2, 3, 4 }, { 0, 1, 2, 3 } },                                     /* UEFI */
	{ { 2, 2, 2, 2 }, { 1, 1, 1, 1 } }, { { 0, 1, 2, 3 }, { 0, 1, 2, 3 } }, /* numbers of RTMRs */
	{ { 0, 0, 0, 0 }, { 0, 0, 0, 0 } }, { { 1, 7, 2, 8 }, { 0, 0, 1, 2 } }, /* PCRs */
	{ { 4, 5, 6, 9 }, { 1, 1, 1, 2 } }, { { 7, 15, 14, 3 }, { 0, 2, 2, 1 } },
};

static void registers_are_numbered_as_in_uefi_or_by_rtmr_or_by_pcr(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numberings); i++) {
		struct log_made made;
		struct measure_log *log;

		log_made_begin(&made);
		for (unsigned k = 0; k < 4; k++)
			log_made_event(&made, numberings[i].stated[k], MEASURE_EV_IPL, "x", 1);
		log = read_made(&made);
		for (unsigned k = 0; k < 4; k++) {
			assert_int_equal(measure_log_event(log, k)->index, numberings[i].meant[k] + 1);
			assert_int_equal(measure_log_event(log, k)->stated_index, numberings[i].stated[k]);
		}
		measure_log_free(log);
	}
}

static void the_log_of_a_tpm_is_refused_as_one(void **state)
{
	struct log_made made;

	(void)state;
	log_made_begin(&made);
	log_made_event(&made, 0, 8, LOG_MADE_TEXT("v\0"));
	log_made_event(&made, 14, MEASURE_EV_IPL, LOG_MADE_TEXT("MokList"));
	assert_refused(made.bytes, made.w.off,
		       "the events extend registers 0 to 14: the log of a TPM, not of a TD");
}

static void other_files_are_refused_by_what_they_are(void **state)
{
	static const uint8_t table[8] = "CCEL";
	uint8_t other[100] = { 0 };

	(void)state;
	assert_refused(table, sizeof(table),
		       "the ACPI table CCEL, which says where the event log is; the log itself is "
		       "/sys/firmware/acpi/tables/data/CCEL");
	assert_refused(other, sizeof(other),
		       "not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON with an "
		       "event log");
	assert_refused(other, 0,
		       "not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON with an "
		       "event log");
	assert_false(measure_log_is(other, sizeof(other)));
}

static void more_events_or_bytes_than_are_read_are_refused(void **state)
{
	enum { EVENT_BYTES = 66 };
	struct log_made made;
	struct jurat_error err;
	struct measure_log *log = NULL;
	size_t n = LOG_MADE_SPEC_ID_BYTES;
	uint8_t *bytes;

	(void)state;
	log_made_begin(&made);
	log_made_event(&made, 1, MEASURE_EV_IPL, "", 0);
	bytes = malloc(n + EVENT_BYTES * (MEASURE_LOG_MAX_EVENTS + 1));
	assert_non_null(bytes);
	memcpy(bytes, made.bytes, n);
	for (unsigned i = 0; i <= MEASURE_LOG_MAX_EVENTS; i++, n += EVENT_BYTES)
		memcpy(bytes + n, made.bytes + LOG_MADE_SPEC_ID_BYTES, EVENT_BYTES);
	assert_int_equal(measure_log_read(bytes, n, &log, &err), -EOVERFLOW);
	assert_string_equal(err.text, "event log with more than 65536 events");
	assert_int_equal(measure_log_read(bytes, n - EVENT_BYTES, &log, &err), 0);
	assert_int_equal(measure_log_count(log), MEASURE_LOG_MAX_EVENTS);
	measure_log_free(log);
	free(bytes);
	bytes = calloc(1, MEASURE_LOG_MAX_BYTES + 1);
	assert_non_null(bytes);
	assert_int_equal(measure_log_read(bytes, MEASURE_LOG_MAX_BYTES + 1, &log, &err), -EOVERFLOW);
	assert_string_equal(err.text, "event log with 16777217 bytes; at most 16777216 are read");
	free(bytes);
}

static void names_of_types_are_found_both_ways(void **state)
{
	uint32_t type = 0;

	(void)state;
	assert_string_equal(measure_event_type_name(MEASURE_EV_EFI_VARIABLE_AUTHORITY),
			    "EV_EFI_VARIABLE_AUTHORITY");
	assert_null(measure_event_type_name(0x12345));
	assert_true(measure_event_type_by_name("EV_IPL", &type));
	assert_int_equal(type, MEASURE_EV_IPL);
	assert_false(measure_event_type_by_name("EV_", &type));
}

static void make_ccel(uint8_t to[MEASURE_CCEL_BYTES], uint32_t size)
{
	struct bytes_wr w = bytes_wr(to, MEASURE_CCEL_BYTES);
	uint8_t sum = 0;

	bytes_wr_copy(&w, "CCEL", 4);
	bytes_wr_le32(&w, size);
	bytes_wr_zero(&w, 28);
	bytes_wr_u8(&w, MEASURE_CCEL_TDX);
	bytes_wr_u8(&w, 3);
	bytes_wr_le16(&w, 0);
	bytes_wr_le64(&w, 65536);
	bytes_wr_le64(&w, 0x7d649000);
	for (unsigned i = 0; i < MEASURE_CCEL_BYTES; i++)
		sum = (uint8_t)(sum + to[i]);
	to[9] = (uint8_t)-sum;
}

static void the_acpi_table_says_where_the_log_is(void **state)
{
	uint8_t table[MEASURE_CCEL_BYTES];
	struct measure_ccel ccel;
	struct jurat_error err;

	(void)state;
	make_ccel(table, sizeof(table));
	assert_int_equal(measure_ccel_read(table, sizeof(table), &ccel, &err), 0);
	assert_int_equal(ccel.cc_type, MEASURE_CCEL_TDX);
	assert_int_equal(ccel.cc_subtype, 3);
	assert_int_equal(ccel.log_area_bytes, 65536);
	assert_int_equal(ccel.log_area_address, 0x7d649000);
	table[40]++;
	assert_int_equal(measure_ccel_read(table, sizeof(table), &ccel, &err), -EBADMSG);
	assert_string_equal(err.text, "ACPI table CCEL: the checksum is wrong");
	for (size_t n = 0; n < sizeof(table); n++) {
		uint8_t *copy = heap_copy(table, n);

		if (n >= 8)
			bytes_put_le(copy + 4, n, 4);
		assert_int_equal(measure_ccel_read(copy, n, &ccel, &err), -EBADMSG);
		free(copy);
	}
	make_ccel(table, 57);
	assert_int_equal(measure_ccel_read(table, sizeof(table), &ccel, &err), -EBADMSG);
	assert_string_equal(
		err.text, "ACPI table CCEL: the length is 57; expected 56 or more, and that of the file, 56");
}

static int read_once(void *ctx)
{
	const struct log_made *made = ctx;
	struct measure_log *log = NULL;
	int r;

	fail_memory_resume();
	r = measure_log_read(made->bytes, made->w.off, &log, NULL);
	fail_memory_pause();
	if ((r == 0) != (log != NULL))
		FAIL_BECAUSE("a log in spite of a failure");
	measure_log_free(log);
	return r;
}

static void every_failed_allocation_leaves_no_log(void **state)
{
	struct log_made made;

	(void)state;
	make_two(&made);
	assert_true(fail_memory_each(read_once, &made) >= 3);
}

static void replay_row(const struct evidence_row *row, void *context)
{
	static const char *const columns[] = { "rtmr0", "rtmr1", "rtmr2" };
	uint8_t rtmrs[MEASURE_N_RTMRS][MEASURE_DIGEST_BYTES];
	char hex[BYTES_HEX_SIZE(MEASURE_DIGEST_BYTES)];
	struct measure_log *log = NULL;
	struct jurat_error err = { "" };
	auto_free uint8_t *bytes = NULL;
	size_t n;

	(void)context;
	bytes = evidence_read(row->folder, evidence_value(row, "log"), &n);
	if (measure_log_read(bytes, n, &log, &err) != 0)
		FAIL_BECAUSE("%s: %s", evidence_value(row, "log"), err.text);
	measure_log_replay(log, measure_log_count(log), rtmrs);
	for (unsigned i = 0; i < ARRAY_SIZE(columns); i++)
		assert_string_equal(bytes_to_hex(rtmrs[i], MEASURE_DIGEST_BYTES, hex),
				    evidence_value(row, columns[i]));
	measure_log_free(log);
}

static void every_known_log_replays_to_its_rtmrs(void **state)
{
	unsigned n = evidence_each_row("RTMR-REPLAYS.tsv", replay_row, NULL);

	(void)state;
	if (n == 0)
		SKIP_BECAUSE("needs real evidence");
	test_say("%u logs", n);
}

/* Types whose digest is always that of the data, or of the part that is measured. */
static bool is_always_measured(uint32_t type)
{
	return type == MEASURE_EV_SEPARATOR || type == MEASURE_EV_EFI_ACTION ||
	       type == MEASURE_EV_EFI_GPT_EVENT || type == MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG ||
	       type == MEASURE_EV_EFI_VARIABLE_BOOT || type == MEASURE_EV_EFI_VARIABLE_AUTHORITY;
}

static void match_file(const struct evidence_row *row, const uint8_t *bytes, size_t n, void *context)
{
	struct measure_log *log = NULL;
	unsigned *events = context;

	if (measure_ccel_is(bytes, n)) {
		struct measure_ccel ccel;

		assert_int_equal(measure_ccel_read(bytes, n, &ccel, NULL), 0);
		assert_int_equal(ccel.cc_type, MEASURE_CCEL_TDX);
		return;
	}
	assert_true(measure_log_is(bytes, n));
	assert_int_equal(measure_log_read(bytes, n, &log, NULL), 0);
	for (size_t i = 0; i < measure_log_count(log); i++) {
		const struct measure_event *e = measure_log_event(log, i);
		const bool is_command =
			e->type == MEASURE_EV_IPL && e->n > 10 &&
			(memcmp(e->data, "grub_cmd", 8) == 0 || memcmp(e->data, "kernel_cmdline", 14) == 0);

		if (is_always_measured(e->type) || is_command) {
			if (!e->data_is_measured)
				FAIL_BECAUSE("%s: event %zu: no digest of its data",
					     evidence_value(row, "file"), i + 1);
			++*events;
		}
	}
	measure_log_free(log);
}

static void digests_of_real_logs_are_those_of_their_data(void **state)
{
	unsigned events = 0;

	(void)state;
	if (evidence_each_file("ccel", match_file, &events) == 0)
		SKIP_BECAUSE("needs real evidence");
	test_say("%u events", events);
	assert_true(events > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_read_with_their_offsets_and_data),
		cmocka_unit_test(rtmrs_are_extended_in_order_up_to_the_event_asked_for),
		cmocka_unit_test(fields_with_values_that_do_not_fit_are_refused_by_name_and_offset),
		cmocka_unit_test(what_the_digest_is_of_is_for_the_type_to_say),
		cmocka_unit_test(every_truncation_within_an_event_is_refused),
		cmocka_unit_test(algorithms_that_are_not_known_are_skipped_by_their_declared_size),
		cmocka_unit_test(an_event_without_its_sha384_digest_or_with_two_is_refused),
		cmocka_unit_test(an_algorithm_that_is_declared_twice_is_refused),
		cmocka_unit_test(events_that_extend_nothing_need_no_digest_and_any_register),
		cmocka_unit_test(the_rest_of_the_log_area_may_be_erased_and_nothing_else),
		cmocka_unit_test(bytes_behind_the_padding_are_refused_with_its_offset),
		cmocka_unit_test(registers_are_numbered_as_in_uefi_or_by_rtmr_or_by_pcr),
		cmocka_unit_test(the_log_of_a_tpm_is_refused_as_one),
		cmocka_unit_test(other_files_are_refused_by_what_they_are),
		cmocka_unit_test(more_events_or_bytes_than_are_read_are_refused),
		cmocka_unit_test(names_of_types_are_found_both_ways),
		cmocka_unit_test(the_acpi_table_says_where_the_log_is),
		cmocka_unit_test(every_failed_allocation_leaves_no_log),
		cmocka_unit_test(every_known_log_replays_to_its_rtmrs),
		cmocka_unit_test(digests_of_real_logs_are_those_of_their_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
