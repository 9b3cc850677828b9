/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WIRE_WIRE_TEST_H
#define TESTS_WIRE_WIRE_TEST_H

#include "support/test.h"

/* Bytes that differ between calls but not between runs (xorshift64). */
static inline void fill(uint64_t *seed, void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		((uint8_t *)p)[i] = (uint8_t)(*seed >> 24);
	}
}

#endif
