/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_DECODE_PARTS_H
#define VERIFY_DECODE_PARTS_H

#include <jansson.h>

#include "verify/decode.h"

/* Shared by the files of the decoder. */
enum {
	DECODE_MAX_DEPTH = 8,        /* of nested containers */
	DECODE_MAX_JSON_DEPTH = 32,  /* of objects and arrays in one text */
	DECODE_MIN_STRING_BYTES = 48 /* of a member: all items are longer */
};

struct decoding;
/*
 * Extracts items from bytes of unknown kind. `how`: the encoding that was removed from them; NULL: none. 0
 * found items; JURAT_NOT_FOUND none; < 0 -errno.
 */
typedef int decode_any(const struct decoding *d, const char *how, const uint8_t *bytes, size_t n);

/* One container being decoded: where its items go, and what it was decoded from so far. */
struct decoding {
	struct decoded *to;
	unsigned depth;
	const char *how; /* "" at the outermost level */
	bool owned;      /* the bytes do not outlive the call, so items must be copied */
	decode_any *any; /* decodes nested data */
	struct jurat_error *err;
};

JURAT_MUST_CHECK int decode_json(const struct decoding *d, const uint8_t *bytes, size_t n);
JURAT_MUST_CHECK int decode_proto(const struct decoding *d, const uint8_t *bytes, size_t n);
/* Extracts the items of a JSON tree, whatever it was parsed from. */
JURAT_MUST_CHECK int decode_tree(const struct decoding *d, json_t *value, const char *name, unsigned depth);

#endif
