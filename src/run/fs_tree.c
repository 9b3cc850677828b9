/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "run/fs_internal.h"

static void touch(struct run_node *node)
{
	clock_gettime(CLOCK_REALTIME, &node->changed);
	node->modified = node->changed;
}

int run_fs_new(struct run_fs **ret, struct jurat_error *err)
{
	struct run_fs *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return jurat_fail_memory(err);
	fs->root.ino = FUSE_ROOT_ID;
	fs->root.mode = S_IFDIR | 0755;
	run_fs_set_owner(fs, geteuid(), getegid());
	touch(&fs->root);
	fs->root.accessed = fs->root.changed;
	*ret = fs;
	return 0;
}

static void free_node(struct run_node *node)
{
	if (!node)
		return;
	free(node->name);
	free(node->target);
	free(node);
}

void run_fs_set_owner(struct run_fs *fs, uid_t uid, gid_t gid)
{
	fs->uid = fs->root.uid = uid;
	fs->gid = fs->root.gid = gid;
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
	for (size_t i = 0; i < fs->n_slots; i++)
		free_node(fs->slots[i].node);
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

	/* FORGET may arrive before RELEASE. */
	if (!node->removed || node->lookups > 0 || node->n_opens > 0)
		return;
	fs->slots[slot].node = NULL;
	if (slot < fs->n_taken)
		fs->n_taken = slot;
	free_node(node);
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
	node->uid = fs->uid;
	node->gid = fs->gid;
	node->size = node->shown = size;
	touch(node);
	node->accessed = node->changed;
	touch(node->parent);
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

int run_fs_add_link(struct run_fs *fs, struct run_node *parent, const char *name, const char *target)
{
	struct run_node *node;
	int r = run_fs_add(fs, parent, name, S_IFLNK | 0777, (off_t)strlen(target), NULL, NULL, &node);

	if (r < 0)
		return r;
	node->target = strdup(target);
	if (!node->target) {
		run_fs_remove(fs, node);
		return -ENOMEM;
	}
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
	touch(node->parent);
	node->removed = true;
	drop_if_forgotten(fs, node);
}

void run_open_add(struct run_fs *fs, struct run_open *opened)
{
	opened->fs = fs;
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
	if (opened->node && --opened->node->n_opens == 0) {
		opened->node->shown = opened->node->size;
		drop_if_forgotten(opened->fs, opened->node);
	}
	free(opened);
}
