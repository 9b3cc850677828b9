/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SEARCH_NODES_H
#define EXPLORE_SEARCH_NODES_H

#include "explore/sched.h"

/*
 * The graph of the decisions that a search has reached: how to reach each of them again, and which lead to
 * others or to an end. Part of search.h.
 */
enum { SEARCH_NO_NODE = -1, SEARCH_END = -2 };

struct search_node {
	int32_t parent;    /* SEARCH_NO_NODE: none */
	uint32_t moves;    /* from the parent to here, in search_nodes.moves */
	uint16_t n_order;  /* decisions from the beginning to here */
	uint16_t depth;    /* how many of these had a choice */
	uint8_t n_choices; /* in this node */
};

struct search_edge {
	int32_t from, to;
};

struct search_nodes {
	struct search_node *nodes;
	struct search_edge *edges;
	uint8_t *moves; /* one for each decision */
	size_t n, room, n_edges, room_edges, n_moves, room_moves;
};

/* Adds the node that `order` reaches by way of its parent. Its number; -ENOMEM */
JURAT_MUST_CHECK int search_nodes_add(struct search_nodes *nodes, int parent,
				      const struct sched_choice *order, unsigned n_order, unsigned n_choices);
/* Writes the decisions that lead to a node from the beginning. Their number. */
unsigned search_nodes_order(const struct search_nodes *nodes, int node, struct sched_choice *ret);
/* `from` leads to `to`, or SEARCH_END, without a death. from SEARCH_NO_NODE: does nothing. 0; -ENOMEM */
JURAT_MUST_CHECK int search_nodes_link(struct search_nodes *nodes, int from, int to);
/* Of the nodes from which none leads to an end, the one that is reached soonest; SEARCH_NO_NODE; -ENOMEM */
JURAT_MUST_CHECK int search_nodes_trap(const struct search_nodes *nodes);
void search_nodes_done(struct search_nodes *nodes);

#endif
