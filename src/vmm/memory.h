/* SPDX-License-Identifier: MIT */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/private.h"
#include "vmm/ranges.h"
#include "vmm/vmm.h"

/*
 * Guest memory of a VM. A copy holds `copies` for reading. A change of slots or attributes holds it for
 * writing. A call that unmaps pages registers a memory_change and waits for the copies that started before
 * it. Slots and ranges are changed with the lock of the index as well (lock.h). Therefore a thread that
 * unmaps memory of no guest never waits for a copy: the copy might be waiting for that thread, which may
 * serve the guest's page faults.
 */
struct memory {
	pthread_rwlock_t copies;
	struct vmm_slot *slots; /* by gpa */
	size_t n, room;
	struct ranges gone; /* addresses of slots that were unmapped or protected */
	/*
	 * The slots that were deleted most recently. KVM does not change a slot in place: to split a slot or
	 * make it read-only, a VMM deletes it and sets it again. Meanwhile other vCPUs may have exits, and
	 * quotes may end.
	 */
	struct memory_left {
		uint64_t gpa, size, at_ns;
	} left[8];
	unsigned next_left;
	struct private_pages private;
};

/* Addresses [from, to) that a system call is changing. On the stack of the thread that makes the call. */
struct memory_change {
	uint64_t from, to;
	struct memory_change *next;
};

void memory_init(struct memory *m);
void memory_done(struct memory *m);

/*
 * Around the ioctl that sets a slot or attributes, so that changes are recorded in the kernel's order. The
 * caller has called lock_quiet().
 */
void memory_lock(struct memory *m);
void memory_release(struct memory *m);
/* Holds `copies` for reading, as a copy does, until memory_release(). */
void memory_share(struct memory *m);
void memory_set_slot(struct memory *m, const struct vmm_slot *slot);
void memory_set_private(struct memory *m, uint64_t gpa, uint64_t size, bool is_private);

/*
 * With the lock of the index held: register and unregister a change; whether a slot has one of these
 * addresses; reserve room for the next range; record whether the addresses are still mapped.
 */
void memory_change_begin(struct memory_change *change);
void memory_change_end(struct memory_change *change);
bool memory_touches(const struct memory *m, uint64_t from, uint64_t to);
void memory_reserve(struct memory *m);
void memory_set_gone(struct memory *m, uint64_t from, uint64_t to, bool gone);
/* Waits for copies that may have started before a change. After lock_quiet(), without the index. */
void memory_drain(struct memory *m);
/* In the child of fork(2): discards the copies and changes of the parent's threads. */
void memory_forked(struct memory *m);
void memory_changes_forked(void);

#endif
