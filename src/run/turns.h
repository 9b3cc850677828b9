/* SPDX-License-Identifier: MIT */
#ifndef RUN_TURNS_H
#define RUN_TURNS_H

#include <sys/epoll.h>

#include "run/platform.h"

/*
 * Events and the machine in turn, for a thread that serves both: while a request is under way, nothing waits
 * for anything but the machine's next step.
 */
struct run_turns {
	struct run_platform *platform; /* borrowed */
	int epoll;                     /* borrowed */
	bool awake;                    /* there were events since it last slept or lingered in vain */
};

/*
 * Makes steps of the machine; waits for events when there is no more to do.
 *
 * events    room for `room`
 * Returns   how many there are, which may be none; -errno
 */
JURAT_MUST_CHECK int run_turns_wait(struct run_turns *turns, struct epoll_event *events, int room,
				    struct jurat_error *err);

#endif
