/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_DECODE_H
#define VERIFY_DECODE_H

#include <stdbool.h>

#include "base/error.h"
#include "verify/input.h"

/*
 * Extracts evidence and endorsements from the formats that carry them: text encodings, JSON, protocol
 * buffers, and the binary formats that firmware, clouds and other tools wrap around a report. Every item is
 * identified by verify/input.h; unidentified bytes are never returned. Nothing is trusted.
 */
struct decode_item {
	enum input_kind kind; /* report, table, quote, TDREPORT, hashstick, certificate or CRL: all binary */
	const uint8_t *bytes; /* borrowed from the input, or from own */
	size_t n;
	uint8_t *own;
	char how[192]; /* what it was decoded from, "base64"; "": nothing was decoded */
};

struct decoded {
	struct decode_item *items; /* in the order of the input, without duplicates */
	size_t n, room;
};

/*
 * bytes     n bytes, untrusted, borrowed by `ret`
 * Returns   0 at least one item; JURAT_NOT_FOUND none: input_name() says what the bytes seem to be; -EBADMSG
 *           something that claims to be an endorsement or evidence is malformed, or nested too deeply: `err`
 *           says where; -ENOMEM. Free it with decoded_done(), which also accepts an all-zero struct.
 */
JURAT_MUST_CHECK int decode(const uint8_t *bytes, size_t n, struct decoded *ret, struct jurat_error *err);
void decoded_done(struct decoded *decoded);

/* The single piece of evidence among the items, and its certificate table. */
struct decode_evidence {
	const struct decode_item *report; /* the report, possibly truncated, or the quote */
	const struct decode_item *table;  /* certificate table of the report; NULL: none */
	const struct decode_item *quote;
};

/* Returns   0; JURAT_NOT_FOUND no evidence; -EBADMSG more than one piece: `err` says which */
JURAT_MUST_CHECK int decode_one_evidence(const struct decoded *decoded, struct decode_evidence *ret,
					 struct jurat_error *err);

enum { DECODE_TEXT_BYTES = 256 };

/*
 * Describes for people how an item was decoded: "from base64; certificate table with mixed-endian GUIDs"; "":
 * not at all. `table` of the same evidence, or NULL.
 */
void decode_describe(const struct decode_item *item, const struct decode_item *table,
		     char to[DECODE_TEXT_BYTES]);

/* Names bytes without evidence, for people: the kind of the items found in them, or input_name(). */
void decode_name(const struct decoded *found, const uint8_t *bytes, size_t n, char to[DECODE_TEXT_BYTES]);

#endif
