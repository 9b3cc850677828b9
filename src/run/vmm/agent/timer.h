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
	/* Ends KVM_RUN. Sets immediate_exit to AGENT_IMMEDIATE_EXIT, in case it arrives before KVM_RUN. */
	AGENT_TIMER_SLICE,
	AGENT_TIMER_KICK,      /* ends a system call of the VMM */
	AGENT_TIMER_KICK_FLAG, /* the same, and sets immediate_exit, as a VMM's own handler does */
};

/* KVM accepts any value except 0, and a VMM sets 1: so the agent never clears a value of the VMM. */
enum { AGENT_IMMEDIATE_EXIT = 0x80, AGENT_OFF_IMMEDIATE_EXIT = 1 };

struct agent_timer {
	timer_t id;
	bool made;
	pid_t thread;
	int signal; /* of the timer */
	uint32_t action;
	_Atomic(uint8_t *) run; /* kvm_run */
	/* where the present mapping of kvm_run is stored, for a signal after KVM_RUN; NULL: use `run` */
	_Atomic(_Atomic(uint8_t *) *) run_now;
	atomic_bool armed;
	atomic_bool flagged; /* it has set immediate_exit, which the VMM does not know */
};

/* 0; -ENOSYS the VMM has a handler for every real-time signal; another -errno */
int agent_timer_start(struct agent_timer *t, uint32_t us);
void agent_timer_stop(struct agent_timer *t);
void agent_timer_done(struct agent_timer *t);
void agent_timer_forked(struct agent_timer *t); /* the child of fork(2) has no timers */

/* Unblocks the timer's signal in this thread. Returns whether it was blocked. */
bool agent_timer_unblock(const struct agent_timer *t);
void agent_timer_block(const struct agent_timer *t);
/* The number of the next timer's signal; 0: the VMM has a handler for every real-time signal. */
int agent_signal(void);

#endif
