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
 * Guest memory of a VM. A copy holds `copies` for reading. What changes slots or attributes holds it for
 * writing, and what unmaps pages enters a memory_change and waits until the copies that have not seen it
 * are over. Slots and ranges are written with the index as well (lock.h), so that unmapping something that
 * is no guest's never waits for a copy: that copy may wait for this very thread, which serves page faults
 * of the guest.
 */
struct memory {
	pthread_rwlock_t copies;
	struct vmm_slot *slots; /* by gpa */
	size_t n, room;
	struct ranges gone; /* addresses that were unmapped or protected below a slot */
	/*
	 * Slots that were deleted last. KVM changes no slot in place: a VMM that splits one or makes it
	 * read-only deletes it and sets it anew, while other vCPUs may have exits and quotes end.
	 */
	struct memory_left {
		uint64_t gpa, size, at_ns;
	} left[8];
	unsigned next_left;
	struct private_pages private;
};

/* Addresses [from, to) that a system call is changing. It is on the stack of the thread that makes it. */
struct memory_change {
	uint64_t from, to;
	struct memory_change *next;
};

void memory_init(struct memory *m);
void memory_done(struct memory *m);

/*
 * Around the ioctl that sets a slot or attributes, whose order is then the one in which they are noted.
 * Only in quiet.
 */
void memory_lock(struct memory *m);
void memory_release(struct memory *m);
/* As a copy does; memory_release(). */
void memory_share(struct memory *m);
void memory_set_slot(struct memory *m, const struct vmm_slot *slot);
void memory_set_private(struct memory *m, uint64_t gpa, uint64_t size, bool is_private);

/*
 * With the index held: enters a change, and leaves it again; whether a slot has one of these addresses;
 * what became of them.
 */
void memory_change_begin(struct memory_change *change);
void memory_change_end(struct memory_change *change);
bool memory_touches(const struct memory *m, uint64_t from, uint64_t to);
void memory_reserve(struct memory *m);
void memory_set_gone(struct memory *m, uint64_t from, uint64_t to, bool gone);
/* Waits until copies that may not have seen a change are over. Only in quiet, without the index. */
void memory_drain(struct memory *m);
/* In the child of fork(2): the threads that copied, or changed something, are the parent's. */
void memory_forked(struct memory *m);
void memory_changes_forked(void);

#endif
