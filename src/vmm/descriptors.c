/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/calls.h"
#include "vmm/next.h"
#include "vmm/objects.h"

static void drop(struct object *o)
{
	if (o)
		objects_put(o);
}

static bool is_own(int fd)
{
	return vmm_hooks.owns && vmm_hooks.owns(fd);
}

/*
 * Forgotten before it is closed: afterwards the number may be another file's. Linux closes it whatever it
 * returns.
 */
int call_close(int fd)
{
	if (is_own(fd)) {
		errno = EBADF;
		return -1;
	}
	drop(objects_take(fd));
	return next()->vmm.close(fd);
}

static int close_all(unsigned first, unsigned last, int flags)
{
	if (next()->close_range)
		return next()->close_range(first, last, flags);
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* All but the library's own, which are closed on exec(3) anyway. */
static int close_others(unsigned first, unsigned last, int flags)
{
	unsigned from = first;
	int r = 0;

	for (unsigned fd = first; vmm_hooks.owns && fd <= last && fd < VMM_OWN_MAX && r == 0; fd++) {
		if (!is_own((int)fd))
			continue;
		if (fd > from)
			r = close_all(from, fd - 1, flags);
		from = fd + 1;
	}
	return r == 0 && (from <= last || first > last) ? close_all(from, last, flags) : r;
}

int call_close_range(unsigned first, unsigned last, int flags)
{
	/*
	 * With CLOSE_RANGE_UNSHARE it is this thread's own table: the other threads' descriptors stay open.
	 */
	if (flags == 0)
		objects_take_range(first, last);
	return close_others(first, last, flags);
}

void call_closefrom(int first)
{
	unsigned from = first > 0 ? (unsigned)first : 0;

	objects_take_range(from, ~0u);
	if ((!vmm_hooks.owns || close_others(from, ~0u, 0) < 0) && next()->closefrom)
		next()->closefrom(first);
}

/* `to` is a new number of `fd`. */
static int duplicated(int fd, int to)
{
	struct object *o = to >= 0 ? objects_get(fd) : NULL;

	if (o) {
		drop(objects_set(to, o));
		objects_put(o);
	} else if (to >= 0) {
		drop(objects_take(to)); /* its number was closed without our knowledge */
	}
	return to;
}

int call_dup(int fd)
{
	return duplicated(fd, next()->dup(fd));
}

/* The call closes `to` if it succeeds, and leaves it alone otherwise. */
static int duplicate_to(int fd, int to, int flags, int is_dup3)
{
	struct object *was;
	int r;

	if (is_own(to)) {
		errno = EBUSY;
		return -1;
	}
	was = fd == to ? NULL : objects_take(to);
	r = is_dup3 ? next()->dup3(fd, to, flags) : next()->dup2(fd, to);

	if (r < 0 && was)
		drop(objects_set(to, was));
	else if (r >= 0 && fd != to)
		duplicated(fd, r);
	drop(was);
	return r;
}

int call_dup2(int fd, int to)
{
	return duplicate_to(fd, to, 0, 0);
}

int call_dup3(int fd, int to, int flags)
{
	return duplicate_to(fd, to, flags, 1);
}

int call_fcntl(int fd, int command, unsigned long arg)
{
	int r = next()->fcntl(fd, command, arg);

	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? duplicated(fd, r) : r;
}

int call_fcntl64(int fd, int command, unsigned long arg)
{
	int r = next()->fcntl64(fd, command, arg);

	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? duplicated(fd, r) : r;
}
