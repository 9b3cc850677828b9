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
 * ZERO (reserved, must be zero; member uint8_t name[size], kept as found so that a signed structure can be
 * written back to the letter).
 *
 * The header says WIRE_STRUCT(snp_report, SNP_REPORT_FIELDS) and declares snp_report_layout; the .c file says
 *
 *	#define WIRE_ROW_STRUCT snp_report
 *	WIRE_LAYOUT(SNP_REPORT_FIELDS, SNP_REPORT_BYTES, "attestation report", "AMD 56860");
 *	#undef WIRE_ROW_STRUCT
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
	size_t size;        /* in the bytes */
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

/* One row as a `struct wire_field`, one as bytes of the shadow below, one as the assertions about both. */
#define WIRE_ROW(off_, kind_, name_, size_, note_) \
	{ .name = #name_, .note = (note_), .off = (off_), .size = (size_), .kind = WIRE_##kind_, \
	  .member = offsetof(struct WIRE_ROW_STRUCT, name_) },
#define WIRE_SHADOW_MEMBER(off, kind, name, size, note) uint8_t name[size];
#define WIRE_SHADOW WIRE_CAT(WIRE_ROW_STRUCT, _shadow)
#define WIRE_ROW_CHECK(off, kind, name, size, note) \
	static_assert(offsetof(struct WIRE_SHADOW, name) == (off), #name ": a gap or an overlap"); \
	static_assert(sizeof(((struct WIRE_ROW_STRUCT *)0)->name) == (size), #name ": not its kind's size");

/*
 * Defines `const struct wire_layout <WIRE_ROW_STRUCT>_layout`. Bytes do not pad, so the shadow struct, made
 * of the rows' sizes alone, has each field where the one before it ends: that this is the offset stated in
 * the row asserts offsets and contiguity in one.
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

/* A number field's value; 0 for BYTES and ZERO. */
uint64_t wire_get(const struct wire_field *field, const void *from);

/*
 * One field as text: U8 and LE16 in decimal, LE32 and LE64 in decimal below 10 and else as 0x.., BYTES as
 * hex, ZERO as "0" or, when it is not, as hex; what its version lacks as "absent".
 *
 * field     one of layout->fields
 * from      the C struct of `layout`
 * buf       room bytes; gets text and NUL, cut to fit. May be NULL when room is 0
 * Returns   the length of the whole text without NUL, like snprintf
 */
size_t wire_field_format(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			 char *buf, size_t room);

/* Every layout of this folder, for `jurat show` and the tests. */
extern const struct wire_layout *const wire_layouts[];
extern const size_t wire_n_layouts;

/*
 * A word of flags: bits in rising order, each by the name that its specification gives it. That is its word
 * everywhere: in policies, verdicts, reasons and `jurat show`. A table of rows B(bit, NAME, "was") is written
 * once and gives the enumerators (by a macro of the header) and the rows below (by WIRE_BIT_ROW).
 */
struct wire_bit {
	unsigned bit;
	const char *name;
	const char *was; /* its word in policies before 0.2, when that was another; else NULL */
};
#define WIRE_BIT_ROW(bit, name, was) { bit, #name, was },

struct wire_bits {
	const char *name; /* of the field */
	const struct wire_bit *bits;
	size_t n_bits;
	uint64_t numbers; /* bits that are no flags: part of a number, which has a name of its own */
};

/* Every field that is such a word: for `jurat show`, and for tests that compare words. */
struct wire_bit_field {
	const struct wire_layout *layout;
	const char *field;
	const struct wire_bits *set;
};
extern const struct wire_bit_field wire_bit_fields[];
extern const size_t wire_n_bit_fields;
/* The bits of a field; NULL when it is no word of flags. */
const struct wire_bits *wire_bits_of(const struct wire_layout *layout, const char *field);

/* A bit by name, NULL when there is none; by its name of before 0.2. */
const struct wire_bit *wire_bits_find(const struct wire_bits *set, const char *name);
const struct wire_bit *wire_bits_find_old(const struct wire_bits *set, const char *was);
/* The named bits as a mask. */
uint64_t wire_bits_mask(const struct wire_bits *set);
/* Bits set in `value` that have no name and belong to no number: newer than this version. */
uint64_t wire_bits_unknown(const struct wire_bits *set, uint64_t value);

/* The name of a bit, or "bit-N". Returns `to`. */
enum { WIRE_BIT_NAME_BYTES = 32 };
const char *wire_bit_name(const struct wire_bits *set, unsigned bit, char to[WIRE_BIT_NAME_BYTES]);
/*
 * The names of the bits that are set in `value`, separated by spaces, then "bit-N" for the unknown ones;
 * "none" when there is nothing to say. `buf`, `room` and the result as in wire_field_format().
 */
size_t wire_bits_format(const struct wire_bits *set, uint64_t value, char *buf, size_t room);
/* A field that is a row of security versions: components of a TCB without names. */
bool wire_is_svns(const struct wire_field *field);
/* Security versions, "7 1 2 0 ...": the one way in which TDX's and SGX's are written. The same contract. */
size_t wire_svns_format(const uint8_t *svns, size_t n, char *buf, size_t room);
/*
 * What the value of a field says, as text: names of bits, components of a TCB, security versions; empty when
 * the value speaks for itself, and when what it says is not known. The same contract.
 */
size_t wire_field_meaning(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  char *buf, size_t room);

/*
 * Whether a structure of its version lacks the field, whose bytes are reserved in it. Such a field has no
 * value: it is absent, not 0.
 *
 * ret_since   the first version that has it; may be NULL
 */
bool wire_field_is_absent(const struct wire_layout *layout, const struct wire_field *field, const void *from,
			  unsigned *ret_since);

/*
 * The error of a structure whose version this code does not know: it says of a higher one that it is newer.
 * what      "SEV-SNP attestation report"
 * Returns   -EPROTO
 */
int wire_unknown_version(const char *what, uint64_t version, unsigned first, unsigned last,
			 struct jurat_error *err);

#endif
