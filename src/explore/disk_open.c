/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>

#include "explore/disk_internal.h"

enum { DEVICE = 77, DIRECTORY_BYTES = 4096 };

struct disk_open *disk_open_of(struct disk_process *process, int fd)
{
	if (fd < DISK_FIRST_FD || fd >= DISK_FIRST_FD + DISK_MAX_FDS)
		return NULL;
	return process->fds[fd - DISK_FIRST_FD];
}

int disk_free_fd(const struct disk_process *process)
{
	for (int i = 0; i < DISK_MAX_FDS; i++)
		if (!process->fds[i])
			return DISK_FIRST_FD + i;
	return -EMFILE;
}

int disk_add_fd(struct disk_process *process, struct disk_open *open)
{
	int fd = disk_free_fd(process);

	if (fd < 0)
		return fd;
	process->fds[fd - DISK_FIRST_FD] = open;
	process->n_fds++;
	open->n_fds++;
	return fd;
}

/* There are as many descriptions as descriptors, of which one is free. */
int disk_add_open(struct disk_process *process, struct disk_inode *inode, int flags)
{
	struct disk_open *open = process->opens;

	while (open->inode)
		open++;
	*open = (struct disk_open){
		.inode = inode,
		.next = inode->opens,
		.process = process->number,
		.flags = flags & (O_ACCMODE | O_APPEND),
	};
	inode->opens = open;
	return disk_add_fd(process, open);
}

void disk_close_fd(struct disk_process *process, int fd)
{
	struct disk_open *open = process->fds[fd - DISK_FIRST_FD], **at;
	struct disk_inode *inode = open->inode;

	process->fds[fd - DISK_FIRST_FD] = NULL;
	process->n_fds--;
	if (--open->n_fds > 0)
		return;
	for (at = &inode->opens; *at != open; at = &(*at)->next)
		;
	*at = open->next;
	open->inode = NULL;
	disk_drop_unused(process->disk, inode);
}

void disk_stat_of(const struct disk_inode *inode, struct base_stat *ret)
{
	const struct disk_attr *attr = &inode->now.attr;

	*ret = (struct base_stat){
		.dev = DEVICE,
		.ino = inode->ino,
		.size = disk_is_dir(inode) ? DIRECTORY_BYTES : (int64_t)inode->now.data.size,
		.mtime_ns = attr->mtime_ns,
		.mode = attr->mode,
		.uid = attr->uid,
		.gid = attr->gid,
	};
}
