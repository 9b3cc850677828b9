/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "sim/linux/linux.h"

static void releases_are_found_by_their_names(void **state)
{
	(void)state;
	assert_ptr_equal(sim_linux_find("6.12"), &sim_linux_6_12);
	assert_ptr_equal(sim_linux_find("7.3"), &sim_linux_7_3);
	assert_ptr_equal(sim_linux_find(NULL), &sim_linux_7_3);
	assert_ptr_equal(sim_linux_or_newest(NULL), &sim_linux_7_3);
	assert_ptr_equal(sim_linux_or_newest(&sim_linux_6_12), &sim_linux_6_12);
	assert_string_equal(sim_linux_6_12.release, "6.12");
	assert_null(sim_linux_find(""));
	assert_null(sim_linux_find("6.1"));
	assert_null(sim_linux_find("6.12.117"));
}

/* A row that says the same of both is no difference; the tests of each name it. */
static void each_row_is_a_difference(void **state)
{
	(void)state;
#define IS_A_DIFFERENCE(type, name, in_6_12, in_7_3)                                                         \
	assert_true((in_6_12) != (in_7_3));                                                                  \
	assert_int_equal(sim_linux_6_12.name, in_6_12);                                                      \
	assert_int_equal(sim_linux_7_3.name, in_7_3);
	SIM_LINUX_TABLE(IS_A_DIFFERENCE)
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases_are_found_by_their_names),
		cmocka_unit_test(each_row_is_a_difference),
	};

	return cmocka_run_group_tests_name("sim_linux", tests, NULL, NULL);
}
