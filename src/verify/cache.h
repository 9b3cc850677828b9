/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_CACHE_H
#define VERIFY_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded set of items that never change while they are in it. Any number of threads find and add items at
 * once, and none waits for another: an item in use is not evicted, and an item that cannot be added at this
 * moment stays its caller's (doc/decisions/0058-one-verifier-many-threads.md). Whatever is cached can be made
 * again, so losing a race costs time only.
 */
struct cache_slot {
	/*
	 * How many threads use the item, plus CACHE_CHANGING while it is being replaced. Whoever may use the
	 * item of a slot "pins" it.
	 */
	atomic_uint pins;
	atomic_uint used;  /* the cache's clock when the item was last found */
	void *item;        /* changes only under CACHE_CHANGING */
	uint8_t apart[48]; /* counters of two slots never share a cache line of 64 bytes */
};

struct cache_kind {
	/* Whether it is the item of this key. Reads only what never changes. */
	bool (*is)(const void *item, const void *key);
	void (*free)(void *item);
};

struct cache {
	const struct cache_kind *kind;
	size_t room;
	_Atomic uint64_t *tags; /* of the items in `slots`, so that a search reads no counter */
	struct cache_slot *slots;
	atomic_size_t filled; /* the first slots, which have items */
	atomic_uint clock;    /* how many items were added; wraps */
	atomic_bool changing; /* a thread is adding an item */
};

/*
 * Memory for `n` items, apart from the cache so that it needs no allocation. The cache writes each slot
 * before it reads it: pages of slots that are never used cost nothing.
 */
#define CACHE_SPACE(n)                                                                                       \
	struct {                                                                                             \
		_Atomic uint64_t tags[n];                                                                    \
		struct cache_slot slots[n];                                                                  \
	}

/* space   of any contents; must live as long as the cache */
#define CACHE_INIT(cache, kind, space)                                                                       \
	cache_init(cache, kind, (space)->tags, (space)->slots,                                               \
		   sizeof((space)->tags) / sizeof((space)->tags[0]))
void cache_init(struct cache *cache, const struct cache_kind *kind, _Atomic uint64_t *tags,
		struct cache_slot *slots, size_t room);
/* Frees all items. Nobody else may use the cache. */
void cache_done(struct cache *cache);

/* What narrows a search: the first bytes of a digest, or of anything that seldom repeats. */
uint64_t cache_tag(const uint8_t bytes[8]);

/* Finds the item of a key and pins it. NULL: not in the cache, or being added or evicted right now. */
struct cache_slot *cache_find(struct cache *cache, uint64_t tag, const void *key);
/* Pins some item. NULL: there is none at this moment. */
struct cache_slot *cache_any(struct cache *cache);
/* slot   NULL: none */
void cache_unpin(struct cache_slot *slot);

/*
 * Adds an item, takes ownership, and pins it; evicts one that has not been found for longest. NULL: the
 * caller keeps the item, because the cache has one of this key, every slot is in use, or another thread is
 * adding.
 */
struct cache_slot *cache_put(struct cache *cache, uint64_t tag, const void *key, void *item);

#endif
