/* SPDX-License-Identifier: MIT */
#ifndef RUN_CUSE_H
#define RUN_CUSE_H

#include "run/fs.h"

/*
 * A device file of the filesystem as a character device of the whole machine, by CUSE. Its ioctls are
 * restricted ones, as FUSE's are: the node's ops cannot tell the two apart. The kernel makes the device when
 * it is new, and removes it when the descriptor is closed, whoever closes it.
 * Threads   the filesystem's
 */
struct run_cuse;

/*
 * `node` and `fs` are borrowed. The device has its number when this returns.
 * Returns   0; -EEXIST there is such a device by CUSE; other -errno: what this machine lacks, in words
 */
JURAT_MUST_CHECK int run_cuse_new(struct run_fs *fs, const struct run_node *node, struct run_cuse **ret,
				  struct jurat_error *err);
/* Requests that are not answered yet end with -ENODEV. To be called before run_fs_free(). */
void run_cuse_free(struct run_cuse *cuse);

const char *run_cuse_name(const struct run_cuse *cuse);
mode_t run_cuse_mode(const struct run_cuse *cuse); /* permission bits */
dev_t run_cuse_number(const struct run_cuse *cuse);
int run_cuse_fd(const struct run_cuse *cuse);
/* As run_fs_serve(). */
JURAT_MUST_CHECK int run_cuse_serve(struct run_cuse *cuse);

#endif
