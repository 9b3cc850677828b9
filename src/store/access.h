/* SPDX-License-Identifier: MIT */
#ifndef STORE_ACCESS_H
#define STORE_ACCESS_H

#include "base/env.h"
#include "base/error.h"

/*
 * Whoever can open the blob for reading can take the shared lock that every update waits for; whoever can
 * write to it, or to its directory, decides what guests get. An updater looks at both first: 0; -EPERM with
 * mode, owner and what they must be. doc/decisions/0010-strangers-and-undrained-readers.md
 */
JURAT_MUST_CHECK int store_check_directory(const char *name, const struct base_stat *st,
					   struct jurat_error *err);
JURAT_MUST_CHECK int store_check_blob(const char *path, const struct base_stat *st,
				      const struct base_stat *dir, struct jurat_error *err);

#endif
