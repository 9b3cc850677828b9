/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "base/mix.h"

/* The first numbers of seed 1234567, as published with the algorithm's reference code. */
static void numbers_are_those_of_splitmix64(void **state)
{
	static const uint64_t numbers[] = { UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
					    UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
					    UINT64_C(16408922859458223821) };
	uint64_t seed = 1234567;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(base_next_number(&seed), numbers[i]);
}

static int bits_that_differ(const struct base_mix *x, const struct base_mix *y)
{
	return __builtin_popcountll(x->a ^ y->a) + __builtin_popcountll(x->b ^ y->b);
}

/* A change of any bit of what was added first, and some more added since, changes about half of 128 bits. */
static void every_bit_that_was_added_changes_half_the_digest(void **state)
{
	static const unsigned sizes[] = { 24, 127, 128, 250 };
	uint8_t bytes[256];

	(void)state;
	for (int more = 0; more < 4; more++)
		for (unsigned bit = 0; bit < 8 * sizes[more]; bit++) {
			struct base_mix x = { 0 }, y = { 0 };

			for (unsigned i = 0; i < sizes[more]; i++)
				bytes[i] = (uint8_t)(i * more);
			base_mix_bytes(&x, bytes, sizes[more]);
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			base_mix_bytes(&y, bytes, sizes[more]);
			for (int i = 0; i < more; i++) {
				base_mix_u64(&x, 0);
				base_mix_u64(&y, 0);
			}
			assert_in_range(bits_that_differ(&x, &y), 25, 103);
			assert_true(x.a != y.a && x.b != y.b);
		}
}

static void lengths_and_order_count(void **state)
{
	static const char *const parts[][2] = {
		{ "", "" },    { "a", "" },         { "", "a" },         { "ab", "c" },
		{ "a", "bc" }, { "abcdefgh", "i" }, { "abcdefghi", "" },
	};
	struct base_mix mixes[ARRAY_SIZE(parts) + 2] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (int k = 0; k < 2; k++)
			base_mix_text(&mixes[i], parts[i][k]);
	base_mix_text(&mixes[ARRAY_SIZE(parts)], NULL);
	base_mix_text(&mixes[ARRAY_SIZE(parts)], "");
	base_mix_text(&mixes[ARRAY_SIZE(parts) + 1], "");
	base_mix_text(&mixes[ARRAY_SIZE(parts) + 1], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++)
		for (size_t k = 0; k < i; k++)
			assert_true(bits_that_differ(&mixes[i], &mixes[k]) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_splitmix64),
		cmocka_unit_test(every_bit_that_was_added_changes_half_the_digest),
		cmocka_unit_test(lengths_and_order_count),
	};

	return cmocka_run_group_tests_name("base_mix", tests, NULL, NULL);
}
