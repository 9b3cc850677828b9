/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_POLICY_PINS_H
#define VERIFY_POLICY_PINS_H

#include <jansson.h>

#include "verify/policy_from.h"

/*
 * Makes the value of a member from evidence that could be read.
 *
 * ret_lacks   set when the evidence does not have it: why, the end of a sentence
 * Returns     a new value; NULL: the evidence does not have it, or no memory
 */
typedef json_t *policy_pin_make(const struct jurat_verdict *v, const char *member, const char **ret_lacks);

struct policy_pin_row {
	struct policy_pin pin; /* without scope */
	policy_pin_make *make;
};

extern const struct policy_pin_row policy_pin_rows[];
extern const size_t policy_n_pin_rows;

#endif
