/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SCHED_INTERNAL_H
#define EXPLORE_SCHED_INTERNAL_H

#include "explore/fiber.h"
#include "explore/sched.h"

/*
 * What is behind sched.h, in five files:
 *
 *	sched.c         stops before steps
 *	sched_decide.c  decides who goes on
 *	sched_env.c     the environment of an actor
 *	sched_run.c     runs an order from its beginning to its end
 *	sched_tell.c    what there is to tell of an order: history, violation, state
 */

enum { SCHED_MAX_FDS = 32, SCHED_NAME_BYTES = 64, SCHED_NOBODY = SCHED_MAX_ACTORS, SCHED_LOSSES = 4 };

/* An open file description: dup() makes another descriptor of the same one. */
struct sched_description {
	unsigned n_fds; /* 0: free */
	bool locked;
	enum base_lock_how how;
	char name[SCHED_NAME_BYTES]; /* last component of the path */
	size_t held;                 /* number of its lock in the history; 0: none */
};

struct sched_fd {
	int fd; /* -1: free */
	struct sched_description *description;
};

/* Of the actors of one process: it is where the first of them is. */
struct sched_process {
	struct sched_fd fds[SCHED_MAX_FDS];
	struct sched_description descriptions[SCHED_MAX_FDS];
};

enum sched_phase { SCHED_ABSENT, SCHED_READY, SCHED_ENDED };

struct sched_lane {           /* of one actor */
	struct base_env base; /* first: the environment of an actor is its lane */
	struct sched *sched;
	unsigned index;
	struct base_env *under;
	struct sched_process *process;
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
	struct fiber *fiber;
};

struct sched {
	const struct sched_world *world;
	struct sched_lane lanes[SCHED_MAX_ACTORS];
	struct sched_process processes[SCHED_MAX_ACTORS];
	const struct sched_choice *beginning;
	unsigned n_beginning;
	const struct sched_seen *beginning_seen;
	bool knows_seen; /* the order is in its beginning, and what actors see is known */
	sched_choose_fn *choose;
	void *choose_ctx;
	/* of the present order */
	bool begun;    /* every actor has come to its first call */
	bool has_next; /* the decision of an actor that stopped: `next`, or the end */
	bool ended, given_up;
	bool is_cut; /* it came to SCHED_MAX_DECISIONS, and may end behind them */
	struct sched_choice next;
	unsigned last; /* who made the last decided step */
	bool last_could_go;
	bool stays; /* it must be chosen again: the bound on switches is reached */
	bool waits;
	unsigned decisions, switches, deaths;
	uint64_t steps, violation_steps;
	char violation[160];
	struct base_mix loop; /* a state that was passed without a choice */
	unsigned no_choice;   /* decisions without one, in a row */
	unsigned n_local;     /* calls without a decision, in a row */
	struct history *history;
};

/* Does it wait for what is not so? */
bool sched_is_blocked(struct sched_lane *lane);
/* Who goes on, and how: `next`. False: nobody, the order has ended or was given up. */
bool sched_decide(struct sched *sched);
/* The first one counts. */
void sched_violated(struct sched *sched, const char *what);

extern const struct base_env_ops sched_env_ops;

extern const struct base_env_ops sched_here_ops;

static inline struct sched_lane *sched_lane_of(struct base_env *env)
{
	if (env->ops == &sched_here_ops)
		env = ((struct sched_here *)env)->now;
	return (struct sched_lane *)env;
}

/* The actor saw this. */
static inline void sched_mix_u64(struct sched_lane *lane, uint64_t value)
{
	if (!lane->sched->knows_seen)
		base_mix_u64(&lane->seen, value);
}

static inline void sched_mix_bytes(struct sched_lane *lane, const void *from, size_t n)
{
	if (!lane->sched->knows_seen)
		base_mix_bytes(&lane->seen, from, n);
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
/* The step that it is about to make. */
void sched_tell_step(struct sched_lane *lane);
/* This open file has a lock now; it has none any more when this step begins. */
void sched_tell_lock(struct sched_lane *lane, struct sched_description *description);
void sched_tell_unlock(struct sched_lane *lane, struct sched_description *description, uint64_t step);
/* Closes every descriptor of its process below. */
void sched_close_all(struct sched_lane *lane);
/* Everything is lost now, this way. No actor runs any more. */
void sched_tell_power(struct sched *sched, unsigned loss);

#endif
