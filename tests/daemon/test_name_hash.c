/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "daemon/name_hash.h"

/* The example of the paper, appendix A: key 00 to 0f, message 00 to 0e. */
static void the_hash_is_siphash(void **state)
{
	const struct name_hash h = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
	uint8_t message[15];

	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	assert_true(name_hash(&h, message, sizeof(message)) == UINT64_C(0xa129ca6149be45e5));
}

/* Names of one bucket are not of one bucket in the next process, which a fixed hash would have them be. */
static void each_table_has_a_hash_of_its_own(void **state)
{
	struct name_hash a, b;

	assert_int_equal(name_hash_init(&a), 0);
	assert_int_equal(name_hash_init(&b), 0);
	assert_true(name_hash(&a, "vcek", 4) != name_hash(&b, "vcek", 4));
	assert_true(name_hash(&a, "vcek", 4) != name_hash(&a, "vcel", 4));
	assert_true(name_hash(&a, "vcek", 4) == name_hash(&a, "vcek", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash),
		cmocka_unit_test(each_table_has_a_hash_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
