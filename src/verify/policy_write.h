/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_WRITE_H
#define VERIFY_POLICY_WRITE_H

#include "verify/policy.h"

/*
 * Writes a policy as JSON: the members that were set, in the order of their table, each below its comment.
 * jurat_policy_read_json() reads the same policy from it.
 *
 * Returns   a NUL-terminated text that ends with a newline, which the caller frees; NULL: no memory
 */
char *policy_write_json(const struct jurat_policy *policy);

/* The value of a member that was set, as JSON on one line; the caller frees it. NULL: no memory. */
char *policy_write_value(const struct jurat_policy *policy, const char *member);

#endif
