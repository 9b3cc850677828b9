/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "run/fs_internal.h"

int run_fs_new(struct run_fs **ret, struct jurat_error *err)
{
	struct run_fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return jurat_fail_memory(err);
	fs->root.ino = FUSE_ROOT_ID;
	fs->root.mode = S_IFDIR | 0755;
	fs->uid = geteuid();
	fs->gid = getegid();
	clock_gettime(CLOCK_REALTIME, &fs->born);
	*ret = fs;
	return 0;
}

void run_fs_free(struct run_fs *fs)
{
	if (!fs)
		return;
	run_fs_session_end(fs);
	while (fs->opens)
		run_open_release(fs->opens);
	while (fs->root.children)
		run_fs_remove(fs, fs->root.children);
	for (size_t i = 0; i < fs->n_slots; i++) {
		if (fs->slots[i].node)
			free(fs->slots[i].node->name);
		free(fs->slots[i].node);
	}
	free(fs->slots);
	free(fs);
}

struct run_node *run_tree_get(struct run_fs *fs, uint64_t ino)
{
	if (ino == FUSE_ROOT_ID)
		return &fs->root;
	ino -= FUSE_ROOT_ID + 1;
	return ino < fs->n_slots ? fs->slots[ino].node : NULL;
}

static struct run_slot *take_slot(struct run_fs *fs)
{
	struct run_slot *grown;
	size_t room = fs->n_slots ? 2 * fs->n_slots : 16;

	for (; fs->n_taken < fs->n_slots; fs->n_taken++)
		if (!fs->slots[fs->n_taken].node)
			return &fs->slots[fs->n_taken];
	grown = reallocarray(fs->slots, room, sizeof(*grown));
	if (!grown)
		return NULL;
	memset(grown + fs->n_slots, 0, (room - fs->n_slots) * sizeof(*grown));
	fs->slots = grown;
	grown += fs->n_slots;
	fs->n_slots = room;
	return grown;
}

static void drop_if_forgotten(struct run_fs *fs, struct run_node *node)
{
	size_t slot = node->ino - FUSE_ROOT_ID - 1;

	if (!node->removed || node->lookups > 0)
		return;
	fs->slots[slot].node = NULL;
	if (slot < fs->n_taken)
		fs->n_taken = slot;
	free(node->name);
	free(node);
}

void run_tree_forget(struct run_fs *fs, uint64_t ino, uint64_t n)
{
	struct run_node *node = run_tree_get(fs, ino);

	if (!node || node == &fs->root)
		return;
	node->lookups -= n < node->lookups ? n : node->lookups;
	drop_if_forgotten(fs, node);
}

struct run_node *run_fs_find(struct run_fs *fs, struct run_node *parent, const char *name)
{
	struct run_node *child = (parent ? parent : &fs->root)->children;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

int run_fs_add(struct run_fs *fs, struct run_node *parent, const char *name, mode_t mode, off_t size,
	       const struct run_node_ops *ops, void *ctx, struct run_node **ret)
{
	struct run_node *node, **tail;
	struct run_slot *slot;

	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (run_fs_find(fs, parent, name))
		return -EEXIST;
	node = calloc(1, sizeof(*node));
	slot = node ? take_slot(fs) : NULL;
	if (slot)
		node->name = strdup(name);
	if (!node || !slot || !node->name) {
		free(node);
		return -ENOMEM;
	}
	node->parent = parent ? parent : &fs->root;
	node->mode = mode;
	node->size = size;
	node->ops = ops;
	node->ctx = ctx;
	node->ino = (uint64_t)(slot - fs->slots) + FUSE_ROOT_ID + 1;
	node->generation = slot->generation++;
	node->serial = fs->serial++;
	slot->node = node;
	for (tail = &node->parent->children; *tail; tail = &(*tail)->next)
		;
	*tail = node;
	if (ret)
		*ret = node;
	return 0;
}

void run_fs_remove(struct run_fs *fs, struct run_node *node)
{
	struct run_node **at = &node->parent->children;

	while (node->children)
		run_fs_remove(fs, node->children);
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->removed = true;
	drop_if_forgotten(fs, node);
}

void run_open_add(struct run_fs *fs, struct run_open *opened)
{
	opened->next = fs->opens;
	opened->at = &fs->opens;
	if (opened->next)
		opened->next->at = &opened->next;
	fs->opens = opened;
}

void run_open_release(struct run_open *opened)
{
	*opened->at = opened->next;
	if (opened->next)
		opened->next->at = opened->at;
	if (opened->mappable)
		--*opened->mappable;
	if (opened->ops && opened->ops->release)
		opened->ops->release(opened->ctx, opened->file);
	free(opened);
}
