/* SPDX-License-Identifier: MIT */
#ifndef VMM_RANGES_H
#define VMM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of addresses: [from, to) by address, apart from each other. All zero is the empty set. */
struct ranges {
	struct range {
		uint64_t from, to;
	} * of;
	size_t n, room;
	bool all; /* there was no memory for one more: the set is every address */
};

/* What cannot be added for want of memory makes the set everything, and what cannot be removed stays. */
void ranges_add(struct ranges *r, uint64_t from, uint64_t to);
/*
 * Room for what comes, now: memory that is taken just after an munmap(2) may lie where the VMM maps
 * something next.
 */
void ranges_reserve(struct ranges *r);
void ranges_remove(struct ranges *r, uint64_t from, uint64_t to);
bool ranges_overlap(const struct ranges *r, uint64_t from, uint64_t to);
void ranges_done(struct ranges *r);

#endif
