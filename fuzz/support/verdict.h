/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_VERDICT_H
#define FUZZ_VERDICT_H

#include <jurat/verify.h>

/* What callers do with a verdict, whatever the evidence was. */

/* Reads all that the public functions return of it, as text and JSON, too. */
void fuzz_use_verdict(const struct jurat_verdict *verdict);

/*
 * A policy with all that can be pinned of the evidence, on top of the one it was verified by (NULL: none),
 * written and read. NULL: the evidence could not be read. The caller frees it.
 */
struct jurat_policy *fuzz_policy_from(const struct jurat_verdict *verdict, const struct jurat_policy *policy);

#endif
