/* SPDX-License-Identifier: MIT */
#ifndef RUN_SANDBOX_H
#define RUN_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "run/complete.h"
#include "run/run.h"

/*
 * The program's view of its machine. All of this happens in the process that executes the program, and is
 * undone by the kernel when the last process of its mount namespace ends.
 *
 * Root gets a private mount namespace. Other users (and root without CAP_SYS_ADMIN) also get a user namespace
 * (user_namespace.c). By default only their own user and group are mapped in it: the program keeps its
 * identity and has no capabilities.
 */
struct run_place {
	const char *path; /* where the program sees it: absolute, without symbolic links */
	const char *node; /* its path in the FUSE filesystem; for a link, its target */
	bool directory, link;
	bool is_of_temp; /* `node` is a regular file in the run's directory instead */
};

/*
 * Makes the namespaces and mounts an empty FUSE filesystem on `temp`/fuse; `temp` is a directory of the
 * caller's. The supervisor serves *ret_fd.
 * Returns   0; -errno: `err` says what this machine lacks and what to do about it
 */
JURAT_MUST_CHECK int run_sandbox_enter(const char *temp, enum run_user_map map, int *ret_fd,
				       struct jurat_error *err);
/* The mount only, for a process that may mount in its namespace. */
JURAT_MUST_CHECK int run_sandbox_mount(const char *temp, int *ret_fd, struct jurat_error *err);

/*
 * Call it when the filesystem is served: mounts its nodes where the program looks for them. Over a directory
 * that needs another entry, a copy of itself is mounted, so that stat(2), access(2) and listings agree and
 * existing entries remain.
 */
JURAT_MUST_CHECK int run_sandbox_place(const char *temp, const struct run_place *places, size_t n,
				       struct jurat_error *err);
/* The same, but copies stay writable; they are added to `copies`, also after a failure. */
JURAT_MUST_CHECK int run_sandbox_put(const char *temp, const struct run_place *places, size_t n,
				     struct run_copies *copies, struct jurat_error *err);

#endif
