/* SPDX-License-Identifier: MIT */
#ifndef RUN_COMPLETE_H
#define RUN_COMPLETE_H

#include <stddef.h>

#include "base/error.h"

enum { RUN_MAX_COPIES = 16 };

/* Directories over which a copy of themselves was mounted. */
struct run_copies {
	char *paths[RUN_MAX_COPIES];
	size_t n;
};

/*
 * Mounts over a read-only directory (devtmpfs, sysfs) a writable one with the same entries: symbolic links
 * are copied, everything else is bind-mounted. Does nothing when that was done before. Entries that cannot be
 * bind-mounted are omitted, as are later ones. Needs a private mount namespace.
 */
JURAT_MUST_CHECK int run_complete(const char *temp, const char *path, struct run_copies *copies,
				  struct jurat_error *err);
/*
 * Call it when nothing more is added: makes directories that only root could write to read-only for others
 * again. Frees the list.
 */
JURAT_MUST_CHECK int run_copies_seal(struct run_copies *copies, struct jurat_error *err);

#endif
