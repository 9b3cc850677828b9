/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "explore/world.h"

/*
 * explore_run() over two small worlds in place of those of snp.c and td.c. "SEV-SNP": a party for each vCPU
 * adds 1 to a number once for each request; with a flaw, in two steps. "TDX" cannot be begun.
 */
struct model {
	struct explore_world world; /* first */
	unsigned sum;
};
static unsigned n_worlds; /* that exist */

static struct base_env *under(void *ctx, unsigned actor)
{
	(void)ctx;
	(void)actor;
	return base_env_real();
}

static int begin(void *ctx)
{
	struct model *m = ctx;

	m->sum = 0;
	return m->world.setup.tee == EXPLORE_TDX ? -EPROTO : 0;
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct model *m = ctx;

	base_mix_bytes(to, &m->sum, sizeof(m->sum));
}

static void add(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	for (unsigned i = 0; i < m->world.setup.requests; i++) {
		unsigned read;

		if (!sched_step(env, "READ"))
			return;
		read = m->sum;
		sched_saw(env, &read, sizeof(read));
		if (m->world.setup.flaws && !sched_step(env, "WRITE"))
			return;
		m->sum = read + 1;
	}
}

static const char *check(void *ctx)
{
	const struct model *m = ctx;

	return m->sum == m->world.setup.vcpus * m->world.setup.requests ? NULL : "I2: an addition was lost";
}

static void model_free(struct explore_world *world)
{
	n_worlds--;
	free(world);
}

static int model_new(const struct explore_setup *setup, struct explore_world **ret, struct jurat_error *err)
{
	static const char *const names[] = { "a", "b", "c" };
	struct model *m;

	if (setup->vcpus < 1 || setup->vcpus > 3)
		return jurat_fail(err, -EINVAL, "a machine has 1 to 3 vCPUs");
	m = calloc(1, sizeof(*m));
	assert_non_null(m);
	m->world.setup = *setup;
	for (unsigned i = 0; i < setup->vcpus; i++)
		m->world.actors[i] = (struct sched_actor){ .name = names[i], .run = add };
	m->world.sched = (struct sched_world){ .actors = m->world.actors,
					       .n_actors = setup->vcpus,
					       .ctx = m,
					       .under = under,
					       .begin = begin,
					       .check = check,
					       .hash = hash };
	m->world.free = model_free;
	*ret = &m->world;
	n_worlds++;
	return 0;
}

int explore_snp_new(const struct explore_setup *setup, struct explore_world **ret, struct jurat_error *err)
{
	return model_new(setup, ret, err);
}

int explore_td_new(const struct explore_setup *setup, struct explore_world **ret, struct jurat_error *err)
{
	return model_new(setup, ret, err);
}

static struct explore_options machine(unsigned vcpus, unsigned requests, bool broken)
{
	return (struct explore_options){ .setup = { .vcpus = vcpus, .requests = requests, .flaws = broken } };
}

static enum explore_end run(const struct explore_options *options, struct explore_result *ret)
{
	struct jurat_error err = { "" };
	int r = explore_run(options, ret, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(r, 0);
	assert_int_equal(n_worlds, 0);
	assert_int_equal(ret->search.history != NULL, ret->end == EXPLORE_VIOLATED);
	assert_int_equal(ret->search.violation[0] != '\0', ret->end == EXPLORE_VIOLATED);
	return ret->end;
}

static enum explore_end end_of(const struct explore_options *options)
{
	struct explore_result result;
	enum explore_end end = run(options, &result);

	explore_result_done(&result);
	return end;
}

static void every_order_is_tried_or_a_bound_is_named(void **state)
{
	struct explore_options options = machine(3, 2, false);

	assert_int_equal(end_of(&options), EXPLORE_HOLDS);
	options.bounds.max_depth = 2;
	assert_int_equal(end_of(&options), EXPLORE_BOUNDED);
	options.bounds.max_depth = 0;
	options.bounds.max_states = 3;
	assert_int_equal(end_of(&options), EXPLORE_BOUNDED);
	options.bounds.max_states = 0;
	options.max_switches = 1;
	assert_int_equal(end_of(&options), EXPLORE_BOUNDED);
}

static void random_orders_prove_nothing(void **state)
{
	struct explore_options options = machine(3, 2, false);

	options.random = true;
	options.bounds.max_steps = 100;
	options.bounds.seed = 1;
	assert_int_equal(end_of(&options), EXPLORE_SAMPLED);
}

static void the_shortest_history_is_found(void **state)
{
	struct explore_options options = machine(2, 1, true), longer = machine(3, 3, true);
	struct explore_result result;

	assert_int_equal(run(&options, &result), EXPLORE_VIOLATED);
	assert_string_equal(result.search.violation, "I2: an addition was lost");
	assert_true(result.shortest);
	assert_int_equal(result.search.violation_steps, 4);
	assert_int_equal(history_get(result.search.history, history_count(result.search.history) - 1).kind,
			 SEQUENCE_VIOLATION);
	explore_result_done(&result);
	assert_int_equal(run(&longer, &result), EXPLORE_VIOLATED);
	assert_true(result.shortest);
	explore_result_done(&result);
}

static void what_random_orders_find_is_not_called_the_shortest(void **state)
{
	struct explore_options options = machine(2, 3, true);
	struct explore_result result;

	options.random = true;
	options.bounds.max_steps = 100000;
	options.bounds.seed = 1;
	assert_int_equal(run(&options, &result), EXPLORE_VIOLATED);
	assert_false(result.shortest);
	explore_result_done(&result);
}

/* Goes on so often. */
static bool go_on(void *ctx, const struct search_result *so_far)
{
	unsigned *left = ctx;

	(void)so_far;
	return *left > 0 && (*left)-- > 0;
}

static void a_search_can_be_stopped(void **state)
{
	struct explore_options options = machine(3, 200, false);
	unsigned left = 0;

	options.bounds.go_on = go_on;
	options.bounds.ctx = &left;
	assert_int_equal(end_of(&options), EXPLORE_STOPPED);
	options.random = true;
	options.bounds.max_steps = UINT64_MAX;
	assert_int_equal(end_of(&options), EXPLORE_STOPPED);
}

/* Goes on until another search asks. */
static bool first_search(void *ctx, const struct search_result *so_far)
{
	const struct search_result **first = ctx;

	*first = *first ? *first : so_far;
	return *first == so_far;
}

static void a_history_that_was_found_stays_when_the_search_for_a_shorter_one_is_stopped(void **state)
{
	struct explore_options options = machine(3, 200, true);
	struct explore_result result;
	const struct search_result *first = NULL;

	options.bounds.go_on = first_search;
	options.bounds.ctx = &first;
	assert_int_equal(run(&options, &result), EXPLORE_VIOLATED);
	assert_false(result.shortest);
	explore_result_done(&result);
}

static void a_machine_that_is_not_possible_or_cannot_begin_is_an_error(void **state)
{
	struct explore_options options = machine(4, 1, false);
	struct explore_result result;
	struct jurat_error err;

	assert_int_equal(explore_run(&options, &result, &err), -EINVAL);
	assert_string_equal(err.text, "a machine has 1 to 3 vCPUs");
	explore_result_done(&result);
	options.setup.vcpus = 1;
	options.setup.tee = EXPLORE_TDX;
	assert_int_equal(explore_run(&options, &result, &err), -EPROTO);
	assert_non_null(strstr(err.text, strerror(EPROTO)));
	assert_int_equal(n_worlds, 0);
	explore_result_done(&result);
}

static void each_violation_is_of_an_invariant(void **state)
{
	size_t n;
	const struct explore_invariant *rows = explore_invariants(&n);

	assert_int_equal(n, 7);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(explore_invariant_of(rows[i].name), &rows[i]);
	assert_ptr_equal(explore_invariant_of("I3: no party can make progress"), &rows[2]);
	assert_null(explore_invariant_of("no such"));
	assert_null(explore_invariant_of(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_is_tried_or_a_bound_is_named),
		cmocka_unit_test(random_orders_prove_nothing),
		cmocka_unit_test(the_shortest_history_is_found),
		cmocka_unit_test(what_random_orders_find_is_not_called_the_shortest),
		cmocka_unit_test(a_search_can_be_stopped),
		cmocka_unit_test(a_history_that_was_found_stays_when_the_search_for_a_shorter_one_is_stopped),
		cmocka_unit_test(a_machine_that_is_not_possible_or_cannot_begin_is_an_error),
		cmocka_unit_test(each_violation_is_of_an_invariant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
