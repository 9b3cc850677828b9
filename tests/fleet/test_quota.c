/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "fleet/clock_env.h"
#include "fleet/fleet.h"
#include "support/scratch.h"
#include "stock/stock.h"
#include "support/redis.h"

/*
 * The quota of a directory, which the simulated fleet uses, and of a server, which fleets use, against one
 * rule; and a small fleet in real time at a server. When a call to a server took effect is only known to be
 * between its begin and its end, so the rule keeps bounds, and a result outside of them is wrong.
 */
struct rule {
	struct stock_quota quota;
	int64_t next_lo_us,
		next_hi_us; /* a bucket that was full at `next` has been emptied in advance to it */
	int64_t quiet_lo_us, quiet_hi_us;
};

/* What one call did, between two times. */
struct call {
	int64_t begin_us, end_us;
	int r;
	uint64_t wait_ms;
};

enum { ROUND_US = 2000 }; /* times of stocks are milliseconds, rounded either way */

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The earliest and latest time from which the rule may grant a request. */
static int64_t open_lo_us(const struct rule *rule)
{
	int64_t ahead_us = (int64_t)(rule->quota.burst - 1) * (int64_t)rule->quota.interval_ms * 1000;

	return most(rule->next_lo_us - ahead_us, rule->quiet_lo_us);
}

static int64_t open_hi_us(const struct rule *rule)
{
	int64_t ahead_us = (int64_t)(rule->quota.burst - 1) * (int64_t)rule->quota.interval_ms * 1000;

	return most(rule->next_hi_us - ahead_us, rule->quiet_hi_us);
}

static void rule_follow(struct rule *rule, const struct call *call)
{
	int64_t interval_us = (int64_t)rule->quota.interval_ms * 1000;
	int64_t lo_us = open_lo_us(rule), hi_us = open_hi_us(rule), wait_us = (int64_t)call->wait_ms * 1000;

	if (call->r == 0) {
		if (call->end_us + ROUND_US < lo_us)
			FAIL_BECAUSE("a request was granted %lld us early",
				     (long long)(lo_us - call->end_us));
		rule->next_lo_us = most(rule->next_lo_us, call->begin_us) + interval_us;
		rule->next_hi_us = most(rule->next_hi_us, call->end_us) + interval_us;
		return;
	}
	assert_int_equal(call->r, JURAT_BUSY);
	if (call->begin_us > hi_us + ROUND_US)
		FAIL_BECAUSE("a request was refused %lld us late", (long long)(call->begin_us - hi_us));
	if (call->end_us + wait_us + ROUND_US < lo_us || call->begin_us + wait_us > hi_us + ROUND_US)
		FAIL_BECAUSE("expected a wait until %lld to %lld us, found %lld to %lld", (long long)lo_us,
			     (long long)hi_us, (long long)(call->begin_us + wait_us),
			     (long long)(call->end_us + wait_us));
}

static int64_t us(struct base_env *env)
{
	return (int64_t)(base_now_ns(env) / 1000);
}

/* So many requests from three processes, at times that the numbers of a Lehmer generator set apart. */
static unsigned follow(struct stock **stocks, struct base_env *env, struct clock_env *clock,
		       struct rule *rule, unsigned n_calls)
{
	const int64_t depth_us = (int64_t)rule->quota.burst * (int64_t)rule->quota.interval_ms * 1000;
	uint64_t random = 1;
	unsigned granted = 0;

	for (unsigned i = 0; i < n_calls; i++) {
		uint64_t apart_ms = (random = random * 48271 % 2147483647) % rule->quota.interval_ms;
		struct jurat_error err = { "" };
		struct call call = { 0 };

		if (clock)
			clock->now_ms += apart_ms;
		else
			base_sleep_ns(env, apart_ms * 1000000);
		call.begin_us = us(env);
		call.r = stock_take(stocks[i % 3], &rule->quota, &call.wait_ms, &err);
		call.end_us = us(env);
		if (call.r < 0)
			FAIL_BECAUSE("%s", err.text);
		if (i == 0 && !clock) { /* what a server that has no bucket has granted is not known */
			rule->next_lo_us = call.begin_us + depth_us;
			rule->next_hi_us = call.end_us + depth_us;
		}
		rule_follow(rule, &call);
		granted += call.r == 0;
		if (i % 16 != 15)
			continue;
		call.begin_us = us(env);
		call.r = stock_pause(stocks[i % 3], &rule->quota, 3 * rule->quota.interval_ms, &err);
		call.end_us = us(env);
		assert_int_equal(call.r, 0);
		rule->quiet_lo_us = call.begin_us + 3 * (int64_t)rule->quota.interval_ms * 1000;
		rule->quiet_hi_us = call.end_us + 3 * (int64_t)rule->quota.interval_ms * 1000;
	}
	return granted;
}

static void open_three(const char *where, struct base_env *env, struct stock *ret[3])
{
	const struct stock_options options = { .env = env };
	struct jurat_error err;

	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(stock_open(where, &options, &ret[i], &err), 0);
}

static void close_three(struct stock *stocks[3])
{
	for (unsigned i = 0; i < 3; i++)
		stock_close(stocks[i]);
}

static void a_directory_follows_the_rule_in_virtual_time(void **state)
{
	char where[SCRATCH_BYTES];
	struct stock *stocks[3];

	(void)state;
	scratch_make(where);
	for (uint32_t burst = 1; burst <= 4; burst++) {
		struct clock_env clock = clock_env_new();
		char name[16];
		struct rule rule = { .quota = { .name = name, .interval_ms = 1000, .burst = burst } };

		TEXT(name, "burst-%u", burst);
		open_three(where, &clock.base, stocks);
		assert_in_range(follow(stocks, &clock.base, &clock, &rule, 2000), 500, 1100);
		close_three(stocks);
	}
	scratch_remove(where);
}

static void a_server_follows_the_rule_in_real_time(void **state)
{
	struct redis *redis = redis_start();
	struct stock *stocks[3];

	(void)state;
	for (uint32_t burst = 1; burst <= 4; burst += 3) {
		char name[16];
		struct rule rule = { .quota = { .name = name, .interval_ms = 10, .burst = burst } };

		TEXT(name, "burst-%u", burst);
		open_three(redis_url(redis), NULL, stocks);
		assert_in_range(follow(stocks, base_env_real(), NULL, &rule, 120), 30, 110);
		close_three(stocks);
	}
	redis_stop(redis);
}

/* The same fleet twice: in virtual time at a directory, and 250 times as fast as real time at a server. */
static void a_small_fleet_at_a_server_does_what_is_simulated(void **state)
{
	char where[SCRATCH_BYTES];
	struct redis *redis = redis_start();
	struct fleet_options options = {
		.chips = 60, .replicas = 4, .addresses = 2, .service = FLEET_SHARED_STOCK, .seed = 1
	};
	struct fleet_result simulated, real;
	struct jurat_error err = { "" };

	(void)state;
	scratch_make(where);
	options.where = where;
	if (fleet_run(&options, &simulated, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	scratch_remove(where);
	options.where = redis_url(redis);
	options.speed = 250;
	if (fleet_run(&options, &real, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	redis_stop(redis);
	test_say("full after %.0f s in virtual time, %.0f s at a server", (double)simulated.full_ms / 1000,
		 (double)real.full_ms / 1000);
	assert_int_equal(real.served, simulated.served);
	assert_int_equal(real.claimed_twice, 0);
	assert_int_equal(real.wrong, 0);
	assert_int_equal(real.repeated, simulated.repeated);
	assert_int_equal(real.requests - real.too_many, simulated.requests);
	assert_in_range(real.full_ms, simulated.full_ms * 9 / 10, simulated.full_ms * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_follows_the_rule_in_virtual_time),
		cmocka_unit_test(a_server_follows_the_rule_in_real_time),
		cmocka_unit_test(a_small_fleet_at_a_server_does_what_is_simulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
