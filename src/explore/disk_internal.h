/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_DISK_INTERNAL_H
#define EXPLORE_DISK_INTERNAL_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "explore/disk.h"

/*
 * What is behind disk.h, in five files:
 *
 *	disk.c        the whole: reset, death, power loss, digest
 *	disk_inode.c  inodes and their names: now, and on disk
 *	disk_open.c   open file descriptions and descriptors
 *	disk_names.c  paths, and calls that change names
 *	disk_env.c    data, locks, and the table of all calls
 *
 * What a call needs is reserved before it changes anything, so that it fails without an effect. A reset keeps
 * all memory: what is free now will be used again.
 */
struct disk_name {
	struct disk_name *next; /* of the directory, in the order of their bytes; or free */
	struct disk_inode *inode;
	size_t n;
	struct base_mix digest; /* of the text */
	char text[NAME_MAX + 1];
};

struct disk_attr {
	uint32_t mode, uid, gid;
	int64_t mtime_ns;
};

struct disk_data {
	uint8_t *bytes;
	size_t size, room;
	struct base_mix digest; /* of the bytes */
	bool has_digest;
};

/* An inode at one time. A directory has names, a file data. */
struct disk_version {
	struct disk_attr attr;
	struct disk_data data;
	struct disk_name *names;
	struct base_mix digest; /* of all of it, and in `synced` of `now` as well */
	bool has_digest;
};

/*
 * What is on disk is kept apart from the first change after an fsync(): fsync() and a power loss then need no
 * memory.
 */
struct disk_inode {
	uint64_t ino;
	struct disk_version now, synced;
	bool data_differ, names_differ; /* `synced` has attr and data, or names; otherwise `now` is on disk */
	unsigned n_names;               /* that it has as a directory, now */
	unsigned links, synced_links;   /* names of it: now; in `synced` of directories */
	struct disk_open *opens;
	struct disk_inode *parent; /* of a directory that has a name */
	size_t at;                 /* in disk->inodes */
	uint64_t seen;             /* disk->seen when it was queued last */
	struct disk_inode *queued; /* behind it */
};

enum disk_lock { DISK_UNLOCKED, DISK_SHARED, DISK_EXCLUSIVE };

/* An open file description. */
struct disk_open {
	struct disk_inode *inode; /* NULL: free */
	struct disk_open *next;   /* of the same inode */
	unsigned n_fds, process;
	int flags;
	int64_t offset;
	enum disk_lock lock;
};

struct disk_process {
	struct base_env env;
	struct disk *disk;
	unsigned number, n_fds;
	uint64_t creations,
		changes; /* that it made, 32 bits each: numbers of inodes and times come from them */
	struct disk_open *fds[DISK_MAX_FDS];
	struct disk_open opens[DISK_MAX_FDS];
};

struct disk {
	struct disk_inode **inodes; /* first those in use, then free ones */
	size_t n_inodes, n_made, room;
	struct disk_name *free_names;
	size_t n_free_names;
	struct disk_inode *root;
	uint64_t seen;
	struct disk_inode *queue, *queue_end;
	bool has_no_times;
	unsigned n_processes;
	struct disk_process processes[];
};

enum { DISK_FIRST_FD = 3, DISK_MAX_FILE_BYTES = 1 << 26 };

static inline struct disk_process *disk_process_of(struct base_env *env)
{
	return (struct disk_process *)env;
}

static inline bool disk_is_dir(const struct disk_inode *inode)
{
	return S_ISDIR(inode->now.attr.mode);
}

/* disk_inode.c. These may fail, and change nothing that can be noticed. 0; -ENOMEM; of sizes also -EFBIG */
JURAT_MUST_CHECK int disk_reserve_inode(struct disk *disk);
/* For changes of names in these directories, of which `b` may be NULL or `a`: one name each, or two. */
JURAT_MUST_CHECK int disk_reserve_names(struct disk *disk, const struct disk_inode *a,
					const struct disk_inode *b);
JURAT_MUST_CHECK int disk_reserve_data(struct disk_inode *inode, uint64_t size);

/* The same, now that all is reserved. */
struct disk_inode *disk_add_inode(struct disk *disk, uint64_t ino, uint32_t mode, uint32_t gid);
void disk_add_name(struct disk *disk, struct disk_inode *dir, const char *name, size_t n,
		   struct disk_inode *inode);
void disk_remove_name(struct disk *disk, struct disk_inode *dir, struct disk_name *name);
/* From now on the name leads to `inode`. */
void disk_set_name(struct disk *disk, struct disk_inode *dir, struct disk_name *name,
		   struct disk_inode *inode);
/* Before attributes or data change. */
void disk_keep_data(struct disk_inode *inode);
/* `process` has changed it: another time. */
void disk_touch(struct disk_process *process, struct disk_inode *inode);
void disk_resize(struct disk_inode *inode, size_t size);
void disk_sync(struct disk *disk, struct disk_inode *inode);
struct disk_name *disk_find_name(const struct disk_inode *dir, const char *name, size_t n);

/* No memory is freed: the names, the inode. */
void disk_drop_names(struct disk *disk, struct disk_name **names);
void disk_drop_inode(struct disk *disk, struct disk_inode *inode);
/* The inode itself, unless anything still leads to it. */
void disk_drop_unused(struct disk *disk, struct disk_inode *inode);

/* disk_open.c */
struct disk_open *disk_open_of(struct disk_process *process, int fd);  /* NULL: -EBADF */
int disk_free_fd(const struct disk_process *process);                  /* -EMFILE */
int disk_add_fd(struct disk_process *process, struct disk_open *open); /* -EMFILE */
int disk_add_open(struct disk_process *process, struct disk_inode *inode, int flags);
void disk_close_fd(struct disk_process *process, int fd);
void disk_stat_of(const struct disk_inode *inode, struct base_stat *ret);

/* disk_names.c */
int disk_open(struct base_env *env, const char *path, int flags, unsigned mode);
int disk_stat(struct base_env *env, const char *path, struct base_stat *ret);
int disk_rename(struct base_env *env, const char *from, const char *to);
int disk_exchange(struct base_env *env, const char *a, const char *b);
int disk_unlink(struct base_env *env, const char *path);
int disk_mkdir(struct base_env *env, const char *path, unsigned mode);
int disk_rmdir(struct base_env *env, const char *path);
int disk_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode);
int disk_stat_at(struct base_env *env, int dir, const char *name, struct base_stat *ret);
int disk_rename_at(struct base_env *env, int dir, const char *from, const char *to);
int disk_unlink_at(struct base_env *env, int dir, const char *name);
int disk_mkdir_at(struct base_env *env, int dir, const char *name, unsigned mode);

/* disk_env.c */
extern const struct base_env_ops disk_ops;

#endif
