/* SPDX-License-Identifier: MIT */
#ifndef SIM_JSON_EDIT_H
#define SIM_JSON_EDIT_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Changes one place of a JSON document, by its path: "tcbLevels[0].tcb.pcesvn". An element is a number from
 * 0; "[+0]" inserts in front of that one, "[+]" behind the last one. A member that is not there is added at
 * the end of its object.
 *
 * Values: JSON; another text is a string, and so is a number in place of a string, so quotation marks can be
 * left out; "absent" removes the place; "@PATH" is a copy of another place; "+N" and "-N" change a whole
 * number that is there; members whose names end in "Date" or "Update" take times as sim/forge/order.h has
 * them, from `at`.
 */

/* Whether path and value are well formed. 0; -EINVAL. */
JURAT_MUST_CHECK int json_edit_check(const char *path, const char *value, int64_t at,
				     struct jurat_error *err);

/* 0; -EINVAL: the document has no such place; -ENOMEM. */
JURAT_MUST_CHECK int json_edit(json_t *document, const char *path, const char *value, int64_t at,
			       struct jurat_error *err);

#endif
