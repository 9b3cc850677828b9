/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/sync_env.h"

/* How a directory's values are written: what a power loss, a crash and another writer can do to them. */
#define HWID "0100000000000000"

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
					     "tcb-info/.sgx_050000000000_standard.endorsement.new" };
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
 * While a writer has opened the file beside the place and waits for its lock, another one puts version 1, and
 * a third one begins.
 */
struct overtaken {
	struct base_env base;
	const struct place *place;
	int fd; /* of its file; -1: not there yet */
	size_t size;
	uint8_t bytes[4096];
};

static int lock_overtaken(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct overtaken *o = (struct overtaken *)env;

	if (o->fd < 0) {
		const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
		struct stock *other = must_open(o->place->where, NULL);
		char path[400];

		must_put(other, &item, 1, NOW);
		stock_close(other);
		path_in(o->place, "tcb-info/sgx_050000000000_standard.endorsement", path);
		o->fd = open(path, O_RDONLY | O_CLOEXEC);
		o->size = (size_t)pread(o->fd, o->bytes, sizeof(o->bytes), 0);
		assert_true(o->fd >= 0 && o->size > 0 && o->size < sizeof(o->bytes));
		path_in(o->place, "tcb-info/.sgx_050000000000_standard.endorsement.new", path);
		write_file(path, "of a third one", 14);
	}
	return base_lock(base_env_real(), fd, how, wait_ns);
}

/* What it opened is in the place by now, where readers have it: it is neither written nor emptied. */
static void a_writer_that_was_overtaken_does_not_touch_the_others_file(void **state)
{
	const struct place *place = *state;
	const struct endorse_item item = item_of(ENDORSE_TCB_INFO);
	struct base_env_ops ops = *base_env_real()->ops;
	struct overtaken o = { .base = { &ops }, .place = place, .fd = -1 };
	struct stock *stock = must_open(place->where, NULL);
	uint8_t now[4096];

	must_put(stock, &item, 3, NOW); /* makes the folders */
	stock_close(stock);
	ops.lock = lock_overtaken;
	stock = must_open(place->where, &o.base);
	must_put(stock, &item, 2, NOW);
	assert_true(o.fd >= 0 && has_version(stock, &item, 2));
	assert_int_equal(pread(o.fd, now, sizeof(now), 0), o.size);
	assert_memory_equal(now, o.bytes, o.size);
	close(o.fd);
	stock_close(stock);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_value_is_on_disk_before_it_has_its_name_and_then_its_name_is),
		CASE(what_an_interrupted_writer_left_is_no_part_of_the_next_value),
		CASE(a_writer_that_was_overtaken_does_not_touch_the_others_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
