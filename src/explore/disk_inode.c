/* SPDX-License-Identifier: MIT */
#include "explore/disk_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int disk_reserve_inode(struct disk *disk)
{
	if (disk->n_inodes < disk->n_made)
		return 0;
	if (disk->n_made == disk->room) {
		size_t room = disk->room ? 2 * disk->room : 16;
		struct disk_inode **grown = reallocarray(disk->inodes, room, sizeof(struct disk_inode *));

		if (!grown)
			return -ENOMEM;
		disk->inodes = grown;
		disk->room = room;
	}
	disk->inodes[disk->n_made] = calloc(1, sizeof(struct disk_inode));
	if (!disk->inodes[disk->n_made])
		return -ENOMEM;
	disk->n_made++;
	return 0;
}

int disk_reserve_names(struct disk *disk, const struct disk_inode *a, const struct disk_inode *b)
{
	size_t n = 2;

	if (!a->names_differ)
		n += a->n_names;
	if (b && b != a && !b->names_differ)
		n += b->n_names;
	while (disk->n_free_names < n) {
		struct disk_name *name = malloc(sizeof(*name));

		if (!name)
			return -ENOMEM;
		name->next = disk->free_names;
		disk->free_names = name;
		disk->n_free_names++;
	}
	return 0;
}

static int reserve_bytes(struct disk_data *data, size_t size)
{
	uint8_t *grown;
	size_t room = data->room ? data->room : 64;

	if (size <= data->room)
		return 0;
	while (room < size)
		room *= 2;
	grown = realloc(data->bytes, room);
	if (!grown)
		return -ENOMEM;
	data->bytes = grown;
	data->room = room;
	return 0;
}

int disk_reserve_data(struct disk_inode *inode, uint64_t size)
{
	int e;

	if (size > DISK_MAX_FILE_BYTES)
		return -EFBIG;
	e = inode->data_differ ? 0 : reserve_bytes(&inode->synced.data, inode->now.data.size);
	return e < 0 ? e : reserve_bytes(&inode->now.data, (size_t)size);
}

/* The new inode is not on disk; where its name is and its data are not, it is there as it was created. */
struct disk_inode *disk_add_inode(struct disk *disk, uint64_t ino, uint32_t mode, uint32_t gid)
{
	size_t at = disk->n_inodes++;
	struct disk_inode *inode = disk->inodes[at];
	struct disk_data now = inode->now.data, synced = inode->synced.data;

	now.size = synced.size = 0;
	now.has_digest = synced.has_digest = false;
	*inode = (struct disk_inode){
		.ino = ino,
		.at = at,
		.now = { .attr = { .mode = mode, .gid = gid }, .data = now },
		.synced = { .data = synced },
	};
	return inode;
}

struct disk_name *disk_find_name(const struct disk_inode *dir, const char *name, size_t n)
{
	for (struct disk_name *at = dir->now.names; at; at = at->next)
		if (at->n == n && memcmp(at->text, name, n) == 0)
			return at;
	return NULL;
}

static struct disk_name *take_name(struct disk *disk, const char *text, size_t n,
				   const struct base_mix *digest, struct disk_inode *inode)
{
	struct disk_name *name = disk->free_names;

	disk->free_names = name->next;
	disk->n_free_names--;
	name->inode = inode;
	name->n = n;
	name->digest = *digest;
	memcpy(name->text, text, n);
	name->text[n] = '\0';
	return name;
}

static int compare(const struct disk_name *a, const char *text, size_t n)
{
	int order = memcmp(a->text, text, a->n < n ? a->n : n);

	return order ? order : (a->n > n) - (a->n < n);
}

static void drop_name(struct disk *disk, struct disk_name *name)
{
	name->next = disk->free_names;
	disk->free_names = name;
	disk->n_free_names++;
}

void disk_drop_names(struct disk *disk, struct disk_name **names)
{
	while (*names) {
		struct disk_name *name = *names;

		*names = name->next;
		drop_name(disk, name);
	}
}

static void changed(struct disk_inode *inode)
{
	inode->now.has_digest = inode->synced.has_digest = false;
}

static void keep_names(struct disk *disk, struct disk_inode *dir)
{
	struct disk_name **end = &dir->synced.names;

	changed(dir);
	if (dir->names_differ)
		return;
	for (const struct disk_name *name = dir->now.names; name; name = name->next) {
		*end = take_name(disk, name->text, name->n, &name->digest, name->inode);
		end = &(*end)->next;
		name->inode->synced_links++;
	}
	*end = NULL;
	dir->names_differ = true;
}

void disk_keep_data(struct disk_inode *inode)
{
	struct disk_data *to = &inode->synced.data;
	const struct disk_data *from = &inode->now.data;

	changed(inode);
	if (inode->data_differ)
		return;
	inode->synced.attr = inode->now.attr;
	if (from->size > 0)
		memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	to->digest = from->digest;
	to->has_digest = from->has_digest;
	inode->data_differ = true;
}

void disk_add_name(struct disk *disk, struct disk_inode *dir, const char *text, size_t n,
		   struct disk_inode *inode)
{
	struct disk_name **at = &dir->now.names, *name;
	struct base_mix digest = { 0 };

	keep_names(disk, dir);
	while (*at && compare(*at, text, n) < 0)
		at = &(*at)->next;
	base_mix_bytes(&digest, text, n);
	name = take_name(disk, text, n, &digest, inode);
	name->next = *at;
	*at = name;
	dir->n_names++;
	inode->links++;
	if (disk_is_dir(inode))
		inode->parent = dir;
}

void disk_remove_name(struct disk *disk, struct disk_inode *dir, struct disk_name *name)
{
	struct disk_name **at = &dir->now.names;
	struct disk_inode *inode = name->inode;

	keep_names(disk, dir);
	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	drop_name(disk, name);
	dir->n_names--;
	inode->links--;
	if (inode->links == 0)
		inode->parent = NULL;
	disk_drop_unused(disk, inode);
}

void disk_set_name(struct disk *disk, struct disk_inode *dir, struct disk_name *name,
		   struct disk_inode *inode)
{
	struct disk_inode *before = name->inode;

	keep_names(disk, dir);
	name->inode = inode;
	inode->links++;
	before->links--;
	if (before->links == 0)
		before->parent = NULL;
	if (disk_is_dir(inode))
		inode->parent = dir;
	disk_drop_unused(disk, before);
}

/*
 * The time of a file is that of its last change. That of a directory is the sum of its changes: processes
 * that each make a name in it bring it to the same state in either order.
 */
void disk_touch(struct disk_process *process, struct disk_inode *inode)
{
	struct base_mix spread = { 0 };
	uint64_t number;

	disk_keep_data(inode);
	if (process->disk->has_no_times)
		return;
	number = (uint64_t)process->number << 32 | ++process->changes;
	if (!disk_is_dir(inode)) {
		inode->now.attr.mtime_ns = (int64_t)number;
		return;
	}
	base_mix_u64(&spread, number);
	inode->now.attr.mtime_ns = (int64_t)(((uint64_t)inode->now.attr.mtime_ns + spread.a) & INT64_MAX);
}

void disk_resize(struct disk_inode *inode, size_t size)
{
	struct disk_data *data = &inode->now.data;

	disk_keep_data(inode);
	if (size > data->size)
		memset(data->bytes + data->size, 0, size - data->size);
	data->size = size;
	data->has_digest = false;
}

static void drop_synced_names(struct disk *disk, struct disk_inode *dir)
{
	struct disk_name *names = dir->synced.names;

	dir->synced.names = NULL;
	dir->names_differ = false;
	while (names) {
		struct disk_name *name = names;
		struct disk_inode *inode = name->inode;

		names = name->next;
		drop_name(disk, name);
		inode->synced_links--;
		disk_drop_unused(disk, inode);
	}
}

void disk_sync(struct disk *disk, struct disk_inode *inode)
{
	inode->data_differ = false;
	inode->synced.has_digest = false;
	if (inode->names_differ)
		drop_synced_names(disk, inode);
}

void disk_drop_inode(struct disk *disk, struct disk_inode *inode)
{
	struct disk_inode *last = disk->inodes[--disk->n_inodes];

	disk->inodes[inode->at] = last;
	last->at = inode->at;
	disk->inodes[disk->n_inodes] = inode;
}

/* A directory without a name is empty, but names that it had may still be on disk. */
void disk_drop_unused(struct disk *disk, struct disk_inode *inode)
{
	if (inode->links > 0 || inode->synced_links > 0 || inode->opens)
		return;
	if (inode->names_differ)
		drop_synced_names(disk, inode);
	disk_drop_inode(disk, inode);
}
