/* SPDX-License-Identifier: MIT */
#ifndef RUN_TURNS_H
#define RUN_TURNS_H

#include <sys/epoll.h>

#include "run/platform.h"

/*
 * Alternates between events and steps of the machine, for a thread that serves both: while a request is in
 * progress, it does not sleep.
 */
struct run_turns {
	struct run_platform *platform; /* borrowed */
	int epoll;                     /* borrowed */
	bool awake;                    /* there were events since it last slept or polled without result */
};

/*
 * Steps the machine, and waits for events when there is nothing more to do.
 *
 * events    room for `room`
 * Returns   the number of events, possibly 0; -errno
 */
JURAT_MUST_CHECK int run_turns_wait(struct run_turns *turns, struct epoll_event *events, int room,
				    struct jurat_error *err);

#endif
