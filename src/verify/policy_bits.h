/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_BITS_H
#define VERIFY_POLICY_BITS_H

#include <jansson.h>

#include "verify/policy.h"
#include "wire/layout.h"

/*
 * Words of flags in policies, by the names of their one table (wire/layout.h), and what becomes of bits that
 * have no name in this version (doc/decisions/0014).
 */
enum policy_flags { POLICY_PLATFORM_INFO, POLICY_TD_ATTRIBUTES, POLICY_XFAM };

/* "0x10" alone, or names of bits, one or several. A name of before 0.2 is taken, with a warning. */
JURAT_MUST_CHECK int policy_read_bits(const json_t *value, enum policy_flags flags,
				      struct policy_words *warnings, uint64_t *ret, struct jurat_error *err);
/*
 * Bits that may be set although this version does not know them: true (all that a policy can allow), false,
 * or numbers, "bit-N" and names, one or several. A bit that has a name by now may be among them: a policy
 * that was written before that stays good.
 */
JURAT_MUST_CHECK int policy_read_unknown_bits(const json_t *value, enum policy_flags flags, uint64_t *ret,
					      struct jurat_error *err);
/* "0x" and up to 16 hex digits; false when it is not that, or NULL. */
bool policy_read_hex_number(const char *text, uint64_t *ret);
/* A sentence that jurat_policy_warning() returns; the same one once. 0 or -ENOMEM. */
JURAT_MUST_CHECK int policy_warn(struct policy_words *warnings, struct jurat_error *err, const char *format,
				 ...) __attribute__((format(printf, 3, 4)));

/* What the policy does with bits of `value` that have no name: refused, or let pass and listed so. */
void policy_judge_unknown_bits(struct jurat_verdict *out, enum policy_flags flags, uint64_t value,
			       uint64_t allowed);

#endif
