/* SPDX-License-Identifier: MIT */
#include "verify/cache.h"

#include "base/bytes.h"

/*
 * Why this is safe, slot by slot:
 *
 * - `item` changes only in the thread that moved `pins` from 0 to CACHE_CHANGING. It is read by threads that
 *   found `pins` below CACHE_CHANGING when they added theirs, and by the thread that holds `changing`, the
 *   only one that changes items.
 * - A reader's fetch_add (acquire) reads what the writer's fetch_sub (release) wrote, or a value that other
 *   read-modify-writes made of it: so it sees the item that the writer stored, and all of its contents.
 * - A writer's compare-and-swap (acquire) from 0 reads what the last reader's fetch_sub (release) wrote, or
 *   the same: so everything that readers did with the old item comes before it is freed.
 * - A reader that finds CACHE_CHANGING takes its one back and goes on as if the item were not there. While it
 *   is added, a writer does not find 0, and takes another slot.
 * - `filled` is raised (release) after the slot's first item is there, and read (acquire) before the slot is
 *   touched: no reader finds a slot that never had one.
 *
 * Tags and times of use are hints: an old one makes a search miss an item, or evicts another one.
 */
enum { CACHE_CHANGING = 1u << 30, CACHE_TRIES = 4 };

void cache_init(struct cache *cache, const struct cache_kind *kind, _Atomic uint64_t *tags,
		struct cache_slot *slots, size_t room)
{
	*cache = (struct cache){ .kind = kind, .room = room, .tags = tags, .slots = slots };
}

void cache_done(struct cache *cache)
{
	for (size_t i = 0; i < cache->filled; i++)
		cache->kind->free(cache->slots[i].item);
	cache->filled = 0;
}

uint64_t cache_tag(const uint8_t bytes[8])
{
	return bytes_get_le(bytes, 8);
}

/* How many slots a search looks at; they have items, or are changing from one to another. */
static size_t filled(const struct cache *cache)
{
	return atomic_load_explicit(&cache->filled, memory_order_acquire);
}

static bool pin(struct cache_slot *slot)
{
	if (atomic_fetch_add_explicit(&slot->pins, 1, memory_order_acquire) < CACHE_CHANGING)
		return true;
	atomic_fetch_sub_explicit(&slot->pins, 1, memory_order_relaxed);
	return false;
}

void cache_unpin(struct cache_slot *slot)
{
	if (slot)
		atomic_fetch_sub_explicit(&slot->pins, 1, memory_order_release);
}

struct cache_slot *cache_find(struct cache *cache, uint64_t tag, const void *key)
{
	for (size_t i = 0, n = filled(cache); i < n; i++) {
		struct cache_slot *slot = &cache->slots[i];
		unsigned now;

		if (atomic_load_explicit(&cache->tags[i], memory_order_relaxed) != tag || !pin(slot))
			continue;
		if (!cache->kind->is(slot->item, key)) {
			cache_unpin(slot);
			continue;
		}
		now = atomic_load_explicit(&cache->clock, memory_order_relaxed);
		atomic_store_explicit(&slot->used, now, memory_order_relaxed);
		return slot;
	}
	return NULL;
}

struct cache_slot *cache_any(struct cache *cache)
{
	for (size_t i = 0, n = filled(cache); i < n; i++) {
		if (pin(&cache->slots[i]))
			return &cache->slots[i];
	}
	return NULL;
}

/* Under `changing`, where items stay as they are. */
static bool has(const struct cache *cache, uint64_t tag, const void *key)
{
	for (size_t i = 0, n = filled(cache); i < n; i++) {
		if (atomic_load_explicit(&cache->tags[i], memory_order_relaxed) == tag &&
		    cache->kind->is(cache->slots[i].item, key))
			return true;
	}
	return false;
}

/* The first slot that never had an item: nobody else touches it. */
static struct cache_slot *fresh(struct cache *cache)
{
	struct cache_slot *slot = &cache->slots[filled(cache)];

	atomic_init(&slot->pins, 0);
	atomic_init(&slot->used, 0);
	slot->item = NULL;
	return slot;
}

/* The slot to fill next: an empty one, else the one not found for longest. NULL: all are in use. */
static struct cache_slot *oldest(struct cache *cache)
{
	unsigned now = atomic_load_explicit(&cache->clock, memory_order_relaxed), most = 0;
	struct cache_slot *ret = NULL;

	if (filled(cache) < cache->room)
		return fresh(cache);
	for (size_t i = 0; i < cache->room; i++) {
		struct cache_slot *slot = &cache->slots[i];
		unsigned age = now - atomic_load_explicit(&slot->used, memory_order_relaxed);

		if (atomic_load_explicit(&slot->pins, memory_order_relaxed) == 0 && (!ret || age > most)) {
			ret = slot;
			most = age;
		}
	}
	return ret;
}

/* Takes a slot away from readers. */
static struct cache_slot *take(struct cache *cache)
{
	for (int i = 0; i < CACHE_TRIES; i++) {
		struct cache_slot *slot = oldest(cache);
		unsigned none = 0;

		if (!slot)
			break;
		if (atomic_compare_exchange_strong_explicit(&slot->pins, &none, CACHE_CHANGING,
							    memory_order_acquire, memory_order_relaxed))
			return slot;
	}
	return NULL;
}

struct cache_slot *cache_put(struct cache *cache, uint64_t tag, const void *key, void *item)
{
	struct cache_slot *slot = NULL;
	void *old = NULL;

	if (atomic_exchange_explicit(&cache->changing, true, memory_order_acquire))
		return NULL;
	if (!has(cache, tag, key))
		slot = take(cache);
	if (slot) {
		size_t i = (size_t)(slot - cache->slots);
		unsigned now = atomic_fetch_add_explicit(&cache->clock, 1, memory_order_relaxed) + 1;

		old = slot->item;
		slot->item = item;
		atomic_store_explicit(&cache->tags[i], tag, memory_order_relaxed);
		atomic_store_explicit(&slot->used, now, memory_order_relaxed);
		/* Our own pin stays. */
		atomic_fetch_sub_explicit(&slot->pins, CACHE_CHANGING - 1, memory_order_release);
		if (i == filled(cache))
			atomic_store_explicit(&cache->filled, i + 1, memory_order_release);
	}
	atomic_store_explicit(&cache->changing, false, memory_order_release);
	if (old)
		cache->kind->free(old);
	return slot;
}
