/* SPDX-License-Identifier: MIT */
#include "daemon/name_hash.h"

#include "base/bytes.h"
#include "base/env.h"

int name_hash_init(struct name_hash *h)
{
	return base_random(base_env_real(), h->key, sizeof(h->key));
}

static uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], unsigned n)
{
	for (; n > 0; n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void add(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

uint64_t name_hash(const struct name_hash *h, const void *name, size_t n)
{
	const uint8_t *p = name, *last = p + n / 8 * 8;
	uint64_t v[4] = { h->key[0] ^ UINT64_C(0x736f6d6570736575), h->key[1] ^ UINT64_C(0x646f72616e646f6d),
			  h->key[0] ^ UINT64_C(0x6c7967656e657261),
			  h->key[1] ^ UINT64_C(0x7465646279746573) };

	for (; p < last; p += 8)
		add(v, bytes_get_le(p, 8));
	add(v, (uint64_t)n << 56 | bytes_get_le(last, n % 8));
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
