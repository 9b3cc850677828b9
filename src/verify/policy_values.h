/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_VALUES_H
#define VERIFY_POLICY_VALUES_H

#include <jansson.h>

#include "verify/policy.h"

/* Values of members with special formats. On failure nothing but `warnings` changes. */

/* Reads one item of a list into its `size` bytes. */
typedef int policy_read_item(json_t *value, uint8_t *to, void *context, struct jurat_error *err);
/* Reads one item, or an array of items, and replaces the list by them. */
JURAT_MUST_CHECK int policy_read_items(json_t *value, size_t size, policy_read_item *read, void *context,
				       struct policy_list *list, struct jurat_error *err);

/*
 * Reads one or several of: a string as for report_data_bytes(), or an object with one of value, sha256,
 * sha384 and sha512 (REPORT_DATA, or the data whose hash is in it) and optionally padding. Ambiguous values
 * cause a warning.
 */
JURAT_MUST_CHECK int policy_read_report_data(json_t *value, struct policy_list *list,
					     struct policy_words *warnings, struct jurat_error *err);
/* Reads 64 bits: an integer, or "0x" and up to 16 hex digits. */
JURAT_MUST_CHECK int policy_read_vector(const json_t *value, uint64_t *ret, struct jurat_error *err);
/* Reads security versions (SVNs) as in verdicts: 1 to 16 numbers from 0 to 255; missing ones are 0. */
JURAT_MUST_CHECK int policy_read_svns(const json_t *value, struct policy_svns *ret, struct jurat_error *err);
/* Reads "2026-01-31" or "2026-01-31T12:00:00Z". */
JURAT_MUST_CHECK int policy_read_time(const json_t *value, int64_t *ret, struct jurat_error *err);

#endif
