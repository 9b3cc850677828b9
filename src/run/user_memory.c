/* SPDX-License-Identifier: MIT */
#include "run/user_memory.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/uio.h>
#include <time.h>

#include "run/fs.h"

enum { PATIENCE_NS = 200000000 }; /* longer than memory is swapped in */

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

/* Beside this thread, which serves the files that may be mapped there, and has to refuse their pages. */
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
	if (a.done < 0 && a.error == EPERM && user->refused)
		*user->refused = true;
	return a.done == (ssize_t)n ? 0 : -EFAULT;
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

void run_user_memory_init(struct run_user_memory *user, pid_t pid, struct run_platform *platform)
{
	user->memory = (struct sim_user_memory){ .read = user_read, .write = user_write, .ctx = user };
	user->pid = pid;
	user->fs = platform->fs;
	user->refused = &platform->memory_refused;
}
