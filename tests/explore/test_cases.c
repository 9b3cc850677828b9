/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "explore/explore.h"

/*
 * Runs every named machine of explore/cases.c: what is broken on purpose is found, with the invariant of its
 * row, and the same machine without the flaw holds; what was claimed is as its row says.
 *
 * Bounds are in steps, so that the result does not depend on the speed of the machine.
 */
enum {
	MAX_STEPS = 3000000, /* of one machine: some seconds */
	/* Of a machine that breaks: of each search for that, and for a shorter history. One needs more. */
	BREAK_STEPS = 100000,
	MANY_BREAK_STEPS = 600000,
	FEW_STEPS = 5000, /* of each search in builds that repeat this: what is not found there is not told */
};

typedef const struct explore_case *cases_fn(size_t *ret_n);

static struct explore_result run(const struct explore_setup *setup, uint64_t max_steps)
{
	const struct explore_options options = { .setup = *setup, .bounds = { .max_steps = max_steps } };
	struct jurat_error err = { "" };
	struct explore_result result;
	int r = explore_run(&options, &result, &err);

	if (r < 0)
		FAIL_BECAUSE("explore_run: %d %s", r, err.text);
	return result;
}

static bool is_of(const char *violation, const char *invariant)
{
	size_t n = strlen(invariant);

	return strncmp(violation, invariant, n) == 0 && violation[n] == ':';
}

/*
 * Does it end as `breaks` says? Otherwise, prints what happened instead. may_end: the bound may be reached
 * before all orders were tried, as in builds that repeat this.
 */
static bool ends_as(const char *name, const struct explore_setup *setup, const char *breaks, bool may_end)
{
	const bool few = test_step() > 1;
	struct explore_result result = run(setup, few ? FEW_STEPS : breaks ? BREAK_STEPS : MAX_STEPS);
	const struct search_result *s = &result.search;
	bool ok;

	if (breaks && !few && result.end == EXPLORE_BOUNDED) {
		explore_result_done(&result);
		result = run(setup, MANY_BREAK_STEPS);
	}
	ok = breaks ? result.end == EXPLORE_VIOLATED && (few || is_of(s->violation, breaks))
		    : result.end == EXPLORE_HOLDS || (may_end && result.end == EXPLORE_BOUNDED);
	ok |= few && result.end == EXPLORE_BOUNDED; /* and without the shortest, the first may be another */
	if (!ok)
		test_say("%s: expected %s, found %s (%llu steps, %llu states)", name,
			 breaks ? breaks : "that it holds",
			 result.end == EXPLORE_VIOLATED  ? s->violation
			 : result.end == EXPLORE_BOUNDED ? "nothing up to the bound"
							 : "nothing",
			 (unsigned long long)s->steps, (unsigned long long)s->states);
	explore_result_done(&result);
	return ok;
}

static bool end_as_their_rows_say(cases_fn *cases)
{
	bool ok = true;
	size_t n;
	const struct explore_case *rows = cases(&n);

	for (size_t i = 0; i < n; i++)
		ok &= ends_as(rows[i].name, &rows[i].setup, rows[i].breaks, false);
	return ok;
}

static void every_break_is_found_with_the_invariant_of_its_row(void **state)
{
	(void)state;
	assert_true(end_as_their_rows_say(explore_breaks));
}

static void every_claim_is_decided_as_its_row_says(void **state)
{
	(void)state;
	assert_true(end_as_their_rows_say(explore_scenarios));
}

static bool is_same_but_for_flaws(const struct explore_setup *a, const struct explore_setup *b)
{
	struct explore_setup x = *a, y = *b;

	x.flaws = y.flaws = 0;
	return x.tee == y.tee && x.sync == y.sync && x.vcpus == y.vcpus && x.requests == y.requests &&
	       x.other == y.other && x.updaters == y.updaters && x.updates == y.updates &&
	       x.administrator == y.administrator && x.crashes == y.crashes && x.power_loss == y.power_loss &&
	       x.timeouts == y.timeouts && x.small_buffer == y.small_buffer &&
	       x.firmware_error == y.firmware_error && x.signals == y.signals &&
	       x.posted_driver == y.posted_driver && x.spurious == y.spurious;
}

static void the_same_machines_hold_when_nothing_is_broken(void **state)
{
	size_t n;
	const struct explore_case *rows = explore_breaks(&n);
	bool ok = true;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct explore_setup setup = rows[i].setup;
		bool known = false;

		for (size_t k = 0; k < i && !known; k++)
			known = is_same_but_for_flaws(&rows[k].setup, &setup);
		setup.flaws = 0;
		if (!known)
			ok &= ends_as(rows[i].name, &setup, NULL, setup.crashes > 0 || setup.updaters > 1);
	}
	assert_true(ok);
}

/* Otherwise a row could name what is broken anyway. */
static void a_flaw_that_no_code_knows_breaks_nothing(void **state)
{
	size_t n;
	struct explore_case row = *explore_breaks(&n);

	(void)state;
	row.setup.flaws = EXPLORE_FLAW(EXPLORE_N_FLAWS);
	assert_true(ends_as("no such flaw", &row.setup, NULL, false));
}

static void every_flaw_has_a_row(void **state)
{
	uint64_t seen = 0;
	size_t n;
	const struct explore_case *rows = explore_breaks(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_true(rows[i].setup.flaws != 0);
		assert_non_null(rows[i].breaks);
		seen |= rows[i].setup.flaws;
	}
	rows = explore_scenarios(&n);
	for (size_t i = 0; i < n; i++)
		seen |= rows[i].setup.flaws;
	assert_int_equal(seen, EXPLORE_FLAW(EXPLORE_N_FLAWS) - 1);
}

static bool names_are_unique(cases_fn *cases)
{
	size_t n;
	const struct explore_case *rows = cases(&n);

	for (size_t i = 0; i < n; i++)
		if (explore_find(rows, n, rows[i].name) != &rows[i] || !rows[i].what)
			return false;
	return explore_find(rows, n, "no such name") == NULL;
}

static void a_name_is_one_machine(void **state)
{
	(void)state;
	assert_true(names_are_unique(explore_breaks));
	assert_true(names_are_unique(explore_scenarios));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_one_machine),
		cmocka_unit_test(every_flaw_has_a_row),
		cmocka_unit_test(a_flaw_that_no_code_knows_breaks_nothing),
		cmocka_unit_test(every_break_is_found_with_the_invariant_of_its_row),
		cmocka_unit_test(the_same_machines_hold_when_nothing_is_broken),
		cmocka_unit_test(every_claim_is_decided_as_its_row_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
