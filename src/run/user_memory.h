/* SPDX-License-Identifier: MIT */
#ifndef RUN_USER_MEMORY_H
#define RUN_USER_MEMORY_H

#include <sys/types.h>

#include "run/fs.h"
#include "run/platform.h"
#include "sim/guest/sev_guest.h"

/*
 * The memory of a thread that is blocked in an ioctl, as accessed by the driver's copy_from_user and
 * copy_to_user. Uses process_vm_readv(2) and process_vm_writev(2): the thread's process is a descendant of
 * this one, as Yama's default requires.
 *
 * The memory may be a mapping of a file that this process serves. Then the page is refused, because reading
 * it here would deadlock, and the range counts as unmapped. Neither call reaches memory of memfd_secret(2).
 * What cannot be reached is taken from the kernel's copy of the ioctl's argument, and written back with the
 * reply, if the argument covers it; what the argument points to is not in it.
 *
 * Call      in `struct sim_user_memory`: 0, or -EFAULT, also for a range that is only partly there
 */
struct run_user_memory {
	struct sim_user_memory memory;
	pid_t pid;
	struct run_fs *fs;
	bool *refused; /* set when the kernel denies access altogether; may be NULL */
	uint64_t arg;
	uint8_t *argument; /* NULL: there is no copy of it */
	size_t n_in, n_out;
	bool is_written; /* `argument` has to be copied back */
};

void run_user_memory_init(struct run_user_memory *user, pid_t pid, struct run_platform *platform);
/* The same for an ioctl, with a copy of its argument if there is memory for it, until the reply. */
void run_user_memory_of_ioctl(struct run_user_memory *user, const struct run_ioctl *call,
			      struct run_platform *platform);
/* Ends that ioctl, with what is to be copied back. */
void run_user_memory_reply(struct run_user_memory *user, struct run_reply *reply, int result);

#endif
