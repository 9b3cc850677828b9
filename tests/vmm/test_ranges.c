/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "fake_kvm.h"
#include "vmm/private.h"
#include "vmm/ranges.h"
#include "vmm/vmm.h"

const struct vmm_hooks vmm_hooks = { 0 };

/* Small numbers, always the same. */
static unsigned long next_random;

static unsigned random_below(unsigned n)
{
	next_random = next_random * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(next_random >> 33) % n;
}

static int with_memory(void **state)
{
	fake_kvm.mappings_left = -1;
	next_random = 1;
	return 0;
}

static void ranges_are_the_set_that_was_added_and_not_removed(void **state)
{
	enum { MANY = 300 };
	struct ranges r = { 0 };
	bool in[MANY] = { 0 };

	for (unsigned step = 0; step < 20000; step++) {
		unsigned from = random_below(MANY), to = from + random_below(step % 2 ? 3 : 20);
		bool add = random_below(2);

		if (to > MANY)
			to = MANY;
		if (add)
			ranges_add(&r, from, to);
		else
			ranges_remove(&r, from, to);
		for (unsigned i = from; i < to; i++)
			in[i] = add;
		if (step % 50 != 0)
			continue;
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(ranges_overlap(&r, i, i + 1), in[i]);
		for (size_t i = 1; i < r.n; i++)
			assert_true(r.of[i - 1].to <= r.of[i].from && r.of[i].from < r.of[i].to);
	}
	assert_false(r.all);
	ranges_done(&r);
	assert_int_equal(r.n, 0);
}

static void ranges_reach_both_ends_of_the_address_space(void **state)
{
	struct ranges r = { 0 };

	ranges_add(&r, 0, 1);
	ranges_add(&r, UINT64_MAX - 1, UINT64_MAX);
	ranges_add(&r, 7, 7);
	ranges_add(&r, 9, 8);
	assert_int_equal(r.n, 2);
	assert_true(ranges_overlap(&r, 0, UINT64_MAX));
	assert_false(ranges_overlap(&r, 1, UINT64_MAX - 1));
	ranges_remove(&r, 0, UINT64_MAX);
	assert_int_equal(r.n, 0);
	ranges_done(&r);
}

/* Nothing that was added is ever missing. */
static void without_memory_ranges_are_everything_rather_than_too_little(void **state)
{
	struct ranges r = { 0 };
	uint64_t at = 0;

	ranges_add(&r, 0, 1000000);
	fake_kvm.mappings_left = 0;
	for (; r.n < r.room; at += 2) /* each hole makes one more */
		ranges_remove(&r, 10 + at, 11 + at);
	ranges_remove(&r, 10 + at, 11 + at);
	assert_true(ranges_overlap(&r, 10 + at, 11 + at));
	assert_false(r.all);
	ranges_add(&r, 2000000, 2000001);
	assert_true(r.all);
	assert_true(ranges_overlap(&r, 3000000, 3000001));
	ranges_remove(&r, 0, UINT64_MAX);
	assert_true(ranges_overlap(&r, 5, 6));
	fake_kvm.mappings_left = -1;
	ranges_done(&r);
	assert_false(ranges_overlap(&r, 5, 6));
}

#define PAGE  UINT64_C(4096)
#define LEAF  (UINT64_C(1) << 27) /* what the nodes of each level are about */
#define NODE  (UINT64_C(1) << 39)
#define SPACE (UINT64_C(1) << 52)

static void private_pages_are_those_that_were_set_last(void **state)
{
	/* Around the places where nodes end. */
	static const uint64_t bases[] = { 0, LEAF, NODE, 5 * NODE + 3 * LEAF };
	enum { NEAR = 40 };
	struct private_pages p = { 0 };
	bool is[ARRAY_SIZE(bases)][NEAR] = { { 0 } };

	for (unsigned step = 0; step < 3000; step++) {
		size_t b = random_below(ARRAY_SIZE(bases));
		unsigned from = random_below(NEAR), n = random_below(NEAR - from + 1);
		bool is_private = random_below(2);
		uint64_t base = bases[b] - (b > 0 ? NEAR / 2 * PAGE : 0);

		private_set(&p, base + from * PAGE, n * PAGE, is_private);
		for (unsigned i = from; i < from + n; i++)
			is[b][i] = is_private;
		for (unsigned i = 0; i < NEAR; i++)
			assert_int_equal(private_get(&p, base + i * PAGE + random_below(4096)), is[b][i]);
	}
	assert_false(private_get(&p, 100 * PAGE));
	private_done(&p);
	assert_false(private_get(&p, bases[1]));
}

static void whole_ranges_cost_no_memory_and_can_have_holes(void **state)
{
	struct private_pages p = { 0 };

	fake_kvm.mappings_left = 0;
	private_set(&p, 0, SPACE, true);
	assert_true(private_get(&p, 0) && private_get(&p, SPACE - 1));
	fake_kvm.mappings_left = 3; /* a leaf and what leads to it */
	private_set(&p, NODE + 5 * PAGE, PAGE, false);
	private_set(&p, NODE, LEAF / 2, true);
	private_set(&p, NODE + 7 * PAGE, PAGE, false);
	assert_int_equal(fake_kvm.mappings_left, 0);
	assert_true(private_get(&p, NODE + 6 * PAGE));
	assert_false(private_get(&p, NODE + 7 * PAGE));
	assert_true(private_get(&p, NODE + 8 * PAGE));
	assert_true(private_get(&p, NODE - PAGE) && private_get(&p, 2 * NODE));
	private_set(&p, 0, SPACE, false);
	assert_null(p.root);
	assert_false(private_get(&p, NODE));
	fake_kvm.mappings_left = -1;
	/* More than one node of each level at once. */
	private_set(&p, LEAF - PAGE, 3 * NODE + 2 * LEAF, true);
	assert_false(private_get(&p, LEAF - 2 * PAGE));
	assert_true(private_get(&p, LEAF - PAGE) && private_get(&p, 2 * NODE));
	assert_true(private_get(&p, 3 * NODE + 3 * LEAF - 2 * PAGE));
	assert_false(private_get(&p, 3 * NODE + 3 * LEAF - PAGE));
	private_done(&p);
}

static void what_no_guest_can_address_is_private_once_it_was(void **state)
{
	struct private_pages p = { 0 };

	assert_false(private_get(&p, SPACE));
	assert_false(private_get(&p, UINT64_MAX));
	private_set(&p, SPACE - PAGE, UINT64_MAX - SPACE, true); /* up to the end, as far as KVM takes it */
	assert_true(private_get(&p, SPACE - PAGE));
	assert_false(private_get(&p, SPACE - 2 * PAGE));
	assert_true(private_get(&p, SPACE) && private_get(&p, UINT64_MAX));
	private_set(&p, SPACE, PAGE, false);
	assert_true(private_get(&p, SPACE));
	assert_true(private_get(&p, SPACE - PAGE));
	private_done(&p);
}

static void without_memory_everything_is_private_rather_than_too_little(void **state)
{
	for (int left = 0; left < 3; left++) {
		struct private_pages p = { 0 };

		fake_kvm.mappings_left = left;
		private_set(&p, 7 * PAGE, PAGE, true);
		assert_true(private_get(&p, 7 * PAGE));
		assert_true(private_get(&p, 0));
		private_set(&p, 0, SPACE, false);
		assert_false(private_get(&p, 7 * PAGE));
		private_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ROW(NAME) cmocka_unit_test_setup(NAME, with_memory)
		ROW(ranges_are_the_set_that_was_added_and_not_removed),
		ROW(ranges_reach_both_ends_of_the_address_space),
		ROW(without_memory_ranges_are_everything_rather_than_too_little),
		ROW(private_pages_are_those_that_were_set_last),
		ROW(whole_ranges_cost_no_memory_and_can_have_holes),
		ROW(what_no_guest_can_address_is_private_once_it_was),
		ROW(without_memory_everything_is_private_rather_than_too_little),
#undef ROW
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
