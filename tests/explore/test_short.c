/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/env.h"
#include "explore/search.h"
#include "support/fail_memory.h"

/* Bounds of searches; the shortest order, a shorter one, and those that do not end. */
struct model {
	unsigned steps;
	int number, other;
	bool knows_states;
	unsigned asked, asked_most; /* go_on() */
	uint64_t last_steps;
};

static struct base_env *under(void *ctx, unsigned actor)
{
	(void)ctx;
	(void)actor;
	return base_env_real();
}

static int begin(void *ctx)
{
	struct model *m = ctx;

	m->number = m->other = 0;
	return 0;
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct model *m = ctx;

	base_mix_u64(to, (uint64_t)m->number);
	base_mix_u64(to, (uint64_t)m->other);
}

static struct sched_world world_of(struct model *m, const struct sched_actor *actors, unsigned n)
{
	return (struct sched_world){ .actors = actors,
				     .n_actors = n,
				     .ctx = m,
				     .under = under,
				     .begin = begin,
				     .hash = m->knows_states ? hash : NULL };
}

static void only_steps(struct base_env *env, void *ctx)
{
	const struct model *m = ctx;

	for (unsigned i = 0; i < m->steps; i++)
		sched_step(env, "step");
}

static const struct sched_actor steppers[] = { { "a", only_steps },
					       { "b", only_steps },
					       { "c", only_steps } };

static bool asks(void *ctx, const struct search_result *so_far)
{
	struct model *m = ctx;

	assert_true(so_far->steps >= m->last_steps);
	m->last_steps = so_far->steps;
	return ++m->asked < m->asked_most;
}

typedef int search_fn(const struct sched_world *world, const struct search_bounds *bounds,
		      struct search_result *ret);
static search_fn *const searches[] = { search_all, search_shortest };

static void a_bound_on_depth_cuts_orders_and_one_that_is_not_reached_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++)
		for (int knows = 0; knows < 2; knows++) {
			struct model m = { .steps = 2, .knows_states = knows };
			struct sched_world world = world_of(&m, steppers, 2);
			struct search_bounds bounds = { .max_depth = 2 };
			struct search_result r;

			assert_int_equal(searches[i](&world, &bounds, &r), 0);
			assert_true(r.cut > 0 && !r.stopped);
			assert_int_equal(r.longest, 2);
			bounds.max_depth = 3;
			assert_int_equal(searches[i](&world, &bounds, &r), 0);
			assert_int_equal(r.cut, 0);
			assert_int_equal(r.longest, 3);
		}
}

static void bounds_on_steps_and_states_and_an_answer_stop_a_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++) {
		struct model m = { .steps = 12, .knows_states = true, .asked_most = 1 };
		struct sched_world world = world_of(&m, steppers, 3);
		struct search_result r;

		assert_int_equal(searches[i](&world, &(struct search_bounds){ .max_steps = 500 }, &r), 0);
		assert_true(r.stopped && r.cut == 0);
		assert_in_range(r.steps, 500, 500 + 3 * 12);
		assert_int_equal(searches[i](&world, &(struct search_bounds){ .max_states = 100 }, &r), 0);
		assert_true(r.stopped);
		assert_int_equal(r.states, 100);
		assert_int_equal(searches[i](&world, &(struct search_bounds){ .go_on = asks, .ctx = &m }, &r),
				 0);
		assert_true(r.stopped);
		assert_int_equal(m.asked, 1);
		assert_true(r.states < 10);
	}
}

static void random_orders_stop_when_told_and_can_be_had_again_one_by_one(void **state)
{
	struct model m = { .steps = 12, .asked_most = 1 };
	struct sched_world world = world_of(&m, steppers, 3);
	struct search_bounds bounds = { .max_steps = 5000, .seed = 3, .max_depth = 10 };
	struct search_result r;

	(void)state;
	assert_int_equal(search_random(&world, &bounds, &r), 0);
	assert_true(!r.stopped && r.cut == r.orders && r.longest == 10);
	bounds.go_on = asks;
	bounds.ctx = &m;
	assert_int_equal(search_random(&world, &bounds, &r), 0);
	assert_true(r.stopped && r.orders == 1);
}

/* Reads, adds one, writes. Between them, as many steps as the model says. */
static void adds(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int read;

	only_steps(env, ctx);
	if (!sched_step(env, "READ"))
		return;
	read = m->number;
	sched_saw(env, &read, sizeof(read));
	only_steps(env, ctx);
	if (sched_step(env, "WRITE"))
		m->number = read + 1;
}

/* Violates another invariant in fewer steps, unless something was added before. */
static void is_early(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	bool early;

	for (int i = 0; i < 8; i++)
		sched_step(env, "step");
	if (!sched_step(env, "LOOK"))
		return;
	early = m->number == 0;
	sched_saw(env, &early, sizeof(early));
	if (early)
		sched_violate(env, "I2: too early");
}

static const char *all_were_added(void *ctx)
{
	return ((const struct model *)ctx)->number == 2 ? NULL : "I1: an addition was lost";
}

static const struct sched_actor adders[] = { { "a", adds }, { "b", adds } };

static unsigned n_switches(const struct search_result *r)
{
	unsigned n = 0;

	for (unsigned i = 1; i < r->n_order; i++)
		n += r->order[i].actor != r->order[i - 1].actor;
	return n;
}

/* Depth first it is found late, and needs many decisions. */
static void counts(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	for (int i = 0; i < 6; i++)
		if (sched_step(env, "COUNT"))
			m->number++;
}

static void looks(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "LOOK") && (m->number == 2 || m->number == 6))
		sched_violate(env, "I1: 2 or 6");
	sched_note(env, "no part of a history that ends with a violation");
	if (sched_step(env, "ASIDE"))
		m->other = 1;
}

static void an_order_with_the_fewest_steps_is_found(void **state)
{
	static const struct sched_actor actors[] = { { "counts", counts }, { "looks", looks } };

	(void)state;
	for (int knows = 0; knows < 2; knows++) {
		struct model m = { .knows_states = knows };
		struct sched_world world = world_of(&m, actors, 2);
		struct search_result r;

		assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
		assert_true(r.violation_steps > 3);
		search_result_done(&r);
		assert_int_equal(search_shortest(&world, NULL, &r), JURAT_REFUSED);
		assert_string_equal(r.violation, "I1: 2 or 6");
		assert_int_equal(r.violation_steps, 3);
		assert_int_equal(r.n_order, 3);
		assert_int_equal(history_count(r.history), 4);
		search_result_done(&r);
	}
}

static void leaves_something(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "LEAVE"))
		m->number = 1;
	sched_step(env, "TAKE");
}

static void is_left_something(struct base_env *env, void *ctx)
{
	const struct model *m = ctx;

	if (m->number == 1)
		sched_violate(env, "I4: something is left");
}

static void takes_two_steps(struct base_env *env, void *ctx)
{
	(void)ctx;
	if (sched_step(env, "GO") && sched_step(env, "LOCAL"))
		sched_violate(env, "I1: the second step");
}

static bool is_called_local(void *ctx, const struct sched_call *call)
{
	(void)ctx;
	return strcmp(call->op, "LOCAL") == 0;
}

/* Two steps of one decision are found before a step and a death. */
static void a_death_is_no_step(void **state)
{
	static const struct sched_actor actors[] = { { "leaves", leaves_something, .mortal = true },
						     { "takes two", takes_two_steps },
						     { "next", is_left_something, .recovers = true } };
	struct model m = { .knows_states = true };
	struct sched_world world = world_of(&m, actors, 3);
	struct search_result r;

	(void)state;
	world.max_deaths = 1;
	world.is_local = is_called_local;
	assert_int_equal(search_shortest(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation, "I4: something is left");
	assert_int_equal(r.violation_steps, 1);
	search_result_done(&r);
}

static void it_tries_what_depth_first_does(void **state)
{
	struct model m = { .steps = 6, .knows_states = true };
	struct sched_world world = world_of(&m, steppers, 3);
	struct search_result all, shortest;

	(void)state;
	assert_int_equal(search_all(&world, NULL, &all), 0);
	assert_int_equal(search_shortest(&world, NULL, &shortest), 0);
	assert_int_equal(all.states, shortest.states);
	assert_int_equal(all.known, shortest.known);
}

static void an_order_is_made_shorter_without_changes_that_it_does_not_need(void **state)
{
	unsigned n_steps = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct model m = { .steps = 4 };
		struct sched_world world = world_of(&m, adders, 2);
		const struct search_bounds bounds = { .max_steps = 1000000, .seed = seed };
		struct search_result r, again;

		world.check = all_were_added;
		assert_int_equal(search_random(&world, &bounds, &r), JURAT_REFUSED);
		/* The same order from its own seed. */
		assert_int_equal(search_random(&world,
					       &(struct search_bounds){ .max_steps = 1000, .seed = r.seed },
					       &again),
				 JURAT_REFUSED);
		assert_int_equal(again.orders, 1);
		assert_int_equal(again.n_order, r.n_order);
		assert_memory_equal(again.order, r.order, r.n_order * sizeof(r.order[0]));
		n_steps += n_switches(&r) > 5;
		assert_int_equal(search_minimise(&world, NULL, &r), 0);
		assert_int_equal(search_minimise(&world, NULL, &again), 0);
		assert_string_equal(r.violation, "I1: an addition was lost");
		assert_int_equal(n_switches(&r), 2);
		assert_int_equal(r.violation_steps, 20);
		assert_int_equal(history_count(r.history), 21);
		assert_int_equal(again.n_order, r.n_order);
		assert_memory_equal(again.order, r.order, r.n_order * sizeof(r.order[0]));
		search_result_done(&r);
		search_result_done(&again);
	}
	assert_true(n_steps > 10);
}

static void deaths_are_left_out_and_the_invariant_stays(void **state)
{
	static const struct sched_actor actors[] = { { "a", adds },
						     { "b", adds },
						     { "c", is_early },
						     { "d", only_steps, .mortal = true },
						     { "next", only_steps, .recovers = true } };
	struct model m = { .steps = 2 };
	struct sched_world world = world_of(&m, actors, 5);
	struct search_result r;
	unsigned found[2] = { 0, 0 }, died = 0;

	(void)state;
	world.check = all_were_added;
	world.max_deaths = 1;
	for (uint64_t seed = 0; seed < 100; seed++) {
		const struct search_bounds bounds = { .max_steps = 100000, .seed = seed };
		bool is_second;

		assert_int_equal(search_random(&world, &bounds, &r), JURAT_REFUSED);
		is_second = strncmp(r.violation, "I2:", 3) == 0;
		found[is_second]++;
		for (unsigned i = 0; i < r.n_order; i++)
			died += r.order[i].move == SCHED_DIE;
		assert_int_equal(search_minimise(&world, NULL, &r), 0);
		assert_string_equal(r.violation, is_second ? "I2: too early" : "I1: an addition was lost");
		assert_int_equal(r.violation_steps, is_second ? 9 : 2 * 6 + 9 + 2);
		for (unsigned i = 0; i < r.n_order; i++)
			assert_int_equal(r.order[i].move, SCHED_GO);
		search_result_done(&r);
	}
	assert_true(found[0] > 5 && found[1] > 5 && died > 3);
}

static void a_bound_on_steps_bounds_minimising(void **state)
{
	struct model m = { .steps = 4 };
	struct sched_world world = world_of(&m, adders, 2);
	const struct search_bounds bounds = { .max_steps = 1000000, .seed = 1 };
	struct search_result r;
	unsigned before;

	(void)state;
	world.check = all_were_added;
	assert_int_equal(search_random(&world, &bounds, &r), JURAT_REFUSED);
	before = n_switches(&r);
	assert_int_equal(search_minimise(&world, &(struct search_bounds){ .max_steps = 1 }, &r), 0);
	assert_int_equal(n_switches(&r), before);
	m.asked_most = 1;
	assert_int_equal(search_minimise(&world, &(struct search_bounds){ .go_on = asks, .ctx = &m }, &r), 0);
	assert_int_equal(n_switches(&r), before);
	search_result_done(&r);
}

/* Orders that do not end. */

static bool is_set(void *ctx)
{
	return *(const int *)ctx != 0;
}

/* Looks again and again, and it is the same each time. */
static void polls(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	bool set = false;

	while (!set && sched_step(env, "POLL")) {
		set = m->number != 0;
		sched_forget(env, &set, sizeof(set));
	}
}

/* Sets it, but only before somebody else has looked. */
static void sets_in_time(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "SET") && m->other == 0)
		m->number = 1;
}

static void spoils(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "SPOIL"))
		m->other = 1;
}

static void waits(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	(void)!sched_wait(env, "WAIT", is_set, &m->number);
}

static void who_goes_round_without_a_choice_is_found_soon(void **state)
{
	static const struct sched_actor actors[] = { { "polls", polls }, { "waits", waits } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++)
		for (unsigned n = 1; n <= 2; n++) {
			struct model m = { .knows_states = true };
			struct sched_world world = world_of(&m, actors, n);
			struct search_result r;

			assert_int_equal(searches[i](&world, NULL, &r), JURAT_REFUSED);
			assert_string_equal(r.violation, "I3: the order returns to the same state forever");
			assert_true(r.violation_steps < 100);
			search_result_done(&r);
			world.hash = NULL;
			assert_int_equal(searches[i](&world, NULL, &r), JURAT_REFUSED);
			assert_string_equal(r.violation, "I3: the order does not end");
			search_result_done(&r);
		}
}

static void counts_for_good(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	while (sched_step(env, "COUNT"))
		m->number++;
}

/* It comes to no state again, so that it may end later. */
static void an_order_that_is_too_long_is_cut(void **state)
{
	static const struct sched_actor actors[] = { { "counts", counts_for_good } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++) {
		struct model m = { .knows_states = true };
		struct sched_world world = world_of(&m, actors, 1);
		struct search_result r;

		assert_int_equal(searches[i](&world, NULL, &r), 0);
		assert_int_equal(r.cut, 1);
	}
}

static bool all_calls(void *ctx, const struct sched_call *call)
{
	(void)ctx, (void)call;
	return true;
}

static void who_goes_round_in_local_calls_is_found(void **state)
{
	static const struct sched_actor actors[] = { { "polls", polls } };
	struct model m = { .knows_states = true };
	struct sched_world world = world_of(&m, actors, 1);
	struct search_result r;

	(void)state;
	world.is_local = all_calls;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation, "I3: the order returns to the same state forever");
	search_result_done(&r);
}

static void a_state_from_which_nothing_leads_to_an_end_is_found(void **state)
{
	static const struct sched_actor two[] = { { "polls", polls }, { "polls too", polls } };
	static const struct sched_actor spoilt[] = { { "polls", polls, .mortal = true },
						     { "polls too", polls },
						     { "sets", sets_in_time },
						     { "spoils", spoils } };
	static const struct sched_actor one_process[] = { { "polls", polls, .mortal = true, .process = 1 },
							  { "polls too", polls, .mortal = true,
							    .process = 1 } };
	static const struct {
		const struct sched_actor *actors;
		unsigned n, deaths, steps; /* to a state that comes back */
		int r;
	} rows[] = {
		{ two, 2, 0, 2, JURAT_REFUSED },
		{ one_process, 2, 1, 2, JURAT_REFUSED }, /* to die is no way out */
		{ spoilt, 3, 0, 0, 0 },                  /* polling until it is set is no violation, */
		{ spoilt, 3, 1, 0, 0 },
		{ spoilt, 4, 0, 3, JURAT_REFUSED }, /* but where it was spoilt, it is */
		{ spoilt, 4, 1, 0, JURAT_REFUSED }, /* and where one dies, the other polls alone */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches) * ARRAY_SIZE(rows); i++) {
		struct model m = { .knows_states = true };
		struct sched_world world = world_of(&m, rows[i / 2].actors, rows[i / 2].n);
		struct search_result r;

		world.max_deaths = rows[i / 2].deaths;
		assert_int_equal(searches[i & 1](&world, NULL, &r), rows[i / 2].r);
		if (rows[i / 2].steps > 0) {
			unsigned before = r.n_order;

			assert_string_equal(r.violation, "I3: no order ends from this state on");
			assert_int_equal(r.violation_steps, rows[i / 2].steps);
			assert_int_equal(search_minimise(&world, NULL, &r), 0);
			assert_int_equal(r.n_order, before);
		}
		search_result_done(&r);
	}
}

/* A bound on switches or depth may hide what leads to an end, and so does a search that was stopped. */
static void where_something_was_not_tried_nothing_is_said(void **state)
{
	static const struct sched_actor actors[] = { { "polls", polls, .mortal = true },
						     { "polls too", polls, .mortal = true },
						     { "sets", sets_in_time } };
	struct model m = { .knows_states = true };
	struct sched_world world = world_of(&m, actors, 2);
	struct search_result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++) {
		assert_int_equal(searches[i](&world, &(struct search_bounds){ .max_depth = 1 }, &r), 0);
		assert_int_equal(searches[i](&world, &(struct search_bounds){ .max_states = 1 }, &r), 0);
		world.max_switches = world.max_deaths = 1;
		world.n_actors = 3; /* of whom the last one may not be switched to */
		assert_int_equal(searches[i](&world, NULL, &r), 0);
		world.max_switches = world.max_deaths = 0;
		world.n_actors = 2;
	}
}

static int search_with_little_memory(void *ctx)
{
	search_fn *const *search = ctx;
	struct model m = { .steps = 1, .knows_states = true };
	struct sched_world world = world_of(&m, adders, 2);
	struct search_result r;
	int result;

	world.check = all_were_added;
	fail_memory_resume();
	result = (*search)(&world, NULL, &r);
	if (result == JURAT_REFUSED) {
		int e = search_minimise(&world, NULL, &r);

		result = e < 0 ? e : result;
	}
	fail_memory_pause();
	assert_true(result < 0 || r.n_order > 0);
	search_result_done(&r);
	return result == JURAT_REFUSED ? 0 : result;
}

/* One that tries everything, and then what leads where. */
static int trap_with_little_memory(void *ctx)
{
	search_fn *const *search = ctx;
	static const struct sched_actor two[] = { { "polls", polls }, { "polls too", polls } };
	struct model m = { .knows_states = true };
	struct sched_world world = world_of(&m, two, 2);
	struct search_result r;
	int result;

	fail_memory_resume();
	result = (*search)(&world, NULL, &r);
	fail_memory_pause();
	search_result_done(&r);
	return result == JURAT_REFUSED ? 0 : result;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(searches); i++) {
		search_fn *search = searches[i];

		assert_true(fail_memory_each(search_with_little_memory, &search) > 10);
		assert_true(fail_memory_each(trap_with_little_memory, &search) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_on_depth_cuts_orders_and_one_that_is_not_reached_does_not),
		cmocka_unit_test(bounds_on_steps_and_states_and_an_answer_stop_a_search),
		cmocka_unit_test(random_orders_stop_when_told_and_can_be_had_again_one_by_one),
		cmocka_unit_test(an_order_with_the_fewest_steps_is_found),
		cmocka_unit_test(a_death_is_no_step),
		cmocka_unit_test(it_tries_what_depth_first_does),
		cmocka_unit_test(an_order_is_made_shorter_without_changes_that_it_does_not_need),
		cmocka_unit_test(deaths_are_left_out_and_the_invariant_stays),
		cmocka_unit_test(a_bound_on_steps_bounds_minimising),
		cmocka_unit_test(who_goes_round_without_a_choice_is_found_soon),
		cmocka_unit_test(an_order_that_is_too_long_is_cut),
		cmocka_unit_test(who_goes_round_in_local_calls_is_found),
		cmocka_unit_test(a_state_from_which_nothing_leads_to_an_end_is_found),
		cmocka_unit_test(where_something_was_not_tried_nothing_is_said),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("explore_short", tests, NULL, NULL);
}
