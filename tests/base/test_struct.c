/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/struct.h"

/* One struct in three releases: the library has the second. */
struct first {
	size_t size;
	uint64_t a;
};

struct second {
	size_t size;
	uint64_t a, b;
	uint32_t c, d;
};

struct third {
	size_t size;
	uint64_t a, b;
	uint32_t c, d;
	uint64_t e;
};

/* As a caller of another release has it: the compiler knows one name, the library goes by the size. */
static int take(struct second *to, const void *from, struct jurat_error *err)
{
	const struct second *caller = from;

	return base_struct_take(to, caller, a, "struct second", err);
}

static void give(void *to, const struct second *from)
{
	struct second *caller = to;

	base_struct_give(caller, from);
}

static void what_an_older_caller_lacks_is_zero(void **state)
{
	struct first old = { sizeof(old), 7 };
	struct second mine;

	memset(&mine, 0xff, sizeof(mine));
	assert_int_equal(take(&mine, &old, NULL), 0);
	assert_true(mine.size == sizeof(mine) && mine.a == 7 && mine.b == 0 && mine.c == 0 && mine.d == 0);
}

static void an_older_caller_gets_what_it_has_room_for(void **state)
{
	struct {
		struct first caller;
		uint8_t behind[64];
	} old = { .caller = { sizeof(old.caller), 7 } };
	struct second mine = { 0, 1, 2, 3, 4 };

	memset(old.behind, 0x5a, sizeof(old.behind));
	give(&old.caller, &mine);
	assert_true(old.caller.size == sizeof(old.caller) && old.caller.a == 1);
	assert_true(bytes_all(old.behind, sizeof(old.behind), 0x5a));
}

static void a_newer_caller_keeps_what_only_it_knows(void **state)
{
	struct third new = { sizeof(new), 7, 7, 7, 7, 0 };
	struct second mine;

	assert_int_equal(take(&mine, &new, NULL), 0);
	assert_true(mine.size == sizeof(mine) && mine.b == 7 && mine.d == 7);
	mine = (struct second){ 0, 1, 2, 3, 4 };
	give(&new, &mine);
	assert_true(new.size == sizeof(new) && new.a == 1 && new.b == 2 && new.c == 3 && new.d == 4);
	assert_int_equal(new.e, 0);
}

static void what_is_wrong_is_said_and_nothing_changes(void **state)
{
	static const struct {
		struct third from;
		int result;
		const char *text;
	} rows[] = {
		{ { 0 }, -EINVAL, "size 0, expected 32" },
		{ { 8 }, -EINVAL, "size 8, expected 32" }, /* without `a`, which has no default */
		{ { 28 }, -EINVAL, "size 28, expected 32" },
		{ { 40, 0, 0, 0, 0, 1 }, -E2BIG, "behind its first 32 bytes" },
		{ { 4104 }, -E2BIG, "size 4104" },
	};
	struct jurat_error err = { "" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct second mine = { 1, 2, 3, 4, 5 };

		assert_int_equal(take(&mine, &rows[i].from, &err), rows[i].result);
		assert_true(mine.size == 1 && mine.a == 2 && mine.d == 5);
		if (!strstr(err.text, rows[i].text) || !strstr(err.text, "struct second"))
			FAIL_BECAUSE("'%s' does not say '%s'", err.text, rows[i].text);
	}
	assert_int_equal(take(&(struct second){ 0 }, NULL, &err), -EINVAL);
}

static void no_struct_is_all_defaults_where_no_member_is_needed(void **state)
{
	const struct second *none = NULL;
	struct second mine;

	memset(&mine, 0xff, sizeof(mine));
	assert_int_equal(base_struct_take(&mine, none, size, "struct second", NULL), 0);
	assert_true(mine.size == sizeof(mine) && mine.a == 0 && mine.d == 0);
}

/* A size that was never set, at the end of a page: whoever believes it reads the next one. */
static void a_wild_size_is_not_followed(void **state)
{
	static const size_t sizes[] = { 4104, 1ull << 32, SIZE_MAX - 7 };
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct second mine;

	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		memcpy(pages + 4096 - sizeof(sizes[i]), &sizes[i], sizeof(sizes[i]));
		assert_int_equal(take(&mine, pages + 4096 - sizeof(sizes[i]), NULL), -E2BIG);
	}
	munmap(pages, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_older_caller_lacks_is_zero),
		cmocka_unit_test(an_older_caller_gets_what_it_has_room_for),
		cmocka_unit_test(a_newer_caller_keeps_what_only_it_knows),
		cmocka_unit_test(what_is_wrong_is_said_and_nothing_changes),
		cmocka_unit_test(no_struct_is_all_defaults_where_no_member_is_needed),
		cmocka_unit_test(a_wild_size_is_not_followed),
	};

	return cmocka_run_group_tests_name("struct", tests, NULL, NULL);
}
