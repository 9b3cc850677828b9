/* SPDX-License-Identifier: MIT */
#ifndef RUN_CUSE_H
#define RUN_CUSE_H

#include "run/fs.h"

/*
 * Provides a device file of the filesystem as a system-wide character device with CUSE. Its ioctls are
 * restricted, as in FUSE: there is no difference for the node's ops. The kernel creates the device, and
 * removes it when the descriptor is closed, by whatever process.
 * Threads   the filesystem's
 */
struct run_cuse;

/*
 * `node` and `fs` are borrowed. The device number is known when this returns.
 * Returns   0; -EEXIST a CUSE device of this name exists; another -errno: `err` says what this machine lacks
 */
JURAT_MUST_CHECK int run_cuse_new(struct run_fs *fs, const struct run_node *node, struct run_cuse **ret,
				  struct jurat_error *err);
/* Pending requests fail with -ENODEV. Call it before run_fs_free(). */
void run_cuse_free(struct run_cuse *cuse);

const char *run_cuse_name(const struct run_cuse *cuse);
mode_t run_cuse_mode(const struct run_cuse *cuse); /* permission bits */
dev_t run_cuse_number(const struct run_cuse *cuse);
int run_cuse_fd(const struct run_cuse *cuse);
/* As run_fs_serve(). */
JURAT_MUST_CHECK int run_cuse_serve(struct run_cuse *cuse);

#endif
