/* SPDX-License-Identifier: MIT */
#include "run/user_memory.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "run/fs.h"

enum { PATIENCE_NS = 200000000 }; /* longer than swapping in a page takes */

typedef ssize_t transfer_fn(pid_t pid, const struct iovec *local, unsigned long n_local,
			    const struct iovec *remote, unsigned long n_remote, unsigned long flags);

struct attempt {
	transfer_fn *call;
	pid_t pid;
	struct iovec local, remote;
	ssize_t done;
	int error;
	sem_t over;
};

static void make_attempt(struct attempt *a)
{
	a->done = a->call(a->pid, &a->local, 1, &a->remote, 1, 0);
	a->error = errno;
}

static void *in_thread(void *arg)
{
	struct attempt *a = arg;

	make_attempt(a);
	sem_post(&a->over);
	return NULL;
}

/* In another thread. This one serves the files that may be mapped there, and fails their page reads. */
static void attempt_beside(struct attempt *a, struct run_fs *fs)
{
	struct timespec until;
	pthread_t thread;

	sem_init(&a->over, 0, 0);
	if (pthread_create(&thread, NULL, in_thread, a) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		for (;;) {
			until.tv_nsec += PATIENCE_NS;
			until.tv_sec += until.tv_nsec / 1000000000;
			until.tv_nsec %= 1000000000;
			if (sem_clockwait(&a->over, CLOCK_MONOTONIC, &until) == 0)
				break;
			run_fs_refuse_reads(fs);
		}
		pthread_join(thread, NULL);
	}
	sem_destroy(&a->over);
}

static int transfer(const struct run_user_memory *user, transfer_fn *call, void *here, uint64_t addr,
		    size_t n)
{
	struct attempt a = { .call = call,
			     .pid = user->pid,
			     .local = { .iov_base = here, .iov_len = n },
			     .remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = n },
			     .done = -1 };

	if (user->fs && run_fs_may_be_mapped(user->fs))
		attempt_beside(&a, user->fs);
	else
		make_attempt(&a);
	if (a.done == (ssize_t)n)
		return 0;
	return a.done < 0 && a.error == EPERM ? -EPERM : -EFAULT;
}

/* The range in the first `size` bytes of the copy of the argument; NULL: they do not cover it. */
static uint8_t *in_argument(const struct run_user_memory *user, size_t size, uint64_t addr, size_t n)
{
	const uint64_t at = addr - user->arg;

	return user->argument && addr >= user->arg && at <= size && n <= size - at ? user->argument + at
										   : NULL;
}

static int failed(const struct run_user_memory *user, int r)
{
	if (r == -EPERM && user->refused)
		*user->refused = true;
	return -EFAULT;
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	const struct run_user_memory *user = ctx;
	const int r = transfer(user, process_vm_readv, to, addr, n);
	const uint8_t *copy = in_argument(user, user->n_in, addr, n);

	if (r < 0 && !copy)
		return failed(user, r);
	if (r < 0)
		memcpy(to, copy, n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	struct run_user_memory *user = ctx;
	/* process_vm_writev(2) only reads its local buffers, but their type is not const. */
	const int r = transfer(user, process_vm_writev, (void *)(uintptr_t)from, addr, n);
	uint8_t *copy = in_argument(user, user->n_out, addr, n);

	if (r < 0 && !copy)
		return failed(user, r);
	if (r < 0) {
		memcpy(copy, from, n);
		user->is_written = true;
	}
	return 0;
}

void run_user_memory_init(struct run_user_memory *user, pid_t pid, struct run_platform *platform)
{
	*user = (struct run_user_memory){ .memory = { .read = user_read, .write = user_write, .ctx = user },
					  .pid = pid,
					  .fs = platform->fs,
					  .refused = &platform->memory_refused };
}

void run_user_memory_of_ioctl(struct run_user_memory *user, const struct run_ioctl *call,
			      struct run_platform *platform)
{
	run_user_memory_init(user, call->pid, platform);
	user->argument = call->n_in ? malloc(call->n_in) : NULL;
	if (!user->argument)
		return;
	memcpy(user->argument, call->in, call->n_in);
	user->arg = call->arg;
	user->n_in = call->n_in;
	user->n_out = call->n_out < call->n_in ? call->n_out : call->n_in;
}

void run_user_memory_reply(struct run_user_memory *user, struct run_reply *reply, int result)
{
	if (user->is_written)
		run_reply_ioctl_copy(reply, result, user->argument, user->n_out);
	else
		run_reply_ioctl(reply, result);
	free(user->argument);
}
