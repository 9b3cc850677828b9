/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_TURNS_H
#define DAEMON_TURNS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A fair queue of jobs. They wait at the leaves of a tree, one leaf for each client process. Each node serves
 * its children round-robin, a leaf its jobs in order of arrival. So a guest, user or process is served as
 * often as its siblings, however many connections it has.
 */
struct turn_job {
	struct turn *turn;     /* the leaf it waits at */
	struct turn_job *next; /* of that leaf */
};

struct turn {
	struct turn *parent; /* NULL: the root */
	struct turn *next;   /* list of the parent's children with waiting jobs */
	bool waiting;        /* is in that list */
	struct turn *first, **last;
	struct turn_job *first_job, **last_job;
};

struct turns {
	struct turn root;
	size_t n;        /* jobs */
	size_t n_leaves; /* of the tree, with or without jobs */
};

void turns_init(struct turns *turns);
void turn_init(struct turn *turn, struct turn *parent);
/* Adds a job at `job->turn`. */
void turns_push(struct turns *turns, struct turn_job *job);
/* Removes the next job; NULL: there is none. */
struct turn_job *turns_pop(struct turns *turns);
/* Removes a job; false: it is not in the queue (any more). */
bool turns_remove(struct turns *turns, struct turn_job *job);

#endif
