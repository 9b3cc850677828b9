/* SPDX-License-Identifier: MIT */
#include "daemon/turns.h"

void turn_init(struct turn *turn, struct turn *parent)
{
	*turn = (struct turn){ .parent = parent };
	turn->last = &turn->first;
	turn->last_job = &turn->first_job;
}

void turns_init(struct turns *turns)
{
	turn_init(&turns->root, NULL);
	turns->n = turns->n_leaves = 0;
}

static bool has_something(const struct turn *turn)
{
	return turn->first || turn->first_job;
}

/* Appends a node to its parent's queue, and the parent to its own, unless they are queued already. */
static void line_up(struct turn *turn)
{
	for (; turn->parent && !turn->waiting; turn = turn->parent) {
		turn->waiting = true;
		turn->next = NULL;
		*turn->parent->last = turn;
		turn->parent->last = &turn->next;
	}
}

void turns_push(struct turns *turns, struct turn_job *job)
{
	struct turn *leaf = job->turn;

	job->next = NULL;
	*leaf->last_job = job;
	leaf->last_job = &job->next;
	turns->n++;
	line_up(leaf);
}

static struct turn *take_first(struct turn *parent)
{
	struct turn *turn = parent->first;

	parent->first = turn->next;
	if (!parent->first)
		parent->last = &parent->first;
	turn->waiting = false;
	return turn;
}

struct turn_job *turns_pop(struct turns *turns)
{
	struct turn *turn = &turns->root;
	struct turn_job *job;

	while (turn->first)
		turn = take_first(turn);
	job = turn->first_job;
	if (!job)
		return NULL;
	turn->first_job = job->next;
	if (!turn->first_job)
		turn->last_job = &turn->first_job;
	turns->n--;
	for (; turn->parent; turn = turn->parent) /* moves to the end of the queue if it has more jobs */
		if (has_something(turn))
			line_up(turn);
	return job;
}

static void leave_line(struct turn *turn)
{
	for (; turn->parent && !has_something(turn); turn = turn->parent) {
		struct turn **at = &turn->parent->first;

		while (*at != turn)
			at = &(*at)->next;
		*at = turn->next;
		if (turn->parent->last == &turn->next)
			turn->parent->last = at;
		turn->waiting = false;
	}
}

bool turns_remove(struct turns *turns, struct turn_job *job)
{
	struct turn *leaf = job->turn;

	for (struct turn_job **at = &leaf->first_job; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			if (leaf->last_job == &job->next)
				leaf->last_job = at;
			turns->n--;
			leave_line(leaf);
			return true;
		}
	return false;
}
