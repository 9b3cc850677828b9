/* SPDX-License-Identifier: MIT */
#ifndef CASES_DESCRIBE_H
#define CASES_DESCRIBE_H

#include <jansson.h>

#include "cases/cases.h"

struct cases_evidence;

/*
 * A case as case.json and the index have it (cases.schema.json).
 *
 * files     by role; borrowed, as is policy, which may be NULL
 * Returns   0; -ENOMEM
 */
JURAT_MUST_CHECK int cases_describe(const struct cases_row *row, const struct cases_evidence *evidence,
				    json_t *files, json_t *policy, json_t **ret, struct jurat_error *err);
/* The index of these cases, an array. */
JURAT_MUST_CHECK int cases_describe_all(json_t *cases, json_t **ret, struct jurat_error *err);

#endif
