/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>

#include "model.h"

/*
 * Readers that are not ours, beside store_replace(), in every order of their effects: which of them serve
 * only certificates that agree with the firmware, and which do not, whatever an updater does.
 * doc/store-readers.md is the table of it. For those that agree, an order that breaks it fails; for those
 * that do not, the order must be found.
 *
 * A POSIX lock (F_SETLK) of another process conflicts with ours as an OFD lock does, and differs in when it
 * is lost: test_file_systems.c has both from the kernel, so that here an OFD lock stands for it.
 */
enum { TRIES = 3, CHUNK = 32 };

/* Ends a request without certificates, as `certs-timeout` of QEMU does: the guest tries again. */
static int lock_or_give_up(struct base_env *env, int fd, enum base_lock_how how)
{
	for (unsigned i = 0; i < TRIES; i++)
		if (base_lock(env, fd, how, 0) == 0)
			return 0;
	return JURAT_BUSY;
}

/* Reads as a program that does not expect the file to change. */
static int read_in_chunks(struct base_env *env, int fd)
{
	uint8_t table[MAX_TABLE];
	size_t n = 0;
	ssize_t got;

	do {
		got = base_pread(env, fd, table + n, n + CHUNK <= MAX_TABLE ? CHUNK : MAX_TABLE - n,
				 (int64_t)n);
		n += got > 0 ? (size_t)got : 0;
	} while (got > 0 && n < MAX_TABLE);
	return model_state_of(table, n);
}

/*
 * QEMU's RFC of `certs-filename`: opens each time, locks without waiting and tries again after a
 * millisecond, compares the inode number alone, and keeps the lock until KVM_RUN has returned EINTR.
 */
static void like_qemu(struct base_env *env, void *ctx)
{
	struct world *w = ctx;

	for (;;) {
		struct base_stat mine = { 0 }, there = { 0 };
		int fd = base_open(env, w->path, O_RDONLY, 0);

		if (fd < 0)
			return;
		if (lock_or_give_up(env, fd, BASE_LOCK_SHARED) == 0) {
			base_fstat(env, fd, &mine);
			base_stat(env, w->path, &there);
			if (mine.ino != there.ino) {
				base_close(env, fd);
				continue;
			}
			model_sign(env, w, read_in_chunks(env, fd), false);
		}
		base_close(env, fd);
		return;
	}
}

static void request_without_comparing(struct base_env *env, struct world *w, int fd, enum base_lock_how how)
{
	int certificates;

	if (fd < 0 || lock_or_give_up(env, fd, how) != 0)
		return;
	certificates = read_in_chunks(env, fd);
	model_sign(env, w, certificates, false);
	base_unlock(env, fd);
}

static void locks_without_comparing(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDONLY, 0);

	request_without_comparing(env, w, fd, BASE_LOCK_SHARED);
	base_close(env, fd);
}

/* What KVM's documentation allows as well. */
static void locks_exclusively(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDWR, 0);

	request_without_comparing(env, w, fd, BASE_LOCK_EXCLUSIVE);
	base_close(env, fd);
}

/* Opens once, perhaps long before the update, and locks for each request. */
static void keeps_its_descriptor(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDONLY, 0);

	request_without_comparing(env, w, fd, BASE_LOCK_SHARED);
	request_without_comparing(env, w, fd, BASE_LOCK_SHARED);
	base_close(env, fd);
}

/*
 * Copies from a shared mapping, as many bytes as the file had when it was mapped; test_file_systems.c shows
 * that a mapping has what is in the file, and zeros where it has become shorter.
 */
static int copy_mapping(struct base_env *env, int fd)
{
	uint8_t table[MAX_TABLE] = { 0 };

	if (base_pread(env, fd, table, sizeof(table), 0) < 0)
		return EMPTY;
	return table[0] == EMPTY ? EMPTY : model_state_of(table, table[0] == OLD ? 64 : 96);
}

static void from_a_mapping(struct base_env *env, struct world *w, bool locks)
{
	int fd = base_open(env, w->path, O_RDONLY, 0);

	for (unsigned i = 0; i < 2; i++) {
		if (locks && lock_or_give_up(env, fd, BASE_LOCK_SHARED) != 0)
			continue;
		model_sign(env, w, copy_mapping(env, fd), false);
		if (locks)
			base_unlock(env, fd);
	}
	base_close(env, fd);
}

static void maps_and_locks(struct base_env *env, void *ctx)
{
	from_a_mapping(env, ctx, true);
}

static void maps_and_never_locks(struct base_env *env, void *ctx)
{
	from_a_mapping(env, ctx, false);
}

static void never_locks(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDONLY, 0);
	int certificates = read_in_chunks(env, fd);

	base_close(env, fd);
	model_sign(env, w, certificates, false);
}

/* The same, and it says when what it read is no whole table of any state. */
static void never_locks_and_parses(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	uint8_t table[MAX_TABLE] = { 0 };
	int fd = base_open(env, w->path, O_RDONLY, 0);
	ssize_t head = base_pread(env, fd, table, CHUNK, 0);
	ssize_t tail = base_pread(env, fd, table + CHUNK, MAX_TABLE - CHUNK, CHUNK);

	if (head == CHUNK && table[0] != EMPTY && tail <= 0)
		sched_violate(env, "TORN: a header without its certificates");
	base_close(env, fd);
}

/*
 * flock(2): locks of another kind, which the kernel never compares with those of fcntl(2)
 * (test_file_systems.c), so that taking one is nothing here.
 */
static void uses_flock(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDONLY, 0);

	if (!sched_step(env, "FLOCK"))
		return;
	model_sign(env, w, read_in_chunks(env, fd), false);
	base_close(env, fd);
}

/*
 * The lock is gone before the firmware has the request: one descriptor for all vCPUs, and the first EINTR of
 * any of them closes it (QEMU's RFC v2); or a POSIX lock, and the process closed another descriptor of the
 * file (B28, B29).
 */
static void loses_its_lock(struct base_env *env, void *ctx)
{
	struct world *w = ctx;
	int fd = base_open(env, w->path, O_RDONLY, 0);
	int certificates;

	if (lock_or_give_up(env, fd, BASE_LOCK_SHARED) == 0) {
		certificates = read_in_chunks(env, fd);
		base_unlock(env, fd);
		model_sign(env, w, certificates, false);
	}
	base_close(env, fd);
}

static const struct {
	const char *name;
	void (*run)(struct base_env *env, void *ctx);
	const char *breaks; /* NULL: in no order does it disagree */
} kinds[] = {
	{ "tries, locks, compares the inode (QEMU's RFC)", like_qemu, NULL },
	{ "locks without comparing (OFD or POSIX)", locks_without_comparing, NULL },
	{ "locks exclusively without comparing", locks_exclusively, NULL },
	{ "opens once, locks for each request", keeps_its_descriptor, NULL },
	{ "maps once, locks for each request", maps_and_locks, NULL },
	{ "loses its lock early (POSIX close, shared descriptor)", loses_its_lock, "I1" },
	{ "flock(2)", uses_flock, "I1" },
	{ "never locks", never_locks, "I1" },
	{ "never locks, reads in two calls", never_locks_and_parses, "TORN" },
	{ "maps once, never locks", maps_and_never_locks, "I1" },
};

/* Of the readers everything is decided; of the updater what model_is_local() says of it. */
static void each_kind_of_reader_agrees_in_every_order_or_is_known_not_to(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sched_actor actors[] = { { "updater", model_updater }, { "reader", kinds[i].run } };
		struct sched_world world = model_world(w, actors, 2);

		if (kinds[i].breaks)
			model_is_caught(kinds[i].name, &world, kinds[i].breaks);
		else
			model_passes(kinds[i].name, &world);
	}
}

/* Certificates change without a command, such as one that was about to expire. */
static void firmware_that_does_not_change_is_no_difference_to_those_that_lock(void **state)
{
	struct world *w = *state;

	w->firmware_says = STORE_UNCHANGED;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sched_actor actors[] = { { "updater", model_updater }, { "reader", kinds[i].run } };
		struct sched_world world = model_world(w, actors, 2);

		if (!kinds[i].breaks)
			model_passes(kinds[i].name, &world);
	}
}

static void a_crash_and_another_update_are_none_either(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sched_actor actors[] = { { "updater", model_updater, .mortal = true },
						{ "reader", kinds[i].run },
						{ "next", model_recovering_updater, .recovers = true } };
		struct sched_world world = model_world(w, actors, 2);

		world.n_actors = 3;
		world.max_deaths = 1;
		w->may_be_busy = true;
		if (!kinds[i].breaks)
			model_passes(kinds[i].name, &world);
	}
}

/* The tests above can fail: each step of the protocol that a kind of reader depends on is left out. */
static void a_step_left_out_is_caught_by_each_of_them(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds) && !kinds[i].breaks; i++) {
		struct sched_actor actors[] = { { "updater", model_updater }, { "reader", kinds[i].run } };
		struct sched_world world = model_world(w, actors, 2);

		w->skip_drain = true;
		model_is_caught(kinds[i].name, &world, "I1");
		w->skip_drain = false;
		w->skip_emptying = true;
		if (kinds[i].run == like_qemu)
			model_passes("the old file stays full, and the inode tells", &world);
		else
			model_is_caught("the old file stays full", &world, "I1");
		w->skip_emptying = false;
	}
}

/* The limit of what is guaranteed: the file that it has open stays empty for good. */
static void a_reader_that_keeps_its_descriptor_has_no_certificates_after_an_update(void **state)
{
	struct world *w = *state;
	struct base_env *reader = disk_env(w->disk, 1), *updater = disk_env(w->disk, 0);
	uint8_t table[MAX_TABLE];
	int fd;

	model_begin(w);
	fd = base_open(reader, w->path, O_RDONLY, 0);
	assert_true(fd >= 0);
	for (int to = NEW; to >= OLD; to--)
		assert_int_equal(
			store_replace(updater, w->path, memset(table, to, 96), 96, NULL, NULL, NULL, NULL),
			0);
	assert_int_equal(base_pread(reader, fd, table, sizeof(table), 0), STORE_EMPTY_BYTES);
	assert_true(bytes_all(table, STORE_EMPTY_BYTES, 0));
	base_close(reader, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, model_set_up, model_tear_down)
		TEST(each_kind_of_reader_agrees_in_every_order_or_is_known_not_to),
		TEST(firmware_that_does_not_change_is_no_difference_to_those_that_lock),
		TEST(a_crash_and_another_update_are_none_either),
		TEST(a_step_left_out_is_caught_by_each_of_them),
		TEST(a_reader_that_keeps_its_descriptor_has_no_certificates_after_an_update),
	};

	return cmocka_run_group_tests_name("store_other_readers", tests, NULL, NULL);
}
