/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_AGENT_TIMER_H
#define RUN_VMM_AGENT_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/*
 * Timers that send a signal to the thread that starts them. The signal is a real-time one for which the VMM
 * has no handler; it is chosen when it is first needed.
 */
enum agent_timer_action {
	/* Ends KVM_RUN: also if it comes just before, when it sets immediate_exit to AGENT_IMMEDIATE_EXIT. */
	AGENT_TIMER_SLICE,
	AGENT_TIMER_KICK,      /* ends a system call of the VMM */
	AGENT_TIMER_KICK_FLAG, /* ... and sets immediate_exit, as a VMM's own handler does */
};

/* KVM takes any value but 0, and a VMM sets 1: so the agent knows its own, and never clears the VMM's. */
enum { AGENT_IMMEDIATE_EXIT = 0x80, AGENT_OFF_IMMEDIATE_EXIT = 1 };

struct agent_timer {
	timer_t id;
	bool made;
	pid_t thread;
	int signal; /* of the timer */
	uint32_t action;
	_Atomic(uint8_t *) run; /* kvm_run */
	/* where the VMM's mapping of kvm_run is now, for what may come after KVM_RUN; NULL: `run` */
	_Atomic(_Atomic(uint8_t *) *) run_now;
	atomic_bool armed;
	atomic_bool flagged; /* it has set immediate_exit, on behalf of a VMM that does not know */
};

/* 0; -ENOSYS the VMM has a handler for each real-time signal; another -errno */
int agent_timer_start(struct agent_timer *t, uint32_t us);
void agent_timer_stop(struct agent_timer *t);
void agent_timer_done(struct agent_timer *t);
void agent_timer_forked(struct agent_timer *t); /* the child of fork(2) has no timers */

/* The timer's signal, of this thread. Returns whether it was blocked. */
bool agent_timer_unblock(const struct agent_timer *t);
void agent_timer_block(const struct agent_timer *t);
/* The number of the signal of the next timer; 0: the VMM has a handler for each. */
int agent_signal(void);

#endif
