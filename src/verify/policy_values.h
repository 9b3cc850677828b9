/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_VALUES_H
#define VERIFY_POLICY_VALUES_H

#include <jansson.h>

#include "verify/policy.h"

/* Values of members that have a form of their own. On failure nothing changes but `warnings`. */

/*
 * One or several of: a string as report_data_bytes() takes it, or an object of one of value, sha256, sha384
 * and sha512 (the value, or the value whose hash is meant) and perhaps padding. What is ambiguous warns.
 */
JURAT_MUST_CHECK int policy_read_report_data(json_t *value, struct policy_list *list,
					     struct policy_words *warnings, struct jurat_error *err);
/* 64 bits: a whole number, or "0x" and up to 16 hex digits. */
JURAT_MUST_CHECK int policy_read_vector(const json_t *value, uint64_t *ret, struct jurat_error *err);
/* Security versions, as verdicts write them: 1 to 16 numbers from 0 to 255; those left out are 0. */
JURAT_MUST_CHECK int policy_read_svns(const json_t *value, struct policy_svns *ret, struct jurat_error *err);
/* "2026-01-31" or "2026-01-31T12:00:00Z". */
JURAT_MUST_CHECK int policy_read_time(const json_t *value, int64_t *ret, struct jurat_error *err);

#endif
