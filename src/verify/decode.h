/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_DECODE_H
#define VERIFY_DECODE_H

#include <stdbool.h>

#include "base/error.h"
#include "verify/input.h"

/*
 * Evidence and endorsements out of what carries them: text encodings, JSON, protocol buffers, and the binary
 * forms that firmware, clouds and other tools put around a report. Everything found is identified by
 * verify/input.h; what is not is no item, and is never passed on as something else. Nothing is trusted.
 */
struct decode_item {
	enum input_kind kind; /* report, table, quote, TDREPORT, hashstick, certificate or CRL: all binary */
	const uint8_t *bytes; /* borrowed from the input, or own */
	size_t n;
	uint8_t *own;
	char how[192]; /* what it was decoded from, "base64"; "": it stood as it is */
};

struct decoded {
	struct decode_item *items; /* in the order of the input; none twice */
	size_t n, room;
};

/*
 * bytes     n bytes, untrusted, borrowed by `ret`
 * Returns   0 at least one item; JURAT_NOT_FOUND none: input_name() says what it seems to be; -EBADMSG what
 *           claims to be an endorsement or evidence is malformed, or nests too deep: `err` says where;
 *           -ENOMEM.
 *           Ended with decoded_done(), which takes zeros, too.
 */
JURAT_MUST_CHECK int decode(const uint8_t *bytes, size_t n, struct decoded *ret, struct jurat_error *err);
void decoded_done(struct decoded *decoded);

/* The one piece of evidence among them, and what came with it. */
struct decode_evidence {
	const struct decode_item *report; /* of exactly its size, or cut short; or else the quote */
	const struct decode_item *table;  /* certificate table of the report; NULL: none */
	const struct decode_item *quote;
};

/* Returns   0; JURAT_NOT_FOUND no evidence; -EBADMSG more than one piece: `err` says which */
JURAT_MUST_CHECK int decode_one_evidence(const struct decoded *decoded, struct decode_evidence *ret,
					 struct jurat_error *err);

enum { DECODE_TEXT_BYTES = 256 };

/*
 * What was done to get at an item, for people: "from base64; certificate table with mixed-endian GUIDs"; "":
 * nothing. `table` of the same evidence, or NULL.
 */
void decode_describe(const struct decode_item *item, const struct decode_item *table,
		     char to[DECODE_TEXT_BYTES]);

/* What bytes are that hold no evidence, for people: the kind of what was found in them, or input_name(). */
void decode_name(const struct decoded *found, const uint8_t *bytes, size_t n, char to[DECODE_TEXT_BYTES]);

#endif
