/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_ENCODING_H
#define VERIFY_ENCODING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Removes text encodings: UTF-16, hex, base64 and the encodings of PEM in services and shells, one layer at a
 * time.
 * verify/input.h identifies the result; layers are removed only if it recognizes the bytes.
 */
enum { ENCODING_MAX_LAYERS = 6 };

/*
 * What is left without encodings: bytes of a known kind, or of an unknown one. A byte order mark, and white
 * space and NULs around a text, are removed too.
 */
struct encoding_bytes {
	const uint8_t *bytes; /* borrowed from the input when own is NULL */
	size_t n;
	uint8_t *own;
	char how[96]; /* "base64", "hex of base64" ...; "" without a layer */
};

/*
 * text      n bytes, untrusted, borrowed by `ret`
 * Returns   0, also when there is no layer; -ENOMEM. Free it with encoding_done(), which also accepts an
 *           all-zero struct.
 */
JURAT_MUST_CHECK int encoding_undo(const uint8_t *text, size_t n, struct encoding_bytes *ret,
				   struct jurat_error *err);
void encoding_done(struct encoding_bytes *bytes);

/*
 * Reads exactly n bytes from hex or base64, depending on the length; false: anything else, and `to` may have
 * changed. Does not allocate.
 */
bool encoding_read_bytes(const char *text, size_t size, uint8_t *to, size_t n);
/*
 * The same from JSON: hex or base64, an array of integers, or an array of
 * such strings, which are concatenated; false: anything else, and `to` may have changed.
 */
bool encoding_json_bytes(const json_t *value, uint8_t *to, size_t n);
/*
 * Reads a non-empty array of integers from 0 to 255 into heap memory. 0; JURAT_NOT_FOUND not such an array;
 * -ENOMEM
 */
JURAT_MUST_CHECK int encoding_json_array(const json_t *value, uint8_t **ret, size_t *ret_n);

#endif
