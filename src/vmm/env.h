/* SPDX-License-Identifier: MIT */
#ifndef VMM_ENV_H
#define VMM_ENV_H

#include <signal.h>
#include <stdbool.h>

#include "base/env.h"

/*
 * The environment of libjurat-host inside the VMM's process: base_env_real(), which also records the
 * descriptors that it opens as the library's own. A VMM that closes descriptors that it did not open must not
 * close them. A child process must not keep them, because a duplicate of an open file keeps its lock.
 *
 * Threads   any
 */
struct base_env *vmm_env(void);

/* Whether a descriptor is the library's own. Costs one load. */
bool vmm_env_owns(int fd);
/* eventfd(2), non-blocking. >= 0 or -errno; closed with base_close(). */
int vmm_env_event(struct base_env *env);

/* Around fork(2): in between, the library opens no descriptor. The child closes all of the library's. */
void vmm_env_before_fork(void);
void vmm_env_after_fork(void);
void vmm_env_forked(void);

/*
 * State of a vCPU's thread while it serves an exit: all signals except those that the processor raises are
 * blocked, so that no handler of the VMM runs, and the thread cannot be cancelled. Only base_wait() unblocks
 * signals, which end its wait.
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
