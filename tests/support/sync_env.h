/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_SYNC_ENV_H
#define TESTS_SUPPORT_SYNC_ENV_H

#include <stdbool.h>

#include "base/env.h"

/*
 * The operating system's environment, which keeps account of what a power loss could undo: a file that was
 * written since its last fsync(2), and a directory where a name was made or moved since then. It says in
 * `wrong` what was done in the wrong order first:
 *
 *	a file got its name, by a rename or an exchange, before its bytes were on disk
 *	a name was removed while a rename in its directory was not on disk
 */
struct sync_env {
	struct base_env base;
	struct sync_file {
		uint64_t dev, ino;
		bool written, made, moved; /* written: its bytes; made, moved: a name in it */
	} files[32];
	size_t n;
	unsigned renames, syncs;
	char wrong[200]; /* empty: nothing */
};

struct sync_env sync_env(void);
/* Whether the names that were made, moved or exchanged in the directory are on disk. */
bool sync_env_has_names(const struct sync_env *env, const char *dir);
/* Whether the bytes of the file are. */
bool sync_env_has_bytes(const struct sync_env *env, const char *path);

#endif
