/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static uint64_t member_get(const uint8_t *member, enum wire_kind kind)
{
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (kind) {
	case WIRE_U8:
		return *member;
	case WIRE_LE16:
		memcpy(&v16, member, sizeof(v16));
		return v16;
	case WIRE_LE32:
		memcpy(&v32, member, sizeof(v32));
		return v32;
	case WIRE_LE64:
		memcpy(&v64, member, sizeof(v64));
		return v64;
	default:
		return 0;
	}
}

static void member_put(uint8_t *member, enum wire_kind kind, uint64_t v)
{
	uint16_t v16 = (uint16_t)v;
	uint32_t v32 = (uint32_t)v;

	switch (kind) {
	case WIRE_U8:
		*member = (uint8_t)v;
		break;
	case WIRE_LE16:
		memcpy(member, &v16, sizeof(v16));
		break;
	case WIRE_LE32:
		memcpy(member, &v32, sizeof(v32));
		break;
	case WIRE_LE64:
		memcpy(member, &v, sizeof(v));
		break;
	default:
		break;
	}
}

uint64_t wire_get(const struct wire_field *field, const void *from)
{
	return member_get((const uint8_t *)from + field->member, field->kind);
}

int wire_read(const struct wire_layout *layout, const uint8_t *bytes, size_t n, void *ret,
	      struct jurat_error *err)
{
	uint8_t *to = ret;

	if (n < layout->size)
		return jurat_fail(err, -EBADMSG, "%s: expected %zu bytes, found %zu", layout->name,
				  layout->size, n);
	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind == WIRE_BYTES || f->kind == WIRE_ZERO)
			memcpy(to + f->member, bytes + f->off, f->size);
		else
			member_put(to + f->member, f->kind, bytes_get_le(bytes + f->off, f->size));
	}
	return 0;
}

void wire_write(const struct wire_layout *layout, const void *from, uint8_t *bytes)
{
	const uint8_t *src = from;

	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind == WIRE_BYTES || f->kind == WIRE_ZERO)
			memcpy(bytes + f->off, src + f->member, f->size);
		else
			bytes_put_le(bytes + f->off, member_get(src + f->member, f->kind), f->size);
	}
}

int wire_check_zero(const struct wire_layout *layout, const void *from, struct jurat_error *err)
{
	const uint8_t *src = from;

	for (size_t i = 0; i < layout->n_fields; i++) {
		const struct wire_field *f = &layout->fields[i];

		if (f->kind == WIRE_ZERO && !bytes_all(src + f->member, f->size, 0))
			return jurat_fail(err, -EBADMSG, "%s: reserved bytes 0x%x to 0x%x are not zero",
					  layout->name, f->off, f->off + f->size - 1);
	}
	return 0;
}

int wire_unknown_version(const char *what, uint64_t version, unsigned first, unsigned last,
			 struct jurat_error *err)
{
	if (version > last)
		return jurat_fail(err, -EPROTO,
				  "%s: version %" PRIu64
				  " is newer than this verifier, which reads versions %u to %u",
				  what, version, first, last);
	return jurat_fail(err, -EPROTO, "%s: version %" PRIu64 ", expected %u to %u", what, version, first,
			  last);
}

const struct wire_field *wire_find(const struct wire_layout *layout, const char *name)
{
	for (size_t i = 0; i < layout->n_fields; i++)
		if (!strcmp(layout->fields[i].name, name))
			return &layout->fields[i];
	return NULL;
}
