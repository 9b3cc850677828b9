/* SPDX-License-Identifier: MIT */
#ifndef RUN_USER_MEMORY_H
#define RUN_USER_MEMORY_H

#include <sys/types.h>

#include "run/platform.h"
#include "sim/guest/sev_guest.h"

/*
 * The memory of the thread that waits in an ioctl, as the driver's copy_from_user and copy_to_user see it.
 * It is read and written at once by process_vm_readv(2) and process_vm_writev(2): the thread's process
 * descends from this one, which is what Yama's default asks for.
 *
 * What is there may be a mapping of a file that this process serves. Then the page is not given out, for
 * whoever would read it here waits already: the range counts as missing.
 *
 * Call      in `struct sim_user_memory`: 0, or -EFAULT, also for a range that is only partly there
 */
struct run_user_memory {
	struct sim_user_memory memory;
	pid_t pid;
	struct run_fs *fs;
	bool *refused; /* set when the kernel forbids it altogether; may be NULL */
};

void run_user_memory_init(struct run_user_memory *user, pid_t pid, struct run_platform *platform);

#endif
