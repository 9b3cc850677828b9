/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/sync_env.h"

/* How a directory's values are written: what a power loss, a crash and another writer can do to them. */
#define HWID   "0100000000000000"
#define VALUE  "tcb-info/sgx_050000000000_standard.endorsement"
#define BESIDE "tcb-info/.sgx_050000000000_standard.endorsement.new"

enum { NOW = 1760000000 };

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void path_in(const struct place *place, const char *name, char path[400])
{
	test_text(path, 400, "%s/%s", place->dir, name);
}

/* A power loss must not leave an empty file in the place of a good one. */
static void a_value_is_on_disk_before_it_has_its_name_and_then_its_name_is(void **state)
{
	static const unsigned kinds[] = { ENDORSE_VCEK, ENDORSE_TCB_INFO };
	static const char *const folders[] = { "vcek/" HWID, "tcb-info" };
	const struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (unsigned version = 1; version <= 2; version++) {
			const struct endorse_item item = item_of(kinds[i]);
			struct sync_env env = sync_env();
			struct stock *stock = must_open(place->where, &env.base);
			char folder[400];

			path_in(place, folders[i], folder);
			must_put(stock, &item, version, NOW);
			assert_string_equal(env.wrong, "");
			assert_true(env.renames == 1 && sync_env_has_names(&env, folder));
			stock_close(stock);
		}
}

/* What a writer left that died before it could rename its file is no part of the next one. */
static void what_an_interrupted_writer_left_is_no_part_of_the_next_value(void **state)
{
	static const unsigned kinds[] = { ENDORSE_VCEK, ENDORSE_TCB_INFO };
	static const char *const files[] = { "vcek/" HWID "/."
					     "bl02_tee00_snp04_ucode200_fmc01_vcek.der.new",
					     BESIDE };
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	static const uint8_t left[65536] = { 1, 2, 3 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct endorse_item item = item_of(kinds[i]);
		char path[400];

		must_put(stock, &item, 1, NOW); /* makes the folders */
		path_in(place, files[i], path);
		write_file(path, left, sizeof(left));
		must_put(stock, &item, 2, NOW);
		assert_true(has_version(stock, &item, 2));
		assert_int_equal(access(path, F_OK), -1);
	}
	stock_close(stock);
}

/*
 * While a writer has opened the file beside the place, or waits for its lock, another one puts version 1, and
 * a third one begins.
 */
struct overtaken {
	struct base_env base;
	const struct place *place;
	int fd; /* of its file; -1: not there yet */
	size_t size;
	uint8_t bytes[4096];
};

static void overtake(struct overtaken *o)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct stock *other;
	char path[400];

	if (o->fd >= 0)
		return;
	other = must_open(o->place->where, NULL);
	must_put(other, &item, 1, NOW);
	stock_close(other);
	path_in(o->place, VALUE, path);
	o->fd = open(path, O_RDONLY | O_CLOEXEC);
	o->size = (size_t)pread(o->fd, o->bytes, sizeof(o->bytes), 0);
	assert_true(o->fd >= 0 && o->size > 0 && o->size < sizeof(o->bytes));
	path_in(o->place, BESIDE, path);
	write_file(path, "of a third one", 14);
}

static int open_overtaken(struct base_env *env, int folder, const char *name, int flags, unsigned mode)
{
	int fd = base_open_at(base_env_real(), folder, name, flags, mode);

	if (fd >= 0 && strstr(name, ".new"))
		overtake((struct overtaken *)env);
	return fd;
}

static int lock_overtaken(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	overtake((struct overtaken *)env);
	return base_lock(base_env_real(), fd, how, wait_ns);
}

/* What it opened is in the place by now, where readers have it: it is not written, emptied or hidden. */
static void a_writer_that_was_overtaken_does_not_touch_the_others_file(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);

	for (unsigned at_lock = 0; at_lock < 2; at_lock++) {
		struct base_env_ops ops = *base_env_real()->ops;
		struct overtaken o = { .base = { &ops }, .place = place, .fd = -1 };
		struct stock *stock = must_open(place->where, NULL);
		uint8_t now[4096];
		struct stat st;

		must_put(stock, &item, 3, NOW); /* makes the folders */
		stock_close(stock);
		if (at_lock)
			ops.lock = lock_overtaken;
		else
			ops.open_at = open_overtaken;
		stock = must_open(place->where, &o.base);
		must_put(stock, &item, 2, NOW);
		assert_true(o.fd >= 0 && has_version(stock, &item, 2));
		assert_int_equal(pread(o.fd, now, sizeof(now), 0), o.size);
		assert_memory_equal(now, o.bytes, o.size);
		assert_int_equal(fstat(o.fd, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0644);
		close(o.fd);
		stock_close(stock);
	}
}

/* ---- Who can read the stock, and lock what is read */

/* The modes of what is locked, and whoever waits for a lock waits in vain. */
struct watched {
	struct base_env base;
	const struct place *place;
	unsigned locks, open_to_others, shared;
	int fd; /* of a second writer, when it has begun */
	bool begins;
};

static int lock_watched(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct watched *w = (struct watched *)env;
	struct stat st;

	(void)wait_ns;
	assert_int_equal(fstat(fd, &st), 0);
	w->locks++;
	w->open_to_others += (st.st_mode & 077) != 0;
	if (how == BASE_LOCK_SHARED) {
		int all;
		char path[400];

		path_in(w->place, "claims.lock", path);
		all = open(path, O_RDWR | O_CLOEXEC);
		assert_true(all >= 0);
		assert_int_equal(base_lock(base_env_real(), all, BASE_LOCK_EXCLUSIVE, 0), JURAT_BUSY);
		close(all);
		w->shared++;
	}
	return base_lock(base_env_real(), fd, how, 0);
}

static struct watched watched(const struct place *place, struct base_env_ops *ops)
{
	*ops = *base_env_real()->ops;
	ops->lock = lock_watched;
	return (struct watched){ .base = { ops }, .place = place, .fd = -1 };
}

static void nothing_is_locked_that_others_can_open(void **state)
{
	static const struct stock_quota quota = { "kds", 1000, 1000 };
	static const unsigned kinds[] = { ENDORSE_VCEK, ENDORSE_TCB_INFO };
	const struct place *place = *state;
	struct base_env_ops ops;
	struct watched w = watched(place, &ops);
	struct stock *stock = must_open(place->where, &w.base);
	uint64_t wait;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct endorse_item item = item_of(kinds[i]);

		must_put(stock, &item, 1, NOW);
		assert_int_equal(stock_claim(stock, &item, 60000, NULL), 0);
		stock_release(stock, &item);
	}
	assert_int_equal(stock_take(stock, &quota, &wait, NULL), 0);
	assert_int_equal(stock_probe(stock, true, quota.name, NULL), 0);
	assert_true(w.locks >= 8);
	assert_int_equal(w.open_to_others, 0);
	stock_close(stock);
}

static int leave_locked(const char *path, int flags, enum base_lock_how how)
{
	int fd;

	write_file(path, "left", 4);
	assert_int_equal(chmod(path, 0644), 0);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(base_lock(base_env_real(), fd, how, 0), 0);
	return fd;
}

/* It would be there for ever: nobody but its holder can end the lock. */
static void what_a_reader_has_locked_is_replaced(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct base_env_ops ops;
	struct watched w = watched(place, &ops);
	struct stock *stock = must_open(place->where, &w.base);
	char path[400], bytes[8];
	struct stat st;
	int held;

	must_put(stock, &item, 1, NOW); /* makes the folders */
	path_in(place, BESIDE, path);
	held = leave_locked(path, O_RDONLY, BASE_LOCK_SHARED);
	must_put(stock, &item, 2, NOW);
	assert_true(has_version(stock, &item, 2) && w.shared == 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(pread(held, bytes, sizeof(bytes), 0), 4);
	path_in(place, VALUE, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	close(held);
	stock_close(stock);
}

static int put_one(struct stock *stock, struct jurat_error *err)
{
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct endorse_value value = value_of(&item, 2);
	int r = stock_put(stock, &item, &value, NOW, err);

	endorse_value_done(&value);
	return r;
}

/* Another one that begins in its place would let the first one rename what is not complete. */
static void what_a_writer_has_locked_is_not(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct base_env_ops ops;
	struct watched w = watched(place, &ops);
	struct stock *stock = must_open(place->where, &w.base);
	struct jurat_error err = { "" };
	char path[400];
	int held;

	must_put(stock, &item, 1, NOW); /* makes the folders */
	path_in(place, BESIDE, path);
	held = leave_locked(path, O_RDWR, BASE_LOCK_EXCLUSIVE);
	assert_int_equal(put_one(stock, &err), -EBUSY);
	assert_non_null(strstr(err.text, BESIDE));
	assert_int_equal(access(path, F_OK), 0);
	close(held);
	must_put(stock, &item, 2, NOW);
	assert_true(has_version(stock, &item, 2));
	stock_close(stock);
}

/* Another one has replaced the reader's file, and writes, when this one gets to replace it. */
static int lock_replaced(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct watched *w = (struct watched *)env;
	int r = lock_watched(env, fd, how, wait_ns);
	char path[400];

	if (r == JURAT_BUSY && !w->begins) {
		w->begins = true;
		path_in(w->place, BESIDE, path);
		assert_int_equal(unlink(path), 0);
		w->fd = leave_locked(path, O_RDWR, BASE_LOCK_EXCLUSIVE);
	}
	return r;
}

static void only_one_writer_replaces_what_a_reader_has_locked(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct base_env_ops ops;
	struct watched w = watched(place, &ops);
	struct stock *stock = must_open(place->where, &w.base);
	struct stat own, named;
	char path[400];
	int held;

	must_put(stock, &item, 1, NOW); /* makes the folders */
	path_in(place, BESIDE, path);
	held = leave_locked(path, O_RDONLY, BASE_LOCK_SHARED);
	ops.lock = lock_replaced;
	assert_int_equal(put_one(stock, NULL), -EBUSY);
	assert_true(w.begins && fstat(w.fd, &own) == 0 && stat(path, &named) == 0);
	assert_true(own.st_ino == named.st_ino && own.st_dev == named.st_dev);
	close(w.fd);
	close(held);
	stock_close(stock);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_value_is_on_disk_before_it_has_its_name_and_then_its_name_is),
		CASE(what_an_interrupted_writer_left_is_no_part_of_the_next_value),
		CASE(a_writer_that_was_overtaken_does_not_touch_the_others_file),
		CASE(nothing_is_locked_that_others_can_open),
		CASE(what_a_reader_has_locked_is_replaced),
		CASE(what_a_writer_has_locked_is_not),
		CASE(only_one_writer_replaces_what_a_reader_has_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
