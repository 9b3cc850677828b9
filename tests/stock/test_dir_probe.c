/* SPDX-License-Identifier: MIT */
#include "stock/place.h"

#include <errno.h>
#include <sys/stat.h>

#include "support/fault_env.h"

static void path_in(const struct place *place, const char *name, char path[400])
{
	test_text(path, 400, "%s/%s", place->dir, name);
}

/* Nothing else fails: what is probed is what a VCEK needs. */
static void a_full_disk_and_every_fault_show_in_a_probe(void **state)
{
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	struct jurat_error err = { "" };
	unsigned n_failed = 0;
	char path[400];
	struct stat st;

	assert_int_equal(stock_probe(stock, false, NULL, &err), 0);
	assert_int_equal(place_files(place, NULL, NULL), 0); /* reading leaves nothing */
	assert_int_equal(stock_probe(stock, true, "kds", &err), 0);
	path_in(place, "probe.lock", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	stock_close(stock);
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -ENOSPC);
		const struct stock_options options = { .env = &env.base };
		int r = stock_open(place->where, &options, &stock, &err);

		if (r == 0) {
			r = stock_probe(stock, true, "kds", &err);
			stock_close(stock);
		}
		if (r < 0)
			assert_non_null(strstr(err.text, strerror(ENOSPC)));
		assert_true(r == 0 || env.fired);
		n_failed += r < 0;
		if (!env.fired)
			break;
	}
	assert_true(n_failed >= 12); /* closing a file may fail */
}

static ssize_t write_to_full_disk(struct base_env *env, int fd, const void *bytes, size_t n, int64_t off)
{
	(void)env;
	(void)fd;
	(void)bytes;
	(void)n;
	(void)off;
	return -ENOSPC;
}

static void a_disk_on_which_only_names_have_room_is_full(void **state)
{
	const struct place *place = *state;
	struct jurat_error err = { "" };
	struct clock_env env;
	struct stock *stock;

	clock_env_init(&env);
	env.ops.pwrite = write_to_full_disk;
	stock = must_open(place->where, &env.base);
	assert_int_equal(stock_probe(stock, true, "kds", &err), -ENOSPC);
	assert_non_null(strstr(err.text, "probe.lock"));
	assert_int_equal(stock_probe(stock, false, NULL, &err), 0);
	stock_close(stock);
}

static void what_keeps_a_process_from_the_stock_shows_in_a_probe(void **state)
{
	static const char *const names[] = { "probe.lock", "quotas/kds" };
	const struct place *place = *state;
	struct stock *stock = must_open(place->where, NULL);
	struct jurat_error err = { "" };
	char path[400];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(stock_probe(stock, true, "kds", &err), 0);
		path_in(place, names[i], path);
		assert_int_equal(remove(path), 0);
		assert_int_equal(mkdir(path, 0755), 0);
		assert_true(stock_probe(stock, true, "kds", &err) < 0);
		assert_non_null(strstr(err.text, path));
		assert_int_equal(stock_probe(stock, false, NULL, &err), 0);
		assert_int_equal(remove(path), 0);
	}
	stock_close(stock);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_full_disk_and_every_fault_show_in_a_probe),
		CASE(a_disk_on_which_only_names_have_room_is_full),
		CASE(what_keeps_a_process_from_the_stock_shows_in_a_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
