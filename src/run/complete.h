/* SPDX-License-Identifier: MIT */
#ifndef RUN_COMPLETE_H
#define RUN_COMPLETE_H

#include <stddef.h>

#include "base/error.h"

enum { RUN_MAX_COPIES = 16 };

/* Directories that were covered by a copy of themselves. */
struct run_copies {
	char *paths[RUN_MAX_COPIES];
	size_t n;
};

/*
 * Covers a directory that cannot be written (devtmpfs, sysfs) with one that can and has the same entries:
 * links are made again, everything else is bound. Does nothing when that was done before. Entries that
 * nobody may bind are left out, and so is what appears later. Needs a mount namespace of one's own.
 */
JURAT_MUST_CHECK int run_complete(const char *temp, const char *path, struct run_copies *copies,
				  struct jurat_error *err);
/* No more is added: what only root could write before is read-only for others again. Frees the list. */
JURAT_MUST_CHECK int run_copies_seal(struct run_copies *copies, struct jurat_error *err);

#endif
