/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/ghcb.h"

static void requests_have_the_bitmaps_that_linux_sends(void **state)
{
	static const uint8_t ext[GHCB_VALID_BITMAP_BYTES] = { 0, 0, 0, 0, 0, 0, 0,    0x80,
							      0, 0, 0, 0, 8, 0, 0x1c, 0 };
	static const uint8_t plain[GHCB_VALID_BITMAP_BYTES] = { [14] = 0x1c };
	uint8_t *page = calloc(1, GHCB_BYTES);

	(void)state;
	assert_non_null(page);
	ghcb_put(page, GHCB_SW_EXIT_CODE, GHCB_EXIT_EXT_GUEST_REQUEST);
	ghcb_put(page, GHCB_SW_EXIT_INFO_1, 0x1000);
	ghcb_put(page, GHCB_SW_EXIT_INFO_2, 0x2000);
	assert_memory_equal(page + GHCB_VALID_BITMAP, plain, sizeof(plain));
	ghcb_put(page, GHCB_RAX, 0x3000);
	ghcb_put(page, GHCB_RBX, 4);
	assert_memory_equal(page + GHCB_VALID_BITMAP, ext, sizeof(ext));
	assert_true(ghcb_get(page, GHCB_SW_EXIT_CODE) == 0x80000012);
	assert_true(bytes_get_le(page + 0x1f8, 8) == 0x3000);
	free(page);
}

static void each_field_has_the_valid_bit_of_the_specification(void **state)
{
	static const struct {
		unsigned off, bit;
	} cases[] = {
		{ GHCB_CPL, 25 },
		{ GHCB_RAX, 63 },
		{ GHCB_RCX, 97 },
		{ GHCB_RDX, 98 },
		{ GHCB_RBX, 99 },
		{ GHCB_RSI, 102 },
		{ GHCB_SW_EXIT_CODE, 114 },
		{ GHCB_SW_EXIT_INFO_1, 115 },
		{ GHCB_SW_EXIT_INFO_2, 116 },
		{ GHCB_SW_SCRATCH, 117 },
		{ GHCB_XCR0, 125 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t bitmap[GHCB_VALID_BITMAP_BYTES] = { 0 };

		bitmap[cases[i].bit / 8] = (uint8_t)(1u << cases[i].bit % 8);
		for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
			assert_int_equal(ghcb_valid(bitmap, cases[k].off), k == i);
		memset(bitmap, 0xff, sizeof(bitmap));
		bitmap[cases[i].bit / 8] &= (uint8_t) ~(1u << cases[i].bit % 8);
		assert_false(ghcb_valid(bitmap, cases[i].off));
	}
}

static void the_table_and_the_accessors_agree(void **state)
{
	uint8_t *page = calloc(1, GHCB_BYTES);
	struct ghcb *g = calloc(1, sizeof(*g));

	(void)state;
	assert_true(page && g);
	ghcb_put(page, GHCB_SW_EXIT_INFO_2, 0x1122334455667788);
	page[GHCB_CPL] = 3;
	bytes_put_le(page + GHCB_PROTOCOL_VERSION_OFF, GHCB_PROTOCOL_VERSION, 2);
	assert_int_equal(wire_read(&ghcb_layout, page, GHCB_BYTES, g, NULL), 0);
	assert_true(g->sw_exit_info_2 == 0x1122334455667788);
	assert_int_equal(g->cpl, 3);
	assert_int_equal(g->protocol_version, 2);
	assert_true(ghcb_valid(g->valid_bitmap, GHCB_SW_EXIT_INFO_2));
	free(page);
	free(g);
}

static void exits_have_names(void **state)
{
	(void)state;
	assert_string_equal(ghcb_exit_name(0x80000011), "GUEST_REQUEST");
	assert_string_equal(ghcb_exit_name(0x80000012), "EXT_GUEST_REQUEST");
	assert_string_equal(ghcb_exit_name(0x8000ffff), "UNSUPPORTED_EVENT");
	assert_null(ghcb_exit_name(0x180000011)); /* the code has 64 bits */
	assert_null(ghcb_exit_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_have_the_bitmaps_that_linux_sends),
		cmocka_unit_test(each_field_has_the_valid_bit_of_the_specification),
		cmocka_unit_test(the_table_and_the_accessors_agree),
		cmocka_unit_test(exits_have_names),
	};

	return cmocka_run_group_tests_name("wire_ghcb", tests, NULL, NULL);
}
