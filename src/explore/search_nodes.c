/* SPDX-License-Identifier: MIT */
#include "explore/search_nodes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "explore/reserve.h"

/* -ENOMEM, and others are numbers of nodes. */
static_assert(ENOMEM > -SEARCH_END, "a number has one meaning");

/* An actor and a move in one byte. */
static_assert(SCHED_MAX_ACTORS <= 64, "an actor has six bits");

static uint8_t packed(struct sched_choice c)
{
	return (uint8_t)(c.actor << 2 | c.move);
}

static struct sched_choice unpacked(uint8_t byte)
{
	return (struct sched_choice){ byte >> 2, (enum sched_move)(byte & 3) };
}

int search_nodes_add(struct search_nodes *s, int parent, const struct sched_choice *order, unsigned n_order,
		     unsigned n_choices)
{
	const struct search_node *p = parent >= 0 ? &s->nodes[parent] : NULL;
	unsigned first = p ? p->n_order : 0, depth = p ? p->depth + 1u : 0;

	if (s->n == INT32_MAX || s->n_moves > UINT32_MAX - SCHED_MAX_DECISIONS)
		return -ENOMEM;
	if (RESERVE(s->nodes, s->room, s->n + 1) < 0 ||
	    RESERVE(s->moves, s->room_moves, s->n_moves + n_order - first) < 0)
		return -ENOMEM;
	s->nodes[s->n] = (struct search_node){ .parent = parent,
					       .moves = (uint32_t)s->n_moves,
					       .n_order = (uint16_t)n_order,
					       .depth = (uint16_t)depth,
					       .n_choices = (uint8_t)n_choices };
	for (unsigned i = first; i < n_order; i++)
		s->moves[s->n_moves++] = packed(order[i]);
	return (int)s->n++;
}

unsigned search_nodes_order(const struct search_nodes *s, int node, struct sched_choice *ret)
{
	unsigned n = s->nodes[node].n_order;

	while (node >= 0) {
		const struct search_node *at = &s->nodes[node];
		unsigned first = at->parent >= 0 ? s->nodes[at->parent].n_order : 0;

		for (unsigned i = first; i < at->n_order; i++)
			ret[i] = unpacked(s->moves[at->moves + i - first]);
		node = at->parent;
	}
	return n;
}

int search_nodes_link(struct search_nodes *s, int from, int to)
{
	if (from < 0)
		return 0;
	if (RESERVE(s->edges, s->room_edges, s->n_edges + 1) < 0)
		return -ENOMEM;
	s->edges[s->n_edges++] = (struct search_edge){ from, to };
	return 0;
}

/*
 * Marks those from which something leads to an end, from the end back. `first` has where the sources of each
 * target begin in `sources`; `queue` has room for all nodes.
 */
static void mark(const struct search_nodes *s, bool *ends, size_t *first, int32_t *sources, int32_t *queue)
{
	size_t n_queue = 0;

	for (size_t i = 0; i < s->n_edges; i++) {
		const struct search_edge *e = &s->edges[i];

		if (e->to >= 0) {
			first[e->to + 1]++;
		} else if (!ends[e->from]) {
			ends[e->from] = true;
			queue[n_queue++] = e->from;
		}
	}
	for (size_t i = 0; i <= s->n; i++)
		first[i + 1] += first[i];
	/* From the back, so that `first` ends where it began. */
	for (size_t i = 0; i < s->n_edges; i++)
		if (s->edges[i].to >= 0)
			sources[--first[s->edges[i].to + 1]] = s->edges[i].from;
	for (size_t i = 0; i < n_queue; i++)
		for (size_t k = first[queue[i] + 1]; k < first[queue[i] + 2]; k++)
			if (!ends[sources[k]]) {
				ends[sources[k]] = true;
				queue[n_queue++] = sources[k];
			}
}

int search_nodes_trap(const struct search_nodes *s)
{
	auto_free bool *ends = calloc(s->n + 1, sizeof(*ends));
	auto_free size_t *first = calloc(s->n + 2, sizeof(*first));
	auto_free int32_t *sources = calloc(s->n_edges + 1, sizeof(*sources));
	auto_free int32_t *queue = calloc(s->n + 1, sizeof(*queue));
	int found = SEARCH_NO_NODE;

	if (!ends || !first || !sources || !queue)
		return -ENOMEM;
	mark(s, ends, first, sources, queue);
	for (size_t i = 0; i < s->n; i++)
		if (!ends[i] && (found < 0 || s->nodes[i].n_order < s->nodes[found].n_order))
			found = (int)i;
	return found;
}

void search_nodes_done(struct search_nodes *s)
{
	free(s->nodes);
	free(s->edges);
	free(s->moves);
	*s = (struct search_nodes){ 0 };
}
