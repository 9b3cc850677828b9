/* SPDX-License-Identifier: MIT */
#ifndef VMM_ENV_H
#define VMM_ENV_H

#include <signal.h>
#include <stdbool.h>

#include "base/env.h"

/*
 * The environment of libjurat-host inside somebody else's process: base_env_real(), whose descriptors are
 * known as the library's own. A VMM that closes numbers it never opened must not close them, and a child
 * process must not keep them: a copy of an open file keeps its lock.
 *
 * Threads   any
 */
struct base_env *vmm_env(void);

/* Whether a descriptor is the library's own: one load. */
bool vmm_env_owns(int fd);
/* eventfd(2), non-blocking. >= 0 or -errno; closed with base_close(). */
int vmm_env_event(struct base_env *env);

/* Around fork(2): meanwhile no descriptor is about to become the library's. The child closes all. */
void vmm_env_before_fork(void);
void vmm_env_after_fork(void);
void vmm_env_forked(void);

/*
 * A vCPU's thread while it serves: signals are blocked, but for those that the processor raises, so that no
 * handler of the VMM runs in the middle; and the thread cannot be cancelled. base_wait() alone lets signals
 * through, which end its wait.
 */
struct vmm_held {
	sigset_t mask;
	int cancel_state;
};
void vmm_hold(struct vmm_held *held);
void vmm_release(const struct vmm_held *held);
/* All signals but those that the processor raises, SIGSEGV and the like. */
void vmm_signals(sigset_t *ret);

#endif
