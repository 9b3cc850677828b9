/* SPDX-License-Identifier: MIT */
#ifndef CASES_PLACE_H
#define CASES_PLACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The directory of one case while it is written, and the list of its files, by role. */
struct cases_place {
	int dir;
	json_t *files;
};

/* Writes a file of a directory. 0; another -errno: `err` names the file. */
JURAT_MUST_CHECK int cases_write_file(int dir, const char *name, const void *bytes, size_t n,
				      struct jurat_error *err);
/* The same as JSON, indented, with a newline at the end. */
JURAT_MUST_CHECK int cases_write_json(int dir, const char *name, const json_t *json, struct jurat_error *err);
/* Writes a file and lists it. role: NULL: it is not listed. */
JURAT_MUST_CHECK int cases_put(struct cases_place *place, const char *role, const char *name,
			       const void *bytes, size_t n, struct jurat_error *err);
/* Lists what is there under this name. */
JURAT_MUST_CHECK int cases_list(struct cases_place *place, const char *role, const char *name,
				struct jurat_error *err);

struct cases_evidence;
/* Writes evidence in all the forms in which verifiers take it. 0; -ENOMEM; another -errno */
JURAT_MUST_CHECK int cases_put_evidence(struct cases_place *place, const struct cases_evidence *evidence,
					bool tdx, struct jurat_error *err);

#endif
