/* SPDX-License-Identifier: MIT */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/*
 * A fixed layout is one table: an X-macro with a row for each field,
 *
 *	F(offset, kind, name, size, "what a reader should know")
 *
 * in order and without gaps. The C struct, the reader, the writer, `jurat show` and the offset assertions
 * all come from
 * it. Kinds: U8, LE16, LE32, LE64 (struct member uint8_t .. uint64_t), BYTES (uint8_t name[size]), ZERO
 * (reserved, must be
 * zero; member uint8_t name[size], kept as found so that a signed structure can be written back to the
 * letter).
 */
enum wire_kind { WIRE_U8, WIRE_LE16, WIRE_LE32, WIRE_LE64, WIRE_BYTES, WIRE_ZERO };

struct wire_field {
	const char *name, *note;
	uint32_t off, size; /* in the bytes */
	uint32_t member;    /* offset in the C struct */
	enum wire_kind kind;
};

struct wire_layout {
	const char *name, *spec;
	size_t size; /* in the bytes */
	const struct wire_field *fields;
	size_t n_fields;
};

/* clang-format off */
#define WIRE_MEMBER_U8(name, size) uint8_t name;
#define WIRE_MEMBER_LE16(name, size) uint16_t name;
#define WIRE_MEMBER_LE32(name, size) uint32_t name;
#define WIRE_MEMBER_LE64(name, size) uint64_t name;
#define WIRE_MEMBER_BYTES(name, size) uint8_t name[size];
#define WIRE_MEMBER_ZERO(name, size) uint8_t name[size];
#define WIRE_MEMBER(off, kind, name, size, note) WIRE_MEMBER_##kind(name, size)

#define WIRE_SHADOW_MEMBER(off, kind, name, size, note) uint8_t name[size];
#define WIRE_SHADOW_CHECK(off, kind, name, size, note) \
	static_assert(offsetof(struct WIRE_SHADOW, name) == (off), #name " is not at " #off);
/* clang-format on */

/* struct NAME { one member for each row }; */
#define WIRE_STRUCT(NAME, TABLE)                                                                             \
	struct NAME {                                                                                        \
		TABLE(WIRE_MEMBER)                                                                           \
	}

/* The rows of `struct NAME` for a `struct wire_layout`; in the .c file: #define WIRE_ROW_STRUCT NAME first. */
#define WIRE_ROW(off_, kind_, name_, size_, note_)                                                           \
	{ .name = #name_,                                                                                    \
	  .note = note_,                                                                                     \
	  .off = (off_),                                                                                     \
	  .size = (size_),                                                                                   \
	  .kind = WIRE_##kind_,                                                                              \
	  .member = offsetof(struct WIRE_ROW_STRUCT, name_) },

/*
 * Reads a structure of exactly layout->size bytes from the front of `bytes`.
 *
 * bytes     n bytes, untrusted; more than the layout's size is fine, the rest is not looked at
 * ret       the C struct; changes on success only
 * Returns   0; -EBADMSG too short: "NAME wants SIZE bytes, got N"
 */
JURAT_MUST_CHECK int wire_read(const struct wire_layout *layout, const uint8_t *bytes, size_t n, void *ret,
			       struct jurat_error *err);
/* Writes layout->size bytes. */
void wire_write(const struct wire_layout *layout, const void *from, uint8_t *bytes);
/* 0, or -EBADMSG naming the first ZERO field that is not zero, with its offset. */
JURAT_MUST_CHECK int wire_check_zero(const struct wire_layout *layout, const void *from,
				     struct jurat_error *err);
/* A field by name, NULL when there is none. */
const struct wire_field *wire_find(const struct wire_layout *layout, const char *name);

#endif
