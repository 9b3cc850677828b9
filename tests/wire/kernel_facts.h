/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WIRE_KERNEL_FACTS_H
#define TESTS_WIRE_KERNEL_FACTS_H

#include <stddef.h>

/*
 * What the installed kernel headers say, from a file of its own: their structs have the names of ours.
 * Without those headers there are no facts.
 */
struct kernel_fact {
	const char *layout, *field; /* field NULL: the size of the whole */
	size_t value;
};

extern const struct kernel_fact kernel_facts[];
extern const size_t kernel_n_facts;
extern const unsigned long kernel_ioctls[4]; /* GET_REPORT, GET_DERIVED_KEY, GET_EXT_REPORT, SEV_ISSUE_CMD */

#endif
