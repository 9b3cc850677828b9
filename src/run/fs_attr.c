/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "run/fs_internal.h"

/* Attributes: stat(2), chmod(2), truncate(2) and the like. */

static nlink_t links_of(const struct run_node *node)
{
	nlink_t n = S_ISDIR(node->mode) ? 2 : 1;

	if (node->removed)
		return 0;
	for (const struct run_node *child = node->children; child; child = child->next)
		n += S_ISDIR(child->mode);
	return n;
}

void run_fs_attr(const struct run_fs *fs, const struct run_node *node, struct stat *ret)
{
	*ret = (struct stat){
		.st_ino = node->ino,
		.st_mode = node->mode,
		.st_nlink = links_of(node),
		.st_uid = node->uid,
		.st_gid = node->gid,
		.st_size = node->shown,
		.st_blksize = 4096,
		.st_atim = node->accessed,
		.st_mtim = node->modified,
		.st_ctim = node->changed,
	};
}

void run_fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct run_fs *fs = fuse_req_userdata(req);
	struct run_node *node = run_tree_get(fs, ino);
	struct stat st;

	if (!node) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	run_fs_attr(fs, node, &st);
	fuse_reply_attr(req, &st, node->shown == node->size ? RUN_FS_CACHE_S : 0);
}

void run_fs_truncate(struct run_node *node, off_t size)
{
	if (node->ops && node->ops->truncates)
		node->shown = size;
}

/* A truncation does not change the contents, only the size in stat(2) while the file is open. */
void run_fs_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct run_node *node = run_tree_get(fuse_req_userdata(req), ino);
	struct timespec now;

	if (node && to_set & FUSE_SET_ATTR_SIZE && node->ops && node->ops->device) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (node) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (to_set & FUSE_SET_ATTR_MODE)
			node->mode = (node->mode & S_IFMT) | (attr->st_mode & 07777);
		if (to_set & FUSE_SET_ATTR_UID)
			node->uid = attr->st_uid;
		if (to_set & FUSE_SET_ATTR_GID)
			node->gid = attr->st_gid;
		if (to_set & FUSE_SET_ATTR_SIZE && node->n_opens > 0)
			run_fs_truncate(node, attr->st_size);
		if (to_set & FUSE_SET_ATTR_ATIME)
			node->accessed = to_set & FUSE_SET_ATTR_ATIME_NOW ? now : attr->st_atim;
		if (to_set & FUSE_SET_ATTR_MTIME)
			node->modified = to_set & FUSE_SET_ATTR_MTIME_NOW ? now : attr->st_mtim;
		node->changed = now;
	}
	run_fs_getattr(req, ino, fi);
}

/* As configfs, which has no blocks. The type is always FUSE's. */
void run_fs_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };

	fuse_reply_statfs(req, &st);
}

void run_fs_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const struct run_node *node = run_tree_get(fuse_req_userdata(req), ino);

	if (node && node->target)
		fuse_reply_readlink(req, node->target);
	else
		fuse_reply_err(req, EINVAL);
}

/* configfs, sysfs and these devices have no fsync operation. Spec: Linux fs/sync.c, vfs_fsync_range(). */
void run_fs_no_fsync(fuse_req_t req, fuse_ino_t ino, int data_only, struct fuse_file_info *fi)
{
	fuse_reply_err(req, EINVAL);
}
