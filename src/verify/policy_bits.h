/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_BITS_H
#define VERIFY_POLICY_BITS_H

#include <jansson.h>

#include "verify/policy.h"
#include "wire/layout.h"

/*
 * Bit fields in policies, with the names of wire/layout.h, and the handling of bits that have no name in this
 * version (doc/decisions/0014).
 */
enum policy_flags { POLICY_PLATFORM_INFO, POLICY_TD_ATTRIBUTES, POLICY_XFAM };

/* Reads "0x10", or one or several names of bits. A name from before 0.2 is accepted with a warning. */
JURAT_MUST_CHECK int policy_read_bits(const json_t *value, enum policy_flags flags,
				      struct policy_words *warnings, uint64_t *ret, struct jurat_error *err);
/*
 * Reads which bits may be set although this version does not know them: true (all that a policy can allow),
 * false, or one or several numbers, "bit-N" and names. A bit may have a name by now, so that a policy written
 * before that remains valid.
 */
JURAT_MUST_CHECK int policy_read_unknown_bits(const json_t *value, enum policy_flags flags, uint64_t *ret,
					      struct jurat_error *err);
/* Write what these two read, as a new value; NULL: no memory. */
json_t *policy_write_bits(uint64_t bits, enum policy_flags flags);
json_t *policy_write_unknown_bits(uint64_t bits, enum policy_flags flags);
/* Reads "0x" and up to 16 hex digits; false for anything else, and for NULL. */
bool policy_read_hex_number(const char *text, uint64_t *ret);
/* Adds a warning for jurat_policy_warning(), unless it is there already. 0; -ENOMEM. */
JURAT_MUST_CHECK int policy_warn(struct policy_words *warnings, struct jurat_error *err, const char *format,
				 ...) __attribute__((format(printf, 3, 4)));

/*
 * Applies the policy to bits of `value` without a name: they are refused, or allowed and listed in the
 * verdict.
 */
void policy_judge_unknown_bits(struct jurat_verdict *out, enum policy_flags flags, uint64_t value,
			       uint64_t allowed);

#endif
