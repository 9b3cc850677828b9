/* SPDX-License-Identifier: MIT */
#ifndef VMM_RANGES_H
#define VMM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of addresses: sorted, disjoint ranges [from, to). A struct of zeros is the empty set. */
struct ranges {
	struct range {
		uint64_t from, to;
	} * of;
	size_t n, room;
	bool all; /* there was no memory for another range: the set has every address */
};

/* Without memory, ranges_add() adds every address, and ranges_remove() removes nothing. */
void ranges_add(struct ranges *r, uint64_t from, uint64_t to);
/*
 * Allocates room for later additions. Memory that is allocated right after an munmap(2) might take the
 * addresses that the VMM maps next.
 */
void ranges_reserve(struct ranges *r);
void ranges_remove(struct ranges *r, uint64_t from, uint64_t to);
bool ranges_overlap(const struct ranges *r, uint64_t from, uint64_t to);
void ranges_done(struct ranges *r);

#endif
