/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "explore/explore.h"

/*
 * The schemes: every order of a smaller machine than `jurat explore --sync SCHEME` searches without further
 * options, and a million random steps of that one.
 */
enum { MAX_STEPS = 20000000, RANDOM_STEPS = 1000000, SEED = 1 };

static struct explore_result run(const struct explore_setup *setup, bool random)
{
	const struct explore_options options = {
		.setup = *setup,
		.bounds = { .max_steps = random ? RANDOM_STEPS / test_step() : MAX_STEPS, .seed = SEED },
		.random = random,
	};
	struct jurat_error err = { "" };
	struct explore_result result;
	int r = explore_run(&options, &result, &err);

	if (r < 0)
		FAIL_BECAUSE("explore_run: %d %s", r, err.text);
	if (result.search.violation[0])
		test_say("%s", result.search.violation);
	return result;
}

static void assert_ends(const struct explore_setup *setup, bool random, enum explore_end end)
{
	struct explore_result result = run(setup, random);

	test_say("%llu steps, %llu states, %llu orders", (unsigned long long)result.search.steps,
		 (unsigned long long)result.search.states, (unsigned long long)result.search.orders);
	assert_int_equal(result.end, end);
	explore_result_done(&result);
}

static void assert_breaks(const struct explore_setup *setup, const char *invariant)
{
	struct explore_result result = run(setup, false);

	assert_int_equal(result.end, EXPLORE_VIOLATED);
	assert_memory_equal(result.search.violation, invariant, strlen(invariant));
	explore_result_done(&result);
}

static void upstream_holds_in_every_order_with_a_crash(void **state)
{
	struct explore_setup setup = explore_scheme(SIM_SYNC_UPSTREAM)->setup;

	(void)state;
	setup.updates = 1;
	if (test_step() > 1)
		setup.vcpus = 1;
	assert_ends(&setup, false, EXPLORE_HOLDS);
}

static void upstream_holds_in_a_million_random_steps(void **state)
{
	(void)state;
	assert_ends(&explore_scheme(SIM_SYNC_UPSTREAM)->setup, true, EXPLORE_SAMPLED);
}

/* Power losses, waits that run out, signals, and a second VMM that reads as QEMU would. */
static void upstream_holds_with_all_that_can_happen_in_random_orders(void **state)
{
	struct explore_setup setup = explore_scheme(SIM_SYNC_UPSTREAM)->setup;

	(void)state;
	setup.other = EXPLORE_QEMU;
	setup.power_loss = setup.timeouts = setup.signals = true;
	setup.small_buffer = 1;
	assert_ends(&setup, true, EXPLORE_SAMPLED);
}

static void v15_as_it_was_meant_holds_in_every_order_with_a_crash(void **state)
{
	struct explore_setup setup = explore_scheme(SIM_SYNC_V15_FIXED)->setup;

	(void)state;
	setup.vcpus = 1;
	assert_ends(&setup, false, EXPLORE_HOLDS);
}

/* With the crash of an updater: the scenario crash-while-paused. */
static void v14_holds_in_every_order_while_nobody_dies(void **state)
{
	struct explore_setup setup = explore_scheme(SIM_SYNC_V14)->setup;

	(void)state;
	setup.vcpus = 1;
	assert_ends(&setup, false, EXPLORE_HOLDS);
}

static void schemes_break_what_their_rows_say(void **state)
{
	static const enum sim_sync breaks[] = { SIM_SYNC_V15, SIM_SYNC_NONE };
	static const enum sim_sync hold[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15_FIXED, SIM_SYNC_V14 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++) {
		const struct explore_case *scheme = explore_scheme(breaks[i]);

		assert_breaks(&scheme->setup, scheme->breaks);
	}
	for (size_t i = 0; i < ARRAY_SIZE(hold); i++)
		assert_null(explore_scheme(hold[i])->breaks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schemes_break_what_their_rows_say),
		cmocka_unit_test(upstream_holds_in_every_order_with_a_crash),
		cmocka_unit_test(upstream_holds_in_a_million_random_steps),
		cmocka_unit_test(upstream_holds_with_all_that_can_happen_in_random_orders),
		cmocka_unit_test(v15_as_it_was_meant_holds_in_every_order_with_a_crash),
		cmocka_unit_test(v14_holds_in_every_order_while_nobody_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
