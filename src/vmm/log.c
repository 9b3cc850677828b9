/* SPDX-License-Identifier: MIT */
#include "vmm/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "vmm/vmm.h"

enum { LINE_BYTES = 640 }; /* less than PIPE_BUF: lines of several processes do not mix */

static const char *path;

void vmm_log_to(const char *to)
{
	path = to;
}

/*
 * Guests may fill a bucket of lines that empties slowly: its level is the time at which it will be empty.
 * Without a lock, as a fork(2) would copy a locked one.
 */
static bool may_write(uint64_t *ret_dropped)
{
	static _Atomic uint64_t empty_at, dropped;
	struct timespec now;
	uint64_t level, next;

	clock_gettime(CLOCK_MONOTONIC, &now);
	level = atomic_load(&empty_at);
	do {
		const uint64_t s = (uint64_t)now.tv_sec;

		next = (level > s ? level : s) + VMM_LOG_REFILL_S;
		if (next - s > (uint64_t)VMM_LOG_BURST * VMM_LOG_REFILL_S) {
			atomic_fetch_add(&dropped, 1);
			return false;
		}
	} while (!atomic_compare_exchange_weak(&empty_at, &level, next));
	*ret_dropped = atomic_exchange(&dropped, 0);
	return true;
}

/*
 * A VMM may have closed standard error and opened something else, which then has its number. What is open for
 * reading, too, and has contents of its own is a disk, not a log.
 */
static bool is_log(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return false;
	return (flags & O_ACCMODE) == O_WRONLY || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

static void write_line(const char *line, size_t n)
{
	const int to_file = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	const int fd = path ? vmm_next()->open(path, to_file, 0640) : STDERR_FILENO;
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return;
	if (is_log(fd) && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!write(fd, line, n);
	if (path)
		vmm_next()->close(fd);
}

/* Writing to a pipe without a reader, or beyond a limit, raises signals that would end the VMM. */
static void write_quietly(const char *line, size_t n)
{
	const struct timespec at_once = { 0 };
	sigset_t raised, pending, before;

	sigemptyset(&raised);
	sigaddset(&raised, SIGPIPE);
	sigaddset(&raised, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &raised, &before);
	sigpending(&pending);
	if (sigismember(&pending, SIGPIPE))
		sigdelset(&raised, SIGPIPE);
	if (sigismember(&pending, SIGXFSZ))
		sigdelset(&raised, SIGXFSZ);
	write_line(line, n);
	while (sigtimedwait(&raised, NULL, &at_once) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void vmm_log(enum vmm_log_cause cause, const char *format, ...)
{
	const int e = errno;
	char line[LINE_BYTES], when[BASE_TIME_BYTES];
	uint64_t dropped = 0;
	size_t head, n;
	va_list args;

	if (cause == VMM_LOG_GUEST && !may_write(&dropped)) {
		errno = e;
		return;
	}
	head = (size_t)snprintf(line, sizeof(line), "%s jurat-vmm[%ld]: ", base_time_text(time(NULL), when),
				(long)getpid());
	if (dropped > 0)
		head += (size_t)snprintf(line + head, sizeof(line) - head, "(%llu lines were left out) ",
					 (unsigned long long)dropped);
	va_start(args, format);
	vsnprintf(line + head, sizeof(line) - head - 1, format, args);
	va_end(args);
	base_plain_text(line);
	n = strlen(line);
	line[n++] = '\n';
	write_quietly(line, n);
	errno = e;
}
