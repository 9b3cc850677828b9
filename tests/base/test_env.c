/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "support/fault_env.h"

static int set_up(void **state)
{
	char dir[] = "/tmp/jurat-env-XXXXXX";

	if (!mkdtemp(dir))
		return -1;
	*state = strdup(dir);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	char path[64];

	TEXT(path, "%s/f", (char *)*state);
	unlink(path);
	rmdir(*state);
	free(*state);
	return 0;
}

static void an_exclusive_lock_excludes_within_one_process(void **state)
{
	struct base_env *env = base_env_real();
	char path[64];
	int a, b;

	TEXT(path, "%s/f", (char *)*state);
	a = base_open(env, path, O_RDWR | O_CREAT, 0600);
	b = base_open(env, path, O_RDWR, 0);
	assert_true(a >= 0 && b >= 0);
	assert_int_equal(base_lock(env, a, BASE_LOCK_SHARED, 0), 0);
	assert_int_equal(base_lock(env, b, BASE_LOCK_SHARED, 0), 0);
	assert_int_equal(base_lock(env, b, BASE_LOCK_EXCLUSIVE, 2000000), JURAT_BUSY);
	assert_int_equal(base_unlock(env, a), 0);
	assert_int_equal(base_lock(env, b, BASE_LOCK_EXCLUSIVE, 0), 0);
	assert_int_equal(base_lock(env, a, BASE_LOCK_SHARED, 0), JURAT_BUSY);
	assert_int_equal(base_close(env, b), 0); /* the last close of a description drops its lock */
	assert_int_equal(base_lock(env, a, BASE_LOCK_SHARED, 0), 0);
	base_close(env, a);
}

static void a_file_reads_back_whole_or_not_at_all(void **state)
{
	struct base_env *env = base_env_real();
	auto_free uint8_t *data = NULL;
	struct jurat_error err;
	uint8_t big[9000];
	char path[64];
	size_t n = 0;
	int fd;

	memset(big, 'j', sizeof(big));
	TEXT(path, "%s/f", (char *)*state);
	fd = base_open(env, path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(base_pwrite(env, fd, big, sizeof(big), 0), sizeof(big));
	base_close(env, fd);
	assert_int_equal(base_read_file(env, path, sizeof(big) - 1, &data, &n, &err), -EFBIG);
	assert_null(data);
	assert_int_equal(base_read_file(env, path, sizeof(big), &data, &n, &err), 0);
	assert_int_equal(n, sizeof(big));
	assert_memory_equal(data, big, n);
	assert_int_equal(base_read_file(env, "/nonexistent/f", 1, &data, &n, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/f"));
}

/* A name below a descriptor is that of an entry: neither a path, nor a link, leads out of the directory. */
static void a_name_in_a_directory_leads_nowhere_else(void **state)
{
	static const char *const names[] = { "", ".", "..", "/", "a/b", "../f", "f/", "/tmp" };
	struct base_env *env = base_env_real();
	int dir = base_open(env, *state, O_PATH | O_DIRECTORY, 0), fd;
	struct base_stat st;

	assert_true(dir >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(base_open_at(env, dir, names[i], O_RDWR | O_CREAT, 0600), -EINVAL);
		assert_int_equal(base_stat_at(env, dir, names[i], &st), -EINVAL);
		assert_int_equal(base_rename_at(env, dir, names[i], "g"), -EINVAL);
		assert_int_equal(base_rename_at(env, dir, "g", names[i]), -EINVAL);
		assert_int_equal(base_unlink_at(env, dir, names[i]), -EINVAL);
		assert_int_equal(base_mkdir_at(env, dir, names[i], 0700), -EINVAL);
	}
	assert_int_equal(symlinkat("/", dir, "f"), 0);
	assert_int_equal(base_open_at(env, dir, "f", O_RDONLY, 0), -ELOOP);
	assert_int_equal(base_open_at(env, dir, "f", O_RDONLY | O_DIRECTORY, 0), -ENOTDIR);
	assert_int_equal(base_stat_at(env, dir, "f", &st), 0);
	assert_true(S_ISLNK(st.mode));
	assert_int_equal(base_mkdir_at(env, dir, "f", 0700), -EEXIST);
	fd = base_open_at(env, dir, "g", O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	base_close(env, fd);
	assert_int_equal(base_rename_at(env, dir, "g", "f"), 0);
	assert_int_equal(base_stat_at(env, dir, "f", &st), 0);
	assert_true(S_ISREG(st.mode));
	assert_int_equal(base_unlink_at(env, dir, "f"), 0);
	assert_int_equal(base_unlink_at(env, dir, "f"), -ENOENT);
	base_close(env, dir);
}

static void the_kth_call_fails_and_nothing_leaks(void **state)
{
	char path[64];

	TEXT(path, "%s/f", (char *)*state);
	close(open(path, O_RDWR | O_CREAT, 0600));
	for (unsigned k = 1;; k++) {
		struct fault_env env = fault_env_nth(base_env_real(), k, -EIO);
		uint8_t *data = NULL;
		size_t n;
		int r = base_read_file(&env.base, path, 10, &data, &n, NULL);

		if (!env.fired || !strcmp(env.fired_in, "close"))
			assert_int_equal(r, 0);
		else
			assert_int_equal(r, -EIO);
		free(data);
		if (!env.fired)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_exclusive_lock_excludes_within_one_process, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_reads_back_whole_or_not_at_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_in_a_directory_leads_nowhere_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_kth_call_fails_and_nothing_leaks, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("base_env", tests, NULL, NULL);
}
