/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_LEFT_H
#define UPDATE_LEFT_H

#include "base/env.h"
#include "update/table.h"

/* The table in place, and what an interrupted update left beside it: checked before it is used. */
enum left { LEFT_NONE, LEFT_IN_PLACE, LEFT_BESIDE };

/*
 * Finds a table that verifies the reports of the key after the plan.
 *
 * ret             heap bytes that the caller frees; unchanged by LEFT_NONE
 * ret_leftovers   whether there are files of an interrupted update, or of one that is at work
 * Returns         enum left; -ENOMEM, -EIO
 */
JURAT_MUST_CHECK int left_find(struct base_env *env, const char *blob, const struct update_source *source,
			       const struct update_plan *plan, uint8_t **ret, size_t *ret_size,
			       bool *ret_leftovers, struct jurat_error *err);
/*
 * Whether the table in place has the certificate of another key than the one before the plan: of the other
 * kind, another chip or another TCB. 1 it has; 0 it has not, or that is not known; -ENOMEM
 */
JURAT_MUST_CHECK int left_is_of_another_key(struct base_env *env, const char *blob,
					    const struct update_plan *plan);
/* The VLEK certificate of the table in place, in DER, if it has one: *ret is NULL otherwise. 0; -ENOMEM */
JURAT_MUST_CHECK int left_vlek(struct base_env *env, const char *blob, uint8_t **ret, size_t *ret_size,
			       struct jurat_error *err);
/* The file beside the path; 0 exists, -ENOENT, another -errno. */
int left_stat(struct base_env *env, const char *blob, const char *suffix, struct base_stat *ret);

#endif
