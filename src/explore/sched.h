/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_SCHED_H
#define EXPLORE_SCHED_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"
#include "base/mix.h"
#include "explore/history.h"

/*
 * Runs a few actors in one order of their externally visible steps. Each actor is a plain function on a stack
 * of its own, and accesses the world through its own environment (base/env.h). Each call of that is a *step*.
 * Before it, the actor stops, and a chooser decides which actor goes on. There is one thread and no real
 * time, so an order is the list of choices, and can be repeated.
 *
 * The scheduler keeps track of locks: an actor that waits for a lock cannot go on until it is free. The lock
 * of the environment below is then taken too, and must be free. When no actor can go on, waits time out:
 * lock() returns JURAT_BUSY.
 *
 * A *state* is everything that can influence the rest of an order: the world (`hash`), and how far each actor
 * is, which follows from what its steps have returned. An actor that uses anything else that others change,
 * such as a variable of the model, must report it (sched_saw). Otherwise, the search silently skips orders.
 */
enum { SCHED_MAX_ACTORS = 12, SCHED_MAX_CHOICES = 3 * SCHED_MAX_ACTORS, SCHED_MAX_DECISIONS = 4096 };

struct sched_actor {
	const char *name;
	void (*run)(struct base_env *env, void *ctx);
	bool mortal;   /* may die before any decided step, unless may_die() forbids it */
	bool recovers; /* starts after a death: one of these at each death, in their order */
	/*
	 * Actors with the same number share descriptors and locks, as threads do, and die together. 0: a
	 * process of its own.
	 */
	unsigned process;
};

/* An environment whose calls are those of the running actor, for what the actors of a process share. */
struct sched_here {
	struct base_env base; /* first */
	struct base_env *now; /* of the running actor; NULL: none is running */
};
void sched_here_init(struct sched_here *here);

/* A step that an actor is about to make. */
struct sched_call {
	unsigned actor;
	const char *op;   /* "open", "rename", "lock shared", ...; or the name given to sched_step() */
	const char *path; /* for operations with a path; the second path of rename and exchange is `to` */
	const char *to;
	int fd;              /* for operations with a descriptor; otherwise -1 */
	const char *fd_path; /* as it was opened */
	bool locked;         /* its open file description holds a lock */
	int flags;           /* of open */
	const void *arg;     /* of ioctl */
};

struct sched_world {
	const struct sched_actor *actors;
	unsigned n_actors;
	void *ctx; /* of actors and of the functions below; borrowed */
	/* The environment that executes an actor's calls. Called at the beginning of each order. */
	struct base_env *(*under)(void *ctx, unsigned actor);
	int (*begin)(void *ctx); /* resets the world. 0; -errno ends the search */
	/* Called when all actors have ended: NULL, or what is wrong (valid until begin()). */
	const char *(*check)(void *ctx);
	/*
	 * Adds everything that a later step or `check` can depend on, except what actors have seen. NULL:
	 * states are unknown.
	 */
	void (*hash)(void *ctx, struct base_mix *to);
	/*
	 * Is it impossible for any other actor to influence or notice this call? Then it needs no decision:
	 * an order with the call at another place is equivalent to one that is tried. NULL: no call is local.
	 */
	bool (*is_local)(void *ctx, const struct sched_call *call);
	/* Does what the actor saw before this call no longer matter (see sched_forget())? NULL: it does. */
	bool (*forgets)(void *ctx, const struct sched_call *call);
	/* Is the call broken on purpose? Then it returns success and does nothing. NULL: no call is. */
	bool (*skips)(void *ctx, const struct sched_call *call);
	/* Adds what an ioctl has written for its caller. NULL: `arg` itself, of the size in its number. */
	void (*saw_ioctl)(void *ctx, unsigned long request, const void *arg, struct base_mix *to);
	/* The process of this actor has died (its first living actor). NULL: only descriptors are closed. */
	void (*died)(void *ctx, unsigned actor);
	/*
	 * May this mortal actor die before this call? NULL: before any call. It must not die inside a system
	 * call. A process may die where each of its actors that has not ended may.
	 */
	bool (*may_die)(void *ctx, const struct sched_call *call);
	/*
	 * Power was lost: all running actors have died. `loss` is DISK_LOSES_*; died() is not called. If this
	 * is not NULL, power may be lost before any decided step; that counts as one death.
	 */
	void (*lost_power)(void *ctx, unsigned loss);
	/*
	 * The party that a call acts on, for histories: "certificates", "firmware". If this is or returns
	 * NULL: "files" for calls with a path or a descriptor, otherwise the actor itself. "": the step gets
	 * no line, because lines from sched_say() describe it.
	 */
	const char *(*party)(void *ctx, const struct sched_call *call);
	struct sched_here *here; /* is set to the running actor; NULL: not needed */
	bool timeouts;           /* a wait for a lock may also time out at any time */
	unsigned max_deaths;
	unsigned max_switches; /* bound on preemptions: leaving an actor that could go on; 0: none */
};

/* For LOSE_POWER, `actor` is `loss`. */
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
/* Returns an index below `n` >= 1; SCHED_STOP: this order is given up. */
typedef unsigned sched_choose_fn(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n);
enum { SCHED_STOP = SCHED_MAX_CHOICES };

/* 0; -EINVAL no actors or too many; -ENOMEM. The world is borrowed. */
JURAT_MUST_CHECK int sched_new(const struct sched_world *world, struct sched **ret);
void sched_free(struct sched *sched);

/* Runs one order to its end, or until it is given up. 0; -errno of begin() */
JURAT_MUST_CHECK int sched_run(struct sched *sched, sched_choose_fn *choose, void *ctx);

/* The violation of the current or last order; "": none. */
const char *sched_violation(const struct sched *sched);
/* Was it given up after SCHED_MAX_DECISIONS, so that what follows is not known? */
bool sched_is_cut(const struct sched *sched);
/* Steps and preemptions of this order so far. */
uint64_t sched_steps(const struct sched *sched);
unsigned sched_switches(const struct sched *sched);
/*
 * For choosers.
 *
 * state     the current state; false: unknown
 * waits     does an actor wait for a lock with a time limit that has not expired, because others can go on?
 * fail      this order violates an invariant, and is given up
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
 * Sets the first decisions of the orders that follow, taken from an earlier order of this world. There, the
 * chooser is not called, and the alternatives are not computed. With `seen`, what the actors had seen at the
 * end of these decisions, neither is what they see. Borrowed; NULL, 0, NULL: none.
 */
void sched_set_beginning(struct sched *sched, const struct sched_choice *choices, unsigned n,
			 const struct sched_seen *seen);
/*
 * Adds the steps that follow, up to the first violation, to `to`, which is borrowed. NULL: keeps no history,
 * which is faster.
 */
void sched_set_history(struct sched *sched, struct history *to);

/*
 * For actors. `env` is the environment of the actor.
 *
 * step         a step of its own, such as a firmware command; false: the actor is dead and must not make it
 * wait         the same, but waits until `is_ready`
 * saw          reports a value that the actor uses and that is not the result of a call
 * forget       from here on, only these bytes of what the actor has seen matter; times that it has read must
 *              not be among them. An order that reaches the same state again is given up there (search.h)
 * say          adds a line to the history, from one party to another; `to` "": a note about `from`
 * note         adds a note about the actor
 * has_history  is a history kept? Otherwise, lines need not be composed
 * self         the number of the actor
 * locks        number of locks that its process holds
 * is_dead      has the actor died? Its calls then fail
 * violate      this order violates an invariant; the actor goes on to its end
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
