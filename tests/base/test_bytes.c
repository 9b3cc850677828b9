/* SPDX-License-Identifier: MIT */
#include "support/test.h"

static void reads_what_was_written(void **state)
{
	uint8_t buf[32];
	struct bytes_wr w = bytes_wr(buf, sizeof(buf));
	struct bytes_rd r;
	char three[3];

	(void)state;
	bytes_wr_u8(&w, 0x12);
	bytes_wr_le16(&w, 0x3456);
	bytes_wr_le32(&w, 0x789abcde);
	bytes_wr_le64(&w, 0x1122334455667788);
	bytes_wr_be16(&w, 0x0102);
	bytes_wr_be32(&w, 0x03040506);
	bytes_wr_copy(&w, "abc", 3);
	bytes_wr_zero(&w, 2);
	assert_false(w.bad);
	assert_int_equal(buf[1], 0x56);
	assert_int_equal(buf[15], 0x01);
	r = bytes_rd(buf, w.off);
	assert_int_equal(bytes_rd_u8(&r), 0x12);
	assert_int_equal(bytes_rd_le16(&r), 0x3456);
	assert_int_equal(bytes_rd_le32(&r), 0x789abcde);
	assert_true(bytes_rd_le64(&r) == 0x1122334455667788);
	assert_int_equal(bytes_rd_be16(&r), 0x0102);
	assert_int_equal(bytes_rd_be32(&r), 0x03040506);
	bytes_rd_copy(&r, three, 3);
	assert_memory_equal(three, "abc", 3);
	bytes_rd_skip(&r, 2);
	assert_false(r.bad);
	assert_int_equal(bytes_rd_left(&r), 0);
}

static void a_short_read_poisons_the_reader(void **state)
{
	uint8_t *data = heap_copy("\x01\x02\x03", 3);
	struct bytes_rd r = bytes_rd(data, 3);
	uint8_t kept[2] = { 9, 9 };

	(void)state;
	assert_int_equal(bytes_rd_le32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(bytes_rd_u8(&r), 0); /* there is a byte, but the reader stays bad */
	assert_null(bytes_rd_take(&r, 0));
	bytes_rd_copy(&r, kept, 2);
	assert_true(bytes_all(kept, 2, 0));
	assert_int_equal(bytes_rd_left(&r), 0);
	free(data);
}

static void places_outside_the_input_are_refused(void **state)
{
	static const struct {
		uint64_t off, size;
		bool bad;
	} cases[] = {
		{ 0, 8, false },         { 8, 0, false },         { 3, 5, false },
		{ 0, 9, true },          { 9, 0, true },          { 8, 1, true },
		{ UINT64_MAX, 1, true }, { 1, UINT64_MAX, true }, { UINT64_MAX, UINT64_MAX, true },
		{ UINT32_MAX, 2, true }, { 2, UINT32_MAX, true },
	};
	uint8_t *data = heap_copy("12345678", 8);
	struct bytes_rd r = bytes_rd(data, 8);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(bytes_rd_at(&r, cases[i].off, cases[i].size).bad, cases[i].bad);
	bytes_rd_seek(&r, 8);
	assert_false(r.bad);
	bytes_rd_seek(&r, 9);
	assert_true(r.bad);
	assert_true(bytes_rd_at(&r, 0, 1).bad);
	free(data);
}

static void a_full_writer_writes_nothing_more(void **state)
{
	uint8_t buf[4] = { 7, 7, 7, 7 };
	struct bytes_wr w = bytes_wr(buf, 3);

	(void)state;
	bytes_wr_u8(&w, 1);
	bytes_wr_le32(&w, 0);
	bytes_wr_u8(&w, 2);
	assert_true(w.bad);
	assert_memory_equal(buf, "\x01\x07\x07\x07", 4);
}

static void hex_is_exact(void **state)
{
	static const char *const bad[] = { "", "0", "0g", "001", "0 01", "00112", "001122", "\303\25111" };
	uint8_t b[2] = { 0 };
	char hex[BYTES_HEX_SIZE(2)];

	(void)state;
	assert_true(bytes_from_hex("aB0f", b, 2));
	assert_string_equal(bytes_to_hex(b, 2, hex), "ab0f");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(bytes_from_hex(bad[i], b, 2));
	assert_string_equal(bytes_to_hex(b, 2, hex), "ab0f");
	assert_true(bytes_from_hex("", b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written),
		cmocka_unit_test(a_short_read_poisons_the_reader),
		cmocka_unit_test(places_outside_the_input_are_refused),
		cmocka_unit_test(a_full_writer_writes_nothing_more),
		cmocka_unit_test(hex_is_exact),
	};

	return cmocka_run_group_tests_name("base_bytes", tests, NULL, NULL);
}
