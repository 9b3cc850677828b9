/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>

#include "model.h"

/* A reader as host/ uses it. LEAVES_EARLY drops the lock before the firmware is asked. */
static void jurat_reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	struct store_reader r;
	uint8_t table[MAX_TABLE];
	int certificates = EMPTY, e;
	bool in_flight;

	store_reader_init(&r, env, w->path);
	e = store_lock(&r, WAIT_NS, NULL);
	in_flight = !w->commanded;
	sched_saw(env, &in_flight, sizeof(in_flight));
	if (e == 0) {
		size_t n = (size_t)r.size;

		e = store_read(&r, table, n, 0, NULL);
		if (e == 0)
			certificates = model_state_of(table, n);
		else if (e == -EIO && (w->skip_drain || w->undrained == STORE_UNDRAINED_PROCEED))
			/* emptied under the reader: the guest is told EIO */
			goto out;
	}
	if (w->role == LEAVES_EARLY)
		store_unlock(&r);
	if (e == 0 || e == JURAT_NOT_FOUND)
		model_sign(env, w, certificates, in_flight);
	else if (e == JURAT_BUSY)
		model_busy(env, w);
	else
		sched_violate(env, "a reader failed");
out:
	store_unlock(&r);
	store_reader_done(&r);
}

/* Opens, locks and reads each time. QEMU's proposed reader compares inode numbers; the naive one does not. */
static void foreign_reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	struct base_stat mine = { 0 }, there = { 0 };
	uint8_t table[MAX_TABLE];
	bool in_flight;
	int fd;

	for (;;) {
		ssize_t n;

		fd = base_open(env, w->path, O_RDONLY, 0);
		if (fd == -ENOENT) {
			model_sign(env, w, EMPTY, false);
			return;
		}
		if (base_lock(env, fd, BASE_LOCK_SHARED, WAIT_NS) != 0) {
			model_busy(env, w);
			break;
		}
		in_flight = !w->commanded;
		sched_saw(env, &in_flight, sizeof(in_flight));
		if (w->role == QEMU) {
			base_fstat(env, fd, &mine);
			if (base_stat(env, w->path, &there) != 0 || mine.ino != there.ino) {
				base_close(env, fd);
				continue;
			}
		}
		n = base_pread(env, fd, table, sizeof(table), 0);
		model_sign(env, w, n < 0 ? TORN : model_state_of(table, (size_t)n), in_flight);
		break;
	}
	base_close(env, fd);
}

static void reader(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	if (w->role == QEMU || w->role == NAIVE)
		foreign_reader(env, ctx);
	else
		jurat_reader(env, ctx);
}

static const struct sched_actor actors[] = {
	{ "updater", model_updater, .mortal = true },
	{ "reader", reader },
	{ "next", model_recovering_updater, .recovers = true },
};

static struct sched_world world_of(struct world *w)
{
	return model_world(w, actors, 2);
}

static const char *const role_names[] = { "jurat's reader", "a reader like QEMU's", "a naive reader" };

static void no_order_of_reader_and_replace_makes_them_disagree(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		model_passes(role_names[w->role], &world);
	}
}

static void nor_does_one_where_waits_run_out(void **state)
{
	struct world *w = *state;

	w->may_be_busy = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		world.timeouts = true;
		model_passes(role_names[w->role], &world);
	}
}

/* What the operator may choose for readers that do not let go. */
static void nor_does_one_that_leaves_the_empty_table(void **state)
{
	struct world *w = *state;

	w->may_be_busy = true;
	w->undrained = STORE_UNDRAINED_EMPTY;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		world.timeouts = true;
		model_passes(role_names[w->role], &world);
	}
}

static void one_that_goes_on_past_readers_overtakes_only_those_in_flight_and_says_so(void **state)
{
	struct world *w = *state;
	struct sched_world naive;

	w->may_be_busy = true;
	w->undrained = STORE_UNDRAINED_PROCEED;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		world.timeouts = true;
		model_passes(role_names[w->role], &world);
	}
	w->skip_emptying = true;
	w->role = NAIVE;
	naive = world_of(w);
	naive.timeouts = true;
	model_is_caught("and leaves the old file full", &naive, "I1");
}

static void nor_does_a_first_publication(void **state)
{
	struct world *w = *state;

	w->first_publication = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		model_passes(role_names[w->role], &world);
	}
}

static void nor_does_a_firmware_that_refuses_or_does_not_tell(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		w->firmware_says = STORE_UNCHANGED;
		model_passes("unchanged", &world);
		w->firmware_says = STORE_UNKNOWN;
		model_passes("unknown", &world);
	}
}

static void nor_does_an_updater_that_dies_before_another_one(void **state)
{
	struct world *w = *state;

	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		world.n_actors = 3;
		world.max_deaths = 1;
		model_passes(role_names[w->role], &world);
	}
}

static const char *check_two(void *ctx)
{
	struct world *w = ctx;

	if (w->replaced != 0 || w->recovered != 0)
		return "one of two updaters failed";
	if (model_state_at_path(w) != w->firmware || w->firmware == OLD)
		return "I1: the table at the path disagrees with the firmware";
	return model_any_temporary_left(w, false);
}

static const struct sched_actor two[] = { { "updater", model_updater },
					  { "other", model_recovering_updater } };

/* Nothing is local here, for updaters meet on the temporary names. */
static struct sched_world two_updaters(struct world *w)
{
	struct sched_world world = world_of(w);

	world.actors = two;
	world.is_local = NULL;
	world.check = check_two;
	return world;
}

static void two_updaters_take_turns(void **state)
{
	struct world *w = *state;
	struct sched_world world = two_updaters(w);

	model_passes("a file that is there", &world);
	w->first_publication = true;
	model_passes("a first publication", &world);
}

static void updaters_that_do_not_take_turns_are_caught(void **state)
{
	struct world *w = *state;
	struct sched_world world = two_updaters(w);

	w->skip_turns = true;
	model_is_caught("two updaters at once", &world, "updaters failed");
}

static void a_replace_that_does_not_wait_for_readers_is_caught(void **state)
{
	struct world *w = *state;

	w->skip_drain = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		model_is_caught(role_names[w->role], &world, "I1");
	}
}

static void a_replace_that_leaves_the_old_file_full_is_caught_by_a_naive_reader(void **state)
{
	struct world *w = *state;
	struct sched_world world = world_of(w);

	w->skip_emptying = true;
	w->role = NAIVE;
	model_is_caught(role_names[w->role], &world, "I1");
	w->role = JURAT;
	model_passes(role_names[w->role], &world);
}

static void a_reader_that_unlocks_before_the_firmware_is_asked_is_caught(void **state)
{
	struct world *w = *state;
	struct sched_world world = world_of(w);

	w->role = LEAVES_EARLY;
	model_is_caught("unlock, then sign", &world, "I1");
}

/* The old file had no name once the empty table was at the path: see doc/decisions/0003-store-protocol.md. */
static void a_crash_that_loses_the_undrained_file_is_caught(void **state)
{
	struct world *w = *state;

	w->forget_old_name = true;
	for (w->role = JURAT; w->role <= NAIVE; w->role++) {
		struct sched_world world = world_of(w);

		world.n_actors = 3;
		world.max_deaths = 1;
		model_is_caught(role_names[w->role], &world, "I1");
	}
}

static void assert_same_outcomes(struct world *w, const struct sched_world *a, const struct sched_world *b)
{
	struct world one;

	model_outcomes(w, a);
	one = *w;
	model_outcomes(w, b);
	assert_int_equal(w->n_outcomes, one.n_outcomes);
	assert_memory_equal(w->outcomes, one.outcomes, one.n_outcomes * sizeof(one.outcomes[0]));
}

/*
 * The searches above take two states for one if their digests are the same, and make local steps without a
 * decision. Either hides orders if it is wrong; here each is compared with a search that does without.
 */
static void neither_known_states_nor_local_steps_hide_an_outcome(void **state)
{
	struct world *w = *state;

	w->may_be_busy = true;
	for (int dies = 0; dies < 2; dies++)
		for (w->role = test_step() > 1 ? NAIVE : JURAT; w->role <= NAIVE; w->role++) {
			struct sched_world world = world_of(w), other;

			w->undrained = dies ? STORE_UNDRAINED_PUT_BACK : STORE_UNDRAINED_PROCEED;
			world.n_actors = dies ? 3 : 2;
			world.max_deaths = (unsigned)dies;
			world.timeouts = true;
			other = world;
			other.is_local = NULL;
			assert_same_outcomes(w, &world, &other);
			world.max_switches = 1;
			other = world;
			other.hash = NULL;
			assert_same_outcomes(w, &world, &other);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_set_up, model_tear_down)
		TEST(no_order_of_reader_and_replace_makes_them_disagree),
		TEST(nor_does_one_where_waits_run_out),
		TEST(nor_does_one_that_leaves_the_empty_table),
		TEST(one_that_goes_on_past_readers_overtakes_only_those_in_flight_and_says_so),
		TEST(nor_does_a_first_publication),
		TEST(nor_does_a_firmware_that_refuses_or_does_not_tell),
		TEST(nor_does_an_updater_that_dies_before_another_one),
		TEST(two_updaters_take_turns),
		TEST(updaters_that_do_not_take_turns_are_caught),
		TEST(a_replace_that_does_not_wait_for_readers_is_caught),
		TEST(a_replace_that_leaves_the_old_file_full_is_caught_by_a_naive_reader),
		TEST(a_reader_that_unlocks_before_the_firmware_is_asked_is_caught),
		TEST(a_crash_that_loses_the_undrained_file_is_caught),
		TEST(neither_known_states_nor_local_steps_hide_an_outcome),
	};

	return cmocka_run_group_tests_name("store_orders", tests, NULL, NULL);
}
