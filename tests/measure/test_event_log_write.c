/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "measure/event_log_write.h"

static uint8_t digests[3][MEASURE_DIGEST_BYTES];
static const struct measure_event events[] = {
	{ .index = 1,
	  .type = MEASURE_EV_SEPARATOR,
	  .digest = digests[0],
	  .data = (const uint8_t *)"\0\0\0",
	  .n = 4 },
	{ .index = 4,
	  .type = 0x80000007,
	  .digest = digests[1],
	  .data = (const uint8_t *)"an action",
	  .n = 9 },
	{ .index = 2, .type = MEASURE_EV_IPL, .digest = digests[2], .data = (const uint8_t *)"", .n = 0 },
};
enum { FIRST_BYTES = 32 + 33, EVENT_BYTES = 66, ALL_BYTES = FIRST_BYTES + 3 * EVENT_BYTES + 4 + 9 };

static int write_all(uint8_t *area, size_t n)
{
	struct measure_log_writer writer;
	int r = measure_log_begin(&writer, area, n);

	for (size_t i = 0; i < ARRAY_SIZE(digests); i++)
		memset(digests[i], (int)(i + 1), sizeof(digests[i]));
	for (size_t i = 0; i < ARRAY_SIZE(events) && r == 0; i++)
		r = measure_log_add(&writer, &events[i]);
	return r;
}

static void what_is_written_is_read(void **state)
{
	static const size_t sizes[] = { ALL_BYTES, ALL_BYTES + 1, MEASURE_LOG_AREA_BYTES };

	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		uint8_t *area = NEVER_FAILS(malloc(sizes[k]));
		struct measure_log *log = NULL;

		assert_int_equal(write_all(area, sizes[k]), 0);
		assert_true(bytes_all(area + ALL_BYTES, sizes[k] - ALL_BYTES, 0xff));
		assert_int_equal(measure_log_read(area, sizes[k], &log, NULL), 0);
		free(area);
		assert_int_equal(measure_log_form(log), MEASURE_LOG_TCG);
		assert_int_equal(measure_log_count(log), ARRAY_SIZE(events));
		for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
			const struct measure_event *e = measure_log_event(log, i);

			assert_true(e->extends);
			assert_int_equal(e->index, events[i].index);
			assert_int_equal(e->type, events[i].type);
			assert_int_equal(e->n, events[i].n);
			assert_memory_equal(e->digest, digests[i], sizeof(digests[i]));
			assert_memory_equal(e->data, events[i].data, e->n);
		}
		measure_log_free(log);
	}
}

static void an_area_that_is_too_small_is_refused(void **state)
{
	for (size_t n = 0; n < ALL_BYTES; n++) {
		uint8_t *area = NEVER_FAILS(malloc(n ? n : 1));

		assert_int_equal(write_all(area, n), -ENOSPC);
		free(area);
	}
}

static void an_event_that_does_not_fit_is_not_begun(void **state)
{
	static uint8_t area[FIRST_BYTES + 2 * EVENT_BYTES + 4];
	struct measure_log_writer writer;
	struct measure_log *log = NULL;

	assert_int_equal(measure_log_begin(&writer, area, sizeof(area)), 0);
	assert_int_equal(measure_log_add(&writer, &events[0]), 0);
	assert_int_equal(measure_log_add(&writer, &events[1]), -ENOSPC);
	assert_true(bytes_all(area + FIRST_BYTES + EVENT_BYTES + 4, EVENT_BYTES, 0xff));
	assert_int_equal(measure_log_add(&writer, &events[2]), 0);
	assert_int_equal(measure_log_read(area, sizeof(area), &log, NULL), 0);
	assert_int_equal(measure_log_count(log), 2);
	measure_log_free(log);
}

static void the_table_that_is_written_is_read(void **state)
{
	const struct measure_ccel written = { .cc_type = MEASURE_CCEL_TDX,
					      .cc_subtype = 3,
					      .log_area_bytes = 0x10000,
					      .log_area_address = UINT64_C(0x123456789abc) };
	uint8_t table[MEASURE_CCEL_BYTES], sum = 0;
	struct measure_ccel read;

	measure_ccel_write(&written, table);
	for (size_t i = 0; i < sizeof(table); i++)
		sum = (uint8_t)(sum + table[i]);
	assert_int_equal(sum, 0);
	assert_int_equal(measure_ccel_read(table, sizeof(table), &read, NULL), 0);
	assert_int_equal(read.cc_type, written.cc_type);
	assert_int_equal(read.cc_subtype, written.cc_subtype);
	assert_int_equal(read.log_area_bytes, written.log_area_bytes);
	assert_int_equal(read.log_area_address, written.log_area_address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(an_area_that_is_too_small_is_refused),
		cmocka_unit_test(an_event_that_does_not_fit_is_not_begun),
		cmocka_unit_test(the_table_that_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
