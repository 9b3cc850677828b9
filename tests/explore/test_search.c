/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "base/text_stream.h"
#include "explore/search.h"
#include "support/fail_memory.h"

/* Actors that share a few numbers, whose orders can be counted by hand. */
enum { MAX_NUMBERS = 4 };

struct model {
	unsigned steps; /* of each actor */
	int shared[MAX_NUMBERS];
	int begins;
	int fails_at; /* begin() of this order fails */
};

/* Its environment is not used: these actors have only steps of their own. */
static struct base_env *under(void *ctx, unsigned actor)
{
	(void)ctx;
	(void)actor;
	return base_env_real();
}

static int begin(void *ctx)
{
	struct model *m = ctx;

	memset(m->shared, 0, sizeof(m->shared));
	return ++m->begins == m->fails_at ? -EPROTO : 0;
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct model *m = ctx;

	base_mix_bytes(to, m->shared, sizeof(m->shared));
}

static void only_steps(struct base_env *env, void *ctx)
{
	const struct model *m = ctx;

	for (unsigned i = 0; i < m->steps; i++)
		sched_step(env, "step");
}

/* Reads, adds one, writes: what another adds in between is lost. */
static void adds(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int read;

	if (!sched_step(env, "READ"))
		return;
	read = m->shared[0];
	sched_saw(env, &read, sizeof(read));
	sched_note(env, "has read %d", read);
	if (sched_step(env, "WRITE"))
		m->shared[0] = read + 1;
}

static const char *both_were_added(void *ctx)
{
	return ((const struct model *)ctx)->shared[0] == 2 ? NULL : "an addition was lost";
}

static const struct sched_actor steppers[] = { { "a", only_steps, false, false },
					       { "b", only_steps, false, false },
					       { "c", only_steps, false, false } };
static const struct sched_actor adders[] = { { "a", adds, false, false }, { "b", adds, false, false } };

static struct sched_world world_of(struct model *m, const struct sched_actor *actors, unsigned n)
{
	return (struct sched_world){
		.actors = actors, .n_actors = n, .ctx = m, .under = under, .begin = begin
	};
}

static char *text_of(const struct search_result *r)
{
	struct text_stream text;
	char *ret;

	assert_int_equal(text_stream_open(&text), 0);
	history_print(r->history, SEQUENCE_TEXT, text.to);
	assert_int_equal(text_stream_close(&text, &ret, NULL), 0);
	return ret;
}

static void every_order_is_tried_once(void **state)
{
	static const struct {
		unsigned actors, steps;
		uint64_t orders; /* multinomial coefficients */
	} rows[] = { { 1, 3, 1 }, { 2, 1, 2 }, { 2, 3, 20 }, { 3, 1, 6 }, { 3, 2, 90 }, { 3, 3, 1680 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct model m = { .steps = rows[i].steps };
		struct sched_world world = world_of(&m, steppers, rows[i].actors);
		struct search_result r;

		assert_int_equal(search_all(&world, NULL, &r), 0);
		assert_int_equal(r.orders, rows[i].orders);
		assert_int_equal(r.steps, rows[i].orders * rows[i].actors * rows[i].steps);
		assert_string_equal(r.violation, "");
		assert_null(r.history);
	}
}

static void a_state_is_left_in_every_way_once(void **state)
{
	struct model m = { .steps = 9 };
	struct sched_world world = world_of(&m, steppers, 3);
	struct search_result r;

	(void)state;
	world.hash = hash;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	/* 10^3 states; in those where one actor is left or none, there is no choice. */
	assert_int_equal(r.states, 1000 - 3 * 9 - 1);
	assert_true(r.orders < 3 * r.states);
}

static void an_order_that_violates_something_is_found_and_described(void **state)
{
	(void)state;
	for (int knows_states = 0; knows_states < 2; knows_states++) {
		struct model m = { 0 };
		struct sched_world world = world_of(&m, adders, 2);
		auto_free char *text = NULL;
		struct search_result r;

		world.check = both_were_added;
		world.hash = knows_states ? hash : NULL;
		assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
		assert_string_equal(r.violation, "an addition was lost");
		text = text_of(&r);
		assert_string_equal(
			text, "        1  a             > a             READ\n"
			      "           a                             has read 0\n"
			      "        2  b             > b             READ\n"
			      "           b                             has read 0\n"
			      "        3  a             > a             WRITE\n"
			      "        4  b             > b             WRITE\n"
			      "                                         VIOLATION an addition was lost\n");
		assert_int_equal(r.violation_steps, 4);
		assert_int_equal(r.n_order, 4);
		assert_true(r.order[1].actor == 1 && r.order[1].move == SCHED_GO);
		search_result_done(&r);
	}
}

static void an_actor_is_left_no_more_often_than_allowed(void **state)
{
	static const struct {
		unsigned switches;
		int r;
	} rows[] = { { 1, JURAT_REFUSED }, { 2, JURAT_REFUSED } };
	struct model m = { .steps = 5 };
	struct sched_world world = world_of(&m, steppers, 2);
	struct search_result r;

	(void)state;
	world.max_switches = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	/* One runs to its end, or is left once after 1 to 4 of its 5 steps; either may be the first. */
	assert_int_equal(r.orders, 2 * (1 + 4));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world = world_of(&m, adders, 2);
		world.check = both_were_added;
		world.max_switches = rows[i].switches;
		assert_int_equal(search_all(&world, NULL, &r), rows[i].r);
		search_result_done(&r);
	}
}

static bool is_set(void *ctx)
{
	return *(const int *)ctx != 0;
}

static void waits_for_the_other(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_wait(env, "WAIT", is_set, &m->shared[0]) && sched_step(env, "SET"))
		m->shared[1] = 1;
}

static void sets(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "SET"))
		m->shared[0] = 1;
}

static void waits_for_itself(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	(void)!sched_wait(env, "WAIT", is_set, &m->shared[1]);
}

static void never_ends(struct base_env *env, void *ctx)
{
	(void)ctx;
	while (sched_step(env, "POLL"))
		continue;
}

static void who_waits_goes_on_when_it_may_and_not_before(void **state)
{
	static const struct sched_actor actors[] = { { "waits", waits_for_the_other, false, false },
						     { "sets", sets, false, false } };
	struct model m = { 0 };
	struct sched_world world = world_of(&m, actors, 2);
	struct search_result r;

	(void)state;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.orders, 1);
	assert_int_equal(r.steps, 3);
}

static void orders_in_which_nobody_can_go_on_or_that_do_not_end_are_violations(void **state)
{
	static const struct sched_actor waiters[] = { { "a", waits_for_the_other, false, false },
						      { "b", waits_for_itself, false, false } };
	static const struct sched_actor endless[] = { { "a", never_ends, false, false } };
	struct model m = { 0 };
	struct sched_world world = world_of(&m, waiters, 2);
	struct search_result r;

	(void)state;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation, "I3: no party can make progress");
	search_result_done(&r);
	world = world_of(&m, endless, 1);
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation, "I3: the order does not end");
	search_result_done(&r);
}

/* Looks again and again; with `forgets`, it is the same each time. */
static void polls(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	bool set = false;

	while (!set && sched_step(env, "POLL")) {
		set = m->shared[0] != 0;
		sched_forget(env, &set, sizeof(set));
	}
}

/* An order that comes back to a state is given up there, so that others are tried. */
static void an_actor_that_forgets_how_often_it_looked_has_few_states(void **state)
{
	static const struct sched_actor actors[] = { { "polls", polls }, { "sets", sets } };
	struct model m = { 0 };
	struct sched_world world = world_of(&m, actors, 2);
	struct search_result r;

	(void)state;
	world.hash = hash;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.states, 2); /* before its first look, and after one that was in vain */
	assert_int_equal(r.known, 1);
	assert_int_equal(r.orders, 3);
}

static void died(void *ctx, unsigned actor)
{
	((struct model *)ctx)->shared[3] += 1 + (int)actor;
}

static void counts_its_steps(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	for (int i = 0; i < 3; i++)
		if (sched_step(env, "COUNT"))
			m->shared[0]++;
}

static void recovers(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (sched_step(env, "RECOVER"))
		m->shared[1]++;
}

/* Before each of its steps the first may die; then, and only then, the second runs. */
static const char *died_once_or_ended(void *ctx)
{
	const struct model *m = ctx;

	if (m->shared[3] == 0)
		return m->shared[0] == 3 && m->shared[1] == 0 ? NULL : "it did not end";
	return m->shared[3] == 1 && m->shared[0] < 3 && m->shared[1] == 1 ? NULL : "it is not dead";
}

static void an_actor_dies_before_each_of_its_steps_and_another_recovers(void **state)
{
	static const struct sched_actor actors[] = { { "mortal", counts_its_steps, true, false },
						     { "next", recovers, false, true } };
	struct model m = { 0 };
	struct sched_world world = world_of(&m, actors, 2);
	struct search_result r;

	(void)state;
	world.check = died_once_or_ended;
	world.died = died;
	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.orders, 1 + 3);
	world.max_deaths = 0;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.orders, 1);
}

static bool all_but_writes(void *ctx, const struct sched_call *call)
{
	(void)ctx;
	return strcmp(call->op, "WRITE") != 0;
}

static void local_steps_need_no_decision(void **state)
{
	struct model m = { 0 };
	struct sched_world world = world_of(&m, adders, 2);
	struct search_result r;

	(void)state;
	world.is_local = all_but_writes;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.orders, 2);
	assert_int_equal(r.steps, 2 * 4);
}

static int random_orders(const struct sched_world *world, uint64_t seed, uint64_t steps,
			 struct search_result *ret)
{
	const struct search_bounds bounds = { .max_steps = steps, .seed = seed };

	return search_random(world, &bounds, ret);
}

static void a_seed_gives_the_same_orders_each_time(void **state)
{
	struct model m = { .steps = 20 };
	struct sched_world world = world_of(&m, steppers, 3);
	struct search_result a, b;
	char *first = NULL;

	(void)state;
	assert_int_equal(random_orders(&world, 1, 10000, &a), 0);
	assert_in_range(a.steps, 10000, 10000 + 60 - 1);
	assert_int_equal(a.orders, (10000 + 59) / 60);
	world = world_of(&m, adders, 2);
	world.check = both_were_added;
	for (uint64_t seed = 1; seed <= 64; seed++) {
		auto_free char *text = NULL, *again = NULL;

		assert_int_equal(random_orders(&world, seed, 10000, &a), JURAT_REFUSED);
		assert_int_equal(random_orders(&world, seed, 10000, &b), JURAT_REFUSED);
		text = text_of(&a);
		again = text_of(&b);
		assert_string_equal(text, again);
		assert_int_equal(a.orders, b.orders);
		search_result_done(&a);
		search_result_done(&b);
		m.begins += first && strcmp(first, text) != 0 ? 1000000 : 0;
		if (!first)
			first = take_ptr(text);
	}
	free(first);
	assert_true(m.begins > 1000000); /* different seeds, different orders */
}

static void what_the_world_cannot_do_ends_the_search(void **state)
{
	struct model m = { .steps = 2, .fails_at = 3 };
	struct sched_world world = world_of(&m, steppers, 2);
	struct search_result r;

	(void)state;
	assert_int_equal(search_all(&world, NULL, &r), -EPROTO);
	assert_int_equal(r.orders, 2);
	world.n_actors = SCHED_MAX_ACTORS + 1;
	assert_int_equal(search_all(&world, NULL, &r), -EINVAL);
	world.n_actors = 0;
	assert_int_equal(random_orders(&world, 1, 1, &r), -EINVAL);
}

static int search_with_little_memory(void *ctx)
{
	struct model m = { .steps = 2 };
	struct sched_world world = world_of(&m, adders, 2);
	struct search_result r;
	int result;

	(void)ctx;
	world.check = both_were_added;
	world.hash = hash;
	fail_memory_resume();
	result = search_all(&world, NULL, &r);
	fail_memory_pause();
	if (result != JURAT_REFUSED)
		return result;
	assert_non_null(r.history);
	search_result_done(&r);
	return 0;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(fail_memory_each(search_with_little_memory, NULL) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_is_tried_once),
		cmocka_unit_test(a_state_is_left_in_every_way_once),
		cmocka_unit_test(an_order_that_violates_something_is_found_and_described),
		cmocka_unit_test(an_actor_is_left_no_more_often_than_allowed),
		cmocka_unit_test(who_waits_goes_on_when_it_may_and_not_before),
		cmocka_unit_test(orders_in_which_nobody_can_go_on_or_that_do_not_end_are_violations),
		cmocka_unit_test(an_actor_that_forgets_how_often_it_looked_has_few_states),
		cmocka_unit_test(an_actor_dies_before_each_of_its_steps_and_another_recovers),
		cmocka_unit_test(local_steps_need_no_decision),
		cmocka_unit_test(a_seed_gives_the_same_orders_each_time),
		cmocka_unit_test(what_the_world_cannot_do_ends_the_search),
		cmocka_unit_test(each_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("explore_search", tests, NULL, NULL);
}
