/* SPDX-License-Identifier: MIT */
#include "run/turns.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "base/env.h"

enum {
	STEPS = 64,         /* steps of the machine between two polls for events */
	LINGER_NS = 200000, /* longer than a program takes between a response and its next request */
};

/*
 * Most events are requests, and another one is likely to follow at once. Waking an idle processor can take
 * longer than the request itself (40 us in some virtual machines), so this polls for a while before it
 * sleeps, and yields the processor to other threads meanwhile.
 */
static int linger(struct run_turns *t, struct epoll_event *events, int room)
{
	struct base_env *env = base_env_real();
	uint64_t until = base_now_ns(env) + LINGER_NS;
	int n;

	while ((n = epoll_wait(t->epoll, events, room, 0)) == 0 && base_now_ns(env) < until)
		sched_yield();
	return n;
}

int run_turns_wait(struct run_turns *t, struct epoll_event *events, int room, struct jurat_error *err)
{
	int n = 0;

	for (int i = 0; i < STEPS && run_platform_runnable(t->platform); i++)
		run_platform_step(t->platform);
	if (run_platform_runnable(t->platform)) {
		n = epoll_wait(t->epoll, events, room, 0);
	} else {
		if (t->awake)
			n = linger(t, events, room);
		if (n == 0)
			n = epoll_wait(t->epoll, events, room, -1);
		t->awake = false;
	}
	if (n < 0 && errno != EINTR)
		return jurat_fail(err, -errno, "cannot wait: %s", strerror(errno));
	t->awake |= n > 0;
	return n < 0 ? 0 : n;
}
