/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "fleet/fleet.h"
#include "support/scratch.h"

/*
 * The rules that a fleet keeps while its TCB changes. In the first build (test_step()), the fleet whose
 * replicas die and stop has 10,000 chips. `make fleet` prints all of it for as many.
 */
enum {
	BETWEEN_MS = KDS_INTERVAL_MS + QUOTA_MARGIN_MS,
	FEW_CHIPS = 1000,
	/* The last hosts try again with their timers, while the quota waits for them. */
	LAST_MS = 4 * HOST_TIMER_MS,
};

static unsigned chips(void)
{
	return test_step() == 1 ? 10000 : FEW_CHIPS;
}

static struct fleet_result simulate(struct fleet_options options)
{
	char where[SCRATCH_BYTES];
	struct jurat_error err = { "" };
	struct fleet_result result;
	int r;

	scratch_make(where);
	options.where = where;
	r = fleet_run(&options, &result, &err);
	scratch_remove(where);
	if (r != 0)
		FAIL_BECAUSE("%s", err.text);
	test_say("%u chips: full after %.1f hours, %llu requests, %llu answered 429, %llu sent again, %u "
		 "deaths, "
		 "%u stops",
		 options.chips, (double)result.full_ms / 3600 / 1000, (unsigned long long)result.requests,
		 (unsigned long long)result.too_many, (unsigned long long)result.repeated, result.deaths,
		 result.stops);
	return result;
}

/* What holds in every fleet, whatever happens in it. */
static void assert_rules(const struct fleet_result *result, unsigned n_chips)
{
	assert_int_equal(result->claimed_twice, 0);
	assert_int_equal(result->over_quota, 0);
	assert_int_equal(result->wrong, 0);
	assert_int_equal(result->served, n_chips);
	assert_int_equal(result->requests, n_chips + result->repeated + result->too_many);
}

static void a_shared_stock_asks_once_for_each_chip(void **state)
{
	const struct fleet_options options = {
		.chips = FEW_CHIPS, .replicas = 4, .addresses = 1, .service = FLEET_SHARED_STOCK, .seed = 1
	};
	struct fleet_result result = simulate(options);
	uint64_t shortest = (uint64_t)(options.chips - 1) * BETWEEN_MS;

	(void)state;
	assert_rules(&result, options.chips);
	assert_int_equal(result.requests, options.chips);
	assert_in_range(result.full_ms, shortest, shortest + shortest / 50 + LAST_MS);
}

static void each_address_has_a_quota_of_its_own(void **state)
{
	const struct fleet_options options = {
		.chips = FEW_CHIPS, .replicas = 4, .addresses = 4, .service = FLEET_SHARED_STOCK, .seed = 2
	};
	struct fleet_result result = simulate(options);
	uint64_t shortest = (uint64_t)(options.chips / 4 - 1) * BETWEEN_MS;

	(void)state;
	assert_rules(&result, options.chips);
	assert_int_equal(result.requests, options.chips);
	assert_in_range(result.full_ms, shortest, shortest + shortest / 50 + LAST_MS);
}

static void replicas_that_die_and_stop_cost_minutes(void **state)
{
	const struct fleet_options options = { .chips = chips(),
					       .replicas = 4,
					       .addresses = 1,
					       .service = FLEET_SHARED_STOCK,
					       .fault_ms = 3 * 60 * 1000,
					       .seed = 3 };
	struct fleet_result result = simulate(options);
	uint64_t shortest = (uint64_t)(options.chips - 1) * BETWEEN_MS;

	(void)state;
	assert_rules(&result, options.chips);
	assert_in_range(result.deaths + result.stops, 1, UINT64_MAX);
	/* What a replica asked for when it died is lost. */
	assert_in_range(result.repeated, 0, result.deaths + result.stops);
	assert_in_range(result.full_ms, shortest,
			shortest + shortest / 50 + LAST_MS + (result.deaths + result.stops) * RESTART_MS);
}

/* Shows what the rules are for, and that the simulation can see them broken. */
static void replicas_that_share_nothing_ask_again_and_meet_429(void **state)
{
	const struct fleet_options options = {
		.chips = FEW_CHIPS, .replicas = 4, .addresses = 1, .service = FLEET_OWN_STOCKS, .seed = 4
	};
	struct fleet_result result = simulate(options);

	(void)state;
	assert_int_equal(result.repeated, 3 * FEW_CHIPS);
	assert_in_range(result.too_many, FEW_CHIPS, UINT64_MAX);
	assert_in_range(result.full_ms, (uint64_t)FEW_CHIPS * 4 * KDS_INTERVAL_MS, UINT64_MAX);
}

static void chips_that_change_in_turn_hardly_wait(void **state)
{
	const struct fleet_options options = { .chips = FEW_CHIPS,
					       .replicas = 4,
					       .addresses = 1,
					       .service = FLEET_SHARED_STOCK,
					       .rollout = FLEET_STAGGERED,
					       .seed = 5 };
	struct fleet_result result = simulate(options);

	(void)state;
	assert_rules(&result, options.chips);
	assert_in_range(result.longest_ms, 0, 2 * HOST_TIMER_MS);
	assert_in_range(result.waited_ms / options.chips, 0, KDS_INTERVAL_MS);
}

static void chips_whose_vceks_were_fetched_first_do_not_wait(void **state)
{
	const struct fleet_options options = { .chips = FEW_CHIPS,
					       .replicas = 4,
					       .addresses = 1,
					       .service = FLEET_SHARED_STOCK,
					       .rollout = FLEET_FETCHED,
					       .seed = 6 };
	struct fleet_result result = simulate(options);

	(void)state;
	assert_rules(&result, options.chips);
	assert_int_equal(result.requests, options.chips);
	assert_int_equal(result.refused, 0);
	assert_int_equal(result.longest_ms, 0);
}

static void the_same_seed_gives_the_same_fleet(void **state)
{
	const struct fleet_options options = { .chips = FEW_CHIPS / 4,
					       .replicas = 3,
					       .addresses = 2,
					       .service = FLEET_SHARED_STOCK,
					       .fault_ms = 3 * 60 * 1000,
					       .seed = 7 };
	struct fleet_result a = simulate(options), b = simulate(options);

	(void)state;
	assert_memory_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shared_stock_asks_once_for_each_chip),
		cmocka_unit_test(each_address_has_a_quota_of_its_own),
		cmocka_unit_test(replicas_that_die_and_stop_cost_minutes),
		cmocka_unit_test(replicas_that_share_nothing_ask_again_and_meet_429),
		cmocka_unit_test(chips_that_change_in_turn_hardly_wait),
		cmocka_unit_test(chips_whose_vceks_were_fetched_first_do_not_wait),
		cmocka_unit_test(the_same_seed_gives_the_same_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
