/* SPDX-License-Identifier: MIT */
#ifndef VMM_PRIVATE_H
#define VMM_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which pages of a guest are private (KVM_SET_MEMORY_ATTRIBUTES), one bit a page. A guest converts pages as
 * it likes, so that ranges could be as many as pages; and a VMM may convert everything at once, up to the
 * end of the address space. So the bits are the leaves of a tree, and what is the same all over needs no
 * leaf: a pointer is NULL, all shared, or PRIVATE_WHOLE, all private. All zero: everything is shared.
 */
struct private_pages {
	void *root;
	bool beyond; /* something above 2^52, which no guest can address, was made private */
};

void private_set(struct private_pages *p, uint64_t gpa, uint64_t size, bool is_private);
bool private_get(const struct private_pages *p, uint64_t gpa);
void private_done(struct private_pages *p);

#endif
