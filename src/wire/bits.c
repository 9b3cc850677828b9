/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "wire/layout.h"
#include "wire/text.h"

const struct wire_bit *wire_bits_find(const struct wire_bits *set, const char *name)
{
	for (size_t i = 0; i < set->n_bits; i++)
		if (!strcmp(set->bits[i].name, name))
			return &set->bits[i];
	return NULL;
}

const struct wire_bit *wire_bits_find_old(const struct wire_bits *set, const char *was)
{
	for (size_t i = 0; i < set->n_bits; i++)
		if (set->bits[i].was && !strcmp(set->bits[i].was, was))
			return &set->bits[i];
	return NULL;
}

uint64_t wire_bits_mask(const struct wire_bits *set)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < set->n_bits; i++)
		mask |= UINT64_C(1) << set->bits[i].bit;
	return mask;
}

uint64_t wire_bits_unknown(const struct wire_bits *set, uint64_t value)
{
	return value & ~set->numbers & ~wire_bits_mask(set);
}

const char *wire_bit_name(const struct wire_bits *set, unsigned bit, char to[WIRE_BIT_NAME_BYTES])
{
	const char *name = NULL;

	for (size_t i = 0; i < set->n_bits; i++)
		if (set->bits[i].bit == bit)
			name = set->bits[i].name;
	if (name)
		snprintf(to, WIRE_BIT_NAME_BYTES, "%s", name);
	else
		snprintf(to, WIRE_BIT_NAME_BYTES, "bit-%u", bit);
	return to;
}

size_t wire_bits_format(const struct wire_bits *set, uint64_t value, char *buf, size_t room)
{
	struct wire_text text = { buf, room };
	const uint64_t unknown = wire_bits_unknown(set, value), known = value & wire_bits_mask(set);
	char name[WIRE_BIT_NAME_BYTES];

	for (unsigned bit = 0; bit < 64; bit++)
		if (known >> bit & 1)
			wire_text_add(&text, "%s%s", text.len ? " " : "", wire_bit_name(set, bit, name));
	for (unsigned bit = 0; bit < 64; bit++)
		if (unknown >> bit & 1)
			wire_text_add(&text, "%s%s", text.len ? " " : "", wire_bit_name(set, bit, name));
	if (text.len == 0)
		wire_text_add(&text, "none");
	return text.len;
}

size_t wire_svns_format(const uint8_t *svns, size_t n, char *buf, size_t room)
{
	struct wire_text text = { buf, room };

	for (size_t i = 0; i < n; i++)
		wire_text_add(&text, "%s%u", i ? " " : "", svns[i]);
	return text.len;
}
