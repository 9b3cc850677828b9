/* SPDX-License-Identifier: MIT */
#include "base/mix.h"

#include <string.h>

/* The constants and the finaliser of SplitMix64, whose every bit of input changes half the bits of output. */
static uint64_t spread(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t base_next_number(uint64_t *seed)
{
	return spread(*seed += UINT64_C(0x9e3779b97f4a7c15));
}

/*
 * Both halves are permutations of the value for a given state, and of the state for a given value, so that
 * nothing added is lost; they differ in their constants, and each sees the other.
 */
void base_mix_u64(struct base_mix *mix, uint64_t value)
{
	uint64_t a = spread(mix->a + (value ^ UINT64_C(0x9e3779b97f4a7c15)));

	mix->b = spread((mix->b ^ value) + UINT64_C(0xd1342543de82ef95)) + (a << 32 | a >> 32);
	mix->a = a;
}

void base_mix_bytes(struct base_mix *mix, const void *from, size_t n)
{
	const uint8_t *p = from;
	uint64_t word;

	base_mix_u64(mix, n);
	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		base_mix_u64(mix, word);
	}
	if (n > 0) {
		word = 0;
		memcpy(&word, p, n);
		base_mix_u64(mix, word);
	}
}

void base_mix_text(struct base_mix *mix, const char *text)
{
	base_mix_u64(mix, text != NULL);
	if (text)
		base_mix_bytes(mix, text, strlen(text));
}
