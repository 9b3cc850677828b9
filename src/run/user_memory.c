/* SPDX-License-Identifier: MIT */
#include "run/user_memory.h"

#include <errno.h>
#include <sys/uio.h>

typedef ssize_t transfer_fn(pid_t pid, const struct iovec *local, unsigned long n_local,
			    const struct iovec *remote, unsigned long n_remote, unsigned long flags);

static int transfer(const struct run_user_memory *user, transfer_fn *call, void *here, uint64_t addr,
		    size_t n)
{
	struct iovec local = { .iov_base = here, .iov_len = n };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = n };
	ssize_t done = call(user->pid, &local, 1, &remote, 1, 0);

	if (done < 0 && errno == EPERM && user->refused)
		*user->refused = true;
	return done == (ssize_t)n ? 0 : -EFAULT;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	return transfer(ctx, process_vm_readv, to, addr, n);
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	/* process_vm_writev() only reads what is here, but its type cannot say so. */
	return transfer(ctx, process_vm_writev, (void *)(uintptr_t)from, addr, n);
}

void run_user_memory_init(struct run_user_memory *user, pid_t pid, bool *refused)
{
	user->memory = (struct sim_user_memory){ .read = user_read, .write = user_write, .ctx = user };
	user->pid = pid;
	user->refused = refused;
}
