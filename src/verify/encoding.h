/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_ENCODING_H
#define VERIFY_ENCODING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Texts that stand for bytes: hex, base64 and what services and shells make of PEM. One layer at a time; what
 * the bytes are is for verify/input.h to say, and a layer counts only when that knows them.
 */
enum { ENCODING_MAX_LAYERS = 6 };

/*
 * What is left when every layer is off: bytes of a known kind, or of none. A byte order mark, and white space
 * and NULs around a text, are dropped too.
 */
struct encoding_bytes {
	const uint8_t *bytes; /* borrowed from the input when own is NULL */
	size_t n;
	uint8_t *own;
	char how[96]; /* "base64", "hex of base64" ...; "" without a layer */
};

/*
 * text      n bytes, untrusted, borrowed by `ret`
 * Returns   0, also when there is no layer; -ENOMEM. Ended with encoding_done(), which takes zeros, too.
 */
JURAT_MUST_CHECK int encoding_undo(const uint8_t *text, size_t n, struct encoding_bytes *ret,
				   struct jurat_error *err);
void encoding_done(struct encoding_bytes *bytes);

/*
 * Exactly n bytes from hex, base64 (by which length it has), an array of integers, or an array of such
 * strings one after the other; false: not that, and `to` may have changed.
 */
bool encoding_json_bytes(const json_t *value, uint8_t *to, size_t n);
/* An array of integers from 0 to 255, at least one: heap bytes. 0; JURAT_NOT_FOUND not that; -ENOMEM */
JURAT_MUST_CHECK int encoding_json_array(const json_t *value, uint8_t **ret, size_t *ret_n);

#endif
