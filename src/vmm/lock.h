/* SPDX-License-Identifier: MIT */
#ifndef VMM_LOCK_H
#define VMM_LOCK_H

#include <signal.h>

/*
 * All signals of this thread wait from lock_quiet() to lock_loud(): a handler that called back into the
 * library would wait for a lock that the code below it holds, and one that jumps away would never release
 * it.
 */
void lock_quiet(sigset_t *ret_was);
void lock_loud(const sigset_t *was);

/*
 * The index: which VMs and vCPUs there are, the slots, and which mappings are being changed. Held for a few
 * instructions, never during a system call or an access to guest memory, which a VMM's own handler of page
 * faults may have to serve. Only in quiet.
 */
void lock_index(void);
void lock_index_release(void);
/* In the child of fork(2): whoever held it, it is free. */
void lock_index_forked(void);

/* Both. */
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
