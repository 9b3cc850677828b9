/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SCHED_H
#define EXPLORE_SCHED_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"
#include "base/mix.h"
#include "explore/history.h"

/*
 * Runs a few actors in one order of their outside effects. Each actor is a plain function on a stack of its
 * own and sees the world through its own environment (base/env.h). Before each call, which is one *step*, the
 * actor stops, and a chooser decides who goes on. One thread, no time: an order is the list of what was
 * chosen, and can be had again.
 *
 * Locks are followed: an actor that waits for one cannot go on until it is free. The lock below is taken too,
 * and must agree. When nobody can go on, waits run out: lock() returns JURAT_BUSY.
 *
 * A *state* is what can influence the rest of an order: the world (`hash`), and how far each actor is, which
 * follows from what its steps have returned to it. An actor that uses anything else that others change, such
 * as a variable of the model, says so (sched_saw).
 */
enum { SCHED_MAX_ACTORS = 12, SCHED_MAX_CHOICES = 3 * SCHED_MAX_ACTORS, SCHED_MAX_DECISIONS = 4096 };

struct sched_actor {
	const char *name;
	void (*run)(struct base_env *env, void *ctx);
	bool mortal; /* may die before any of its decided steps for which the world does not say otherwise */
	bool recovers; /* starts when another has died: one of these at each death, in their order */
	/*
	 * Actors of the same number share descriptors and locks, as threads do, and die together. 0: a
	 * process of its own.
	 */
	unsigned process;
};

/* Its calls are those of the actor that is running now: an environment for what actors of a process share. */
struct sched_here {
	struct base_env base; /* first */
	struct base_env *now; /* of the actor that is running; NULL: none is */
};
void sched_here_init(struct sched_here *here);

/* A step that an actor is about to make. */
struct sched_call {
	unsigned actor;
	const char *op;   /* "open", "rename", "lock shared", ...; what sched_step() was given */
	const char *path; /* of operations with a path; the second of rename and exchange is `to` */
	const char *to;
	int fd;              /* of operations with a descriptor; -1 */
	const char *fd_path; /* as it was opened */
	bool locked;         /* its description holds a lock */
	int flags;           /* of open */
	const void *arg;     /* of ioctl */
};

struct sched_world {
	const struct sched_actor *actors;
	unsigned n_actors;
	void *ctx; /* of actors and of the functions below; borrowed */
	/* Where an actor's calls go. Called at the beginning of each order. */
	struct base_env *(*under)(void *ctx, unsigned actor);
	int (*begin)(void *ctx); /* makes the world anew. 0; -errno ends the search */
	/* When all actors have ended: NULL, or what is wrong, which stays valid until begin(). */
	const char *(*check)(void *ctx);
	/*
	 * Adds all that a later step or `check` can depend on, but what actors have seen. NULL: states are
	 * unknown.
	 */
	void (*hash)(void *ctx, struct base_mix *to);
	/*
	 * Is it a call whose effect and result no other actor can influence or notice? Then it needs no
	 * decision: each order with it elsewhere is equal to one that is tried. NULL: no call is.
	 */
	bool (*is_local)(void *ctx, const struct sched_call *call);
	/* What the actor saw before it makes this call no longer matters: sched_forget(). NULL: it does. */
	bool (*forgets)(void *ctx, const struct sched_call *call);
	/* Broken on purpose: the call returns success and does nothing. NULL: no call is. */
	bool (*skips)(void *ctx, const struct sched_call *call);
	/* Adds what an ioctl has written for its caller. NULL: what is in `arg` itself, by its number. */
	void (*saw_ioctl)(void *ctx, unsigned long request, const void *arg, struct base_mix *to);
	/* The process of this actor, the first of those that lived. NULL: only descriptors are lost. */
	void (*died)(void *ctx, unsigned actor);
	/*
	 * May this mortal actor die before this call? NULL: before any. In a system call it may not. A
	 * process dies where each of its actors that has not ended may.
	 */
	bool (*may_die)(void *ctx, const struct sched_call *call);
	/*
	 * All actors that ran have died, and so has the machine: `loss` is DISK_LOSES_*; died() is not
	 * called. One more way to die, before any decided step, where it is not NULL; counts as one death.
	 */
	void (*lost_power)(void *ctx, unsigned loss);
	/*
	 * The party that a call is made at, for histories: "certificates", "firmware". NULL, and what returns
	 * it: "files" of calls with a path or a descriptor, of others the actor itself. "": the step has no
	 * line of its own, as those that sched_say() adds describe it.
	 */
	const char *(*party)(void *ctx, const struct sched_call *call);
	struct sched_here *here; /* set to the actor that runs; NULL: nobody needs it */
	bool timeouts;           /* a wait for a lock may also run out at any time */
	unsigned max_deaths;
	unsigned max_switches; /* bound on leaving an actor that could go on; 0: none */
};

/* LOSE_POWER: `actor` is `loss`. */
enum sched_move { SCHED_GO, SCHED_TIME_OUT, SCHED_DIE, SCHED_LOSE_POWER };
struct sched_choice {
	unsigned actor;
	enum sched_move move;
};

static inline bool sched_kills(struct sched_choice choice)
{
	return choice.move == SCHED_DIE || choice.move == SCHED_LOSE_POWER;
}

struct sched;
/* Which of `n` >= 1; SCHED_STOP: none, this order is given up. */
typedef unsigned sched_choose_fn(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n);
enum { SCHED_STOP = SCHED_MAX_CHOICES };

/* 0; -EINVAL none, or too many actors; -ENOMEM. The world is borrowed. */
JURAT_MUST_CHECK int sched_new(const struct sched_world *world, struct sched **ret);
void sched_free(struct sched *sched);

/* Runs one order to its end, or until it is given up. 0; -errno of begin() */
JURAT_MUST_CHECK int sched_run(struct sched *sched, sched_choose_fn *choose, void *ctx);

/* What the order that is running or was run last violated; "": nothing. */
const char *sched_violation(const struct sched *sched);
/* Was it given up after SCHED_MAX_DECISIONS, so that what follows is not known? */
bool sched_is_cut(const struct sched *sched);
/* Steps that were made, and times that an actor was left that could go on, so far. */
uint64_t sched_steps(const struct sched *sched);
unsigned sched_switches(const struct sched *sched);
/*
 * For choosers.
 *
 * state     the present one; false: unknown
 * waits     somebody waits for a lock whose wait would run out, but in these orders does not yet
 * fail      this order breaks a rule; it is given up
 */
bool sched_state(struct sched *sched, struct base_mix *ret);
bool sched_waits(const struct sched *sched);
void sched_fail(struct sched *sched, const char *what);
/* What each actor has seen so far, as a digest. */
struct sched_seen {
	struct base_mix actors[SCHED_MAX_ACTORS];
};
struct sched_seen sched_seen(const struct sched *sched);
/*
 * The first decisions of the orders that follow, taken from an order of this world: the chooser is not asked,
 * and what else could be chosen there is not worked out. With `seen`, which actors had seen then, neither is
 * that. Borrowed; NULL, 0, NULL: none.
 */
void sched_set_beginning(struct sched *sched, const struct sched_choice *choices, unsigned n,
			 const struct sched_seen *seen);
/*
 * The steps that follow, up to the first violation, are added to `to`, which is borrowed; NULL: not, which is
 * faster.
 */
void sched_set_history(struct sched *sched, struct history *to);

/*
 * For actors. `env` is what they were given.
 *
 * step      a step of their own, such as a firmware command; false: the actor is dead, it must not be made
 * wait      the same, which is not made before `is_ready`
 * saw       a value that the actor uses and that is not the result of a call
 * forget    how the actor came here no longer matters, but for these bytes; times it has read are not among
 *           them. An order that comes to the same state again is given up there (search.h)
 * say       a line of the history, from a party to another; `to` "": a note about `from`
 * note      a note about the actor
 * has_history  are lines kept? Otherwise they need not be made
 * self      its number
 * locks     number of locks that its process holds
 * violation this order breaks a rule; the actor goes on to its end
 */
bool sched_step(struct base_env *env, const char *op);
bool sched_wait(struct base_env *env, const char *op, bool (*is_ready)(void *ctx), void *ctx);
void sched_saw(struct base_env *env, const void *value, size_t n);
void sched_forget(struct base_env *env, const void *but, size_t n);
__attribute__((format(printf, 2, 3))) void sched_note(struct base_env *env, const char *format, ...);
__attribute__((format(printf, 4, 5))) void sched_say(struct base_env *env, const char *from, const char *to,
						     const char *format, ...);
unsigned sched_self(struct base_env *env);
bool sched_has_history(struct base_env *env);
unsigned sched_locks(struct base_env *env);
bool sched_is_dead(struct base_env *env);
void sched_violate(struct base_env *env, const char *what);

#endif
