/* SPDX-License-Identifier: MIT */
#ifndef RUN_TEMP_H
#define RUN_TEMP_H

#include "base/error.h"

/*
 * The directory of a run, below $TMPDIR or /tmp. A lock on it says that the run lives: processes that are
 * forked hold it too, until the last of them has ended, however that was. A directory without it is what was
 * left when all were killed; the next run of the same user removes it. A file in it tells it from a directory
 * that a user has named so.
 */
struct run_temp {
	char *path; /* NULL: none */
	int lock;
};

/* Creates a private directory, and removes those of runs that were killed. */
JURAT_MUST_CHECK int run_temp_new(struct run_temp *ret, struct jurat_error *err);
/* Removes a directory with its contents, as far as possible. */
void run_temp_remove(const char *path);
/* The same, and unlocks it. Accepts zeros. */
void run_temp_done(struct run_temp *temp);

#endif
