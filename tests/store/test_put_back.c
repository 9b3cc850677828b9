/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace_world.h"
#include "support/fault_env.h"

/* What an updater that issues no command may do with the readers that one that died was waiting for. */

/* Without a command; the firmware stays in the state of the table. */
static int renew(struct base_env *env, struct world *w, int state, bool no_command, struct jurat_error *err)
{
	const struct store_options options = { .begin = begin, .ctx = w, .no_command = no_command };
	struct store_change change = { issue, w };
	uint8_t table[MAX_TABLE];
	size_t n = table_of(state, table);

	w->to = w->firmware;
	w->issued = 0;
	return store_replace(env, w->path, table, n, &change, &options, &w->result, err);
}

/* An updater that died while it waited for a reader, which holds the table of the present state. */
static void died_with_a_reader(struct world *w, struct store_reader *reader)
{
	struct fault_env env;
	enum store_left left;

	put(w, 1);
	w->firmware = 1;
	store_reader_init(reader, NULL, w->path);
	assert_int_equal(store_lock(reader, 0, NULL), 0);
	for (unsigned k = 1; !exists(w, STORE_EMPTY_SUFFIX) || at_path(w) != 0; k++) {
		env = fault_env_crash(base_env_real(), k);
		assert_true(replace(&env.base, w, 2, &left, NULL) != 0 && env.fired);
		assert_int_equal(w->issued, 0);
	}
	w->says = STORE_CHANGED;
}

/* Nobody need wait for it: no command follows, and the certificates are the right ones. */
static void a_reader_of_the_right_table_does_not_keep_the_empty_one_in_place(void **state)
{
	struct world *w = *state;
	struct store_reader reader;
	struct jurat_error err;
	enum store_left left;
	struct stat st;

	died_with_a_reader(w, &reader);
	assert_int_equal(renew(NULL, w, 1, false, &err), JURAT_BUSY); /* there may be a command */
	assert_int_equal(renew(NULL, w, 2, true, &err), JURAT_BUSY);  /* another table */
	assert_int_equal(w->issued, 0);
	put(w, 2); /* no update leaves it so */
	assert_int_equal(renew(NULL, w, 1, true, &err), JURAT_BUSY);
	assert_true(has_table(w, "", 2) && has_table(w, STORE_EMPTY_SUFFIX, 1));
	assert_int_equal(truncate(w->path, 0), 0);
	assert_int_equal(truncate(w->path, STORE_EMPTY_BYTES), 0);
	w->says = STORE_UNCHANGED; /* another program changed the firmware in the last moment */
	assert_int_equal(renew(NULL, w, 1, true, &err), -ECANCELED);
	assert_int_equal(w->result.left, STORE_LEFT_OLD);
	assert_int_equal(at_path(w), 0);
	assert_true(has_table(w, STORE_EMPTY_SUFFIX, 1));
	w->says = STORE_CHANGED;
	assert_int_equal(renew(NULL, w, 1, true, &err), 0);
	assert_int_equal(w->result.left, STORE_LEFT_NEW);
	assert_string_equal(w->result.undrained, "");
	assert_int_equal(at_path(w), 1);
	assert_nothing_beside(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_ino, reader.ino); /* the same lock */
	assert_int_equal(replace(NULL, w, 2, &left, &err), JURAT_BUSY);
	assert_int_equal(w->issued, 0);
	assert_int_equal(at_path(w), 1);
	store_reader_done(&reader);
	assert_usable(w);
}

/* Whatever fails, or is the last: the reader is still known, and who recovers needs no table of a source. */
static void nor_does_a_failure_on_the_way_lose_that_reader(void **state)
{
	struct world *w = *state;
	unsigned tried = 0;
	bool fired = true;

	for (int crash = 0; crash <= 1; crash++, fired = true)
		for (unsigned k = 1; fired; k++, tried++) {
			struct store_reader reader;
			enum store_left left;
			struct fault_env env = crash ? fault_env_crash(base_env_real(), k)
						     : fault_env_nth(base_env_real(), k, -EIO);

			died_with_a_reader(w, &reader);
			(void)!renew(&env.base, w, 1, true, NULL);
			fired = env.fired;
			assert_agreement(w);
			assert_non_null(which_fits(w));
			assert_int_equal(replace(NULL, w, 2, &left, NULL), JURAT_BUSY);
			assert_int_equal(w->issued, 0);
			store_reader_done(&reader);
			assert_usable(w);
		}
	print_message("             %u effects failed or were the last\n", tried);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->firmware = 1;
	TEXT(w->dir, "%s/jurat-store-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	char name[96];
	int e;

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		TEXT(name, "%s%s", w->path, suffixes[i]);
		unlink(name);
	}
	e = rmdir(w->dir);
	free(w);
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_reader_of_the_right_table_does_not_keep_the_empty_one_in_place),
		TEST(nor_does_a_failure_on_the_way_lose_that_reader),
	};

	return cmocka_run_group_tests_name("store_put_back", tests, NULL, NULL);
}
