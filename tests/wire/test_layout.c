/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include <errno.h>

#include "wire/layout.h"

static void rows_are_contiguous_and_named_once(void **state)
{
	(void)state;
	for (size_t k = 0; k < wire_n_layouts; k++) {
		const struct wire_layout *l = wire_layouts[k];
		size_t off = 0, member = 0;

		for (size_t i = 0; i < l->n_fields; i++) {
			const struct wire_field *f = &l->fields[i];

			assert_int_equal(f->off, off);
			assert_true(f->member >= member && f->member + f->size <= l->struct_size);
			assert_ptr_equal(wire_find(l, f->name), f);
			off += f->size;
			member = f->member + f->size;
		}
		assert_int_equal(off, l->size);
		assert_true(l->name[0] && l->spec[0]);
		assert_null(wire_find(l, "no such field"));
		for (size_t i = 0; i < k; i++)
			assert_string_not_equal(wire_layouts[i]->name, l->name);
	}
}

static void what_was_read_is_written_back_to_the_letter(void **state)
{
	uint64_t seed = 0x6a757261;

	(void)state;
	for (size_t k = 0; k < wire_n_layouts; k++) {
		const struct wire_layout *l = wire_layouts[k];
		uint8_t *in = malloc(l->size), *out = malloc(l->size), *parsed = malloc(l->struct_size);

		assert_true(in && out && parsed);
		for (unsigned round = 0; round < 20; round++) {
			fill(&seed, in, l->size);
			fill(&seed, parsed, l->struct_size);
			fill(&seed, out, l->size);
			assert_int_equal(wire_read(l, in, l->size, parsed, NULL), 0);
			wire_write(l, parsed, out);
			assert_memory_equal(in, out, l->size);
		}
		free(in);
		free(out);
		free(parsed);
	}
}

static void every_truncation_is_refused_and_changes_nothing(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (size_t k = 0; k < wire_n_layouts; k++) {
		const struct wire_layout *l = wire_layouts[k];
		uint8_t *bytes = malloc(l->size), *parsed = malloc(l->struct_size);
		uint8_t *before = malloc(l->struct_size);
		char want[128];

		assert_true(bytes && parsed && before);
		fill(&seed, bytes, l->size);
		fill(&seed, before, l->struct_size);
		memcpy(parsed, before, l->struct_size);
		for (size_t n = 0; n < l->size; n++) {
			uint8_t *cut = heap_copy(bytes, n);
			struct jurat_error err;

			assert_int_equal(wire_read(l, cut, n, parsed, &err), -EBADMSG);
			TEXT(want, "%s: expected %zu bytes, found %zu", l->name, l->size, n);
			assert_string_equal(err.text, want);
			free(cut);
		}
		assert_memory_equal(parsed, before, l->struct_size);
		free(bytes);
		free(parsed);
		free(before);
	}
}

static void check_zero_names_the_reserved_bytes(const struct wire_layout *l)
{
	uint8_t *bytes = calloc(1, l->size), *parsed = calloc(1, l->struct_size);
	struct jurat_error err;
	char want[160];

	assert_true(bytes && parsed);
	assert_int_equal(wire_check_zero(l, parsed, NULL), 0);
	for (size_t i = 0; i < l->n_fields; i++) {
		const struct wire_field *f = &l->fields[i];

		for (uint32_t off = f->off; off < f->off + f->size; off++) {
			bytes[off] = 0x80;
			assert_int_equal(wire_read(l, bytes, l->size, parsed, NULL), 0);
			bytes[off] = 0;
			if (f->kind != WIRE_ZERO) {
				assert_int_equal(wire_check_zero(l, parsed, NULL), 0);
				continue;
			}
			assert_int_equal(wire_check_zero(l, parsed, &err), -EBADMSG);
			TEXT(want, "%s: reserved bytes 0x%x to 0x%x are not zero", l->name, f->off,
			     f->off + f->size - 1);
			assert_string_equal(err.text, want);
		}
	}
	free(bytes);
	free(parsed);
}

static void every_reserved_byte_is_seen(void **state)
{
	(void)state;
	for (size_t k = 0; k < wire_n_layouts; k++)
		check_zero_names_the_reserved_bytes(wire_layouts[k]);
}

/* A layout of its own with a row of each kind. */
#define SAMPLE_FIELDS(F)                                                                                     \
	F(0, U8, small, 1, "")                                                                               \
	F(1, LE16, port, 2, "")                                                                              \
	F(3, BYTES, digest, 5, "")                                                                           \
	F(8, LE32, flags, 4, "")                                                                             \
	F(12, ZERO, reserved, 3, "")                                                                         \
	F(15, LE64, tcb, 8, "")
WIRE_STRUCT(sample, SAMPLE_FIELDS);
extern const struct wire_layout sample_layout;
#define WIRE_ROW_STRUCT sample
WIRE_LAYOUT(SAMPLE_FIELDS, 23, "sample", "this test");
#undef WIRE_ROW_STRUCT

static void numbers_are_little_endian_and_unaligned(void **state)
{
	static const uint8_t bytes[23] = { 0xfe, 0x34, 0x12, 1,    2,    3,    4,   5,
					   0x78, 0x56, 0x34, 0x12, 9,    8,    7,   1,
					   0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x80 };
	struct sample s;

	(void)state;
	assert_int_equal(wire_read(&sample_layout, bytes, sizeof(bytes), &s, NULL), 0);
	assert_int_equal(s.small, 0xfe);
	assert_int_equal(s.port, 0x1234);
	assert_memory_equal(s.digest, "\1\2\3\4\5", 5);
	assert_int_equal(s.flags, 0x12345678);
	assert_memory_equal(s.reserved, "\x9\x8\x7", 3);
	assert_true(s.tcb == 0x8007060504030201);
	for (size_t i = 0; i < sample_layout.n_fields; i++) {
		const struct wire_field *f = &sample_layout.fields[i];
		bool number = f->kind != WIRE_BYTES && f->kind != WIRE_ZERO;

		assert_true(wire_get(f, &s) == (number ? bytes_get_le(bytes + f->off, f->size) : 0));
	}
}

static void fields_are_shown_by_their_kind(void **state)
{
	static const struct {
		struct sample value;
		const char *field, *want;
	} cases[] = {
		{ { .small = 200 }, "small", "200" },
		{ { .port = 65535 }, "port", "65535" },
		{ { .digest = { 0, 0xab, 1 } }, "digest", "00ab010000" },
		{ { .flags = 9 }, "flags", "9" },
		{ { .flags = 10 }, "flags", "0xa" },
		{ { .flags = UINT32_MAX }, "flags", "0xffffffff" },
		{ { .small = 1 }, "reserved", "0" },
		{ { .reserved = { 0, 0, 1 } }, "reserved", "000001" },
		{ { .tcb = 0x4405000000000002 }, "tcb", "0x4405000000000002" },
		{ { .tcb = UINT64_MAX }, "tcb", "0xffffffffffffffff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct wire_field *f = wire_find(&sample_layout, cases[i].field);
		size_t len = strlen(cases[i].want);

		assert_int_equal(wire_field_format(&sample_layout, f, &cases[i].value, NULL, 0), len);
		for (size_t room = 1; room <= len + 2; room++) {
			char *buf = malloc(room);

			assert_non_null(buf);
			assert_int_equal(wire_field_format(&sample_layout, f, &cases[i].value, buf, room),
					 len);
			assert_int_equal(strlen(buf), len < room ? len : room - 1);
			assert_memory_equal(buf, cases[i].want, strlen(buf));
			free(buf);
		}
	}
}

static void flags_are_shown_by_name_and_the_rest_by_number(void **state)
{
	static const struct wire_bit bits[] = { { 0, "LOW", NULL },
						{ 4, "MIDDLE", "middle" },
						{ 63, "TOP", NULL } };
	static const struct wire_bits set = { "flags", bits, ARRAY_SIZE(bits), 0xff00 };
	static const struct {
		uint64_t value;
		const char *want;
	} cases[] = {
		{ 0, "none" },
		{ 1, "LOW" },
		{ 0x11, "LOW MIDDLE" },
		{ UINT64_C(1) << 63 | 2, "TOP bit-1" },
		{ UINT64_C(1) << 62, "bit-62" },
		{ 0xff00, "none" },
		{ 0x1ff10, "MIDDLE bit-16" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = wire_bits_format(&set, cases[i].value, buf, sizeof(buf));

		assert_string_equal(buf, cases[i].want);
		assert_int_equal(len, strlen(buf));
		assert_int_equal(wire_bits_format(&set, cases[i].value, NULL, 0), len);
	}
	assert_true(wire_bits_mask(&set) == (UINT64_C(1) << 63 | 0x11));
	assert_true(wire_bits_unknown(&set, UINT64_MAX) == ~(UINT64_C(1) << 63 | 0xff11));
	assert_ptr_equal(wire_bits_find(&set, "MIDDLE"), &bits[1]);
	assert_null(wire_bits_find(&set, "middle"));
	assert_null(wire_bits_find(&set, ""));
	assert_ptr_equal(wire_bits_find_old(&set, "middle"), &bits[1]);
	assert_null(wire_bits_find_old(&set, "MIDDLE"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_contiguous_and_named_once),
		cmocka_unit_test(what_was_read_is_written_back_to_the_letter),
		cmocka_unit_test(every_truncation_is_refused_and_changes_nothing),
		cmocka_unit_test(every_reserved_byte_is_seen),
		cmocka_unit_test(numbers_are_little_endian_and_unaligned),
		cmocka_unit_test(fields_are_shown_by_their_kind),
		cmocka_unit_test(flags_are_shown_by_name_and_the_rest_by_number),
	};

	return cmocka_run_group_tests_name("wire_layout", tests, NULL, NULL);
}
