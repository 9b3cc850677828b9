/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_REPORT_DATA_H
#define VERIFY_REPORT_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { REPORT_DATA_BYTES = 64 };

/*
 * Reads bytes as users write them: hex after "0x"; base64 (also base64url, with or without padding) after
 * "base64:"; without a prefix, hex if all characters are hex digits, else base64.
 *
 * ret            the caller frees it; at least one byte
 * ret_ambiguous  the text has no prefix, was read as hex, and is also valid base64 of at most `max` bytes
 * Returns        0; -EINVAL neither, or more than `max` bytes; -ENOMEM
 */
JURAT_MUST_CHECK int report_data_bytes(const char *text, size_t max, uint8_t **ret, size_t *ret_n,
				       bool *ret_ambiguous, struct jurat_error *err);

/* What REPORT_DATA contains: a value, or its hash. */
enum report_data_hash { REPORT_DATA_PLAIN, REPORT_DATA_SHA256, REPORT_DATA_SHA384, REPORT_DATA_SHA512 };
/* "value", "sha256" ... */
const char *report_data_hash_name(enum report_data_hash hash);
enum { REPORT_DATA_N_HASHES = REPORT_DATA_SHA512 + 1 };

/* "zero" (the default: zeros after the value) or "left" (zeros before it); false when it is neither. */
bool report_data_padding(const char *name, bool *ret_left);

/*
 * Builds the 64 bytes of REPORT_DATA from a value or its hash.
 *
 * left      pad with zeros before the value, not after it
 * Returns   0; -EINVAL REPORT_DATA_PLAIN with 0 or more than 64 bytes
 */
JURAT_MUST_CHECK int report_data_make(enum report_data_hash hash, const uint8_t *value, size_t n, bool left,
				      uint8_t ret[REPORT_DATA_BYTES], struct jurat_error *err);

#endif
