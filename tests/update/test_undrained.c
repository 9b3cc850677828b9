/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "update/update_world.h"

/* Readers that keep their lock on a table: what an operator reads, and can do. */
static const struct update_request refresh = { .kind = UPDATE_REFRESH }, recover = { .kind = UPDATE_RECOVER },
				   commit = { .kind = UPDATE_COMMIT };

static void publish(struct update_world *w)
{
	assert_int_equal(world_update(w, NULL, &refresh), 0);
	assert_int_equal(world_table(w), WORLD_FITS);
}

static void a_reader_that_does_not_let_go_is_named(void **state)
{
	struct update_world *w = *state;
	struct store_reader reader;

	publish(w);
	store_reader_init(&reader, NULL, w->path);
	assert_int_equal(store_lock(&reader, 0, NULL), 0);
	assert_int_equal(world_update(w, NULL, &commit), JURAT_BUSY);
	assert_non_null(strstr(w->err.text, "pid "));
	assert_int_equal(w->commands, 0);
	assert_ptr_equal(strstr(w->err.text,
				"nothing was changed: end the process that holds the lock, repeat with "
				"a longer --wait, or see --undrained in jurat-host(1): "),
			 w->err.text);
	w->options.store.undrained = STORE_UNDRAINED_PROCEED;
	assert_int_equal(world_update(w, NULL, &commit), 0);
	assert_null(world_logged(w, "no reader holds"));
	assert_non_null(world_logged(w, "going on (--undrained proceed)"));
	assert_non_null(strstr(w->result.store.undrained, "pid "));
	store_reader_done(&reader);
	assert_int_equal(world_table(w), WORLD_FITS);
}

/* It holds that of another key, and so the path has the empty one until it ends, or an operator proceeds. */
static void a_reader_of_an_undrained_table_stops_each_command_and_the_way_out_is_named(void **state)
{
	static const struct update_request *const requests[] = { &commit, &refresh, &recover };
	struct update_world *w = *state;
	struct store_reader reader;

	publish(w);
	store_reader_init(&reader, NULL, w->path);
	assert_int_equal(store_lock(&reader, 0, NULL), 0);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS); /* by another tool */
	w->options.store.undrained = STORE_UNDRAINED_EMPTY;
	for (size_t i = 0; i <= ARRAY_SIZE(requests); i++) {
		int r = world_update(w, NULL, requests[i % ARRAY_SIZE(requests)]);

		assert_int_equal(r, JURAT_BUSY);
		assert_int_equal(w->result.table, UPDATE_TABLE_EMPTY);
		assert_int_equal(w->result.pause_ns > 0, i == 0);
		world_assert_outcome(w, r, false);
		assert_non_null(strstr(w->err.text, "or run `jurat host recover --undrained proceed`: "));
		assert_non_null(strstr(w->err.text, "pid "));
	}
	w->options.store.undrained = STORE_UNDRAINED_PROCEED;
	assert_int_equal(world_update(w, NULL, &recover), 0);
	assert_null(world_logged(w, "no reader holds"));
	assert_non_null(world_logged(w, "going on (--undrained proceed)"));
	assert_int_equal(w->result.table, UPDATE_TABLE_NEW);
	store_reader_done(&reader);
	assert_int_equal(world_table(w), WORLD_FITS);
}

/* It holds the right one, so nothing is gained by waiting for it: it goes on, and so do all others. */
static void a_reader_of_the_right_table_stops_commands_only(void **state)
{
	static const struct update_request *const requests[] = { &recover, &refresh };
	struct update_world *w = *state;
	struct store_reader reader;

	publish(w);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		store_reader_init(&reader, NULL, w->path);
		assert_int_equal(store_lock(&reader, 0, NULL), 0);
		w->options.store.undrained = STORE_UNDRAINED_EMPTY;
		assert_int_equal(world_update(w, NULL, &commit), JURAT_BUSY);
		assert_int_equal(world_table(w), WORLD_EMPTY);
		w->options.store.undrained = STORE_UNDRAINED_PUT_BACK;
		assert_int_equal(world_update(w, NULL, &commit), JURAT_BUSY); /* it may change the key */
		assert_int_equal(world_table(w), WORLD_EMPTY);
		assert_int_equal(world_update(w, NULL, requests[i]), 0);
		assert_int_equal(world_table(w), WORLD_FITS);
		assert_int_equal(w->result.table, UPDATE_TABLE_NEW);
		assert_string_equal(w->result.store.undrained, "");
		assert_non_null(world_logged(w, "the old table is in place again: readers continue"));
		assert_int_equal(world_update(w, NULL, &commit), JURAT_BUSY);
		assert_int_equal(w->commands, 0);
		assert_int_equal(world_table(w), WORLD_FITS);
		store_reader_done(&reader);
	}
	assert_int_equal(world_update(w, NULL, &commit), 0);
	assert_int_equal(world_table(w), WORLD_FITS);
}

/* Guests still get a table of another key that cannot be replaced, and the operator reads that first. */
static void a_table_of_another_key_that_cannot_be_replaced_is_named_first(void **state)
{
	struct update_world *w = *state;
	struct store_reader reader;

	publish(w);
	assert_int_equal(sim_psp_commit(w->psp), SNP_SUCCESS);
	store_reader_init(&reader, NULL, w->path);
	assert_int_equal(store_lock(&reader, 0, NULL), 0);
	assert_int_equal(world_update(w, NULL, &recover),
			 JURAT_BUSY); /* no reason to empty: the reader may end */
	assert_null(strstr(w->err.text, "another key"));
	w->source_fails = -EHOSTUNREACH;
	assert_int_equal(world_update(w, NULL, &recover), -EIO);
	assert_int_equal(w->result.table, UPDATE_TABLE_OLD);
	assert_ptr_equal(strstr(w->err.text, "nothing was changed: the table in place is for another key"),
			 w->err.text);
	assert_non_null(strstr(w->err.text, "pid "));
	assert_non_null(strstr(w->err.text, "before that: the source fails"));
	w->options.store.undrained = STORE_UNDRAINED_EMPTY;
	assert_int_equal(world_update(w, NULL, &recover), JURAT_BUSY);
	assert_int_equal(w->result.table, UPDATE_TABLE_EMPTY);
	world_assert_outcome(w, JURAT_BUSY, false);
	store_reader_done(&reader);
}

static int set_up(void **state)
{
	*state = world_new(SNP_MILAN, true);
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_reader_that_does_not_let_go_is_named),
		TEST(a_reader_of_an_undrained_table_stops_each_command_and_the_way_out_is_named),
		TEST(a_reader_of_the_right_table_stops_commands_only),
		TEST(a_table_of_another_key_that_cannot_be_replaced_is_named_first),
	};

	return cmocka_run_group_tests_name("update_undrained", tests, NULL, NULL);
}
