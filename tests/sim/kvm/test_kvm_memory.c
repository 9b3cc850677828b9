/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "sim/kvm/kvm_memory.h"

enum { PAGES = 200 };

static struct kvm_memory start(void)
{
	struct kvm_memory m;

	kvm_memory_init(&m, PAGES);
	return m;
}

static void memory_reads_zero_until_written_and_keeps_what_is_written(void **state)
{
	struct kvm_memory m = start();
	uint8_t wrote[3 * 4096 + 7], got[sizeof(wrote)];

	for (size_t i = 0; i < sizeof(wrote); i++)
		wrote[i] = (uint8_t)(i * 7 + 1);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, 4090, got, sizeof(got)), 0);
	assert_true(bytes_all(got, sizeof(got), 0));
	assert_int_equal(m.n_chunks, 0);
	/* Across pages and across a block of bookkeeping (page 64). */
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, 63 * 4096 - 5, wrote, sizeof(wrote)), 0);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, 63 * 4096 - 5, got, sizeof(got)), 0);
	assert_memory_equal(got, wrote, sizeof(got));
	kvm_memory_done(&m);
}

static void zeros_written_to_untouched_memory_take_no_room(void **state)
{
	struct kvm_memory m = start();
	uint8_t zeros[4096] = { 0 };

	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, 0, zeros, sizeof(zeros)), 0);
	assert_int_equal(m.n_chunks, 0);
	kvm_memory_done(&m);
}

static void accesses_outside_ram_and_wrapping_ones_are_refused(void **state)
{
	static const struct {
		uint64_t gpa;
		size_t n;
		int r;
	} cases[] = {
		{ PAGES * 4096 - 1, 1, 0 },
		{ PAGES * 4096 - 1, 2, -EFAULT },
		{ PAGES * 4096, 1, -EFAULT },
		{ 0, PAGES * 4096 + 1, -EFAULT },
		{ UINT64_MAX, 1, -EFAULT },
		{ UINT64_MAX, 2, -EFAULT },
		{ UINT64_MAX - 4095, 4096, -EFAULT },
		{ 4096, SIZE_MAX, -EFAULT },
		{ 4096, SIZE_MAX - 4095, -EFAULT },
		{ UINT64_C(1) << 63, 8, -EFAULT },
		{ UINT64_MAX, 0, 0 },
	};
	struct kvm_memory m = start();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(kvm_memory_check(&m, KVM_VIEW_GUEST, cases[i].gpa, cases[i].n), cases[i].r);
	kvm_memory_done(&m);
}

static void the_host_sees_shared_pages_only_and_nothing_is_partly_done(void **state)
{
	struct kvm_memory m = start();
	uint8_t two[8192], got[8192];

	memset(two, 0x77, sizeof(two));
	memset(got, 0x11, sizeof(got));
	assert_int_equal(kvm_memory_set_shared(&m, 4096, 1, true), 0);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_HOST, 4096, two, 4096), 0);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_HOST, 4096, two, 4097), -EFAULT);
	memset(two, 0x88, sizeof(two));
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_HOST, 4095, two, 2), -EFAULT);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_HOST, 4096, two, 8192), -EFAULT);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_HOST, 4096, got, 8192), -EFAULT);
	assert_true(bytes_all(got, sizeof(got), 0x11));
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, 4096, got, 8192), 0);
	assert_true(bytes_all(got, 4096, 0x77));
	assert_true(bytes_all(got + 4096, 4096, 0));
	kvm_memory_done(&m);
}

static void behind_private_pages_the_slot_has_its_own(void **state)
{
	struct kvm_memory m = start();
	uint8_t byte = 0, *page;

	assert_int_equal(kvm_memory_set_shared(&m, 8192, 1, true), 0);
	for (uint64_t gpa = 4096; gpa <= 8192; gpa += 4096) { /* a private page and a shared one */
		assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, gpa, "g", 1), 0);
		assert_int_equal(kvm_memory_read(&m, KVM_VIEW_SLOT, gpa, &byte, 1), 0);
		assert_int_equal(byte, gpa == 4096 ? 0 : 'g');
		assert_int_equal(kvm_memory_write(&m, KVM_VIEW_SLOT, gpa, "s", 1), 0);
		assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, gpa, &byte, 1), 0);
		assert_int_equal(byte, gpa == 4096 ? 'g' : 's');
		page = kvm_memory_map(&m, gpa);
		assert_non_null(page);
		assert_int_equal(*page, 's');
		assert_int_equal(kvm_memory_read(&m, KVM_VIEW_HOST, gpa, &byte, 1),
				 gpa == 4096 ? -EFAULT : 0);
	}
	/* Both are gone when the state changes. */
	assert_int_equal(kvm_memory_set_shared(&m, 4096, 1, true), 0);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_SLOT, 4096, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(kvm_memory_set_shared(&m, 4096, 1, false), 0);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_SLOT, 4096, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_SLOT, PAGES * 4096, "s", 1), -EFAULT);
	kvm_memory_done(&m);
}

static void a_page_that_changes_state_is_zero_and_one_that_does_not_is_kept(void **state)
{
	struct kvm_memory m = start();
	uint8_t byte = 0x42;

	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, 8192, &byte, 1), 0);
	assert_int_equal(kvm_memory_set_shared(&m, 8192, 1, false), 0);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, 8192, &byte, 1), 0);
	assert_int_equal(byte, 0x42);
	assert_int_equal(kvm_memory_set_shared(&m, 8192, 1, true), 0);
	assert_int_equal(kvm_memory_read(&m, KVM_VIEW_HOST, 8192, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_null(kvm_memory_map(&m, 8193)); /* shared, but no page begins there */
	/* Back to private, with all its neighbours. */
	for (uint64_t p = 0; p < PAGES; p++)
		assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, p * 4096 + 9, "x", 1), 0);
	assert_int_equal(kvm_memory_set_shared(&m, 0, PAGES, true), 0);
	for (uint64_t p = 0; p < PAGES; p++) {
		assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, p * 4096 + 9, &byte, 1), 0);
		assert_int_equal(byte, p == 2 ? 'x' : 0); /* page 2 was shared already */
	}
	kvm_memory_done(&m);
}

static void a_range_of_pages_changes_exactly(void **state)
{
	static const struct {
		uint64_t first, n;
	} cases[] = { { 0, 1 },   { 0, 64 },   { 0, 65 },    { 63, 2 }, { 1, 62 },
		      { 64, 64 }, { 10, 150 }, { 0, PAGES }, { 5, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kvm_memory m = start();

		assert_int_equal(kvm_memory_set_shared(&m, cases[i].first * 4096, cases[i].n, true), 0);
		for (uint64_t p = 0; p < PAGES; p++) {
			bool in = p >= cases[i].first && p - cases[i].first < cases[i].n;

			assert_int_equal(kvm_memory_check(&m, KVM_VIEW_HOST, p * 4096, 4096),
					 in ? 0 : -EFAULT);
			assert_non_null(kvm_memory_map(&m, p * 4096));
		}
		assert_int_equal(kvm_memory_set_shared(&m, 0, PAGES, false), 0);
		for (uint64_t p = 0; p < PAGES; p++)
			assert_int_equal(kvm_memory_check(&m, KVM_VIEW_HOST, p * 4096, 1), -EFAULT);
		kvm_memory_done(&m);
	}
}

static void bad_ranges_change_nothing(void **state)
{
	struct kvm_memory m = start();

	assert_int_equal(kvm_memory_set_shared(&m, 1, 1, true), -EINVAL);
	assert_int_equal(kvm_memory_set_shared(&m, PAGES * 4096, 1, true), -EFAULT);
	assert_int_equal(kvm_memory_set_shared(&m, 4096, PAGES, true), -EFAULT);
	assert_int_equal(kvm_memory_set_shared(&m, 4096, UINT64_MAX, true), -EFAULT);
	assert_int_equal(kvm_memory_set_shared(&m, UINT64_MAX - 4095, 2, true), -EFAULT);
	assert_int_equal(m.n_chunks, 0);
	assert_null(kvm_memory_map(&m, 1));
	assert_null(kvm_memory_map(&m, UINT64_MAX - 4095));
	kvm_memory_done(&m);
}

static void blocks_of_any_order_are_found_again(void **state)
{
	struct kvm_memory m;

	kvm_memory_init(&m, KVM_MEMORY_MAX_PAGES);
	for (uint64_t i = 0; i < 300; i++) {
		uint64_t at = i * 7919 % 300 << 30;

		assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, at, &(uint64_t){ at + 1 }, 8), 0);
	}
	for (uint64_t i = 0; i < 300; i++) {
		uint64_t got;

		assert_int_equal(kvm_memory_read(&m, KVM_VIEW_GUEST, i << 30, &got, 8), 0);
		assert_int_equal(got, (i << 30) + 1);
	}
	assert_int_equal(kvm_memory_check(&m, KVM_VIEW_GUEST, UINT64_C(1) << 52, 1), -EFAULT);
	kvm_memory_done(&m);
}

static struct base_mix mix_of(struct kvm_memory *m)
{
	struct base_mix mix = { 0 };

	kvm_memory_mix(m, &mix);
	return mix;
}

/* Guest and slot have two memories where a page is private, and one where it is shared. */
static void the_digest_knows_both_memories_of_a_page(void **state)
{
	static const uint8_t one[1] = { 1 };
	struct base_mix seen[5];
	struct kvm_memory m;

	kvm_memory_init(&m, 4);
	seen[0] = mix_of(&m);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_GUEST, 0, one, 1), 0);
	seen[1] = mix_of(&m);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_SLOT, 0, one, 1), 0);
	seen[2] = mix_of(&m);
	*kvm_memory_map(&m, 0) = 2;
	seen[3] = mix_of(&m);
	assert_int_equal(kvm_memory_set_shared(&m, 0, 1, true), 0);
	seen[4] = mix_of(&m);
	for (size_t a = 0; a < ARRAY_SIZE(seen); a++)
		for (size_t b = 0; b < a; b++)
			assert_true(seen[a].a != seen[b].a && seen[a].b != seen[b].b);
	assert_int_equal(kvm_memory_set_shared(&m, 0, 1, false), 0);
	assert_true(mix_of(&m).a == seen[0].a && mix_of(&m).b == seen[0].b);
	assert_int_equal(kvm_memory_write(&m, KVM_VIEW_SLOT, 0, one, 1), 0);
	assert_true(mix_of(&m).a != seen[1].a); /* not the guest's */
	kvm_memory_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_reads_zero_until_written_and_keeps_what_is_written),
		cmocka_unit_test(zeros_written_to_untouched_memory_take_no_room),
		cmocka_unit_test(accesses_outside_ram_and_wrapping_ones_are_refused),
		cmocka_unit_test(the_host_sees_shared_pages_only_and_nothing_is_partly_done),
		cmocka_unit_test(behind_private_pages_the_slot_has_its_own),
		cmocka_unit_test(a_page_that_changes_state_is_zero_and_one_that_does_not_is_kept),
		cmocka_unit_test(a_range_of_pages_changes_exactly),
		cmocka_unit_test(bad_ranges_change_nothing),
		cmocka_unit_test(blocks_of_any_order_are_found_again),
		cmocka_unit_test(the_digest_knows_both_memories_of_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
