/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ORDERS_H
#define TESTS_SUPPORT_ORDERS_H

#include <stdbool.h>

#include "base/env.h"

/*
 * Runs a few actors in every order of their outside effects. Each actor is a plain function on a stack of its
 * own and sees the world through its own environment. Before each call the actor stops and the scheduler
 * decides who goes on; all decisions are enumerated depth first, each order by replaying it in a fresh world.
 * One thread, no time: an order is the list of its decisions, so it can be had again.
 *
 * Locks are followed: an actor that waits for one cannot move until it is free. The real lock is taken too,
 * and must agree. When nobody can move, waits run out: lock gives JURAT_BUSY.
 */
enum { ORDERS_MAX_ACTORS = 4, ORDERS_TRACE_BYTES = 16384 };

struct orders_actor {
	const char *name;
	void (*run)(struct base_env *env, void *ctx);
};

/* One call that an actor is about to make, for the predicates below. */
struct orders_call {
	unsigned actor;
	const char *op;   /* "open", "rename", ...; what orders_point() was given */
	const char *path; /* of calls with a path; the second of rename and exchange is `to` */
	const char *to;
	int fd;              /* of calls with a descriptor; -1 */
	const char *fd_path; /* as it was opened */
};

struct orders_options {
	struct base_env *under; /* where the calls really go */
	const struct orders_actor *actors;
	unsigned n_actors;
	void *ctx;
	void (*begin)(void *ctx);        /* makes the world anew */
	const char *(*check)(void *ctx); /* looks at it when all actors ended; NULL: all is well */
	/*
	 * Is the call one whose effect and result no other actor can influence or notice? Then it needs no
	 * decision: every order with it elsewhere is equal to one that is taken. NULL: no call is.
	 */
	bool (*is_local)(void *ctx, const struct orders_call *call);
	/* Broken on purpose: the call reports success and does nothing. NULL: no call is. */
	bool (*skips)(void *ctx, const struct orders_call *call);
	bool timeouts; /* a wait for a lock may also run out at any time */
	bool crashes;  /* actor 0 may die before any of its decided calls */
	void (*crashed)(void *ctx);
	unsigned last_actors_recover; /* so many of the last actors start when actor 0 has died */
	unsigned max_switches;        /* bound on leaving an actor that could go on; 0: none */
};

struct orders_result {
	uint64_t orders, calls;         /* tried; a violation ends the search */
	unsigned longest;               /* decisions in the longest order */
	char violation[160];            /* "": none */
	char trace[ORDERS_TRACE_BYTES]; /* the order that led to it */
};

/* False when an order violates something: `ret` says what, and which order. */
bool orders_all(const struct orders_options *options, struct orders_result *ret);

/* For actors. A step of their own, such as a firmware command; false: the actor is dead, it must not be. */
bool orders_point(struct base_env *env, const char *what);
/* A note for the trace. */
void orders_note(struct base_env *env, const char *what, long value);
/* This order breaks a rule. The actor goes on to its end. */
void orders_violation(struct base_env *env, const char *what);

#endif
