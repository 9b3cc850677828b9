/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_LEFT_H
#define UPDATE_LEFT_H

#include "base/env.h"
#include "update/table.h"

/* A table in place, or one that an interrupted update left beside it, which verifies the reports of a key. */
struct left {
	const char *suffix; /* of its file, "" in place; NULL: none verifies them */
	uint8_t *table;     /* heap bytes */
	size_t size;
	bool leftovers; /* there are files of an interrupted update, or of one that is at work */
};

/*
 * Finds a table that verifies the reports of the key after the plan.
 *
 * ret       freed by left_done()
 * Returns   0; -ENOMEM, -EIO
 */
JURAT_MUST_CHECK int left_find(struct base_env *env, const char *blob, const struct update_source *source,
			       const struct update_plan *plan, struct left *ret, struct jurat_error *err);
void left_done(struct left *left);
/* What guests get from the path now. */
enum left_in_place {
	LEFT_TABLE, /* it is not empty; it may be malformed */
	LEFT_EMPTY,
	LEFT_NONE,   /* no file */
	LEFT_UNKNOWN /* it cannot be read */
};
/* Whether a table, or its first STORE_EMPTY_BYTES, has no certificates. */
bool left_is_empty(const uint8_t *table, size_t n);
enum left_in_place left_in_place(struct base_env *env, const char *blob);
/*
 * Whether the table in place has the certificate of another key than the one before the plan: of the other
 * kind, another chip or another TCB. 1 it has; 0 it has not, or that is not known; -ENOMEM
 */
JURAT_MUST_CHECK int left_is_of_another_key(struct base_env *env, const char *blob,
					    const struct update_plan *plan);
/*
 * The certificate of the VLEK that is loaded before the plan, in DER: that of the table in place, or of one
 * that an interrupted update left, for no service has it. 0, and *ret is NULL if there is none; -ENOMEM
 */
JURAT_MUST_CHECK int left_vlek(struct base_env *env, const char *blob, const struct update_plan *plan,
			       uint8_t **ret, size_t *ret_size, struct jurat_error *err);
/* The file beside the path; 0 exists, -ENOENT, another -errno. */
int left_stat(struct base_env *env, const char *blob, const char *suffix, struct base_stat *ret);

#endif
