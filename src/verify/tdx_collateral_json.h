/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_COLLATERAL_JSON_H
#define VERIFY_TDX_COLLATERAL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * JSON (RFC 8259) as collateral has it, read strictly into one flat table of where everything lies: the
 * bytes of a value as served are what is signed, so places are needed and not only values. Stricter than the
 * RFC: valid UTF-8 without control characters, no escapes in names, no name twice (json_names_alike()),
 * bounded depth and width. jansson reads policies; for TCB info it would cost as much as two signatures, and
 * it does not report where a value lies.
 */
enum {
	JSON_MAX_BYTES = 1 << 20,
	JSON_MAX_DEPTH = 32,   /* real documents have 7 */
	JSON_MAX_MEMBERS = 64, /* of one object; real ones have 13 */
};

enum json_rd_kind { JSON_RD_OBJECT, JSON_RD_ARRAY, JSON_RD_STRING, JSON_RD_NUMBER, JSON_RD_WORD };

struct json_rd_token {
	uint32_t start, size; /* in the text; of a string, between its quotes */
	uint32_t next;        /* index of the token behind this value and all that is in it */
	uint8_t kind;         /* enum json_rd_kind */
	bool escaped;         /* a string with backslashes */
};

struct json_rd {
	const uint8_t *text; /* borrowed */
	struct json_rd_token *tokens;
	uint32_t n, room;
};

/* A value: index of its token. 0 is the outermost. */
typedef uint32_t json_rd_at;
#define JSON_RD_NONE UINT32_MAX

/*
 * text      n bytes, untrusted, borrowed by `ret`
 * Returns   0; -EBADMSG not one JSON value with nothing but white space around it: `err` says where; -ENOMEM.
 *           Ended with json_rd_done, which takes zeros, too.
 */
JURAT_MUST_CHECK int json_rd_open(const uint8_t *text, size_t n, struct json_rd *ret,
				  struct jurat_error *err);
void json_rd_done(struct json_rd *json);

bool json_rd_is(const struct json_rd *json, json_rd_at at, enum json_rd_kind kind);
/* JSON_RD_NONE: `object` is no object, or has no such member. */
json_rd_at json_rd_get(const struct json_rd *json, json_rd_at object, const char *name);
/* The same whatever the case and the underscores of its name: no two members are alike in that. */
json_rd_at json_rd_get_alike(const struct json_rd *json, json_rd_at object, const char *name);
/* Items of an array, one after the other; JSON_RD_NONE behind the last, or when it is no array. */
json_rd_at json_rd_first(const struct json_rd *json, json_rd_at array);
json_rd_at json_rd_next(const struct json_rd *json, json_rd_at array, json_rd_at item);
uint32_t json_rd_count(const struct json_rd *json, json_rd_at array);
/* A whole number in plain digits, at most `max`. */
bool json_rd_number(const struct json_rd *json, json_rd_at at, uint32_t max, uint32_t *ret);
/* A string of 1 to size - 1 letters, printable ASCII, copied with a NUL; `to` changes on success only. */
bool json_rd_text(const struct json_rd *json, json_rd_at at, char *to, size_t size);
/* Exactly n bytes in hex. */
bool json_rd_hex(const struct json_rd *json, json_rd_at at, uint8_t *to, size_t n);
/*
 * Any string, escapes undone, UTF-8, without the NUL that a C string may have brought along as its end: heap
 * bytes with a NUL behind them that the caller frees. NULL and -EBADMSG no string, another NUL in it, or half
 * of a character; -ENOMEM.
 */
JURAT_MUST_CHECK int json_rd_string(const struct json_rd *json, json_rd_at at, uint8_t **ret,
				    size_t *ret_size);

#endif
