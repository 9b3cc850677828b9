/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SCHED_INTERNAL_H
#define EXPLORE_SCHED_INTERNAL_H

#include "explore/fiber.h"
#include "explore/sched.h"

/*
 * What is behind sched.h, in three files:
 *
 *	sched.c      stops before steps and decides who goes on
 *	sched_env.c  the environment of an actor
 *	sched_run.c  runs an order from its beginning to its end
 */

enum { SCHED_MAX_FDS = 24, SCHED_NAME_BYTES = 64, SCHED_NOBODY = SCHED_MAX_ACTORS };

/* An open file description: dup() makes another descriptor of the same one. */
struct sched_description {
	unsigned n_fds; /* 0: free */
	bool locked;
	enum base_lock_how how;
	char name[SCHED_NAME_BYTES]; /* last component of the path */
};

struct sched_fd {
	int fd; /* -1: free */
	struct sched_description *description;
};

enum sched_phase { SCHED_ABSENT, SCHED_READY, SCHED_ENDED };

struct sched_lane {           /* of one actor */
	struct base_env base; /* first: the environment of an actor is its lane */
	struct sched *sched;
	unsigned index;
	struct base_env *under;
	enum sched_phase phase;
	bool dead;
	uint64_t calls_when_dead;
	struct sched_call next; /* what it is about to do; op NULL: it has not come to its first call */
	/* What `next` waits for: a lock, or a condition; NULL: nothing. */
	struct sched_fd *lock_fd;
	enum base_lock_how lock_how;
	bool (*is_ready)(void *ctx);
	void *ready_ctx;
	bool ran_out;         /* the wait */
	struct base_mix seen; /* digest of what its calls returned */
	uint64_t now_ns;
	struct sched_fd fds[SCHED_MAX_FDS];
	struct sched_description descriptions[SCHED_MAX_FDS];
	struct fiber *fiber;
};

struct sched {
	const struct sched_world *world;
	struct sched_lane lanes[SCHED_MAX_ACTORS];
	sched_choose_fn *choose;
	void *choose_ctx;
	/* of the present order */
	bool begun;    /* every actor has come to its first call */
	bool has_next; /* the decision of an actor that stopped: `next`, or the end */
	bool ended, given_up;
	struct sched_choice next;
	unsigned last; /* who made the last decided step */
	bool last_could_go;
	unsigned decisions, switches, deaths;
	uint64_t steps;
	char violation[160];
	struct history *history;
};

/* Who goes on, and how: `next`. False: nobody, the order has ended or was given up. */
bool sched_decide(struct sched *sched);
/* The first one counts. */
void sched_violated(struct sched *sched, const char *what);

extern const struct base_env_ops sched_env_ops;

static inline struct sched_lane *sched_lane_of(struct base_env *env)
{
	return (struct sched_lane *)env;
}

/*
 * Before a call: stops the actor unless the call is local. False: the actor is dead, and nothing must be done
 * any more.
 */
bool sched_before(struct sched_lane *lane, struct sched_call call);
/* Is the call that the lane is about to make broken on purpose? */
bool sched_skips(struct sched_lane *lane);
const struct sched_world *sched_world_of(const struct sched_lane *lane);
/* Last component of a path. */
const char *sched_last_part(const char *path);
/* One more line of the history, about the lane; `to` "": a note. */
__attribute__((format(printf, 3, 4))) void sched_tell(struct sched_lane *lane, const char *to,
						      const char *format, ...);
/* Closes every descriptor below. */
void sched_close_all(struct sched_lane *lane);

#endif
