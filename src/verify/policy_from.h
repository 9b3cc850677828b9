/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_FROM_H
#define VERIFY_POLICY_FROM_H

#include "verify/policy.h"

/*
 * A policy from evidence that is known to be good: members of a policy that are pinned to what the evidence
 * states, each with a comment on what it means and how tight it is.
 */
enum policy_pin_use { POLICY_PIN_BY_NAME = 0, POLICY_PIN_SNP = 1, POLICY_PIN_TDX = 2, POLICY_PIN_BOTH = 3 };

struct policy_pin {
	const char *member;      /* of the policy */
	enum policy_pin_use use; /* TEEs for which it is pinned by default */
	const char *meaning;     /* a sentence: what is pinned */
	const char *tight;       /* a sentence: what else is accepted; NULL: that depends on the value */
	enum policy_scope scope;
};

/* Gets the i-th pin, in the order of the members; false past the end. */
bool policy_pin_at(size_t i, struct policy_pin *ret);

enum { POLICY_MAX_PINS = 80 };

enum policy_pinned {
	POLICY_NOT_PINNED,
	/* of a set of pins: left out when the evidence lacks it, and the comment of the policy says so */
	POLICY_PINNED_IF_THERE,
	POLICY_PINNED /* by name: an error when the evidence lacks it */
};

struct policy_pins {
	enum policy_pinned pinned[POLICY_MAX_PINS]; /* by index */
};

/*
 * Adds pins: names of members, "default" and "all", separated by commas.
 *
 * Returns   0; -EINVAL an unknown name: `err` has it, and nothing was added
 */
JURAT_MUST_CHECK int policy_pins_add(struct policy_pins *pins, const char *names, struct jurat_error *err);

/*
 * Sets the pinned members of a policy to what the evidence states. The comment of the policy names the fields
 * that the evidence lacks, and those that are not pinned.
 *
 * verdict   on the evidence; the caller decides whether it may be a refusal
 * base      the policy of this verdict
 * to        a policy for these members, which are to be merged into `base`. Undefined after an error
 * Returns   0; JURAT_NOT_FOUND the evidence lacks a field that was pinned by name, or could not be read:
 *           `err` says which; -ENOMEM
 */
JURAT_MUST_CHECK int policy_from(const struct jurat_verdict *verdict, const struct policy_pins *pins,
				 const struct jurat_policy *base, struct jurat_policy *to,
				 struct jurat_error *err);

/* Adds a line to the comment on the whole policy. 0; -ENOMEM */
JURAT_MUST_CHECK int policy_add_line(struct jurat_policy *policy, const char *line, struct jurat_error *err);

/* A member that a merge gives another value than it had; both as JSON. */
typedef void policy_replaced(void *context, const char *member, const char *was, const char *is);

/*
 * Sets the members that are set in `from` in `to`, too, with their comments. The lines of a comment on the
 * whole policy are added to those that are there.
 *
 * replaced  called for each member of `to` that had another value; may be NULL
 * Returns   0; -ENOMEM, and `to` may have some of them
 */
JURAT_MUST_CHECK int policy_merge(struct jurat_policy *to, const struct jurat_policy *from,
				  policy_replaced *replaced, void *context, struct jurat_error *err);

#endif
