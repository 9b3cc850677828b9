/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "build.h"
#include "crypto/der.h"

/* An exact-size heap copy of the DER of `text`. */
static struct bytes_rd der_of(const char *text, uint8_t **ret)
{
	uint8_t buf[1024];
	size_t n = build_der(text, buf, sizeof(buf));

	*ret = heap_copy(buf, n);
	return bytes_rd(*ret, n);
}

enum what { ENTER, WHOLE, BOOL, UINT, BIG_UINT, BITS, NAMED_BITS, TIME };

/* 1 good and all was read; 0 good with bytes left; -1 bad. */
static int read_as(enum what what, struct bytes_rd *r, int64_t *ret)
{
	struct bytes_rd inner;

	*ret = 0;
	switch (what) {
	case ENTER:
		inner = der_enter(r, DER_OCTET_STRING);
		*ret = (int64_t)inner.size;
		assert_int_equal(inner.bad, r->bad);
		break;
	case WHOLE:
		inner = der_whole(r);
		*ret = (int64_t)inner.size;
		assert_int_equal(inner.bad, r->bad);
		break;
	case BOOL:
		*ret = der_bool(r);
		break;
	case UINT:
		*ret = (int64_t)der_uint(r);
		break;
	case BIG_UINT:
		inner = der_big_uint(r);
		*ret = inner.bad ? 0 : (int64_t)inner.size << 8 | inner.data[0];
		break;
	case BITS:
		*ret = (int64_t)der_bits(r).size;
		break;
	case NAMED_BITS:
		*ret = der_named_bits(r);
		break;
	case TIME:
		*ret = der_time(r);
		break;
	}
	if (r->bad)
		assert_int_equal(*ret, 0);
	return r->bad ? -1 : bytes_rd_left(r) == 0;
}

static void good_elements_are_read(void **state)
{
	static const struct {
		enum what what;
		const char *text;
		int64_t value;
	} good[] = {
		{ ENTER, "0400", 0 },
		{ ENTER, "0403010203", 3 },
		{ WHOLE, "0500", 2 },
		{ WHOLE, "8001aa", 3 },
		{ BOOL, "010100", 0 },
		{ BOOL, "0101ff", 1 },
		{ UINT, "020100", 0 },
		{ UINT, "02017f", 0x7f },
		{ UINT, "02020080", 0x80 },
		{ UINT, "02020173", 0x173 },
		{ UINT, "02087fffffffffffffff", INT64_MAX },
		{ UINT, "020900ffffffffffffffff", -1 },
		{ BIG_UINT, "020100", 0x100 },
		{ BIG_UINT, "020300ff01", 0x2ff },
		{ BIG_UINT, "020a01020304050607080900", 0xa01 },
		{ BITS, "030100", 0 },
		{ BITS, "030300aaff", 2 },
		{ NAMED_BITS, "030206c0", 3 },
		{ NAMED_BITS, "03020106", 0x60 },
		{ NAMED_BITS, "03020104", 0x20 }, /* as in AMD's ASKs: a trailing zero bit */
		{ NAMED_BITS, "0303070080", 0x100 },
		{ NAMED_BITS, "030100", 0 },
		{ NAMED_BITS, "030500ffffffff", 0xffffffff },
		{ TIME, "17{'700101000000Z'}", 0 },
		{ TIME, "17{'691231235959Z'}", -1 },
		{ TIME, "17{'500101000000Z'}", -631152000 },
		{ TIME, "17{'491231235959Z'}", 2524607999 },
		{ TIME, "17{'000229120000Z'}", 951825600 },
		{ TIME, "17{'201022182420Z'}", 1603391060 },
		{ TIME, "18{'20500101000000Z'}", 2524608000 },
		{ TIME, "18{'20240229235959Z'}", 1709251199 },
		{ TIME, "18{'99991231235959Z'}", 253402300799 },
		{ TIME, "18{'00000101000000Z'}", -62167219200 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		auto_free uint8_t *copy = NULL;
		struct bytes_rd r = der_of(good[i].text, &copy);
		size_t n = r.size;
		int64_t value;

		if (read_as(good[i].what, &r, &value) != 1 || value != good[i].value)
			FAIL_BECAUSE("%s: read %lld", good[i].text, (long long)value);
		for (size_t cut = 0; cut < n; cut++) {
			auto_free uint8_t *part = heap_copy(copy, cut);
			struct bytes_rd short_r = bytes_rd(part, cut);

			assert_int_equal(read_as(good[i].what, &short_r, &value), -1);
		}
	}
}

struct bad_element {
	enum what what;
	const char *text;
};

static void assert_poisons(const struct bad_element *bad, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		auto_free uint8_t *copy = NULL;
		struct bytes_rd r = der_of(bad[i].text, &copy);
		int64_t value;

		if (read_as(bad[i].what, &r, &value) != -1)
			FAIL_BECAUSE("%s was read as %lld", bad[i].text, (long long)value);
		assert_int_equal(der_peek(&r), -1);
		assert_true(der_enter(&r, copy[0]).bad);
	}
}

static void bad_elements_poison_the_reader(void **state)
{
	static const struct bad_element bad[] = {
		{ ENTER, "" },
		{ ENTER, "0301aa" },     /* another tag */
		{ ENTER, "2401aa" },     /* constructed OCTET STRING */
		{ ENTER, "04800000" },   /* indefinite */
		{ ENTER, "048101aa" },   /* long form where the short one is due */
		{ ENTER, "04820001aa" }, /* leading zero */
		{ ENTER, "0483000001aa" },
		{ ENTER, "0485000000000100" }, /* five bytes of length */
		{ ENTER, "04ff" },
		{ ENTER, "0484ffffffffaa" },
		{ ENTER, "04847fffffffaa" },
		{ ENTER, "0488ffffffffffffffff" },
		{ ENTER, "0488fffffffffffffff6" },
		{ ENTER, "0402aa" },
		{ WHOLE, "1f0100" },
		{ WHOLE, "3f0100" },
		{ WHOLE, "df810000" },
		{ BOOL, "0100" },
		{ BOOL, "010101" },
		{ BOOL, "01020000" },
		{ BOOL, "020100" },
		{ UINT, "0200" },
		{ UINT, "020180" }, /* negative */
		{ UINT, "0202ff01" },
		{ UINT, "02020001" }, /* not minimal */
		{ UINT, "0202007f" },
		{ UINT, "02020000" },
		{ UINT, "020901ffffffffffffffff" }, /* does not fit */
		{ UINT, "0a0101" },
		{ BIG_UINT, "0200" },
		{ BIG_UINT, "020180" },
		{ BIG_UINT, "02020000" },
		{ BIG_UINT, "0203007fff" },
		{ BITS, "0300" },
		{ BITS, "030201fe" },
		{ BITS, "030108" },
		{ NAMED_BITS, "0300" },
		{ NAMED_BITS, "030101" },
		{ NAMED_BITS, "030206c1" }, /* an unused bit is set */
		{ NAMED_BITS, "03020800" },
		{ NAMED_BITS, "030600ffffffffff" },
	};

	assert_poisons(bad, ARRAY_SIZE(bad));
}

static void bad_times_poison_the_reader(void **state)
{
	static const struct bad_element bad[] = {
		{ TIME, "17{'2001010000Z'}" },  /* no seconds */
		{ TIME, "17{'200101000000'}" }, /* no zone */
		{ TIME, "17{'200101000000+0000'}" },    { TIME, "17{'200101000000z'}" },
		{ TIME, "17{'200101000000ZZ'}" },       { TIME, "17{'20200101000000Z'}" },
		{ TIME, "18{'200101000000Z'}" },        { TIME, "18{'20200101000000.5Z'}" },
		{ TIME, "17{'200001000000Z'}" },        { TIME, "17{'201301000000Z'}" },
		{ TIME, "17{'200100000000Z'}" },        { TIME, "17{'200132000000Z'}" },
		{ TIME, "17{'210229000000Z'}" },        { TIME, "18{'19000229000000Z'}" },
		{ TIME, "18{'21000229000000Z'}" },      { TIME, "17{'200431000000Z'}" },
		{ TIME, "17{'200101240000Z'}" },        { TIME, "17{'200101006000Z'}" },
		{ TIME, "17{'200101000060Z'}" },        { TIME, "17{'2001 1000000Z'}" },
		{ TIME, "17{'-00101000000Z'}" },        { TIME, "17{'2001010000' 3a 30 'Z'}" },
		{ TIME, "17{'2001010000' 2f 30 'Z'}" }, { TIME, "04{'200101000000Z'}" },
	};

	assert_poisons(bad, ARRAY_SIZE(bad));
}

static void a_length_longer_than_the_input_is_bad_at_every_width(void **state)
{
	for (unsigned width = 1; width <= 8; width++) {
		for (unsigned top = 0x80; top <= 0xff; top += 0x7f) {
			uint8_t der[11] = { DER_OCTET_STRING, (uint8_t)(0x80 | width), (uint8_t)top };
			auto_free uint8_t *copy = NULL;
			struct bytes_rd r;

			memset(der + 3, 0xff, sizeof(der) - 3);
			copy = heap_copy(der, sizeof(der));
			r = bytes_rd(copy, sizeof(der));
			assert_true(der_enter(&r, DER_OCTET_STRING).bad);
			assert_true(r.bad);
		}
	}
}

static void a_length_has_one_form(void **state)
{
	static const struct {
		uint8_t head[6];
		size_t head_size, length;
		bool good;
	} forms[] = {
		{ { 4, 0x81, 0x7f }, 3, 0x7f, false },       { { 4, 0x7f }, 2, 0x7f, true },
		{ { 4, 0x81, 0x80 }, 3, 0x80, true },        { { 4, 0x82, 0, 0x80 }, 4, 0x80, false },
		{ { 4, 0x83, 0, 0, 0x80 }, 5, 0x80, false }, { { 4, 0x82, 1, 0 }, 4, 0x100, true },
		{ { 4, 0x83, 0, 1, 0 }, 5, 0x100, false },   { { 4, 0x84, 0, 0, 1, 0 }, 6, 0x100, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = forms[i].head_size + forms[i].length;
		auto_free uint8_t *der = calloc(1, n);
		struct bytes_rd r = bytes_rd(der, n);

		assert_non_null(der);
		memcpy(der, forms[i].head, forms[i].head_size);
		assert_int_equal(der_enter(&r, DER_OCTET_STRING).size, forms[i].good ? forms[i].length : 0);
		assert_int_equal(r.bad, !forms[i].good);
	}
}

static void leaving_needs_the_end_of_the_inner_element(void **state)
{
	auto_free uint8_t *copy = NULL;
	struct bytes_rd start = der_of("30{020101 0500}", &copy), r, inner;

	r = start;
	inner = der_enter(&r, DER_SEQUENCE);
	assert_int_equal(der_uint(&inner), 1);
	der_leave(&r, &inner);
	assert_true(r.bad);

	r = start;
	inner = der_enter(&r, DER_SEQUENCE);
	der_uint(&inner);
	assert_int_equal(der_peek(&inner), DER_NULL);
	der_whole(&inner);
	assert_int_equal(der_peek(&inner), -1);
	der_leave(&r, &inner);
	assert_false(r.bad);

	r = start;
	inner = der_enter(&r, DER_SEQUENCE);
	der_bool(&inner);
	der_leave(&r, &inner);
	assert_true(r.bad);
}

static void equality_is_of_all_the_bytes(void **state)
{
	struct bytes_rd r = bytes_rd("abc", 3), empty = { 0 }, bad = { .bad = true };

	assert_true(der_equal(&r, "abc", 3));
	assert_false(der_equal(&r, "abd", 3));
	assert_false(der_equal(&r, "ab", 2));
	assert_true(der_equal(&empty, NULL, 0));
	assert_false(der_equal(&bad, NULL, 0));
}

static void what_is_written_is_read_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535, 65536 };
	auto_free uint8_t *content = calloc(1, 65536), *buf = malloc(65600);

	assert_non_null(content);
	assert_non_null(buf);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct der_wr d = der_wr(buf, 65600);
		struct bytes_rd r, outer, inner;

		for (size_t j = 0; j < sizes[i]; j++)
			content[j] = (uint8_t)(j * 7 + i);
		der_put_open(&d, DER_SEQUENCE);
		der_put_open(&d, DER_CONTEXT_CONSTRUCTED(3));
		der_put(&d, DER_OCTET_STRING, content, sizes[i]);
		der_put_close(&d);
		der_put_uint(&d, sizes[i]);
		der_put_close(&d);
		assert_false(d.w.bad);
		r = bytes_rd(buf, d.w.off);
		outer = der_enter(&r, DER_SEQUENCE);
		inner = der_enter(&outer, DER_CONTEXT_CONSTRUCTED(3));
		inner = der_enter(&inner, DER_OCTET_STRING);
		assert_true(der_equal(&inner, content, sizes[i]));
		assert_int_equal(der_uint(&outer), sizes[i]);
		der_leave(&r, &outer);
		assert_false(r.bad);
		assert_int_equal(bytes_rd_left(&r), 0);
	}
}

static void numbers_and_bits_are_written_in_their_only_form(void **state)
{
	static const uint8_t expected[] = { 0x02, 1, 0,    0x02, 1,    0x7f, 0x02, 2,    0,    0x80, 0x02,
					    9,    0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
					    1,    0, 0x02, 3,    0,    0x80, 1,    0x03, 2,    6,    0xc0 };
	uint8_t buf[64];
	struct der_wr d = der_wr(buf, sizeof(buf));

	der_put_uint(&d, 0);
	der_put_uint(&d, 0x7f);
	der_put_uint(&d, 0x80);
	der_put_uint(&d, UINT64_MAX);
	der_put_big_uint(&d, (const uint8_t *)"\0\0", 2);
	der_put_big_uint(&d, (const uint8_t *)"\0\x80\x01", 3);
	der_put_bits(&d, "\xc0", 1, 6);
	assert_false(d.w.bad);
	assert_int_equal(d.w.off, sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
}

static void days_of_ten_thousand_years_go_round(void **state)
{
	for (int64_t day = -719528; day < 2932897; day += 13) {
		int64_t t = day * 86400 + (day & 0xffff);
		uint8_t buf[32];
		struct der_wr d = der_wr(buf, sizeof(buf));
		struct bytes_rd r;

		der_put_time(&d, t);
		r = bytes_rd(buf, d.w.off);
		assert_int_equal(d.w.off, t >= -631152000 && t < 2524608000 ? 15 : 17);
		if (der_time(&r) != t || r.bad)
			FAIL_BECAUSE("%lld", (long long)t);
	}
}

static void times_without_a_form_poison_the_writer(void **state)
{
	static const int64_t bad[] = { INT64_MIN, INT64_MAX, -62167219201, 253402300800 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint8_t buf[32];
		struct der_wr d = der_wr(buf, sizeof(buf));

		der_put_time(&d, bad[i]);
		assert_true(d.w.bad);
	}
}

static void a_full_buffer_poisons_the_writer_at_every_size(void **state)
{
	uint8_t content[130] = { 0 };
	const size_t whole = 3 + 3 + sizeof(content) + 15;

	for (size_t size = 0; size <= whole; size++) {
		auto_free uint8_t *buf = malloc(size ? size : 1);
		struct der_wr d = der_wr(buf, size);

		der_put_open(&d, DER_SEQUENCE);
		der_put(&d, DER_OCTET_STRING, content, sizeof(content));
		der_put_time(&d, 0);
		der_put_close(&d);
		assert_int_equal(d.w.bad, size < whole);
	}
}

static void unbalanced_writing_is_bad(void **state)
{
	uint8_t buf[256];
	struct der_wr d = der_wr(buf, sizeof(buf));

	der_put_close(&d);
	assert_true(d.w.bad);
	d = der_wr(buf, sizeof(buf));
	for (unsigned i = 0; i < 16; i++)
		der_put_open(&d, DER_SEQUENCE);
	assert_false(d.w.bad);
	der_put_open(&d, DER_SEQUENCE);
	assert_true(d.w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_elements_are_read),
		cmocka_unit_test(bad_elements_poison_the_reader),
		cmocka_unit_test(bad_times_poison_the_reader),
		cmocka_unit_test(a_length_longer_than_the_input_is_bad_at_every_width),
		cmocka_unit_test(a_length_has_one_form),
		cmocka_unit_test(leaving_needs_the_end_of_the_inner_element),
		cmocka_unit_test(equality_is_of_all_the_bytes),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(numbers_and_bits_are_written_in_their_only_form),
		cmocka_unit_test(days_of_ten_thousand_years_go_round),
		cmocka_unit_test(times_without_a_form_poison_the_writer),
		cmocka_unit_test(a_full_buffer_poisons_the_writer_at_every_size),
		cmocka_unit_test(unbalanced_writing_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
