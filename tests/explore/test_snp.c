/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "explore/search.h"
#include "explore/snp.h"
#include "explore/visited.h"

/* The SEV-SNP machine: small ones in every order, and what their states and steps may leave out. */

enum { MAX_STEPS = 4 * 1000 * 1000, MAX_RESULTS = 64 };

/* What a search has seen its orders do: with the state of the machine then, or results and ends only. */
struct deeds {
	struct explore_snp *m;
	bool with_states;
	struct visited all;
	struct result {
		unsigned actor;
		int result, state;
		uint64_t tcb;
	} results[MAX_RESULTS];
	unsigned n_results;
	const char *(*check)(void *ctx);
	void (*hash)(void *ctx, struct base_mix *to);
};
static struct deeds seen;

static void did(const void *what, size_t n, bool with_state)
{
	unsigned without = seen.m->without;
	struct base_mix deed = { 0 };
	uint32_t number = 0;

	base_mix_bytes(&deed, what, n);
	seen.m->without = 0;
	if (with_state)
		seen.hash(seen.m, &deed);
	seen.m->without = without;
	assert_true(visited_add(&seen.all, &deed, 0, &number) >= 0);
}

static void saw_result(void *ctx, const struct snp_vcpu *v, int r, uint64_t tcb, int state)
{
	const struct result result = { .actor = v->actor, .result = r, .tcb = tcb, .state = state };
	unsigned i = 0;

	(void)ctx;
	while (i < seen.n_results && memcmp(&seen.results[i], &result, sizeof(result)) != 0)
		i++;
	assert_true(i < MAX_RESULTS);
	seen.results[i] = result;
	seen.n_results += i == seen.n_results;
	did(&result, sizeof(result), seen.with_states);
}

static const char *check(void *ctx)
{
	did("end", sizeof("end"), true);
	return seen.check(ctx);
}

static struct explore_snp *machine_new(const struct explore_setup *setup)
{
	struct jurat_error err = { "" };
	struct explore_world *world;

	assert_int_equal(explore_snp_new(setup, &world, &err), 0);
	seen = (struct deeds){ .m = (struct explore_snp *)world,
			       .check = world->sched.check,
			       .hash = world->sched.hash };
	world->sched.check = check;
	seen.m->saw_result = saw_result;
	return seen.m;
}

static void machine_free(struct explore_snp *m)
{
	visited_done(&seen.all);
	m->world.free(&m->world);
}

/* All orders, of which none violates anything. Returns how many different things they did. */
static size_t search(struct explore_snp *m, const char *what)
{
	const struct search_bounds bounds = { .max_steps = MAX_STEPS };
	struct search_result r;

	visited_done(&seen.all);
	seen.n_results = 0;
	if (search_all(&m->world.sched, &bounds, &r) != 0)
		FAIL_BECAUSE("%s: %s", what, r.violation);
	assert_false(r.stopped);
	print_message("             %-44s %7llu orders %6llu states do %5zu things\n", what,
		      (unsigned long long)r.orders, (unsigned long long)r.states, seen.all.n);
	search_result_done(&r);
	return seen.all.n;
}

static bool has_seen(uint64_t tcb, int state)
{
	for (unsigned i = 0; i < seen.n_results; i++)
		if (seen.results[i].result == 0 && seen.results[i].tcb == tcb &&
		    seen.results[i].state == state)
			return true;
	return false;
}

static void guests_get_every_report_with_its_certificates_and_no_other(void **state)
{
	const struct explore_setup setup = { .vcpus = 2, .requests = 1, .updaters = 1, .updates = 2 };
	struct explore_snp *m = machine_new(&setup);

	(void)state;
	search(m, "2 vCPUs, 2 updates");
	for (unsigned i = 0; i < m->n_states; i++)
		for (int k = 0; k < (int)m->n_states; k++)
			assert_int_equal(has_seen(m->states[i].tcb, k), (int)i == k);
	machine_free(m);
}

/* Small machines, each with something that others have not. */
static const struct small {
	const char *what;
	struct explore_setup setup;
} smalls[] = {
	{ "two requests", { .vcpus = 1, .requests = 2, .updaters = 1, .updates = 1 } },
	{ "2 vCPUs", { .vcpus = 2, .requests = 2 } },
	{ "waits run out", { .vcpus = 1, .requests = 1, .updaters = 1, .updates = 1, .timeouts = true } },
	{ "a small buffer", { .vcpus = 1, .requests = 1, .updaters = 1, .updates = 1, .small_buffer = 1 } },
	{ "a firmware error", { .vcpus = 2, .requests = 1, .firmware_error = 2 } },
	{ "a signal", { .vcpus = 1, .requests = 1, .updaters = 1, .updates = 1, .signals = true } },
	{ "a crash", { .vcpus = 1, .requests = 1, .updaters = 1, .updates = 1, .crashes = 1 } },
	{ "another VMM", { .vcpus = 1, .requests = 1, .other = EXPLORE_QEMU, .updaters = 1, .updates = 1 } },
	{ "v14", { .sync = SIM_SYNC_V14, .vcpus = 1, .requests = 1, .updaters = 1, .updates = 1 } },
	{ "v15-fixed",
	  { .sync = SIM_SYNC_V15_FIXED, .vcpus = 1, .requests = 2, .updaters = 1, .updates = 1 } },
};

static void steps_without_a_decision_hide_no_result_and_no_end(void **state)
{
	(void)state;
	/* Fewer in builds that repeat it. */
	for (size_t i = 0; i < (test_step() > 1 ? 2 : ARRAY_SIZE(smalls)); i++) {
		struct explore_snp *m = machine_new(&smalls[i].setup);
		size_t n = search(m, smalls[i].what);

		m->world.sched.is_local = NULL;
		assert_int_equal(search(m, "  every step is a decision"), n);
		machine_free(m);
	}
}

/*
 * A search that takes two different states for one does not see all that orders do. This compares it with one
 * that knows no states, and shows that it would notice if parts of the digest were left out. What is known by
 * two parts, such as the number of messages, is left out of both.
 */
static void known_states_hide_nothing_that_orders_do(void **state)
{
	enum { GUEST = SNP_PART_MEMORY | SNP_PART_VCPU | SNP_PART_DRIVER | SNP_PART_TASK, MAX_PARTS = 3 };
	static const struct {
		const char *what;
		struct explore_setup setup;
		unsigned max_switches;
		unsigned noticed[MAX_PARTS]; /* 0: no more */
	} rows[] = {
		{ "2 vCPUs",
		  { .vcpus = 2, .requests = 2, .updaters = 1, .updates = 1 },
		  2,
		  { SNP_PART_DISK, GUEST, GUEST | SNP_PART_FIRMWARE | SNP_PART_LIBRARY } },
		{ "a small buffer",
		  { .vcpus = 2, .requests = 1, .updaters = 1, .updates = 1, .small_buffer = 1 },
		  2,
		  { SNP_PART_DISK, GUEST, GUEST | SNP_PART_FIRMWARE | SNP_PART_LIBRARY } },
		{ "a crash",
		  { .vcpus = 1, .requests = 2, .updaters = 1, .updates = 1, .crashes = 1 },
		  2,
		  { GUEST | SNP_PART_FIRMWARE } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i += test_step()) {
		struct explore_snp *m = machine_new(&rows[i].setup);
		size_t n;

		seen.with_states = true;
		m->world.sched.max_switches = rows[i].max_switches;
		m->world.sched.hash = NULL;
		n = search(m, rows[i].what);
		m->world.sched.hash = seen.hash;
		assert_int_equal(search(m, "  with known states"), n);
		for (size_t k = 0; k < MAX_PARTS && rows[i].noticed[k]; k++) {
			m->without = rows[i].noticed[k];
			assert_true(search(m, "  without a part") < n);
		}
		machine_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guests_get_every_report_with_its_certificates_and_no_other),
		cmocka_unit_test(steps_without_a_decision_hide_no_result_and_no_end),
		cmocka_unit_test(known_states_hide_nothing_that_orders_do),
	};

	return cmocka_run_group_tests_name("explore_snp", tests, NULL, NULL);
}
