/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"
#include "support/fault_env.h"

struct world {
	char dir[32], path[64], other[64];
};

static void put(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void assert_reads(struct store_reader *r, const char *text)
{
	char got[32];

	assert_int_equal(r->size, strlen(text));
	assert_int_equal(store_read(r, got, strlen(text), 0, NULL), 0);
	assert_memory_equal(got, text, strlen(text));
}

/* Whether anybody holds a lock on what is at the path. */
static bool is_locked(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool locked = base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0) != 0;

	close(fd);
	return locked;
}

static void the_descriptor_is_kept_and_the_lock_is_not(void **state)
{
	struct world *w = *state;
	struct store_reader r;
	int fd;

	put(w->path, "old");
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_true(is_locked(w->path));
	assert_int_equal(store_lock(&r, 0, NULL), -EBUSY);
	assert_reads(&r, "old");
	fd = r.fd;
	store_unlock(&r);
	assert_false(is_locked(w->path));
	store_unlock(&r);
	assert_int_equal(store_read(&r, &fd, 1, 0, NULL), -EINVAL);
	put(w->path, "longer");
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_int_equal(r.fd, fd);
	assert_reads(&r, "longer");
	store_reader_done(&r);
	assert_false(is_locked(w->path));
	store_reader_done(&r);
}

/* B19 */
static void a_file_that_was_replaced_is_opened_anew(void **state)
{
	struct world *w = *state;
	struct store_reader r;

	put(w->path, "old");
	store_reader_init(&r, NULL, w->path);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	store_unlock(&r);
	put(w->other, "new!");
	assert_int_equal(rename(w->other, w->path), 0);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_reads(&r, "new!");
	store_unlock(&r);
	assert_int_equal(unlink(w->path), 0);
	assert_int_equal(store_lock(&r, 0, NULL), JURAT_NOT_FOUND);
	assert_int_equal(store_lock(&r, 0, NULL), JURAT_NOT_FOUND);
	put(w->path, "again");
	assert_int_equal(symlink(w->path, w->other), 0); /* readers follow links */
	r.path = w->other;
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	assert_reads(&r, "again");
	store_reader_done(&r);
}

static void an_updater_is_waited_for_so_long_and_no_longer(void **state)
{
	struct world *w = *state;
	int fd;
	struct store_reader r;
	uint64_t start;

	put(w->path, "old");
	fd = open(w->path, O_RDWR | O_CLOEXEC);
	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	store_reader_init(&r, NULL, w->path);
	start = base_now_ns(base_env_real());
	assert_int_equal(store_lock(&r, 20000000, NULL), JURAT_BUSY);
	assert_true(base_now_ns(base_env_real()) - start >= 20000000);
	assert_false(r.locked);
	close(fd);
	assert_int_equal(store_lock(&r, 0, NULL), 0);
	store_reader_done(&r);
}

static void what_is_no_blob_is_refused(void **state)
{
	struct world *w = *state;
	struct jurat_error err;
	struct store_reader r;
	char byte;

	store_reader_init(&r, NULL, w->path);
	assert_int_equal(mkdir(w->path, 0700), 0);
	assert_int_equal(store_lock(&r, 0, &err), -EINVAL);
	assert_non_null(strstr(err.text, "regular"));
	assert_int_equal(rmdir(w->path), 0);
	assert_int_equal(mkfifo(w->path, 0600), 0);
	assert_int_equal(store_lock(&r, 0, &err), -EINVAL); /* and opening it does not hang */
	assert_int_equal(unlink(w->path), 0);
	put(w->path, "");
	assert_int_equal(truncate(w->path, STORE_MAX_BYTES + 1), 0);
	assert_int_equal(store_lock(&r, 0, &err), -EFBIG);
	assert_false(is_locked(w->path));
	assert_int_equal(truncate(w->path, 5), 0);
	assert_int_equal(chmod(w->path, 0642), 0);
	assert_int_equal(store_lock(&r, 0, &err), -EPERM);
	assert_non_null(strstr(err.text, "mode 0642"));
	assert_false(is_locked(w->path));
	assert_int_equal(chmod(w->path, 0664), 0); /* who may read is the updater's concern */
	assert_int_equal(store_lock(&r, 0, &err), 0);
	assert_int_equal(truncate(w->path, 4), 0); /* a writer that does not lock */
	assert_int_equal(store_read(&r, &byte, 1, 4, &err), -EIO);
	store_reader_done(&r);
}

static void two_readers_do_not_share_a_lock(void **state)
{
	struct world *w = *state;
	struct store_reader a, b;

	put(w->path, "old");
	store_reader_init(&a, NULL, w->path);
	store_reader_init(&b, NULL, w->path);
	assert_int_equal(store_lock(&a, 0, NULL), 0);
	assert_int_equal(store_lock(&b, 0, NULL), 0);
	store_unlock(&a);
	store_reader_done(&a);
	assert_true(is_locked(w->path));
	store_reader_done(&b);
	assert_false(is_locked(w->path));
}

static void the_kth_effect_fails_and_no_lock_is_left(void **state)
{
	struct world *w = *state;

	for (int replaced = 0; replaced <= 1; replaced++)
		for (unsigned k = 1;; k++) {
			struct fault_env env = fault_env_nth(base_env_real(), 0, -EIO);
			struct store_reader r;
			char got[3];
			int e;

			put(w->path, "old");
			store_reader_init(&r, &env.base, w->path);
			assert_int_equal(store_lock(&r, 0, NULL), 0);
			store_unlock(&r);
			put(w->other, "new");
			if (replaced)
				assert_int_equal(rename(w->other, w->path), 0);
			env.calls = 0;
			env.at = k;
			e = store_lock(&r, 0, NULL);
			assert_true(e == 0 || (e == -EIO && env.fired));
			if (e == 0) {
				e = store_read(&r, got, sizeof(got), 0, NULL);
				assert_true(e == 0 || (e == -EIO && env.fired));
				if (e == 0)
					assert_memory_equal(got, replaced ? "new" : "old", 3);
			}
			store_unlock(&r);
			assert_false(is_locked(w->path));
			env.at = 0;
			assert_int_equal(store_lock(&r, 0, NULL), 0);
			assert_reads(&r, replaced ? "new" : "old");
			store_reader_done(&r);
			if (!env.fired)
				break;
		}
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/jurat-reader-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	TEXT(w->other, "%s/other", w->dir);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	int e;

	unlink(w->path);
	unlink(w->other);
	e = rmdir(w->dir);
	free(w);
	return e;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(the_descriptor_is_kept_and_the_lock_is_not),
		TEST(a_file_that_was_replaced_is_opened_anew),
		TEST(an_updater_is_waited_for_so_long_and_no_longer),
		TEST(what_is_no_blob_is_refused),
		TEST(two_readers_do_not_share_a_lock),
		TEST(the_kth_effect_fails_and_no_lock_is_left),
	};

	return cmocka_run_group_tests_name("store_reader", tests, NULL, NULL);
}
