/* SPDX-License-Identifier: MIT */
#include "vmm/env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "vmm/vmm.h"

/* A bit for each number; a descriptor beyond them is not protected. */
enum { WORD_BITS = 64 };
static _Atomic uint64_t own[VMM_OWN_MAX / WORD_BITS];

/* Held from before a descriptor is opened until it is noted, and over fork(2). */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

/* The VMM's own mask of signals, in a thread that vmm_hold() holds. */
static __thread const sigset_t *let_through __attribute__((tls_model("initial-exec")));

void vmm_signals(sigset_t *ret)
{
	static const int raised[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS };

	sigfillset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(raised); i++)
		sigdelset(ret, raised[i]);
}

void vmm_hold(struct vmm_held *held)
{
	sigset_t signals;

	vmm_signals(&signals);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &held->cancel_state);
	pthread_sigmask(SIG_BLOCK, &signals, &held->mask);
	let_through = &held->mask;
}

void vmm_release(const struct vmm_held *held)
{
	let_through = NULL;
	pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
	pthread_setcancelstate(held->cancel_state, NULL);
}

bool vmm_env_owns(int fd)
{
	return fd >= 0 && fd < VMM_OWN_MAX &&
	       (atomic_load_explicit(&own[fd / WORD_BITS], memory_order_relaxed) >> fd % WORD_BITS & 1);
}

static void note(int fd, bool is_own)
{
	const uint64_t bit = (uint64_t)1 << (fd >= 0 ? fd % WORD_BITS : 0);

	if (fd < 0 || fd >= VMM_OWN_MAX)
		return;
	if (is_own)
		atomic_fetch_or(&own[fd / WORD_BITS], bit);
	else
		atomic_fetch_and(&own[fd / WORD_BITS], ~bit);
}

/* Not one of the three numbers that every program takes for its own, even if the VMM has closed them. */
static int above_standard(int fd)
{
	int above;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	above = above < 0 ? -errno : above;
	vmm_next()->close(fd);
	return above;
}

/* `call` opens a descriptor or returns -errno. */
#define OPENING(call)                                                                                        \
	({                                                                                                   \
		int fd_;                                                                                     \
		pthread_mutex_lock(&opening);                                                                \
		fd_ = above_standard(call);                                                                  \
		note(fd_, true);                                                                             \
		pthread_mutex_unlock(&opening);                                                              \
		fd_;                                                                                         \
	})

static int env_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	return OPENING(base_open(base_env_real(), path, flags, mode));
}

static int env_connect(struct base_env *env, const char *address)
{
	return OPENING(base_connect(base_env_real(), address));
}

static int env_poll_open(struct base_env *env)
{
	return OPENING(base_poll_open(base_env_real()));
}

static int env_timer_open(struct base_env *env)
{
	return OPENING(base_timer_open(base_env_real()));
}

static int open_event(void)
{
	const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int vmm_env_event(struct base_env *env)
{
	return OPENING(open_event());
}

static int env_close(struct base_env *env, int fd)
{
	int r;

	pthread_mutex_lock(&opening);
	note(fd, false);
	r = vmm_next()->close(fd) < 0 ? -errno : 0;
	pthread_mutex_unlock(&opening);
	return r;
}

static int env_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct pollfd p = {
		.fd = fd,
		.events = (short)((events & BASE_READ ? POLLIN : 0) | (events & BASE_WRITE ? POLLOUT : 0)),
	};
	const struct timespec ts = { .tv_sec = (time_t)(wait_ns / 1000000000u),
				     .tv_nsec = (long)(wait_ns % 1000000000u) };
	const int r = ppoll(&p, 1, wait_ns == BASE_NEVER ? NULL : &ts, let_through);

	return r < 0 ? -errno : r;
}

static struct base_env_ops ops;
static struct base_env own_env = { &ops };

static void make_ops(void)
{
	ops = *base_env_real()->ops;
	ops.open = env_open;
	ops.connect = env_connect;
	ops.poll_open = env_poll_open;
	ops.timer_open = env_timer_open;
	ops.close = env_close;
	ops.wait = env_wait;
}

struct base_env *vmm_env(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_ops);
	return &own_env;
}

static bool forking; /* with `opening` held, by the thread that forks */

void vmm_env_before_fork(void)
{
	pthread_mutex_lock(&opening);
	forking = true;
}

void vmm_env_after_fork(void)
{
	forking = false;
	pthread_mutex_unlock(&opening);
}

void vmm_env_forked(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		const uint64_t word = atomic_exchange(&own[i], 0);

		for (int bit = 0; word && bit < WORD_BITS; bit++)
			if (word >> bit & 1)
				vmm_next()->close((int)i * WORD_BITS + bit);
	}
	if (forking)
		vmm_env_after_fork();
	else /* a child of clone(2) itself; held by a thread that there is no more */
		pthread_mutex_init(&opening, NULL);
}
