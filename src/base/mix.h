/* SPDX-License-Identifier: MIT */
#ifndef BASE_MIX_H
#define BASE_MIX_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers for programs that search and measure, the same on every machine. Not for secrets, nor for tables of
 * what an attacker chooses (daemon/name_hash.h).
 */

/* The next of a seed's numbers: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
uint64_t base_next_number(uint64_t *seed);

/*
 * A digest of 128 bits over everything that was added, in order. Zero-initialised: of nothing. What is added
 * has no end of its own: add lengths where they vary.
 */
struct base_mix {
	uint64_t a, b;
};
void base_mix_u64(struct base_mix *mix, uint64_t value);
void base_mix_bytes(struct base_mix *mix, const void *from, size_t n); /* with their number */
void base_mix_text(struct base_mix *mix, const char *text);            /* NULL is another than "" */

#endif
