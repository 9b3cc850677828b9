/* SPDX-License-Identifier: MIT */
#include "explore/disk_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_INO ((uint64_t)DISK_MAX_PROCESSES << 32) /* no process makes it */

int disk_new(unsigned n_processes, struct disk **ret)
{
	struct disk *disk;

	if (n_processes == 0 || n_processes > DISK_MAX_PROCESSES)
		return -EINVAL;
	disk = calloc(1, sizeof(*disk) + n_processes * sizeof(disk->processes[0]));
	if (!disk)
		return -ENOMEM;
	disk->n_processes = n_processes;
	for (unsigned i = 0; i < n_processes; i++) {
		disk->processes[i].env.ops = &disk_ops;
		disk->processes[i].disk = disk;
		disk->processes[i].number = i;
	}
	if (disk_reserve_inode(disk) < 0) {
		disk_free(disk);
		return -ENOMEM;
	}
	disk_reset(disk);
	*ret = disk;
	return 0;
}

/* All inodes and names are free then. */
static void drop_all(struct disk *disk)
{
	for (size_t i = 0; i < disk->n_inodes; i++) {
		disk_drop_names(disk, &disk->inodes[i]->now.names);
		disk_drop_names(disk, &disk->inodes[i]->synced.names);
	}
	disk->n_inodes = 0;
}

void disk_free(struct disk *disk)
{
	if (!disk)
		return;
	drop_all(disk);
	while (disk->free_names) {
		struct disk_name *name = disk->free_names;

		disk->free_names = name->next;
		free(name);
	}
	for (size_t i = 0; i < disk->n_made; i++) {
		free(disk->inodes[i]->now.data.bytes);
		free(disk->inodes[i]->synced.data.bytes);
		free(disk->inodes[i]);
	}
	free(disk->inodes);
	free(disk);
}

struct base_env *disk_env(struct disk *disk, unsigned process)
{
	return &disk->processes[process].env;
}

void disk_reset(struct disk *disk)
{
	drop_all(disk);
	disk->root = disk_add_inode(disk, ROOT_INO, S_IFDIR | 0755, 0);
	disk->root->links = 1;
	for (unsigned i = 0; i < disk->n_processes; i++) {
		struct disk_process *process = &disk->processes[i];

		process->creations = process->changes = 0;
		for (unsigned k = 0; k < DISK_MAX_FDS && process->n_fds > 0; k++) {
			process->fds[k] = NULL;
			process->opens[k].inode = NULL;
		}
		process->n_fds = 0;
	}
}

void disk_kill(struct disk *disk, unsigned process)
{
	struct disk_process *dead = &disk->processes[process];

	for (int i = 0; i < DISK_MAX_FDS && dead->n_fds > 0; i++)
		if (dead->fds[i])
			disk_close_fd(dead, DISK_FIRST_FD + i);
}

unsigned disk_open_fds(const struct disk *disk, unsigned process)
{
	return disk->processes[process].n_fds;
}

static void begin_queue(struct disk *disk)
{
	disk->seen++;
	disk->queue = disk->queue_end = NULL;
}

static void queue(struct disk *disk, struct disk_inode *inode)
{
	if (inode->seen == disk->seen)
		return;
	inode->seen = disk->seen;
	inode->queued = NULL;
	if (disk->queue)
		disk->queue_end->queued = inode;
	else
		disk->queue = inode;
	disk->queue_end = inode;
}

static struct disk_inode *next_queued(struct disk *disk)
{
	struct disk_inode *inode = disk->queue;

	if (inode)
		disk->queue = inode->queued;
	return inode;
}

/* Its links are as before: nothing leads to a removed file but what is on disk, and its data are lost. */
static void settle(struct disk *disk, struct disk_inode *inode, unsigned loss)
{
	struct disk_version now = inode->now;

	if (inode->data_differ && ((loss & DISK_LOSES_DATA) || inode->links == 0)) {
		inode->now.attr = inode->synced.attr;
		inode->now.data = inode->synced.data;
		inode->synced.data = now.data;
	}
	if (inode->names_differ && (loss & DISK_LOSES_NAMES)) {
		inode->now.names = inode->synced.names;
		inode->synced.names = now.names;
	}
	disk_drop_names(disk, &inode->synced.names);
	inode->data_differ = inode->names_differ = false;
	inode->now.has_digest = inode->synced.has_digest = false;
}

/*
 * A directory that was moved from one to another of which only one is on disk may have two names, or one in
 * itself. As a check of the file system does, leave it the first.
 */
static void keep_reachable(struct disk *disk, struct disk_inode *dir)
{
	struct disk_name **at = &dir->now.names;

	dir->n_names = 0;
	while (*at) {
		struct disk_inode *inode = (*at)->inode;

		if (disk_is_dir(inode) && inode->seen == disk->seen) {
			struct disk_name *second = *at;

			*at = second->next;
			second->next = NULL;
			disk_drop_names(disk, &second);
			continue;
		}
		inode->links++;
		inode->parent = disk_is_dir(inode) ? dir : NULL;
		dir->n_names++;
		queue(disk, inode);
		at = &(*at)->next;
	}
}

void disk_without_times(struct disk *disk)
{
	disk->has_no_times = true;
}

void disk_lose_power(struct disk *disk, unsigned loss)
{
	for (unsigned i = 0; i < disk->n_processes; i++)
		disk_kill(disk, i);
	for (size_t i = 0; i < disk->n_inodes; i++)
		settle(disk, disk->inodes[i], loss);
	for (size_t i = 0; i < disk->n_inodes; i++)
		disk->inodes[i]->links = disk->inodes[i]->synced_links = 0;
	disk->root->links = 1;
	begin_queue(disk);
	queue(disk, disk->root);
	for (struct disk_inode *inode; (inode = next_queued(disk));)
		keep_reachable(disk, inode);
	for (size_t i = disk->n_inodes; i-- > 0;) {
		struct disk_inode *inode = disk->inodes[i];

		if (inode->seen == disk->seen)
			continue;
		disk_drop_names(disk, &inode->now.names);
		disk_drop_inode(disk, inode);
	}
}

static void make_digest(const struct disk_inode *inode, struct disk_version *of, const struct disk_attr *attr,
			struct disk_data *data, const struct disk_name *names)
{
	struct base_mix mix = { 0 };

	if (!data->has_digest) {
		data->digest = (struct base_mix){ 0 };
		base_mix_bytes(&data->digest, data->bytes, data->size);
		data->has_digest = true;
	}
	base_mix_u64(&mix, inode->ino);
	base_mix_u64(&mix, (uint64_t)attr->mode << 32 | attr->uid);
	base_mix_u64(&mix, attr->gid);
	base_mix_u64(&mix, (uint64_t)attr->mtime_ns);
	base_mix_u64(&mix, data->digest.a);
	base_mix_u64(&mix, data->digest.b);
	for (; names; names = names->next) {
		base_mix_u64(&mix, names->inode->ino ^ names->digest.a);
		base_mix_u64(&mix, names->digest.b);
	}
	of->digest = mix;
	of->has_digest = true;
}

/* To a sum, in which the order of inodes does not matter: each digest has the number of its inode. */
static void add_inode(struct disk_inode *inode, bool power, struct base_mix *sum)
{
	struct disk_version *now = &inode->now, *synced = &inode->synced;

	if (!now->has_digest)
		make_digest(inode, now, &now->attr, &now->data, now->names);
	if (!power) {
		sum->a += now->digest.a;
		sum->b += now->digest.b;
		return;
	}
	if (!synced->has_digest) {
		make_digest(inode, synced, inode->data_differ ? &synced->attr : &now->attr,
			    inode->data_differ ? &synced->data : &now->data,
			    inode->names_differ ? synced->names : now->names);
		base_mix_u64(&synced->digest, now->digest.a);
		base_mix_u64(&synced->digest, now->digest.b);
	}
	sum->a += synced->digest.a;
	sum->b += synced->digest.b;
}

static void add_process(const struct disk_process *process, struct base_mix *to)
{
	base_mix_u64(to, process->creations << 32 | process->changes);
	base_mix_u64(to, process->n_fds);
	for (unsigned i = 0, left = process->n_fds; left > 0; i++) {
		const struct disk_open *open = process->fds[i];
		uint64_t first = 0;

		if (!open)
			continue;
		left--;
		while (process->fds[first] != open) /* the lowest copy, by dup() */
			first++;
		base_mix_u64(to, open->inode->ino << 16 | (uint64_t)open->flags); /* of 37 and 11 bits */
		base_mix_u64(to, (uint64_t)open->offset << 16 | first << 8 | i << 2 | open->lock);
	}
}

/*
 * Whatever is not reachable is gone, but what only a power loss can bring back: hence no walk through names,
 * which would take most of the time of an explorer.
 */
void disk_hash(struct disk *disk, bool power, struct base_mix *to)
{
	struct base_mix sum = { 0 };

	for (unsigned i = 0; i < disk->n_processes; i++)
		add_process(&disk->processes[i], to);
	for (size_t i = 0; i < disk->n_inodes; i++)
		if (power || disk->inodes[i]->links > 0 || disk->inodes[i]->opens)
			add_inode(disk->inodes[i], power, &sum);
	base_mix_u64(to, sum.a);
	base_mix_u64(to, sum.b);
}
