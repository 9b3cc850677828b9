/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_TURNS_H
#define DAEMON_TURNS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Jobs that wait, and whose turn it is. They wait at the leaves of a tree, one leaf for each process that
 * asks; each node gives its children one turn after the other, and a leaf its jobs in the order they came. So
 * a guest, user or process is served as often as any other beside it, however many connections it has.
 */
struct turn_job {
	struct turn *turn;     /* the leaf it waits at */
	struct turn_job *next; /* of that leaf */
};

struct turn {
	struct turn *parent; /* NULL: the root */
	struct turn *next;   /* of the parent's, those that have something waiting */
	bool waiting;        /* is one of them */
	struct turn *first, **last;
	struct turn_job *first_job, **last_job;
};

struct turns {
	struct turn root;
	size_t n;        /* jobs */
	size_t n_leaves; /* of the tree, whether or not something waits there */
};

void turns_init(struct turns *turns);
void turn_init(struct turn *turn, struct turn *parent);
/* `job->turn` says where. */
void turns_push(struct turns *turns, struct turn_job *job);
/* NULL: there is none. */
struct turn_job *turns_pop(struct turns *turns);
/* false: it is not there (any more). */
bool turns_remove(struct turns *turns, struct turn_job *job);

#endif
