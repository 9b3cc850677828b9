/* SPDX-License-Identifier: MIT */
#ifndef VMM_PRIVATE_H
#define VMM_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which pages of a guest are private (KVM_SET_MEMORY_ATTRIBUTES), one bit per page. A guest can convert any
 * pages, so there could be as many ranges as pages, and a VMM may convert the whole address space at once.
 * Therefore the bits are the leaves of a tree, and a uniform part needs no leaf: its pointer is NULL if all
 * of it is shared, PRIVATE_WHOLE if all of it is private. A struct of zeros: everything is shared.
 */
struct private_pages {
	void *root;
	bool beyond; /* memory above 2^52, which no guest can address, was made private */
};

void private_set(struct private_pages *p, uint64_t gpa, uint64_t size, bool is_private);
bool private_get(const struct private_pages *p, uint64_t gpa);
void private_done(struct private_pages *p);

#endif
