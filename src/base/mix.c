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
static inline struct base_mix with(struct base_mix mix, uint64_t value)
{
	uint64_t a = spread(mix.a + (value ^ UINT64_C(0x9e3779b97f4a7c15)));

	mix.b = spread((mix.b ^ value) + UINT64_C(0xd1342543de82ef95)) + (a << 32 | a >> 32);
	mix.a = a;
	return mix;
}

void base_mix_u64(struct base_mix *mix, uint64_t value)
{
	*mix = with(*mix, value);
}

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Each word of a digest waits for the one before it: of many, four digests take a quarter each. */
enum { STRIPE = 4 * 8, MANY_BYTES = 4 * STRIPE };

static struct base_mix with_stripes(struct base_mix mix, const uint8_t *p, size_t n)
{
	struct base_mix k = { 0, 0 }, l = { 1, 0 }, m = { 2, 0 };

	for (; n > 0; n -= STRIPE, p += STRIPE) {
		k = with(k, word_at(p));
		l = with(l, word_at(p + 8));
		m = with(m, word_at(p + 16));
		mix = with(mix, word_at(p + 24));
	}
	mix = with(with(mix, k.a), k.b);
	mix = with(with(mix, l.a), l.b);
	return with(with(mix, m.a), m.b);
}

void base_mix_bytes(struct base_mix *mix, const void *from, size_t n)
{
	size_t striped = n >= MANY_BYTES ? n / STRIPE * STRIPE : 0;
	struct base_mix to = with(*mix, n);
	const uint8_t *p = from;
	uint64_t last = 0;

	if (striped > 0) {
		to = with_stripes(to, p, striped);
		p += striped;
		n -= striped;
	}
	for (; n >= 8; n -= 8, p += 8)
		to = with(to, word_at(p));
	if (n > 0) {
		memcpy(&last, p, n);
		to = with(to, last);
	}
	*mix = to;
}

void base_mix_text(struct base_mix *mix, const char *text)
{
	base_mix_u64(mix, text != NULL);
	if (text)
		base_mix_bytes(mix, text, strlen(text));
}
