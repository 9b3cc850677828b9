/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/installed.h"

enum { PATH_BYTES = 4096 };

/* LIBDIR/jurat of a test, which may have libof-a-test.so. */
struct prefix {
	char libdir[64], jurat[PATH_BYTES], path[PATH_BYTES];
	struct base_library library;
};

static int make_prefix(void **state)
{
	static struct prefix p;

	TEXT(p.libdir, "/tmp/jurat-test-installed-XXXXXX");
	if (!mkdtemp(p.libdir))
		return -1;
	TEXT(p.jurat, "%s/jurat", p.libdir);
	TEXT(p.path, "%s/libof-a-test.so", p.jurat);
	p.library = (struct base_library){ .name = "libof-a-test.so",
					   .in_build = "no-such-directory",
					   .to_libdir = "no-such-directory",
					   .libdir = p.libdir };
	*state = &p;
	return mkdir(p.jurat, 0755);
}

static int remove_prefix(void **state)
{
	const struct prefix *p = *state;

	unlink(p->path);
	rmdir(p->jurat);
	return rmdir(p->libdir);
}

static void the_own_directory_has_this_program(void **state)
{
	auto_free char *own = base_own_directory(), *program = realpath("/proc/self/exe", NULL);

	(void)state;
	assert_non_null(own);
	assert_non_null(program);
	assert_memory_equal(program, own, strlen(own));
	assert_ptr_equal(strrchr(program, '/'), program + strlen(own));
}

static void a_library_that_is_in_none_of_its_places_is_not_installed(void **state)
{
	const struct prefix *p = *state;
	struct jurat_error err;
	char expected[PATH_BYTES], *found = NULL;

	TEXT(expected, "'libof-a-test.so' is not installed: expected in '%s' (reinstall jurat)", p->jurat);
	assert_int_equal(base_library_find(&p->library, &found, &err), -ENOENT);
	assert_string_equal(err.text, expected);
	assert_null(found);
}

static void a_library_is_found_where_it_was_configured_and_first_in_a_build(void **state)
{
	auto_free char *own = base_own_directory(), *program = realpath("/proc/self/exe", NULL);
	struct prefix *p = *state;
	struct base_library in_build = p->library;
	auto_free char *found = NULL, *beside = NULL;

	assert_return_code(close(creat(p->path, 0644)), errno);
	assert_int_equal(base_library_find(&p->library, &found, NULL), 0);
	assert_string_equal(found, p->path);
	in_build.name = program + strlen(own) + 1; /* in the build is this program, for one */
	in_build.in_build = ".";
	assert_int_equal(base_library_find(&in_build, &beside, NULL), 0);
	assert_string_equal(beside, program);
}

/* No other may be taken for it. */
static void a_library_that_cannot_be_reached_is_an_error(void **state)
{
	struct prefix *p = *state;
	struct jurat_error err;
	char *found = NULL;

	assert_return_code(symlink("libof-a-test.so", p->path), errno); /* leads to itself */
	assert_int_equal(base_library_find(&p->library, &found, &err), -ELOOP);
	assert_non_null(strstr(err.text, p->path));
	assert_null(found);
}

static void the_value_of_ld_preload_has_the_library_first_or_last(void **state)
{
	static const struct {
		const char *others;
		bool first;
		const char *expected;
	} cases[] = {
		{ NULL, true, "/l.so" },
		{ NULL, false, "/l.so" },
		{ "", true, "/l.so" },
		{ "", false, "/l.so" },
		{ "/a.so", true, "/l.so:/a.so" },
		{ "/a.so", false, "/a.so:/l.so" },
		{ "a b", true, "/l.so:a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_free char *value = NULL;

		assert_int_equal(base_preload_value("/l.so", cases[i].others, cases[i].first, &value, NULL),
				 0);
		assert_string_equal(value, cases[i].expected);
	}
}

static void a_path_that_the_loader_would_take_for_several_is_refused(void **state)
{
	static const char *const paths[] = { "/my prefix/l.so", "/a:b/l.so" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *value = NULL;

		assert_int_equal(base_preload_value(paths[i], NULL, true, &value, NULL), -EINVAL);
		assert_null(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_own_directory_has_this_program),
		cmocka_unit_test_setup_teardown(a_library_that_is_in_none_of_its_places_is_not_installed,
						make_prefix, remove_prefix),
		cmocka_unit_test_setup_teardown(
			a_library_is_found_where_it_was_configured_and_first_in_a_build, make_prefix,
			remove_prefix),
		cmocka_unit_test_setup_teardown(a_library_that_cannot_be_reached_is_an_error, make_prefix,
						remove_prefix),
		cmocka_unit_test(the_value_of_ld_preload_has_the_library_first_or_last),
		cmocka_unit_test(a_path_that_the_loader_would_take_for_several_is_refused),
	};

	return cmocka_run_group_tests_name("base_installed", tests, NULL, NULL);
}
