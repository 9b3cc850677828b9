/* SPDX-License-Identifier: MIT */
#ifndef WIRE_LAYOUT_H
#define WIRE_LAYOUT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/*
 * A fixed layout is one table: an X-macro with a row for each field,
 *
 *	F(offset, kind, name, size, "what a reader should know")
 *
 * in order and without gaps. The C struct, the reader, the writer, `jurat show` and the offset assertions all
 * come from it. Kinds: U8, LE16, LE32, LE64 (struct member uint8_t .. uint64_t), BYTES (uint8_t name[size]),
 * ZERO (reserved, must be zero; member uint8_t name[size], kept unchanged so that a signed structure can be
 * written back byte for byte).
 *
 * The header has WIRE_STRUCT(snp_report, SNP_REPORT_FIELDS) and declares snp_report_layout; the .c file has
 *
 *	#define WIRE_ROW_STRUCT snp_report
 *	WIRE_LAYOUT(SNP_REPORT_FIELDS, SNP_REPORT_BYTES, "attestation report", "AMD 56860");
 *	#undef WIRE_ROW_STRUCT
 */
enum wire_kind { WIRE_U8, WIRE_LE16, WIRE_LE32, WIRE_LE64, WIRE_BYTES, WIRE_ZERO };

struct wire_field {
	const char *name, *note;
	uint32_t off, size; /* in the wire format */
	uint32_t member;    /* offset in the C struct */
	enum wire_kind kind;
};

struct wire_layout {
	const char *name, *spec;
	size_t size;        /* in the wire format */
	size_t struct_size; /* of the C struct */
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

/* struct NAME { one member for each row }; */
#define WIRE_STRUCT(NAME, TABLE) struct NAME { TABLE(WIRE_MEMBER) }

#define WIRE_CAT_(a, b) a##b
#define WIRE_CAT(a, b) WIRE_CAT_(a, b)

/*
 * Expansions of a row: a `struct wire_field`, a member of the shadow struct below, and assertions about both.
 */
#define WIRE_ROW(off_, kind_, name_, size_, note_) \
	{ .name = #name_, .note = (note_), .off = (off_), .size = (size_), .kind = WIRE_##kind_, \
	  .member = offsetof(struct WIRE_ROW_STRUCT, name_) },
#define WIRE_SHADOW_MEMBER(off, kind, name, size, note) uint8_t name[size];
#define WIRE_SHADOW WIRE_CAT(WIRE_ROW_STRUCT, _shadow)
#define WIRE_ROW_CHECK(off, kind, name, size, note) \
	static_assert(offsetof(struct WIRE_SHADOW, name) == (off), #name ": a gap or an overlap"); \
	static_assert(sizeof(((struct WIRE_ROW_STRUCT *)0)->name) == (size), #name ": not its kind's size");

/*
 * Defines `const struct wire_layout <WIRE_ROW_STRUCT>_layout`. The shadow struct has a byte array for each
 * row and so no padding: asserting that each is at the offset stated in its row proves that rows are
 * contiguous and their offsets correct.
 */
#define WIRE_LAYOUT(TABLE, SIZE, NAME, SPEC) \
	struct WIRE_SHADOW { TABLE(WIRE_SHADOW_MEMBER) }; \
	TABLE(WIRE_ROW_CHECK) \
	static_assert(sizeof(struct WIRE_SHADOW) == (SIZE), NAME ": the rows do not end at its size"); \
	static const struct wire_field WIRE_CAT(WIRE_ROW_STRUCT, _rows)[] = { TABLE(WIRE_ROW) }; \
	const struct wire_layout WIRE_CAT(WIRE_ROW_STRUCT, _layout) = { \
		.name = (NAME), .spec = (SPEC), .size = (SIZE), \
		.struct_size = sizeof(struct WIRE_ROW_STRUCT), \
		.fields = WIRE_CAT(WIRE_ROW_STRUCT, _rows), \
		.n_fields = sizeof(WIRE_CAT(WIRE_ROW_STRUCT, _rows)) / sizeof(struct wire_field), \
	}
/* clang-format on */

/*
 * Reads a structure of exactly layout->size bytes from the front of `bytes`.
 *
 * bytes     n bytes, untrusted; bytes beyond the layout's size are ignored
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
/* Finds a field by name; NULL when there is none. */
const struct wire_field *wire_find(const struct wire_layout *layout, const char *name);

/* The value of an integer field; 0 for BYTES and ZERO. */
uint64_t wire_get(const struct wire_field *field, const void *from);

/*
 * Formats one field as text: U8 and LE16 in decimal; LE32 and LE64 in decimal below 10, else as 0x..; BYTES
 * as hex; ZERO as "0", or as hex when it is not zero; a field that the structure's version does not have as
 * "absent".
 *
 * field     one of layout->fields
 * from      the C struct of `layout`
 * buf       room bytes; receives the NUL-terminated text, truncated to fit. May be NULL when room is 0
 * Returns   the length of the untruncated text without NUL, as snprintf(3)
 */
size_t wire_field_format(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			 char *buf, size_t room);

/* Every layout of this folder, for `jurat show` and the tests. */
extern const struct wire_layout *const wire_layouts[];
extern const size_t wire_n_layouts;

/*
 * A bit field: its flags in ascending order, each under the name in its specification, which policies,
 * verdicts, reasons and `jurat show` use too. One table of rows B(bit, NAME, "was") expands to the
 * enumerators (by a macro in its header) and to the rows below (by WIRE_BIT_ROW).
 */
struct wire_bit {
	unsigned bit;
	const char *name;
	const char *was; /* its name in policies before 0.2, if it was different; else NULL */
};
#define WIRE_BIT_ROW(bit, name, was) { bit, #name, was },

struct wire_bits {
	const char *name; /* name of the field */
	const struct wire_bit *bits;
	size_t n_bits;
	uint64_t numbers; /* bits that are not flags but part of a number with a name of its own */
};

/* Every bit field: for `jurat show`, and for tests that compare names. */
struct wire_bit_field {
	const struct wire_layout *layout;
	const char *field;
	const struct wire_bits *set;
};
extern const struct wire_bit_field wire_bit_fields[];
extern const size_t wire_n_bit_fields;
/* The flags of a field; NULL when it is not a bit field. */
const struct wire_bits *wire_bits_of(const struct wire_layout *layout, const char *field);

/* Find a flag by its name, or by its name before 0.2; NULL when there is none. */
const struct wire_bit *wire_bits_find(const struct wire_bits *set, const char *name);
const struct wire_bit *wire_bits_find_old(const struct wire_bits *set, const char *was);
/* The named bits as a mask. */
uint64_t wire_bits_mask(const struct wire_bits *set);
/* Bits set in `value` that are unknown to this version: without a name and not part of a number. */
uint64_t wire_bits_unknown(const struct wire_bits *set, uint64_t value);

/* The name of a bit, or "bit-N". Returns `to`. */
enum { WIRE_BIT_NAME_BYTES = 32 };
const char *wire_bit_name(const struct wire_bits *set, unsigned bit, char to[WIRE_BIT_NAME_BYTES]);
/*
 * Formats the names of the bits set in `value`, separated by spaces, then "bit-N" for unknown bits; "none"
 * when no bit is set. `buf`, `room` and the result as in wire_field_format().
 */
size_t wire_bits_format(const struct wire_bits *set, uint64_t value, char *buf, size_t room);
/* Whether a field is an array of security versions (SVNs): TCB components without names. */
bool wire_is_svns(const struct wire_field *field);
/*
 * Formats an array of SVNs of TDX or SGX: "7 1 2 0 ...". `buf`, `room` and the result as in
 * wire_field_format().
 */
size_t wire_svns_format(const uint8_t *svns, size_t n, char *buf, size_t room);
/*
 * Explains the value of a field: names of bits, components of a TCB, security versions. Empty when the value
 * needs no explanation, or has none. `buf`, `room` and the result as in wire_field_format().
 */
size_t wire_field_meaning(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  char *buf, size_t room);

/*
 * Whether the structure's version does not have the field, but reserved bytes in its place. Such a field has
 * no value: it is absent, not 0.
 *
 * ret_since   the first version that has the field; may be NULL
 */
bool wire_field_is_absent(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  unsigned *ret_since);

/*
 * Reports a structure of an unknown version, with a hint when it is newer than the known ones.
 * what      "SEV-SNP attestation report"
 * Returns   -EPROTO
 */
int wire_unknown_version(const char *what, uint64_t version, unsigned first, unsigned last,
			 struct jurat_error *err);

#endif
