/* SPDX-License-Identifier: MIT */
#include "vmm/private.h"

#include <stddef.h>

#include "vmm/next.h"

/* A node of level 0 has bits, of the others pointers; `pages` are all that it is about. */
static const struct level {
	unsigned shift; /* log2 of the pages of one bit or pointer */
	uint64_t n, bytes;
} levels[] = {
	{ 0, 1u << 15, (1u << 15) / 8 }, /* 128 MiB in 4 KiB */
	{ 15, 1u << 12, (1u << 12) * sizeof(void *) },
	{ 27, 1u << 13, (1u << 13) * sizeof(void *) },
};
enum { TOP = 2 };
#define ALL_PAGES (UINT64_C(1) << 40)

static char whole;
#define PRIVATE_WHOLE ((void *)&whole)

static void free_node(void *node, unsigned level)
{
	void **children = node;

	if (!node || node == PRIVATE_WHOLE)
		return;
	for (uint64_t i = 0; level > 0 && i < levels[level].n; i++)
		free_node(children[i], level - 1);
	next_pages_free(node, levels[level].bytes);
}

static void *new_node(unsigned level, bool is_private)
{
	void *node = next_pages(levels[level].bytes);

	if (!node || !is_private)
		return node;
	for (uint64_t i = 0; i < levels[level].bytes / 8; i++)
		if (level == 0)
			((uint64_t *)node)[i] = UINT64_MAX;
		else
			((void **)node)[i] = PRIVATE_WHOLE;
	return node;
}

/* Pages [from, to) of the node at `*at`; false: there is no memory for a node. */
static bool set(void **at, unsigned level, uint64_t from, uint64_t to, bool is_private)
{
	const struct level *l = &levels[level];
	uint64_t one = UINT64_C(1) << l->shift;

	if (from == 0 && to == l->n << l->shift) {
		free_node(*at, level);
		*at = is_private ? PRIVATE_WHOLE : NULL;
		return true;
	}
	if (!*at || *at == PRIVATE_WHOLE) {
		void *node;

		if ((*at != NULL) == is_private)
			return true;
		node = new_node(level, *at != NULL);
		if (!node)
			return false;
		*at = node;
	}
	for (uint64_t i = from >> l->shift; i << l->shift < to; i++) {
		uint64_t base = i << l->shift;
		uint64_t bit = UINT64_C(1) << i % 64, *word = (uint64_t *)*at + i / 64;

		if (level == 0)
			*word = is_private ? *word | bit : *word & ~bit;
		else if (!set((void **)*at + i, level - 1, from > base ? from - base : 0,
			      to - base < one ? to - base : one, is_private))
			return false;
	}
	return true;
}

void private_set(struct private_pages *p, uint64_t gpa, uint64_t size, bool is_private)
{
	uint64_t from = gpa >> 12, n = size >> 12;

	if (from >= ALL_PAGES || n > ALL_PAGES - from) {
		p->beyond |= is_private;
		if (from >= ALL_PAGES)
			return;
		n = ALL_PAGES - from;
	}
	if (n > 0 && !set(&p->root, TOP, from, from + n, is_private)) { /* rather all than one too few */
		free_node(p->root, TOP);
		p->root = PRIVATE_WHOLE;
	}
}

bool private_get(const struct private_pages *p, uint64_t gpa)
{
	uint64_t page = gpa >> 12;
	void *node = p->root;

	if (page >= ALL_PAGES)
		return p->beyond;
	for (unsigned level = TOP; node && node != PRIVATE_WHOLE; level--) {
		uint64_t i = (page >> levels[level].shift) % levels[level].n;

		if (level == 0)
			return ((uint64_t *)node)[i / 64] >> i % 64 & 1;
		node = ((void **)node)[i];
	}
	return node == PRIVATE_WHOLE;
}

void private_done(struct private_pages *p)
{
	free_node(p->root, TOP);
	*p = (struct private_pages){ 0 };
}
