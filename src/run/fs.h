/* SPDX-License-Identifier: MIT */
#ifndef RUN_FS_H
#define RUN_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * The one FUSE filesystem of a run: a tree of nodes, device files and the directories of configfs alike. It
 * knows no TEE; what a node does is in its `struct run_node_ops`. Only this module and cuse.c include
 * libfuse.
 *
 * Requests come through run_fs_serve() and are answered through their `struct run_reply`, once each, at
 * once or later. An interrupted request is finished like any other: the kernel keeps the caller waiting for
 * the answer, and so nothing is ever run twice.
 * Threads   one thread per filesystem
 */
struct run_fs;
struct run_node;
struct run_reply;

/* An ioctl as the program made it. */
struct run_ioctl {
	pid_t pid; /* the calling thread, which waits */
	unsigned request;
	uint64_t arg;
	bool compat; /* a 32-bit program's */
};

/*
 * All may be NULL: a file then opens and does nothing else, a directory has no children but those that were
 * added.
 */
struct run_node_ops {
	bool seekable;  /* lseek(2), pread(2) and pwrite(2) work */
	bool strict;    /* modes bind root, too, as in sysfs and configfs */
	bool device;    /* a device's node: truncate(2) is -EINVAL */
	bool truncates; /* a truncation is seen in st_size until the last close, as in configfs */
	/* `flags` as open(2); *ret_file is passed to what follows. 0 or -errno. */
	int (*open)(void *ctx, int flags, void **ret_file);
	void (*release)(void *ctx, void *file);
	void (*ioctl)(void *ctx, void *file, const struct run_ioctl *call, struct run_reply *reply);
	void (*read)(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply);
	/* One write(2). How many bytes were taken, or -errno. */
	ssize_t (*write)(void *ctx, void *file, const void *data, size_t size, uint64_t off);
	/* mkdir(2) and rmdir(2) of a child: adds or removes the node. 0 or -errno. */
	int (*mkdir)(void *ctx, const char *name);
	int (*rmdir)(void *ctx, const char *name);
};

/* Each answers and frees the reply. */
void run_reply_ioctl(struct run_reply *reply, int result); /* what ioctl(2) gives, -errno for failures */
void run_reply_read(struct run_reply *reply, int error, const void *data, size_t size);

JURAT_MUST_CHECK int run_fs_new(struct run_fs **ret, struct jurat_error *err);
/* Requests that are not answered yet end with -ENODEV in the program. */
void run_fs_free(struct run_fs *fs);

/*
 * Adds a node below `parent` (NULL: the root). mode as in st_mode, S_IFREG or S_IFDIR and permission bits;
 * size as in st_size. ops and ctx are borrowed for the node's life.
 * Returns   0; -EEXIST; -ENAMETOOLONG; -ENOMEM
 */
JURAT_MUST_CHECK int run_fs_add(struct run_fs *fs, struct run_node *parent, const char *name, mode_t mode,
				off_t size, const struct run_node_ops *ops, void *ctx, struct run_node **ret);
/* A symbolic link. As run_fs_add(). */
JURAT_MUST_CHECK int run_fs_add_link(struct run_fs *fs, struct run_node *parent, const char *name,
				     const char *target);
/* With everything below it. Descriptors that are still open keep their node's ops until they are released. */
void run_fs_remove(struct run_fs *fs, struct run_node *node);
struct run_node *run_fs_find(struct run_fs *fs, struct run_node *parent, const char *name); /* NULL: none */

/*
 * Serves a mounted filesystem's /dev/fuse descriptor, which it takes over.
 * run_fs_serve answers what is there, or the first of much, without waiting. 0; -ENODEV it is unmounted;
 * another -errno.
 */
JURAT_MUST_CHECK int run_fs_attach(struct run_fs *fs, int fd, struct jurat_error *err);
int run_fs_fd(const struct run_fs *fs);
JURAT_MUST_CHECK int run_fs_serve(struct run_fs *fs);

/*
 * A program's page of one of these files comes from whoever serves the filesystem: who touches it from here
 * may wait for himself. While there are files open that have pages, another thread does it, and this one
 * answers reads with EIO and keeps all other requests, to serve them when it is done.
 */
bool run_fs_may_be_mapped(const struct run_fs *fs);
void run_fs_refuse_reads(struct run_fs *fs);
bool run_fs_has_kept(const struct run_fs *fs);
void run_fs_serve_kept(struct run_fs *fs);

#endif
