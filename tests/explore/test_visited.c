/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "explore/visited.h"
#include "support/fail_memory.h"

enum { MANY = 100000 };

static struct base_mix state_of(uint64_t number)
{
	struct base_mix state = { 0 };

	base_mix_u64(&state, number);
	return state;
}

/* The number of a state is a half of it here. */
static int add(struct visited *v, const struct base_mix *state, uint32_t cost)
{
	uint32_t number = (uint32_t)state->a + cost;

	return visited_add(v, state, cost, &number);
}

static void each_state_is_new_once(void **state)
{
	struct visited v = { 0 };

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < MANY; i++) {
			struct base_mix s = state_of(i);

			assert_int_equal(add(&v, &s, 0), round == 0);
		}
	assert_int_equal(v.n, MANY);
	visited_done(&v);
	assert_int_equal(v.n, 0);
}

static void states_that_share_a_half_are_different(void **state)
{
	static const struct base_mix states[] = {
		{ 1, 1 }, { 1, 2 }, { 2, 1 }, { 0, 0 }, { 1, 0 }, { 0, 1 }
	};
	struct visited v = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		assert_int_equal(add(&v, &states[i], 0), 1);
	assert_int_equal(v.n, ARRAY_SIZE(states));
	visited_done(&v);
}

static void each_state_has_the_number_of_its_least_cost(void **state)
{
	struct visited v = { 0 };

	(void)state;
	for (uint32_t cost = 3; cost > 0; cost--)
		for (uint64_t i = 0; i < MANY; i++) {
			struct base_mix s = state_of(i);
			uint32_t number = (uint32_t)i * 3 + cost;

			assert_int_equal(visited_add(&v, &s, cost, &number), 1);
			assert_int_equal(number, (uint32_t)i * 3 + (cost < 3 ? cost + 1 : cost)); /* before */
			number = 7;
			assert_int_equal(visited_add(&v, &s, cost, &number), 0);
			assert_int_equal(number, (uint32_t)i * 3 + cost);
		}
	visited_done(&v);
}

static void one_that_is_reached_at_a_lower_cost_is_visited_again(void **state)
{
	static const struct {
		uint32_t cost;
		int is_new;
	} rows[] = { { 5, 1 }, { 5, 0 }, { 6, 0 }, { 4, 1 }, { 5, 0 }, { 4, 0 }, { 0, 1 }, { 0, 0 } };
	struct base_mix s = state_of(7);
	struct visited v = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(add(&v, &s, rows[i].cost), rows[i].is_new);
	assert_int_equal(v.n, 1);
	visited_done(&v);
}

static void nothing_is_lost_when_memory_runs_out(void **state)
{
	struct visited v = { 0 };
	unsigned failed = 0;

	(void)state;
	for (uint64_t i = 0; i < MANY; i++) {
		struct base_mix s = state_of(i);
		int r;

		fail_memory_arm(1, false);
		r = add(&v, &s, 0);
		if (fail_memory_disarm().fired) {
			assert_int_equal(r, -ENOMEM);
			failed++;
			r = add(&v, &s, 0);
		}
		assert_int_equal(r, 1);
	}
	assert_true(failed > 2);
	for (uint64_t i = 0; i < MANY; i++) {
		struct base_mix s = state_of(i);

		assert_int_equal(add(&v, &s, 0), 0);
	}
	visited_done(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_is_new_once),
		cmocka_unit_test(states_that_share_a_half_are_different),
		cmocka_unit_test(each_state_has_the_number_of_its_least_cost),
		cmocka_unit_test(one_that_is_reached_at_a_lower_cost_is_visited_again),
		cmocka_unit_test(nothing_is_lost_when_memory_runs_out),
	};

	return cmocka_run_group_tests_name("explore_visited", tests, NULL, NULL);
}
