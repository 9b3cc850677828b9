/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <time.h>

#include "base/time.h"
#include "explore/td.h"
#include "jurat/verify.h"
#include "wire/tdx_getquote.h"

/*
 * The TDX machine of the explorer, and what it says about the thread "[PATCH v2 2/3] virt: tdx-guest: Add
 * Quote generation support".
 */
#define FLAW(name)   EXPLORE_FLAW(EXPLORE_TDX_##name)
#define TDX(n)       .tee = EXPLORE_TDX, .vcpus = (n), .requests = 1
#define POSTED(n)    TDX(n), .posted_driver = true
#define POSTED_TWICE .tee = EXPLORE_TDX, .vcpus = 1, .requests = 2, .posted_driver = true
#define NS_PER_S     UINT64_C(1000000000)

enum { MAX_OUTCOMES = 64, MAX_ENDS = 2048, DAY_S = 86400 };

/* What the orders of a search came to, each once. */
static struct {
	int results[MAX_OUTCOMES][TD_MAX_TASKS][TD_MAX_REQUESTS];
	size_t n;
	struct base_mix ends[MAX_ENDS]; /* states of the whole machine at the end of an order */
	size_t n_ends;
	uint64_t last_ns; /* the latest end of an order */
	const char *(*check)(void *ctx);
	void (*hash)(void *ctx, struct base_mix *to);
} outcomes;

static void note_end(struct explore_td *m)
{
	const unsigned without = m->without;
	struct base_mix end = { 0 };
	size_t i = 0;

	m->without = 0;
	outcomes.hash(m, &end);
	m->without = without;
	while (i < outcomes.n_ends && memcmp(&outcomes.ends[i], &end, sizeof(end)) != 0)
		i++;
	assert_true(i < MAX_ENDS);
	outcomes.ends[i] = end;
	outcomes.n_ends += i == outcomes.n_ends;
}

static const char *note_outcome(void *ctx)
{
	struct explore_td *m = ctx;
	int results[TD_MAX_TASKS][TD_MAX_REQUESTS] = { 0 };
	size_t i = 0;

	note_end(m);
	for (unsigned task = 0; task < m->n_tasks; task++)
		memcpy(results[task], m->vcpus[task].results, sizeof(results[task]));
	while (i < outcomes.n && memcmp(outcomes.results[i], results, sizeof(results)) != 0)
		i++;
	assert_true(i < MAX_OUTCOMES);
	if (i == outcomes.n)
		memcpy(outcomes.results[outcomes.n++], results, sizeof(results));
	if (m->now_ns > outcomes.last_ns)
		outcomes.last_ns = m->now_ns;
	return outcomes.check(ctx);
}

static struct explore_td *machine_of(const struct explore_setup *setup)
{
	struct explore_world *world;
	struct jurat_error err = { "" };

	if (explore_td_new(setup, &world, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	outcomes.n = outcomes.n_ends = 0;
	outcomes.last_ns = 0;
	outcomes.check = world->sched.check;
	outcomes.hash = world->sched.hash;
	world->sched.check = note_outcome;
	return (struct explore_td *)world;
}

/* Every order; what is violated: "I1", "I2", ...; "": nothing. */
static const char *broken_by(struct explore_setup setup)
{
	struct explore_td *m = machine_of(&setup);
	static char which[8];
	struct search_result result;
	int r = search_all(&m->world.sched, NULL, &result);

	assert_true(r == 0 || r == JURAT_REFUSED);
	assert_int_equal(result.stopped || result.cut > 0, 0);
	assert_int_equal(r == JURAT_REFUSED, result.violation[0] != '\0');
	TEXT(which, "%.*s", (int)strcspn(result.violation, ":"), result.violation);
	search_result_done(&result);
	m->world.free(&m->world);
	return which;
}
#define BREAKS(which, ...) assert_string_equal(broken_by((struct explore_setup){ __VA_ARGS__ }), which)
#define HOLDS(...)         BREAKS("", __VA_ARGS__)

static bool came_to(int first, int second)
{
	for (size_t i = 0; i < outcomes.n; i++)
		if (outcomes.results[i][0][0] == first && outcomes.results[i][0][1] == second)
			return true;
	return false;
}

static void the_posted_driver_waits_for_ever_for_a_vmm_that_never_answers(void **state)
{
	(void)state;
	BREAKS("I3", POSTED(1), .flaws = FLAW(NO_ANSWER));
}

static void a_vmm_with_a_time_out_ends_the_wait_of_the_posted_driver(void **state)
{
	(void)state;
	HOLDS(POSTED_TWICE);
	assert_true(came_to(0, 0));
	assert_true(came_to(-EIO, 0)); /* the service did not answer in time, and then it did */
	assert_true(came_to(-EIO, -EIO));
	assert_int_equal(outcomes.n, 4);
	assert_true(outcomes.last_ns == 50 * NS_PER_S); /* the VMM's 25 s, twice */
}

static void linux_gives_up_after_30_s_and_its_buffer_is_busy_then(void **state)
{
	(void)state;
	HOLDS(.tee = EXPLORE_TDX, .vcpus = 1, .requests = 2, .flaws = FLAW(NO_ANSWER));
	assert_true(came_to(-EIO, -EBUSY));
	assert_int_equal(outcomes.n, 1);
	assert_true(outcomes.last_ns >= 30 * NS_PER_S && outcomes.last_ns < 32 * NS_PER_S);
}

static void linux_gets_a_quote_or_an_error_from_a_vmm_that_answers(void **state)
{
	(void)state;
	HOLDS(.tee = EXPLORE_TDX, .vcpus = 1, .requests = 2);
	assert_true(came_to(0, 0));
	assert_true(came_to(-EIO, 0));
	assert_true(came_to(-ETIMEDOUT, 0)); /* there when the last of 30 polls looks */
	for (size_t i = 0; i < outcomes.n; i++)
		for (unsigned k = 0; k < 2; k++) {
			int r = outcomes.results[i][0][k];

			assert_true(r == 0 || r == -EIO || r == -ETIMEDOUT || (k > 0 && r == -EBUSY));
		}
}

/* The thread asks why the flag is needed. */
static void a_flag_for_a_shared_interrupt_is_neither_enough_nor_needed(void **state)
{
	(void)state;
	HOLDS(POSTED_TWICE, .spurious = 0, .flaws = FLAW(NO_RECHECK) | FLAW(NO_FLAG));
	BREAKS("I2", POSTED(1), .spurious = 1, .flaws = FLAW(NO_RECHECK));
	BREAKS("I2", POSTED(1), .spurious = 1, .flaws = FLAW(NO_RECHECK) | FLAW(NO_FLAG));
	HOLDS(POSTED(1), .spurious = 2, .flaws = FLAW(NO_FLAG));
	HOLDS(POSTED_TWICE, .spurious = 1, .flaws = FLAW(NO_FLAG));
	HOLDS(POSTED_TWICE, .spurious = 1);
	HOLDS(POSTED(2), .spurious = 1);
}

static void a_size_that_is_not_of_whole_pages_is_refused_before_anything_is_in_flight(void **state)
{
	static const struct explore_setup setups[] = { { TDX(1), .flaws = FLAW(ODD_SIZE) },
						       { POSTED(1), .flaws = FLAW(ODD_SIZE) } };
	struct sim_tdx_guest_config config = { .buffer_gpa = TD_BUFFER_GPA, .buffer_bytes = TD_ODD_BYTES };
	struct sim_tdx_guest_platform platform = { .shared_bit = UINT64_C(1) << 47 };
	struct sim_tdx_guest *driver;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(setups); i++) {
		struct explore_td *m = machine_of(&setups[i]);
		uint8_t status[8];
		struct search_result result;

		assert_int_equal(search_all(&m->world.sched, NULL, &result), JURAT_REFUSED);
		assert_non_null(strstr(result.violation, "I3: GetQuote refused: ALIGN_ERROR"));
		assert_int_equal(m->vcpus[0].results[0], -EIO);
		assert_int_equal(sim_td_host_read(m->td, TD_BUFFER_GPA + TDX_GETQUOTE_STATUS_OFF, status,
						  sizeof(status)),
				 0);
		assert_true(bytes_all(status, sizeof(status), 0));
		assert_int_equal(m->owner, TD_GUEST);
		search_result_done(&result);
		m->world.free(&m->world);
	}
	/* The driver's own buffer cannot have such a size: nothing was shared. */
	assert_int_equal(sim_tdx_guest_new(&platform, &config, &driver, NULL), -EINVAL);
}

static void one_buffer_and_a_mutex_serialise_tasks(void **state)
{
	(void)state;
	HOLDS(TDX(2));
	if (test_step() == 1) /* the largest of all here: not in builds that repeat it */
		HOLDS(TDX(3));
	HOLDS(POSTED(2));
	BREAKS("I1", TDX(2), .flaws = FLAW(TWO_BUFFERS));
	BREAKS("I1", POSTED(2), .flaws = FLAW(TWO_BUFFERS));
}

static int verify(const struct explore_td *m, const uint8_t *quote, size_t n)
{
	struct sim_collateral_options o = {
		.platform_status = "UpToDate",
		.module_status = "UpToDate",
		.qe_status = "UpToDate",
		.issued = time(NULL) - DAY_S,
		.next_update = time(NULL) + 29 * DAY_S,
		.evaluation = 1,
	};
	const struct jurat_tdx_evidence evidence = { sizeof(evidence), quote, n };
	struct jurat_tdx_collateral *collateral;
	struct jurat_verifier *verifier;
	struct sim_collateral parts;
	const uint8_t *root;
	size_t root_size;
	int r;

	assert_int_equal(sim_qe_collateral(m->quotes.qe, &o, &parts, NULL), 0);
	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		assert_int_equal(
			jurat_tdx_collateral_add(collateral, parts.parts[i].bytes, parts.parts[i].size, NULL),
			0);
	root = sim_pki_intel_cert(m->quotes.pki, SIM_INTEL_ROOT, &root_size);
	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, root, root_size, NULL), 0);
	r = jurat_verify_tdx(verifier, &evidence, collateral, NULL, time(NULL), NULL, NULL);
	jurat_verifier_free(verifier);
	jurat_tdx_collateral_free(collateral);
	sim_collateral_done(&parts);
	return r;
}

/* I1 compares bytes: those that it compares with are quotes of the task's own TDREPORT, which verify. */
static void every_quote_that_a_task_can_receive_verifies_and_has_its_report_data(void **state)
{
	const struct explore_setup setup = { .tee = EXPLORE_TDX, .vcpus = 3, .requests = 4 };
	struct explore_td *m = machine_of(&setup);
	uint8_t data[TDX_REPORT_DATA_BYTES];

	(void)state;
	for (unsigned task = 0; task < 3; task++)
		for (unsigned i = 0; i < 4; i++) {
			struct td_bytes *quote = &m->quotes.quotes[task][i];
			uint8_t *at;

			td_quotes_data(task, i, data);
			at = memmem(quote->bytes, quote->n, data, sizeof(data));
			assert_non_null(at);
			assert_int_equal(verify(m, quote->bytes, quote->n), 0);
			at[1] ^= 1;
			assert_int_not_equal(verify(m, quote->bytes, quote->n), 0);
		}
	m->world.free(&m->world);
}

static void a_setup_that_is_not_of_this_machine_is_refused(void **state)
{
	static const struct explore_setup rows[] = {
		{ TDX(0) },
		{ TDX(4) },
		{ .tee = EXPLORE_TDX, .vcpus = 1 },
		{ .tee = EXPLORE_TDX, .vcpus = 1, .requests = 5 },
		{ TDX(1), .sync = SIM_SYNC_V15 },
		{ TDX(1), .other = EXPLORE_JURAT },
		{ TDX(1), .updaters = 1, .updates = 1 },
		{ TDX(1), .administrator = true },
		{ TDX(1), .crashes = 1 },
		{ TDX(1), .power_loss = true },
		{ TDX(1), .small_buffer = 1 },
		{ TDX(1), .firmware_error = 1 },
		{ TDX(1), .signals = true },
		{ TDX(1), .spurious = 1 },
		{ TDX(1), .flaws = FLAW(NO_FLAG) },
		{ TDX(1), .flaws = FLAW(NO_RECHECK) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct explore_world *world = NULL;
		struct jurat_error err = { "" };

		if (explore_td_new(&rows[i], &world, &err) != -EINVAL)
			FAIL_BECAUSE("row %zu", i);
		assert_true(world == NULL && err.text[0]);
	}
}

/* Number of ends of orders with few switches. */
static size_t n_ends(const struct explore_setup *setup, unsigned switches, bool states, unsigned without)
{
	struct explore_td *m = machine_of(setup);
	struct search_result result;

	m->world.sched.max_switches = switches;
	m->without = without;
	if (!states)
		m->world.sched.hash = NULL;
	assert_int_equal(search_all(&m->world.sched, NULL, &result), 0);
	test_say("  %s: %llu orders, %llu states, %zu ends", states ? "known states" : "every order",
		 (unsigned long long)result.orders, (unsigned long long)result.states, outcomes.n_ends);
	search_result_done(&result);
	m->world.free(&m->world);
	return outcomes.n_ends;
}

static void known_states_hide_no_end(void **state)
{
	static const struct {
		struct explore_setup setup;
		unsigned switches;
	} rows[] = {
		{ { POSTED(1) }, 2 },
		{ { POSTED_TWICE }, 1 },
		{ { POSTED(1), .spurious = 1 }, 1 },
		{ { POSTED(2) }, 1 },
	};

	(void)state;
	/* Fewer in builds that repeat it. */
	for (size_t i = 0; i < (test_step() > 1 ? 2 : ARRAY_SIZE(rows)); i++) {
		size_t all = n_ends(&rows[i].setup, rows[i].switches, false, 0);

		assert_int_equal(n_ends(&rows[i].setup, rows[i].switches, true, 0), all);
	}
}

/* All but those of tasks and library: the other parts have all of what they say here. */
static void a_digest_without_one_of_its_parts_hides_ends(void **state)
{
	static const unsigned parts[] = { TD_PART_DRIVER, TD_PART_BUFFER, TD_PART_SERVICE, TD_PART_RESULTS };
	static const struct explore_setup two = { TDX(2) }, posted = { POSTED(2) };
	size_t all = n_ends(&two, 0, true, 0);

	(void)state;
	for (size_t i = 0; i < (test_step() > 1 ? 1 : ARRAY_SIZE(parts)); i++)
		if (n_ends(&two, 0, true, parts[i]) >= all)
			FAIL_BECAUSE("part %zu", i);
	assert_true(n_ends(&posted, 0, true, TD_PART_INTERRUPT) < n_ends(&posted, 0, true, 0));
}

/* Machines whose orders are too many without states. */
static void random_orders_come_to_no_other_end(void **state)
{
	static const struct explore_setup rows[] = {
		{ .tee = EXPLORE_TDX, .vcpus = 1, .requests = 2 },
		{ TDX(2) },
		{ POSTED_TWICE, .spurious = 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct search_bounds bounds = { .max_steps = 200000 / test_step(), .seed = 1 };
		struct explore_td *m = machine_of(&rows[i]);
		struct search_result result;
		size_t known;

		assert_int_equal(search_all(&m->world.sched, NULL, &result), 0);
		search_result_done(&result);
		known = outcomes.n_ends;
		assert_int_equal(search_random(&m->world.sched, &bounds, &result), 0);
		test_say("  %zu ends, %llu random orders", known, (unsigned long long)result.orders);
		assert_int_equal(outcomes.n_ends, known);
		search_result_done(&result);
		m->world.free(&m->world);
	}
}

static int make(void *ctx)
{
	const struct explore_setup setup = { TDX(2) };
	struct explore_world *world = NULL;
	int r;

	(void)ctx;
	fail_memory_resume();
	r = explore_td_new(&setup, &world, NULL);
	fail_memory_pause();
	if (r == 0)
		world->free(world);
	return r;
}

static int one_order(void *ctx)
{
	const struct explore_setup setup = { TDX(1) };
	struct explore_world *world = NULL;
	int r = explore_td_new(&setup, &world, NULL);

	(void)ctx;
	assert_int_equal(r, 0);
	fail_memory_resume();
	r = world->sched.begin(world->sched.ctx);
	fail_memory_pause();
	world->free(world);
	return r;
}

static void out_of_memory_is_an_error(void **state)
{
	(void)state;
	fail_memory_each(make, NULL);
	fail_memory_each(one_order, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_posted_driver_waits_for_ever_for_a_vmm_that_never_answers),
		cmocka_unit_test(a_vmm_with_a_time_out_ends_the_wait_of_the_posted_driver),
		cmocka_unit_test(linux_gives_up_after_30_s_and_its_buffer_is_busy_then),
		cmocka_unit_test(linux_gets_a_quote_or_an_error_from_a_vmm_that_answers),
		cmocka_unit_test(a_flag_for_a_shared_interrupt_is_neither_enough_nor_needed),
		cmocka_unit_test(a_size_that_is_not_of_whole_pages_is_refused_before_anything_is_in_flight),
		cmocka_unit_test(one_buffer_and_a_mutex_serialise_tasks),
		cmocka_unit_test(every_quote_that_a_task_can_receive_verifies_and_has_its_report_data),
		cmocka_unit_test(a_setup_that_is_not_of_this_machine_is_refused),
		cmocka_unit_test(known_states_hide_no_end),
		cmocka_unit_test(a_digest_without_one_of_its_parts_hides_ends),
		cmocka_unit_test(random_orders_come_to_no_other_end),
		cmocka_unit_test(out_of_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
