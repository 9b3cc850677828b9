/* SPDX-License-Identifier: MIT */
#ifndef STORE_ACCESS_H
#define STORE_ACCESS_H

#include "base/env.h"
#include "base/error.h"

/*
 * A process that can read the blob can take the shared lock, for which every update waits; one that can write
 * to the blob or its directory decides what guests get. An updater checks both first: 0; -EPERM, and `err`
 * has mode, owner and what they must be. doc/decisions/0010-strangers-and-undrained-readers.md
 */
JURAT_MUST_CHECK int store_check_directory(const char *name, const struct base_stat *st,
					   struct jurat_error *err);
JURAT_MUST_CHECK int store_check_blob(const char *path, const struct base_stat *st,
				      const struct base_stat *dir, struct jurat_error *err);
/* Both for a path, whose file need not exist yet. Another -errno: the directory cannot be examined. */
JURAT_MUST_CHECK int store_check_path(struct base_env *env, const char *path, struct jurat_error *err);

#endif
