/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_JSON_H
#define VERIFY_TDX_COLLATERAL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A strict JSON (RFC 8259) parser for collateral, with a flat token table. The signature covers the bytes of
 * a value as served, so the offsets of values are needed. Stricter than the RFC: valid UTF-8 without control
 * characters, no escapes in names, no duplicate names (json_names_alike()), bounded depth and width. jansson
 * is used for policies; for TCB info it would take as long as two signature verifications, and it does not
 * report the offset of a value.
 */
enum {
	JSON_MAX_BYTES = 1 << 20,
	JSON_MAX_DEPTH = 32,   /* real documents have 7 */
	JSON_MAX_MEMBERS = 64, /* of one object; real ones have 13 */
};

enum json_rd_kind { JSON_RD_OBJECT, JSON_RD_ARRAY, JSON_RD_STRING, JSON_RD_NUMBER, JSON_RD_WORD };

struct json_rd_token {
	uint32_t start, size; /* in the text; of a string, between its quotes */
	uint32_t next;        /* index of the token after this value and its contents */
	uint8_t kind;         /* enum json_rd_kind */
	bool escaped;         /* a string with backslashes */
};

struct json_rd {
	const uint8_t *text; /* borrowed */
	struct json_rd_token *tokens;
	uint32_t n, room;
};

/* A value: the index of its token. 0 is the outermost value. */
typedef uint32_t json_rd_at;
#define JSON_RD_NONE UINT32_MAX

/*
 * text      n bytes, untrusted, borrowed by `ret`
 * Returns   0; -EBADMSG not a single JSON value with only white space around it: `err` says where; -ENOMEM.
 *           Free it with json_rd_done(), which also accepts an all-zero struct.
 */
JURAT_MUST_CHECK int json_rd_open(const uint8_t *text, size_t n, struct json_rd *ret,
				  struct jurat_error *err);
void json_rd_done(struct json_rd *json);

bool json_rd_is(const struct json_rd *json, json_rd_at at, enum json_rd_kind kind);
/* Finds a member. JSON_RD_NONE: `object` is not an object, or has no such member. */
json_rd_at json_rd_get(const struct json_rd *json, json_rd_at object, const char *name);
/* The same, by json_names_alike(), by which all members of an object differ. */
json_rd_at json_rd_get_alike(const struct json_rd *json, json_rd_at object, const char *name);
/* Iterate over the items of an array; JSON_RD_NONE after the last, or when it is not an array. */
json_rd_at json_rd_first(const struct json_rd *json, json_rd_at array);
json_rd_at json_rd_next(const struct json_rd *json, json_rd_at array, json_rd_at item);
uint32_t json_rd_count(const struct json_rd *json, json_rd_at array);
/* Reads a non-negative integer of decimal digits, at most `max`. */
bool json_rd_number(const struct json_rd *json, json_rd_at at, uint32_t max, uint32_t *ret);
/* Copies a string of 1 to size - 1 printable ASCII characters, and a NUL; `to` changes on success only. */
bool json_rd_text(const struct json_rd *json, json_rd_at at, char *to, size_t size);
/* Reads a string of exactly n bytes in hex. */
bool json_rd_hex(const struct json_rd *json, json_rd_at at, uint8_t *to, size_t n);
/*
 * Reads any string, with escapes decoded to UTF-8 and without a trailing NUL, into NUL-terminated heap memory
 * that the caller frees. 0; -EBADMSG not a string, a NUL inside it, or an unpaired surrogate; -ENOMEM.
 */
JURAT_MUST_CHECK int json_rd_string(const struct json_rd *json, json_rd_at at, uint8_t **ret,
				    size_t *ret_size);

#endif
