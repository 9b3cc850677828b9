/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/forge/x509_edit_internal.h"

enum { MAX_DEPTH = 14, CONSTRUCTED = 0x20 };

static struct tbs_node *next_node(struct tbs_tree *tree)
{
	if (tree->n_nodes == TBS_MAX_NODES) {
		tree->full = true;
		tree->n_nodes--; /* the last one again: nothing will be written */
	}
	tree->nodes[tree->n_nodes] = (struct tbs_node){ .tag = 0 };
	return &tree->nodes[tree->n_nodes++];
}

static const uint8_t *keep(struct tbs_tree *tree, const void *bytes, size_t n)
{
	uint8_t *to = tree->pool + tree->pool_n;

	if (n > sizeof(tree->pool) - tree->pool_n) {
		tree->full = true;
		return NULL;
	}
	if (n > 0)
		memcpy(to, bytes, n);
	tree->pool_n += n;
	return to;
}

static bool read_children(struct tbs_tree *tree, struct tbs_node *node, unsigned depth);

/* The next element, as a node that is nowhere yet; NULL: it is no DER, or too deep. */
static struct tbs_node *read_node(struct tbs_tree *tree, struct bytes_rd *r, unsigned depth)
{
	int tag = der_peek(r);
	struct bytes_rd content = der_enter(r, (uint8_t)tag);
	struct tbs_node *node;

	if (tag < 0 || r->bad || depth == MAX_DEPTH)
		return NULL;
	node = next_node(tree);
	node->tag = (uint8_t)tag;
	node->data = content.data;
	node->n = content.size;
	if (tag & CONSTRUCTED && !read_children(tree, node, depth + 1))
		return NULL;
	return node;
}

static bool read_children(struct tbs_tree *tree, struct tbs_node *node, unsigned depth)
{
	struct bytes_rd r = bytes_rd(node->data, node->n);
	struct tbs_node *last = NULL;

	while (!tree->full && bytes_rd_left(&r) > 0) {
		struct tbs_node *child = read_node(tree, &r, depth);

		if (!child) {
			node->first = NULL;
			return false;
		}
		if (last)
			last->next = child;
		else
			node->first = child;
		last = child;
	}
	node->is_open = true;
	return true;
}

int tbs_tree_read(const uint8_t *der, size_t n, struct tbs_tree **ret, struct jurat_error *err)
{
	auto_free struct tbs_tree *tree = malloc(sizeof(*tree));
	struct bytes_rd r = bytes_rd(der, n);

	if (!tree)
		return jurat_fail_memory(err);
	tree->n_nodes = 0;
	tree->pool_n = 0;
	tree->full = false;
	tree->root = read_node(tree, &r, 0);
	if (!tree->root || bytes_rd_left(&r) > 0 || !tree->root->is_open)
		return jurat_fail(err, -EINVAL, "what is to be changed is no longer valid DER");
	*ret = take_ptr(tree);
	return 0;
}

static void write_node(const struct tbs_node *node, struct der_wr *d)
{
	der_put_open(d, node->tag);
	if (!node->is_open)
		der_put_raw(d, node->data, node->n);
	else
		for (const struct tbs_node *child = node->first; child; child = child->next)
			write_node(child, d);
	der_put_close(d);
}

int tbs_tree_write(const struct tbs_tree *tree, uint8_t *to, size_t room, size_t *ret_size,
		   struct jurat_error *err)
{
	struct der_wr d = der_wr(to, room);

	if (!tree->full)
		write_node(tree->root, &d);
	if (tree->full || d.w.bad)
		return jurat_fail(err, -EINVAL, "it would have more than %zu bytes", room);
	*ret_size = d.w.off;
	return 0;
}

struct tbs_node *tbs_new(struct tbs_tree *tree, uint8_t tag, const void *content, size_t n)
{
	struct tbs_node *node = next_node(tree);

	node->tag = tag;
	node->data = keep(tree, content, n);
	node->n = node->data ? n : 0;
	return node;
}

struct tbs_node *tbs_new_open(struct tbs_tree *tree, uint8_t tag)
{
	struct tbs_node *node = next_node(tree);

	node->tag = tag;
	node->is_open = true;
	return node;
}

struct tbs_node *tbs_new_der(struct tbs_tree *tree, const uint8_t *der, size_t n)
{
	const uint8_t *copy = keep(tree, der, n);
	struct bytes_rd r = bytes_rd(copy, copy ? n : 0);
	struct bytes_rd content = der_enter(&r, n > 0 ? der[0] : 0);
	struct tbs_node *node = next_node(tree);

	node->tag = n > 0 ? der[0] : 0;
	node->data = content.data;
	node->n = content.size;
	if (node->tag & CONSTRUCTED)
		(void)tbs_open(tree, node); /* one whose inside is no DER stays what it is */
	return node;
}

struct tbs_node *tbs_new_copy(struct tbs_tree *tree, const struct tbs_node *node)
{
	struct tbs_node *copy = next_node(tree);

	*copy = *node;
	copy->first = copy->next = NULL;
	for (const struct tbs_node *child = node->first; child && !tree->full; child = child->next)
		tbs_append(copy, tbs_new_copy(tree, child));
	return copy;
}

void tbs_replace(struct tbs_node *node, const struct tbs_node *with)
{
	struct tbs_node *next = node->next;

	*node = *with;
	node->next = next;
}

struct tbs_node *tbs_child(const struct tbs_node *parent, unsigned i)
{
	struct tbs_node *child = parent ? parent->first : NULL;

	while (child && i-- > 0)
		child = child->next;
	return child;
}

struct tbs_node *tbs_last(const struct tbs_node *parent)
{
	struct tbs_node *child = parent->first;

	while (child && child->next)
		child = child->next;
	return child;
}

void tbs_insert(struct tbs_node *parent, struct tbs_node *after, struct tbs_node *node)
{
	if (node == parent || node == after) /* the last one again, see next_node() */
		return;
	node->next = after ? after->next : parent->first;
	if (after)
		after->next = node;
	else
		parent->first = node;
}

void tbs_append(struct tbs_node *parent, struct tbs_node *node)
{
	tbs_insert(parent, tbs_last(parent), node);
}

void tbs_remove(struct tbs_node *parent, const struct tbs_node *node)
{
	struct tbs_node **link = &parent->first;

	while (*link && *link != node)
		link = &(*link)->next;
	if (*link)
		*link = node->next;
}

void tbs_reverse(struct tbs_node *parent)
{
	struct tbs_node *rest = parent->first;

	parent->first = NULL;
	while (rest) {
		struct tbs_node *node = rest;

		rest = rest->next;
		tbs_insert(parent, NULL, node);
	}
}

bool tbs_open(struct tbs_tree *tree, struct tbs_node *node)
{
	return node->is_open || read_children(tree, node, 1);
}

bool tbs_is(const struct tbs_node *node, uint8_t tag, const void *content, size_t n)
{
	return node && !node->is_open && node->tag == tag && node->n == n &&
	       memcmp(node->data, content, n) == 0;
}
