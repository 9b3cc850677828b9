/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_DECODE_PARTS_H
#define VERIFY_DECODE_PARTS_H

#include <jansson.h>

#include "verify/decode.h"

/* What the files of the decoder share. */
enum {
	DECODE_MAX_DEPTH = 8,        /* containers in containers */
	DECODE_MAX_JSON_DEPTH = 32,  /* of objects and arrays in one text */
	DECODE_MIN_STRING_BYTES = 48 /* of a member: nothing that is looked for is shorter */
};

struct decoding;
/*
 * Takes the items of bytes that may be anything. `how`: the layer around them, NULL none.
 * 0 some were taken; JURAT_NOT_FOUND none; < 0
 */
typedef int decode_any(const struct decoding *d, const char *how, const uint8_t *bytes, size_t n);

/* One container being taken apart: where its items go and what it was decoded from so far. */
struct decoding {
	struct decoded *to;
	unsigned depth;
	const char *how; /* "" outermost */
	bool owned;      /* the bytes do not outlive the call: what is kept of them is copied */
	decode_any *any; /* for what is found inside */
	struct jurat_error *err;
};

JURAT_MUST_CHECK int decode_json(const struct decoding *d, const uint8_t *bytes, size_t n);
JURAT_MUST_CHECK int decode_proto(const struct decoding *d, const uint8_t *bytes, size_t n);
/* The items of a tree, whatever it was read from. */
JURAT_MUST_CHECK int decode_tree(const struct decoding *d, json_t *value, const char *name, unsigned depth);

#endif
