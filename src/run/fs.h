/* SPDX-License-Identifier: MIT */
#ifndef RUN_FS_H
#define RUN_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * The FUSE filesystem of a run: a tree of nodes for device files, configfs directories and others. It is
 * independent of TEEs; the behavior of a node is in its `struct run_node_ops`. Only this module and cuse.c
 * include libfuse.
 *
 * Requests arrive through run_fs_serve() and are answered once each with their `struct run_reply`,
 * immediately or later. An interrupted request is completed like any other: the kernel makes the caller wait
 * for the reply, so nothing is executed twice.
 * Threads   one thread per filesystem
 */
struct run_fs;
struct run_node;
struct run_reply;

/* An ioctl(2) of the program. */
struct run_ioctl {
	pid_t pid; /* the calling thread, which waits */
	unsigned request;
	uint64_t arg;
	bool compat; /* a 32-bit program's */
	/*
	 * What the kernel copied from `arg`, as the size and direction in the request's number say; n_out
	 * bytes may be copied back with the reply. Valid during the call; NULL: nothing (CUSE).
	 */
	const void *in;
	size_t n_in, n_out;
};

/*
 * All may be NULL: a file can then be opened but supports nothing else, and children of a directory come from
 * run_fs_add() only.
 */
struct run_node_ops {
	bool seekable;  /* lseek(2), pread(2) and pwrite(2) work */
	bool strict;    /* modes apply to root, too, as in sysfs and configfs */
	bool device;    /* a device's node: truncate(2) is -EINVAL */
	bool truncates; /* a truncation shows in st_size until the last close, as in configfs */
	/*
	 * `flags` as open(2); *ret_file is passed to the functions below. 0 or -errno. A file outlives its
	 * node: once that is removed, `ctx` may be freed, and these functions have only `file`.
	 */
	int (*open)(void *ctx, int flags, void **ret_file);
	void (*release)(void *ctx, void *file);
	void (*ioctl)(void *ctx, void *file, const struct run_ioctl *call, struct run_reply *reply);
	void (*read)(void *ctx, void *file, size_t size, uint64_t off, struct run_reply *reply);
	/* One write(2) of this thread. Returns the number of bytes written, or -errno. */
	ssize_t (*write)(void *ctx, void *file, const void *data, size_t size, uint64_t off, pid_t thread);
	/* mkdir(2) and rmdir(2) of a child: adds or removes the node. 0 or -errno. */
	int (*mkdir)(void *ctx, const char *name);
	int (*rmdir)(void *ctx, const char *name);
};

/* Each sends and frees the reply. */
pid_t run_reply_thread(const struct run_reply *reply);     /* the calling thread */
void run_reply_ioctl(struct run_reply *reply, int result); /* result of ioctl(2), -errno for failures */
/* The same; the kernel copies `data`, at most n_out bytes, to the argument, or ioctl(2) is EFAULT. */
void run_reply_ioctl_copy(struct run_reply *reply, int result, const void *data, size_t size);
void run_reply_read(struct run_reply *reply, int error, const void *data, size_t size);

JURAT_MUST_CHECK int run_fs_new(struct run_fs **ret, struct jurat_error *err);
/* IDs as the program sees them; by default those of this process. Call it before nodes are added. */
void run_fs_set_owner(struct run_fs *fs, uid_t uid, gid_t gid);
/* Pending requests fail with -ENODEV in the program. */
void run_fs_free(struct run_fs *fs);

/*
 * Adds a node below `parent` (NULL: the root). mode as in st_mode, S_IFREG or S_IFDIR and permission bits;
 * size as in st_size. ops and ctx are borrowed for the lifetime of the node.
 * Returns   0; -EEXIST; -ENAMETOOLONG; -ENOMEM
 */
JURAT_MUST_CHECK int run_fs_add(struct run_fs *fs, struct run_node *parent, const char *name, mode_t mode,
				off_t size, const struct run_node_ops *ops, void *ctx, struct run_node **ret);
/* A symbolic link. As run_fs_add(). */
JURAT_MUST_CHECK int run_fs_add_link(struct run_fs *fs, struct run_node *parent, const char *name,
				     const char *target);
/* Removes a node with everything below it. Open descriptors use their node's ops until they are released. */
void run_fs_remove(struct run_fs *fs, struct run_node *node);
struct run_node *run_fs_find(struct run_fs *fs, struct run_node *parent, const char *name); /* NULL: none */

/*
 * Takes ownership of a mounted filesystem's /dev/fuse descriptor. run_fs_serve handles pending requests, a
 * limited number at once, without blocking. 0; -ENODEV it was unmounted; another -errno.
 */
JURAT_MUST_CHECK int run_fs_attach(struct run_fs *fs, int fd, struct jurat_error *err);
int run_fs_fd(const struct run_fs *fs);
JURAT_MUST_CHECK int run_fs_serve(struct run_fs *fs);

/*
 * Whether the program may have mapped one of these files. Its pages are read from this process, so accessing
 * the program's memory from the serving thread could deadlock. While such files are open, another thread
 * accesses the memory; meanwhile the serving thread fails reads with EIO and defers all other requests.
 */
bool run_fs_may_be_mapped(const struct run_fs *fs);
void run_fs_refuse_reads(struct run_fs *fs);
bool run_fs_has_kept(const struct run_fs *fs);
void run_fs_serve_kept(struct run_fs *fs);

#endif
