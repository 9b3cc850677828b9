/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "wire/text.h"

static void add_hex(struct wire_text *text, const uint8_t *p, size_t n)
{
	while (n-- > 0)
		wire_text_add(text, "%02x", *p++);
}

size_t wire_field_format(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			 char *buf, size_t room)
{
	const uint8_t *member = (const uint8_t *)from + field->member;
	struct wire_text text = { buf, room };
	uint64_t v = wire_get(field, from);

	assert(field >= layout->fields && field < layout->fields + layout->n_fields);
	switch (field->kind) {
	case WIRE_U8:
	case WIRE_LE16:
		wire_text_add(&text, "%" PRIu64, v);
		break;
	case WIRE_LE32:
	case WIRE_LE64:
		wire_text_add(&text, v < 10 ? "%" PRIu64 : "0x%" PRIx64, v);
		break;
	case WIRE_ZERO:
		if (bytes_all(member, field->size, 0)) {
			wire_text_add(&text, "0");
			break;
		}
		add_hex(&text, member, field->size);
		break;
	case WIRE_BYTES:
		add_hex(&text, member, field->size);
		break;
	}
	return text.len;
}

const struct wire_bit *wire_bits_find(const struct wire_bits *set, const char *name)
{
	for (size_t i = 0; i < set->n_bits; i++)
		if (!strcmp(set->bits[i].name, name))
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

size_t wire_bits_format(const struct wire_bits *set, uint64_t value, uint64_t judged, char *buf, size_t room)
{
	struct wire_text text = { buf, room };
	uint64_t unnamed = value & judged & ~wire_bits_mask(set);

	for (size_t i = 0; i < set->n_bits; i++)
		if (value >> set->bits[i].bit & 1)
			wire_text_add(&text, "%s%s", text.len ? " " : "", set->bits[i].name);
	for (unsigned bit = 0; bit < 64; bit++)
		if (unnamed >> bit & 1)
			wire_text_add(&text, "%sbit-%u", text.len ? " " : "", bit);
	if (text.len == 0)
		wire_text_add(&text, "none");
	return text.len;
}
