/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "explore/disk.h"
#include "explore/search.h"

/* Actors of one process, deaths, power losses and those who recover; files in memory. */
#define PATH "/file"

enum { MAX_ENDS = 256, BEGINNER = SCHED_MAX_ACTORS };

struct model {
	struct disk *disk;
	struct sched_here here;
	int fd;         /* that actors share */
	unsigned locks; /* that an actor saw */
	int value;      /* that an actor sets and another waits for */
	unsigned at_once, most_at_once;
	/* of the present order, part of its state */
	unsigned n_died, died[4], lost,
		ran;      /* actors that died; power losses; bits of actors that did something */
	unsigned n_calls; /* of lost_power() and died() */
	/* of all orders */
	unsigned seen;
	uint64_t ends[MAX_ENDS];
	size_t n_ends;
};

static unsigned process_of(unsigned actor)
{
	return actor < 2 ? 0 : actor;
}

static struct base_env *under(void *ctx, unsigned actor)
{
	return disk_env(((struct model *)ctx)->disk, process_of(actor));
}

static int begin(void *ctx)
{
	struct model *m = ctx;
	struct base_env *env = disk_env(m->disk, BEGINNER);
	int dir, fd, r;

	disk_reset(m->disk);
	m->fd = -1;
	m->value = 0;
	m->at_once = m->n_died = m->lost = m->ran = 0;
	memset(m->died, 0, sizeof(m->died));
	fd = base_open(env, PATH, O_CREAT | O_RDWR, 0600);
	r = base_write(env, fd, "0", 1) == 1 ? base_fsync(env, fd) : -EIO;
	base_close(env, fd);
	dir = base_open(env, "/", O_RDONLY | O_DIRECTORY, 0);
	if (r == 0)
		r = base_fsync(env, dir);
	base_close(env, dir);
	return r;
}

static void hash(void *ctx, struct base_mix *to)
{
	const struct model *m = ctx;

	disk_hash(m->disk, true, to);
	base_mix_u64(to, (uint64_t)m->fd);
	base_mix_u64(to, (uint64_t)m->value);
	base_mix_u64(to, m->at_once);
	base_mix_bytes(to, m->died, sizeof(m->died));
	base_mix_u64(to, m->n_died);
	base_mix_u64(to, m->lost);
	base_mix_u64(to, m->ran);
}

static void died(void *ctx, unsigned actor)
{
	struct model *m = ctx;

	assert_true(m->n_died < ARRAY_SIZE(m->died));
	m->died[m->n_died++] = actor;
	if (actor < 2)
		m->at_once = 0;
}

static void lost_power(void *ctx, unsigned loss)
{
	struct model *m = ctx;

	disk_lose_power(m->disk, loss);
	m->lost++;
	m->seen |= 1u << loss;
}

static char byte_in_file(struct model *m)
{
	struct base_env *env = disk_env(m->disk, BEGINNER);
	int fd = base_open(env, PATH, O_RDONLY, 0);
	char byte = '-';

	(void)!base_read(env, fd, &byte, 1);
	base_close(env, fd);
	return byte;
}

/* Remembers how it ended, once. */
static const char *keep_end(void *ctx)
{
	struct model *m = ctx;
	const unsigned end[] = {
		m->n_died, m->died[0], m->died[1], m->lost, m->ran, (unsigned)byte_in_file(m)
	};
	struct base_mix mix = { 0 };
	size_t i = 0;

	base_mix_bytes(&mix, end, sizeof(end));
	while (i < m->n_ends && m->ends[i] != mix.a)
		i++;
	assert_true(i < MAX_ENDS);
	m->ends[i] = mix.a;
	m->n_ends += i == m->n_ends;
	return NULL;
}

static struct sched_world world_of(struct model *m, const struct sched_actor *actors, unsigned n)
{
	return (struct sched_world){ .actors = actors,
				     .n_actors = n,
				     .ctx = m,
				     .under = under,
				     .begin = begin,
				     .hash = hash,
				     .check = keep_end,
				     .died = died };
}

static bool has_fd(void *ctx)
{
	return ((const struct model *)ctx)->fd >= 0;
}

static bool has_value(void *ctx)
{
	return ((const struct model *)ctx)->value > 0;
}

/* Opens and locks, and lets the other one unlock and close. */
static void opens(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);

	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, 5) < 0)
		return;
	base_close(env, base_dup(env, fd)); /* the other descriptor keeps what is locked */
	if (sched_step(env, "PUBLISH"))
		m->fd = fd;
}

static void unlocks(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd;

	if (!sched_wait(env, "WAIT", has_fd, m))
		return;
	fd = m->fd;
	sched_saw(env, &fd, sizeof(fd));
	m->locks = sched_locks(env);
	base_unlock(env, fd);
	m->locks = m->locks * 10 + sched_locks(env);
	assert_int_equal(base_close(env, fd), 0);
	assert_int_equal(base_close(env, fd), -EBADF);
}

static bool is_unlock(void *ctx, const struct sched_call *call)
{
	(void)ctx;
	return !strcmp(call->op, "unlock");
}

static void actors_of_one_process_share_descriptors_and_locks(void **state)
{
	static const struct sched_actor one[] = { { "a", opens, .process = 7 },
						  { "b", unlocks, .process = 7 } };
	static const struct sched_actor two[] = { { "a", opens, .process = 7 },
						  { "b", unlocks, .process = 8 } };
	struct model *m = *state;
	struct sched_world world = world_of(m, one, 2);
	struct search_result r;

	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->locks, 10); /* one, then none */
	world.skips = is_unlock;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->locks, 11); /* what was not unlocked is locked */
	world.skips = NULL;
	world.actors = two;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_non_null(strstr(r.violation, "I5"));
	assert_int_equal(m->locks, 0);
	search_result_done(&r);
}

/* OFD locks belong to the description: two threads that open the file exclude each other. */
static void locks_alone(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);

	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, 5) == 0) {
		m->at_once++;
		m->most_at_once = m->at_once > m->most_at_once ? m->at_once : m->most_at_once;
		if (sched_step(env, "WORK"))
			m->at_once--;
		base_unlock(env, fd);
	} else if (!sched_is_dead(env)) {
		sched_violate(env, "I3: BUSY");
	}
	base_close(env, fd);
}

static void threads_with_two_descriptions_exclude_each_other(void **state)
{
	static const struct sched_actor actors[] = { { "a", locks_alone, .mortal = true, .process = 1 },
						     { "b", locks_alone, .mortal = true, .process = 1 },
						     { "c", locks_alone } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 3);
	struct search_result r;

	world.max_deaths = 1; /* and what a dead process had locked is free */
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->most_at_once, 1);
	assert_true(r.known > 0);
}

static void works(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	unsigned self = sched_self(env);

	for (int i = 0; i < 2; i++)
		if (sched_step(env, "WORK"))
			m->ran += 1u << 4 * self;
	if (sched_is_dead(env))
		return;
	assert_true(m->n_died == 0 || m->died[0] != self);
}

/* Waits for what is on its own stack: nobody may look at that after its death. */
static void waits_for_itself(struct base_env *env, void *ctx)
{
	struct model on_stack = { .value = 0 };

	(void)ctx;
	assert_false(sched_wait(env, "WAIT", has_value, &on_stack));
	assert_true(sched_is_dead(env));
}

static const char *both_died_or_none(void *ctx)
{
	struct model *m = ctx;

	keep_end(m);
	if (m->n_died == 0)
		return m->ran == 0x022 ? NULL : "somebody did not end";
	if (m->n_died > 1 || m->died[0] > 1)
		return "another died";
	if (m->died[0] == 1 && (m->ran & 0xf) != 2)
		return "the first one lived, and was not the one who died";
	return (m->ran & 0xf00) == 0x200 ? NULL : "the one who recovers did not";
}

static void a_process_dies_at_once_and_another_recovers(void **state)
{
	static const struct sched_actor actors[] = { { "a", works, .mortal = true, .process = 1 },
						     { "b", works, .mortal = true, .process = 1 },
						     { "next", works, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 3);
	struct search_result r;

	world.check = both_died_or_none;
	world.hash = NULL;
	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	/* 6 without a death; one in each of 3 x 3 - 1 places, as often as it comes there. */
	assert_int_equal(r.orders, 6 + (1 + 1 + 1) + (1 + 2 + 3) + (1 + 3));
	assert_int_equal(m->n_ends, 1 + 8);
}

static void who_waits_for_itself_may_die_but_not_wait_for_good(void **state)
{
	static const struct sched_actor actors[] = { { "a", waits_for_itself, .mortal = true, .process = 1 },
						     { "b", works },
						     { "next", works, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 3);
	struct search_result r;

	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	assert_string_equal(r.violation, "I3: no party can make progress"); /* where it does not die */
	search_result_done(&r);
	world.check = NULL;
	world.max_deaths = 0;
	assert_int_equal(search_all(&world, NULL, &r), JURAT_REFUSED);
	search_result_done(&r);
}

static bool never_at_first(void *ctx, const struct sched_call *call)
{
	return call->actor != 0 || ((const struct model *)ctx)->ran & 0xf;
}

static void nobody_dies_where_the_world_says_so(void **state)
{
	static const struct sched_actor actors[] = { { "a", works, .mortal = true, .process = 1 },
						     { "b", works, .mortal = true, .process = 1 } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 2);
	struct search_result r;

	world.hash = NULL;
	world.max_deaths = 1;
	world.may_die = never_at_first;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(r.orders, 6 + (1 + 2 + 3) + (1 + 3)); /* not where a has made no step */
}

static const char *recovered_in_order(void *ctx)
{
	struct model *m = ctx;
	unsigned expected = m->n_died == 0 ? 0x002 : m->n_died == 1 ? 0x020 : 0x200;

	keep_end(m);
	if (m->n_died > 0 && m->died[0] != 0)
		return "another died first";
	if (m->n_died > 1 && m->died[1] != 1)
		return "another died second";
	return (m->ran & 0xff0) / 0x10 * 0x10 >= expected / 0x10 * 0x10 && m->ran >> 12 == 0
		       ? NULL
		       : "the next one did not recover";
}

static void one_recovers_at_each_death_and_may_die_itself(void **state)
{
	static const struct sched_actor actors[] = { { "a", works, .mortal = true },
						     { "next", works, .mortal = true, .recovers = true },
						     { "last", works, .mortal = true, .recovers = true },
						     { "unused", works, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 4);
	struct search_result r;

	world.check = recovered_in_order;
	world.max_deaths = 2;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	/* None dies, or the first before one of 2 steps; then the next one before one of 2 steps, or not. */
	assert_int_equal(m->n_ends, 1 + 2 + 2 * 2);
}

/* Writes 1 and then syncs it. */
static void writes(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	int fd = base_open(env, PATH, O_RDWR, 0);

	(void)!base_pwrite(env, fd, "1", 1, 0);
	base_fsync(env, fd);
	base_close(env, fd);
	if (!sched_is_dead(env))
		m->ran |= 1;
}

static void finds(struct base_env *env, void *ctx)
{
	struct model *m = ctx;

	if (!sched_step(env, "LOOK"))
		return;
	m->ran |= m->lost && byte_in_file(m) == '1' ? 2 : 4;
	m->seen |= m->lost ? (byte_in_file(m) == '1' ? 0x100 : 0x200) : 0;
}

static void everybody_dies_when_power_is_lost_and_what_was_not_synced_may_be(void **state)
{
	static const struct sched_actor actors[] = { { "writes", writes, .mortal = true },
						     { "a", works },
						     { "finds", finds, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 3);
	struct search_result r;
	size_t before;

	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->seen, 0);
	before = m->n_ends;
	m->n_ends = 0;
	world.lost_power = lost_power;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->seen, 0xf | 0x300); /* each loss, and both contents behind one */
	assert_true(m->n_ends > before);
	/* After a power loss, only who recovers has done anything more: the others have made 0 to 2 steps. */
	world.max_deaths = 0;
	m->n_ends = 0;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->n_ends, 1);
}

static void calls_here(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	struct base_env *here = &m->here.base;
	int fd = base_open(here, PATH, O_RDWR, 0);

	assert_true(m->here.now == env);
	assert_int_equal(sched_self(here), sched_self(env));
	if (fd >= 0 && base_lock(here, fd, BASE_LOCK_SHARED, 5) == 0) {
		assert_true(m->here.now == env);
		assert_true(sched_is_dead(here) || sched_locks(env) == 1);
		base_unlock(env, fd);
	}
	base_close(here, fd);
	m->seen |= 1u << sched_self(here);
}

static void what_a_process_shares_calls_as_the_actor_that_runs(void **state)
{
	static const struct sched_actor actors[] = { { "a", calls_here, .mortal = true },
						     { "b", calls_here },
						     { "next", calls_here, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, actors, 3);
	struct search_result r;

	sched_here_init(&m->here);
	world.here = &m->here;
	world.max_deaths = 1;
	assert_int_equal(search_all(&world, NULL, &r), 0);
	assert_int_equal(m->seen, 7);
	assert_null(m->here.now);
}

/* A thread that reads and writes what others of its process do, through shared and own descriptors. */
static void adds(struct base_env *env, void *ctx)
{
	struct model *m = ctx;
	unsigned self = sched_self(env);
	int fd = base_open(env, PATH, O_RDWR, 0);
	char byte = 0;

	if (base_lock(env, fd, BASE_LOCK_EXCLUSIVE, self == 0 ? 5 : 0) == 0 &&
	    base_pread(env, fd, &byte, 1, 0) == 1) {
		byte++;
		(void)!base_pwrite(env, fd, &byte, 1, 0);
		if (self == 0)
			base_fsync(env, fd);
		base_unlock(env, fd);
		if (!sched_is_dead(env))
			m->ran |= 1u << self;
	}
	base_close(env, fd);
}

static void only_lose(void *ctx, unsigned loss)
{
	disk_lose_power(((struct model *)ctx)->disk, loss);
}

static void assert_known_states_hide_nothing(struct model *m, const struct sched_world *world, size_t least)
{
	uint64_t ends[2][MAX_ENDS], orders[2];
	size_t n_ends[2];

	for (int known = 0; known < 2; known++) {
		struct sched_world w = *world;
		struct search_result r;

		w.hash = known ? hash : NULL;
		m->n_ends = 0;
		assert_int_equal(search_all(&w, NULL, &r), 0);
		orders[known] = r.orders;
		n_ends[known] = m->n_ends;
		memcpy(ends[known], m->ends, sizeof(m->ends));
	}
	print_message("             %llu orders, %llu with known states, %zu ends\n",
		      (unsigned long long)orders[0], (unsigned long long)orders[1], n_ends[0]);
	assert_true(orders[1] < orders[0] / 2);
	assert_true(n_ends[0] >= least);
	assert_int_equal(n_ends[0], n_ends[1]);
	for (size_t i = 0; i < n_ends[0]; i++) {
		size_t k = 0;

		while (k < n_ends[1] && ends[1][k] != ends[0][i])
			k++;
		assert_true(k < n_ends[1]);
	}
}

static void known_states_hide_no_end_of_processes_that_die(void **state)
{
	static const struct sched_actor threads[] = { { "a", adds, .mortal = true, .process = 1 },
						      { "b", adds, .mortal = true, .process = 1 },
						      { "next", adds, .mortal = true, .recovers = true } };
	static const struct sched_actor two[] = { { "a", adds, .mortal = true },
						  { "b", works, .mortal = true },
						  { "next", adds, .mortal = true, .recovers = true } };
	struct model *m = *state;
	struct sched_world world = world_of(m, threads, 3);

	world.max_deaths = test_step() > 1 ? 1 : 2; /* less in builds that repeat it */
	world.lost_power = lost_power;
	assert_known_states_hide_nothing(m, &world, 8);
	/* The world does not notice deaths: a state knows how many there were. */
	world.actors = two;
	world.died = NULL;
	world.lost_power = only_lose;
	assert_known_states_hide_nothing(m, &world, 8);
}

static int set_up(void **state)
{
	struct model *m = calloc(1, sizeof(*m));

	*state = m;
	return m ? disk_new(BEGINNER + 1, &m->disk) : -1;
}

static int tear_down(void **state)
{
	struct model *m = *state;

	disk_free(m->disk);
	free(m);
	return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(actors_of_one_process_share_descriptors_and_locks),
		TEST(threads_with_two_descriptions_exclude_each_other),
		TEST(a_process_dies_at_once_and_another_recovers),
		TEST(who_waits_for_itself_may_die_but_not_wait_for_good),
		TEST(nobody_dies_where_the_world_says_so),
		TEST(one_recovers_at_each_death_and_may_die_itself),
		TEST(everybody_dies_when_power_is_lost_and_what_was_not_synced_may_be),
		TEST(what_a_process_shares_calls_as_the_actor_that_runs),
		TEST(known_states_hide_no_end_of_processes_that_die),
	};

	return cmocka_run_group_tests_name("explore_processes", tests, NULL, NULL);
}
