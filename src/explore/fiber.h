/* SPDX-License-Identifier: MIT */
#ifndef EXPLORE_FIBER_H
#define EXPLORE_FIBER_H

#include <stdbool.h>

#include "base/error.h"

/*
 * A function on a stack of its own, which stops where it calls fiber_stop() and goes on when it is resumed.
 * The sanitizers are told of each change of stack.
 *
 * Threads   a fiber belongs to the thread that started it
 */
struct fiber;

/*
 * 0; -ENOMEM. The pages of its stack are used as they are needed; below them is one that cannot be accessed.
 */
JURAT_MUST_CHECK int fiber_new(struct fiber **ret);
/* Of one that has not been started or has ended: what a stopped one has on its stack would be lost. */
void fiber_free(struct fiber *fiber);

/* Prepares it to run from the start of `run`; it has ended, or never ran. */
void fiber_start(struct fiber *fiber, void (*run)(void *ctx), void *ctx);
/* Runs it until it stops (true) or `run` returns (false: it has ended). */
bool fiber_resume(struct fiber *fiber);
/* Called on its own stack only. */
void fiber_stop(struct fiber *fiber);

#endif
