/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "explore/disk.h"
#include "explore/search.h"

/* Actors whose steps are calls of their environment, on files in memory. */
#define PATH "/file"

struct model {
	struct disk *disk;
	enum base_lock_how how;
	uint64_t wait_ns;
	bool leaks, skips_locks;
	unsigned got, busy, most_at_once, at_once; /* locks */
	uint64_t waited_ns;
};

static struct base_env *under(void *ctx, unsigned actor)
{
	return disk_env(((struct model *)ctx)->disk, actor);
}

static int begin(void *ctx)
{
	struct model *m = ctx;
	struct base_env *env = disk_env(m->disk, SCHED_MAX_ACTORS);

	disk_reset(m->disk);
	m->at_once = 0;
	return base_close(env, base_open(env, PATH, O_CREAT | O_RDWR, 0600));
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct model *m = ctx;

	disk_hash(m->disk, false, to);
	base_mix_u64(to, m->at_once);
}

static bool no_lock_is_taken(void *ctx, const struct sched_call *call)
{
	return ((const struct model *)ctx)->skips_locks && !strncmp(call->op, "lock", 4);
}

static void locks(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0), r;
	uint64_t before = base_now_ns(env);

	if (fd < 0)
		return;
	r = base_lock(env, fd, m->how, m->wait_ns);
	if (r == 0) {
		m->got++;
		m->at_once++;
		if (m->at_once > m->most_at_once)
			m->most_at_once = m->at_once;
		if (sched_step(env, "WORK"))
			m->at_once--;
		base_unlock(env, fd);
	} else if (r == JURAT_BUSY) {
		m->busy++;
		m->waited_ns = base_now_ns(env) - before;
	}
	if (!m->leaks)
		base_close(env, fd);
}

static const struct sched_actor lockers[] = { { "a", locks, .mortal = true }, { "b", locks } };

static int set_up(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	*state = m;
	return m ? disk_new(SCHED_MAX_ACTORS + 1, &m->disk) : -1;
}

static int tear_down(void **state)
{
	struct model *m = *state;

	disk_free(m->disk);
	free(m);
	return 0;
}

static struct sched_world world_of(struct model *m)
{
	return (struct sched_world){ .actors = lockers,
				     .n_actors = 2,
				     .ctx = m,
				     .under = under,
				     .begin = begin,
				     .hash = hash,
				     .skips = no_lock_is_taken };
}

static void who_waits_for_a_lock_goes_on_when_it_is_free(void **state)
{
	static const struct {
		enum base_lock_how how;
		uint64_t wait_ns;
		bool skips, timeouts;
		unsigned most_at_once;
		bool busy;
	} rows[] = {
		{ BASE_LOCK_EXCLUSIVE, 5, false, false, 1, false },
		{ BASE_LOCK_EXCLUSIVE, 0, false, false, 1, true }, /* does not wait */
		{ BASE_LOCK_EXCLUSIVE, 5, false, true, 1, true },  /* waits that run out */
		{ BASE_LOCK_EXCLUSIVE, 5, true, false, 2, false },
		{ BASE_LOCK_SHARED, 5, false, true, 2, false },
	};
	struct model *m = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sched_world world = world_of(m);
		struct search_result r;

		m->how = rows[i].how;
		m->wait_ns = rows[i].wait_ns;
		m->skips_locks = rows[i].skips;
		m->got = m->busy = m->most_at_once = 0;
		world.timeouts = rows[i].timeouts;
		assert_int_equal(search_all(&world, NULL, &r), 0);
		assert_int_equal(m->most_at_once, rows[i].most_at_once);
		assert_int_equal(m->busy > 0, rows[i].busy);
		assert_true(m->got > 1);
		if (rows[i].busy)
			assert_int_equal(m->waited_ns, rows[i].wait_ns);
	}
}

static void keeps_the_lock(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0), again = base_open(env, PATH, O_RDWR, 0);

	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, 5) == 0 &&
	    base_lock(env, again, BASE_LOCK_EXCLUSIVE, 7) == JURAT_BUSY) {
		m->busy++;
		m->waited_ns = base_now_ns(env);
	}
	base_close(env, again);
	base_close(env, fd);
}

static void a_wait_runs_out_when_nobody_can_go_on(void **state)
{
	static const struct sched_actor actors[] = { { "a", keeps_the_lock } };
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	world.actors = actors;
	world.n_actors = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->busy, 1);
	assert_int_equal(m->waited_ns, 7);
}

/* Whoever looks whether it could go on takes the lock for a moment, and must give back what was there. */
static void converts(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);
	int copy = base_dup(env, fd);

	if (base_lock(env, fd, BASE_LOCK_SHARED, 5) == 0 && base_close(env, fd) == 0 && /* the copy has it */
	    base_lock(env, copy, BASE_LOCK_EXCLUSIVE, 5) == 0) {
		m->got++;
		base_unlock(env, copy);
	}
	base_close(env, copy);
}

static void a_lock_that_an_actor_has_is_converted_and_survives_the_scheduler(void **state)
{
	static const struct sched_actor actors[] = { { "converts", converts }, { "locks", locks } };
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	m->how = BASE_LOCK_SHARED;
	m->wait_ns = 5;
	world.actors = actors;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_true(m->got > 2);
	assert_int_equal(m->busy, 0);
}

static void the_lock_of_an_actor_that_dies_is_free(void **state)
{
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	m->how = BASE_LOCK_EXCLUSIVE;
	m->wait_ns = 5;
	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->busy, 0);
}

static void a_descriptor_that_outlives_its_actor_is_a_violation(void **state)
{
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	m->leaks = true;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation,
			    "I5: a party ended with a descriptor, and any lock on it, still open");
	assert_string_equal(history_get(r.history, 0).text, "open file");
	assert_string_equal(history_get(r.history, 0).to, "files");
	assert_string_equal(history_get(r.history, history_count(r.history) - 1).text, r.violation);
	search_result_done(&r);
}

/* Every operation of the environment reaches the world below, with its arguments and its result. */
static void calls_all(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	struct base_stat st, at;
	char byte = 0;
	int fd = base_open(env, PATH, O_RDWR, 0), dir = base_open(env, "/", O_RDONLY | O_DIRECTORY, 0), other;

	assert_int_equal(base_write(env, fd, "abc", 3), 3);
	assert_int_equal(base_pwrite(env, fd, "X", 1, 1), 1);
	assert_int_equal(base_pread(env, fd, &byte, 1, 1), 1);
	assert_int_equal(byte, 'X');
	assert_int_equal(base_truncate(env, fd, 2), 0);
	assert_int_equal(base_fchmod(env, fd, 0640), 0);
	assert_int_equal(base_fchown(env, fd, 7, 8), 0);
	assert_int_equal(base_fsync(env, fd), 0);
	assert_int_equal(base_fstat(env, fd, &st), 0);
	assert_int_equal(base_stat(env, PATH, &at), 0);
	assert_memory_equal(&st, &at, sizeof(st));
	assert_int_equal(base_stat_at(env, dir, "file", &at), 0);
	assert_memory_equal(&st, &at, sizeof(st));
	assert_true(st.size == 2 && (st.mode & 0777) == 0640 && st.uid == 7 && st.gid == 8);
	assert_int_equal(base_mkdir(env, "/d", 0700), 0);
	assert_int_equal(base_rmdir(env, "/d"), 0);
	assert_int_equal(base_mkdir_at(env, dir, "e", 0700), 0);
	assert_int_equal(base_rmdir(env, "/e"), 0);
	assert_int_equal(base_rename(env, PATH, "/b"), 0);
	assert_int_equal(base_rename_at(env, dir, "b", "c"), 0);
	other = base_open_at(env, dir, "d", O_RDWR | O_CREAT, 0600);
	assert_true(other >= 0);
	assert_int_equal(base_read(env, other, &byte, 1), 0);
	assert_int_equal(base_exchange(env, "/c", "/d"), 0);
	assert_int_equal(base_unlink(env, "/c"), 0);
	assert_int_equal(base_unlink_at(env, dir, "d"), 0);
	assert_int_equal(base_ioctl(env, fd, 0, &byte), -ENOTTY);
	assert_int_equal(base_stat(env, PATH, &at), -ENOENT);
	assert_int_equal(base_random(env, &byte, 1), 0);
	assert_int_equal(base_realtime_s(env), base_realtime_s(disk_env(m->disk, 0)));
	base_sleep_ns(env, 9);
	assert_int_equal(base_now_ns(env), 9);
	base_close(env, other);
	base_close(env, dir);
	base_close(env, fd);
	m->got++;
}

static void each_operation_reaches_the_world_below(void **state)
{
	static const struct sched_actor actors[] = { { "a", calls_all } };
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	world.actors = actors;
	world.n_actors = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->got, 1);
	assert_int_equal(r.steps, 28);
}

/* Of two reads of which either may be the first, a state knows which one saw what. */
static void reads_and_writes(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);
	char byte = 0;

	(void)!base_pread(env, fd, &byte, 1, 0);
	byte++;
	(void)!base_pwrite(env, fd, &byte, 1, 0);
	base_close(env, fd);
	m->most_at_once = (unsigned)byte > m->most_at_once ? (unsigned)byte : m->most_at_once;
}

static const char *both_were_added(void *ctx)
{
	struct model *m = ctx;
	struct base_env *env = disk_env(m->disk, SCHED_MAX_ACTORS);
	int fd = base_open(env, PATH, O_RDONLY, 0);
	char byte = 0;

	(void)!base_pread(env, fd, &byte, 1, 0);
	base_close(env, fd);
	m->got |= 1u << byte;
	return NULL;
}

static void what_actors_have_read_is_part_of_a_state(void **state)
{
	static const struct sched_actor actors[] = { { "a", reads_and_writes }, { "b", reads_and_writes } };
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	world.actors = actors;
	world.check = both_were_added;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->got, 1 << 1 | 1 << 2); /* one addition was lost, or none */
	assert_true(r.known > 0);
}

enum { LOCKED = 1, TIRED = 9 };

/* Keeps a lock until the other is tired of it. */
static void polls(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);
	bool tired = false;

	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, 5) == 0)
		m->at_once = LOCKED;
	while (!tired && sched_step(env, "POLL")) {
		tired = m->at_once == TIRED;
		sched_forget(env, &tired, sizeof(tired));
	}
	base_close(env, fd);
}

static bool is_locked(void *ctx)
{
	return ((const struct model *)ctx)->at_once > 0;
}

static void gets_tired(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd;

	if (!sched_wait(env, "WAIT", is_locked, m))
		return;
	fd = base_open(env, PATH, O_RDWR, 0);
	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, 5) == JURAT_BUSY) {
		m->at_once = TIRED;
		m->busy++;
	}
	base_close(env, fd);
}

static void polls_too(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	bool tired = false;

	while (!tired && sched_step(env, "POLL")) {
		tired = m->at_once == TIRED;
		sched_forget(env, &tired, sizeof(tired));
	}
}

/* Time would pass: going round for good is no violation. One goes round without a choice, or two with one. */
static void who_goes_round_while_another_waits_for_a_lock_is_no_violation(void **state)
{
	static const struct sched_actor actors[] = { { "polls", polls },
						     { "gets tired", gets_tired },
						     { "polls too", polls_too } };
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	world.actors = actors;
	for (world.n_actors = 2; world.n_actors <= 3; world.n_actors++)
		for (int timeouts = 0; timeouts < 2; timeouts++) {
			m->busy = 0;
			world.timeouts = timeouts;
			assert_int_equal(search_all(&world, NULL, &r), 0);
			assert_int_equal(m->busy > 0, timeouts);
		}
}

static bool all_but_work(void *ctx, const struct sched_call *call)
{
	(void)ctx;
	return strcmp(call->op, "WORK") != 0;
}

/* A local call that has to wait is decided all the same. */
static void nobody_goes_past_a_lock_because_it_is_local(void **state)
{
	struct model *m = *state;
	struct sched_world world = world_of(m);
	struct search_result r;

	m->how = BASE_LOCK_EXCLUSIVE;
	m->wait_ns = 5;
	world.is_local = all_but_work;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->most_at_once, 1);
	assert_int_equal(m->busy, 0);
	assert_int_equal(m->got, 2 * r.orders);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(who_waits_for_a_lock_goes_on_when_it_is_free),
		TEST(a_wait_runs_out_when_nobody_can_go_on),
		TEST(a_lock_that_an_actor_has_is_converted_and_survives_the_scheduler),
		TEST(the_lock_of_an_actor_that_dies_is_free),
		TEST(a_descriptor_that_outlives_its_actor_is_a_violation),
		TEST(each_operation_reaches_the_world_below),
		TEST(who_goes_round_while_another_waits_for_a_lock_is_no_violation),
		TEST(nobody_goes_past_a_lock_because_it_is_local),
		TEST(what_actors_have_read_is_part_of_a_state),
	};

	return cmocka_run_group_tests_name("explore_sched", tests, NULL, NULL);
}
