/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/temp.h"

/* The directory of a run: which ones the next run removes. */
static char below[64];

static int set_up(void **state)
{
	strcpy(below, "/tmp/jurat-test-temp-XXXXXX");
	return mkdtemp(below) && setenv("TMPDIR", below, 1) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	run_temp_remove(below);
	return 0;
}

static void make(const char *name, mode_t directory, char path[PATH_MAX])
{
	test_text(path, PATH_MAX, "%s/%s", below, name);
	if (directory)
		assert_int_equal(mkdir(path, 0700), 0);
	else
		assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0600)), 0);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void run_once(void)
{
	struct run_temp temp;
	char path[PATH_MAX];

	assert_int_equal(run_temp_new(&temp, NULL), 0);
	assert_true(is_there(temp.path));
	strcpy(path, temp.path);
	run_temp_done(&temp);
	assert_false(is_there(path));
}

static void what_a_killed_run_left_is_removed_with_its_contents(void **state)
{
	char left[PATH_MAX], mark[PATH_MAX], roots[PATH_MAX], file[PATH_MAX], empty[PATH_MAX];

	make("jurat-run-bbbbbb", 0700, empty); /* killed before it wrote the mark */
	make("jurat-run-aaaaaa", 0700, left);
	make("jurat-run-aaaaaa/.jurat-run", 0, mark);
	make("jurat-run-aaaaaa/roots", 0700, roots);
	make("jurat-run-aaaaaa/roots/file", 0, file);
	run_once();
	assert_false(is_there(left));
	assert_false(is_there(empty));
}

static void a_directory_that_a_user_named_so_is_kept(void **state)
{
	char named[PATH_MAX], file[PATH_MAX];

	make("jurat-run-output", 0700, named);
	make("jurat-run-output/report.bin", 0, file);
	run_once();
	assert_true(is_there(file));
}

static void the_directory_of_a_run_that_lives_is_kept(void **state)
{
	struct run_temp alive;
	char path[PATH_MAX];

	assert_int_equal(run_temp_new(&alive, NULL), 0);
	strcpy(path, alive.path);
	run_once();
	assert_true(is_there(path));
	close(alive.lock); /* as the kernel does when the last of its processes ends */
	free(alive.path);
	run_once();
	assert_false(is_there(path));
}

static void nothing_else_is_removed(void **state)
{
	char target[PATH_MAX], link[PATH_MAX], file[PATH_MAX], other[PATH_MAX], owned[PATH_MAX];

	make("kept", 0700, target);
	make("jurat-run-file", 0, file);
	make("jurat-runs", 0700, other);
	TEXT(link, "%s/jurat-run-link", below);
	assert_int_equal(symlink(target, link), 0);
	make("jurat-run-another-s", 0700, owned);
	if (geteuid() == 0)
		assert_int_equal(chown(owned, 65534, 65534), 0);
	run_once();
	assert_true(is_there(target) && is_there(file) && is_there(other) && is_there(link));
	assert_int_equal(is_there(owned), geteuid() == 0);
}

static void a_directory_for_temporary_files_that_is_not_there_is_an_error(void **state)
{
	struct run_temp temp = { .path = NULL };
	struct jurat_error err = { "" };

	setenv("TMPDIR", "/nonexistent/directory", 1);
	assert_int_equal(run_temp_new(&temp, &err), -ENOENT);
	assert_string_equal(err.text,
			    "cannot make a directory in '/nonexistent/directory': No such file or directory");
	assert_null(temp.path);
	run_temp_done(&temp);
	setenv("TMPDIR", below, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_killed_run_left_is_removed_with_its_contents),
		cmocka_unit_test(a_directory_that_a_user_named_so_is_kept),
		cmocka_unit_test(the_directory_of_a_run_that_lives_is_kept),
		cmocka_unit_test(nothing_else_is_removed),
		cmocka_unit_test(a_directory_for_temporary_files_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests_name("temp", tests, set_up, tear_down);
}
