/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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
	unsigned since;

	assert(field >= layout->fields && field < layout->fields + layout->n_fields);
	if (field->kind != WIRE_ZERO && wire_field_is_absent(layout, field, from, &since)) {
		wire_text_add(&text, "absent (there from version %u on)", since);
		return text.len;
	}
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
