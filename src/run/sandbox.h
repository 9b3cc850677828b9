/* SPDX-License-Identifier: MIT */
#ifndef RUN_SANDBOX_H
#define RUN_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "run/complete.h"

/*
 * What the program sees of its machine. All of this happens in the process that becomes the program, and is
 * undone by the kernel when the last process of its mount namespace ends.
 *
 * As root the process gets a private mount namespace. Anybody else (and root without the right to mount)
 * gets a user namespace, too, with its own user and group and nothing else: the program keeps its identity
 * and has no capability.
 */
struct run_place {
	const char *path; /* where the program is to see it: absolute, no links */
	const char *node; /* what: a path in the FUSE filesystem; of a link, its target */
	bool directory, link;
};

/*
 * Makes the namespaces and mounts an empty FUSE filesystem on `temp`/fuse; `temp` is a directory of the
 * caller's. *ret_fd is for the supervisor to serve.
 * Returns   0; -errno: what this machine lacks and what to do about it, in words
 */
JURAT_MUST_CHECK int run_sandbox_enter(const char *temp, int *ret_fd, struct jurat_error *err);
/* The second half of it, for a process that may mount where it is. */
JURAT_MUST_CHECK int run_sandbox_mount(const char *temp, int *ret_fd, struct jurat_error *err);

/*
 * With the filesystem served: puts its nodes where the program looks for them. A directory that must have
 * one more entry is covered by a copy of itself: stat(2), access(2) and listings agree, and what was there
 * is still there.
 */
JURAT_MUST_CHECK int run_sandbox_place(const char *temp, const struct run_place *places, size_t n,
				       struct jurat_error *err);
/* The same, and what was covered stays writable; it is in `copies`, also after a failure. */
JURAT_MUST_CHECK int run_sandbox_put(const char *temp, const struct run_place *places, size_t n,
				     struct run_copies *copies, struct jurat_error *err);

#endif
