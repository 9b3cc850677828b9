/* SPDX-License-Identifier: MIT */
#ifndef VMM_LOCK_H
#define VMM_LOCK_H

#include <signal.h>

/*
 * lock_quiet() blocks all signals of this thread, lock_loud() restores its signal mask. Otherwise a handler
 * that calls the library could wait for a lock that the interrupted code holds, and a handler that leaves by
 * siglongjmp(3) would never release that lock.
 */
void lock_quiet(sigset_t *ret_was);
void lock_loud(const sigset_t *was);

/*
 * The index: the list of VMs and vCPUs, the slots, and the changes of mappings in progress. Its lock is held
 * for a few instructions, never during a system call or an access to guest memory, whose page fault the VMM
 * itself may have to handle. The caller has called lock_quiet().
 */
void lock_index(void);
void lock_index_release(void);
/* In the child of fork(2): releases the lock, whichever thread of the parent held it. */
void lock_index_forked(void);

/* lock_quiet() and lock_index(); lock_leave() undoes both. */
static inline void lock_enter(sigset_t *ret_was)
{
	lock_quiet(ret_was);
	lock_index();
}

static inline void lock_leave(const sigset_t *was)
{
	lock_index_release();
	lock_loud(was);
}

#endif
