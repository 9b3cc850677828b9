/* SPDX-License-Identifier: MIT */
#ifndef RUN_FS_INTERNAL_H
#define RUN_FS_INTERNAL_H

#define FUSE_USE_VERSION 35
#include <fuse3/fuse_lowlevel.h>

#include "run/fs.h"

enum { RUN_MAX_KEPT = 64 };

/*
 * Only this filesystem changes the tree, and tells the kernel about every change, so its caches stay valid.
 */
#define RUN_FS_CACHE_S 86400.0

/* Shared by fs.c (FUSE), cuse.c (CUSE) and fs_tree.c (the nodes). */
struct run_node {
	struct run_node *parent, *next, *children;
	char *name;
	char *target; /* target of a symbolic link; NULL: not a link */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	off_t size, shown; /* real size, and st_size after a truncation while it is open */
	unsigned n_opens;
	struct timespec accessed, modified, changed;
	const struct run_node_ops *ops;
	void *ctx;
	uint64_t ino, generation, serial;
	uint64_t lookups; /* number of references held by the kernel */
	bool removed;
};

/* One inode number, which is reused with another generation when the kernel has forgotten it. */
struct run_slot {
	struct run_node *node;
	uint64_t generation;
};

struct run_fs {
	struct fuse_session *session;
	struct fuse_buf buffer;
	struct run_node root;
	struct run_slot *slots;  /* of ino - FUSE_ROOT_ID - 1 */
	size_t n_slots, n_taken; /* used slots, at the front; allocated slots */
	uint64_t serial;
	struct run_open *opens;
	size_t n_mappable; /* open files that may be mapped; a mapping counts as open */
	struct fuse_buf kept[RUN_MAX_KEPT];
	size_t n_kept;
	uid_t uid;
	gid_t gid;
};

/* One open(2), which may outlive its node. */
struct run_open {
	struct run_open *next, **at; /* in the filesystem's list */
	struct run_fs *fs;
	struct run_node *node; /* NULL: of a character device by CUSE */
	const struct run_node_ops *ops;
	void *ctx;
	void *file;
	off_t position;   /* after the last write */
	size_t *mappable; /* the filesystem's count; NULL: not mappable */
};

struct run_node *run_tree_get(struct run_fs *fs, uint64_t ino);
void run_tree_forget(struct run_fs *fs, uint64_t ino, uint64_t n);
/* 0 or -errno; the caller adds it to the filesystem's list. */
int run_open_new(const struct run_node *node, int flags, struct run_open **ret);
/* `copied` has what the kernel copied. */
void run_open_ioctl(fuse_req_t req, unsigned request, void *arg, const struct fuse_file_info *fi,
		    unsigned flags, const struct run_ioctl *copied);
void run_open_add(struct run_fs *fs, struct run_open *opened);
void run_open_release(struct run_open *opened);
int run_session_serve(struct fuse_session *session, struct fuse_buf *buffer); /* as run_fs_serve() */
void run_fs_session_end(struct run_fs *fs);

/* fs_attr.c */
void run_fs_attr(const struct run_fs *fs, const struct run_node *node, struct stat *ret);
void run_fs_truncate(struct run_node *node, off_t size);
void run_fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void run_fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi);
void run_fs_statfs(fuse_req_t req, fuse_ino_t ino);
void run_fs_readlink(fuse_req_t req, fuse_ino_t ino);
void run_fs_no_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi);

#endif
