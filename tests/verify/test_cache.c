/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "verify/cache.h"

/*
 * One cache, and everything that can meet in it: the hook runs inside a search or an addition, where another
 * thread would come in between.
 */
enum { ROOM = 4 };

struct item {
	uint64_t key;
	int number;
};

static struct {
	void (*hook)(void); /* runs once, in the next comparison */
	unsigned freed[32]; /* by number */
	struct cache cache;
	CACHE_SPACE(ROOM) space;
	struct cache_slot *slot;
} world;

static bool is(const void *item, const void *key)
{
	void (*hook)(void) = world.hook;

	world.hook = NULL;
	if (hook)
		hook();
	return ((const struct item *)item)->key == *(const uint64_t *)key;
}

static void free_item(void *item)
{
	world.freed[((struct item *)item)->number]++;
	free(item);
}

static const struct cache_kind kind = { is, free_item };

static uint64_t tag_of(uint64_t key)
{
	return key % 1000; /* keys 1000 apart have the same tag */
}

static struct cache_slot *find(uint64_t key)
{
	return cache_find(&world.cache, tag_of(key), &key);
}

/* Whether it is there; not used any further. */
static bool has(uint64_t key)
{
	struct cache_slot *slot = find(key);

	cache_unpin(slot);
	return slot;
}

/* An item that the cache does not take is freed. */
static struct cache_slot *put_pinned(uint64_t key, int number)
{
	struct item *item = malloc(sizeof(*item));
	struct cache_slot *slot;

	assert_non_null(item);
	*item = (struct item){ key, number };
	slot = cache_put(&world.cache, tag_of(key), &key, item);
	if (!slot)
		free(item);
	return slot;
}

static bool put(uint64_t key, int number)
{
	struct cache_slot *slot = put_pinned(key, number);

	cache_unpin(slot);
	return slot;
}

static int set_up(void **state)
{
	memset(&world, 0, sizeof(world));
	memset(&world.space, 0xa5, sizeof(world.space));
	CACHE_INIT(&world.cache, &kind, &world.space);
	return 0;
}

static int tear_down(void **state)
{
	for (size_t i = 0; i < world.cache.filled; i++)
		if (world.space.slots[i].pins != 0)
			return -1;
	cache_done(&world.cache);
	return 0;
}

static void fill(void)
{
	for (int i = 1; i <= ROOM; i++)
		assert_true(put((uint64_t)i, i));
}

static void what_was_put_is_found_by_its_key_alone(void **state)
{
	struct cache_slot *slot;

	assert_null(find(1));
	assert_true(put(1, 1));
	assert_true(put(1001, 2)); /* the same tag */
	slot = find(1001);
	assert_int_equal(((struct item *)slot->item)->number, 2);
	cache_unpin(slot);
	assert_true(has(1));
	assert_false(has(2001));
	assert_false(has(2));
}

static void a_key_is_there_once(void **state)
{
	assert_true(put(1, 1));
	assert_false(put(1, 2));
	assert_int_equal(world.freed[1], 0);
	assert_true(has(1));
}

static void the_one_not_found_for_longest_is_evicted(void **state)
{
	fill();
	for (int i = ROOM + 1; i < 20; i++) {
		assert_true(has(1));
		assert_true(put((uint64_t)i, i));
		assert_int_equal(world.freed[i - ROOM + 1], 1); /* of the others, the first one put */
		assert_int_equal(world.freed[i - ROOM + 2], 0);
	}
	assert_int_equal(world.freed[1], 0);
}

static void the_clock_may_wrap(void **state)
{
	atomic_store(&world.cache.clock, UINT32_MAX - 2);
	fill();
	assert_true(put(5, 5));
	assert_int_equal(world.freed[1], 1);
	assert_true(put(6, 6));
	assert_int_equal(world.freed[2], 1);
}

static void what_is_in_use_is_not_evicted(void **state)
{
	struct cache_slot *slots[ROOM], *again;

	fill();
	for (int i = 0; i < ROOM; i++)
		slots[i] = find((uint64_t)i + 1);
	assert_false(put(5, 5)); /* no room */
	again = find(2);
	cache_unpin(slots[1]);
	assert_false(put(5, 5)); /* of two users one is left */
	cache_unpin(again);
	assert_true(put(5, 5));
	assert_int_equal(world.freed[2], 1);
	assert_int_equal(((struct item *)slots[0]->item)->number, 1);
	for (int i = 0; i < ROOM; i++)
		if (i != 1)
			cache_unpin(slots[i]);
}

static void what_was_put_stays_as_long_as_its_owner_uses_it(void **state)
{
	struct cache_slot *slot = put_pinned(1, 1);

	for (int i = 2; i < 10; i++)
		assert_true(put((uint64_t)i, i));
	assert_int_equal(((struct item *)slot->item)->number, 1);
	cache_unpin(slot);
	assert_true(put(10, 10));
	assert_int_equal(world.freed[1], 1);
}

static void some_item_is_found_if_there_is_one(void **state)
{
	struct cache_slot *slot;

	assert_null(cache_any(&world.cache));
	assert_true(put(7, 7));
	slot = cache_any(&world.cache);
	assert_int_equal(((struct item *)slot->item)->number, 7);
	cache_unpin(slot);
}

static void evict_all(void)
{
	for (int i = 11; i < 11 + 2 * ROOM; i++)
		assert_true(put((uint64_t)i, i));
}

static void a_search_holds_what_it_compares(void **state)
{
	struct cache_slot *slot;

	fill();
	world.hook = evict_all; /* once the search has the slot of 1 */
	slot = find(1);
	assert_non_null(slot);
	assert_int_equal(((struct item *)slot->item)->number, 1);
	assert_int_equal(world.freed[1], 0);
	assert_int_equal(world.freed[2] + world.freed[3] + world.freed[4], 3);
	cache_unpin(slot);
}

static void a_slot_that_changed_hands_before_the_search_got_there_is_no_find(void **state)
{
	assert_true(put(1, 1));
	assert_true(put(1001, 2));
	assert_true(put(3, 3));
	assert_true(put(4, 4));
	world.hook = evict_all; /* while the search looks at 1, in front of 1001 */
	assert_null(find(1001));
	assert_int_equal(world.freed[2], 1);
}

static void find_beside(void)
{
	world.slot = find(2);
	assert_false(put(9, 9)); /* it is not its turn, and does not wait for it */
}

static void beside_an_addition_others_find_but_do_not_add(void **state)
{
	fill();
	world.hook = find_beside;
	assert_true(put(1001, 5)); /* which compares with 1 first */
	assert_int_equal(((struct item *)world.slot->item)->number, 2);
	cache_unpin(world.slot);
	assert_true(put(9, 9)); /* the turn was given back */
}

static void take_the_oldest(void)
{
	world.slot = find(2);
}

static void an_addition_takes_another_slot_than_one_just_found(void **state)
{
	fill();
	assert_true(has(1)); /* 2 is next */
	world.hook = take_the_oldest;
	assert_true(put(1001, 5));
	assert_int_equal(world.freed[2], 0);
	assert_int_equal(world.freed[3], 1);
	cache_unpin(world.slot);
}

/* Between the two steps of another thread's addition. */
static void a_slot_being_changed_is_as_if_it_were_empty(void **state)
{
	struct cache_slot *slot;

	fill();
	for (size_t i = 0; i < ROOM; i++) {
		world.space.slots[i].pins = 1u << 30;
		assert_null(find(i + 1));
		assert_int_equal(world.space.slots[i].pins, 1u << 30);
	}
	assert_null(cache_any(&world.cache));
	assert_false(put(5, 5));
	world.space.slots[2].pins = 0;
	slot = cache_any(&world.cache);
	assert_ptr_equal(slot, &world.space.slots[2]);
	cache_unpin(slot);
	for (size_t i = 0; i < ROOM; i++)
		world.space.slots[i].pins = 0;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_was_put_is_found_by_its_key_alone),
		T(a_key_is_there_once),
		T(the_one_not_found_for_longest_is_evicted),
		T(the_clock_may_wrap),
		T(what_is_in_use_is_not_evicted),
		T(what_was_put_stays_as_long_as_its_owner_uses_it),
		T(some_item_is_found_if_there_is_one),
		T(a_search_holds_what_it_compares),
		T(a_slot_that_changed_hands_before_the_search_got_there_is_no_find),
		T(beside_an_addition_others_find_but_do_not_add),
		T(an_addition_takes_another_slot_than_one_just_found),
		T(a_slot_being_changed_is_as_if_it_were_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
