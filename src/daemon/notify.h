/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

/*
 * The three systemd protocols that the daemon needs: socket activation (sd_listen_fds_with_names(3)), status
 * notification (sd_notify(3)) and the watchdog (sd_watchdog_enabled(3)). They are stable, small and
 * documented for programs that do not use libsystemd, which would be more code than the rest of this daemon.
 */
enum { NOTIFY_FIRST_FD = 3, NOTIFY_MAX_FDS = 8, NOTIFY_NAME_BYTES = 256 };

struct notify_fds {
	int n; /* descriptors, from NOTIFY_FIRST_FD on */
	/* FileDescriptorName=, or the socket unit's name; "": no names were passed */
	char names[NOTIFY_MAX_FDS][NOTIFY_NAME_BYTES];
};

/*
 * Finds the listening descriptors passed to this process. Sets close-on-exec on them and removes the
 * variables from the environment. 0; -EINVAL the environment is malformed; -E2BIG more than NOTIFY_MAX_FDS.
 */
int notify_take_fds(struct notify_fds *ret);
/* Sends lines such as "READY=1" to $NOTIFY_SOCKET, if set. Never blocks; failures are ignored. */
void notify_send(const char *state);
/* Sends RELOADING=1, with the time that Type=notify-reload wants. */
void notify_reloading(void);
/*
 * The time within which the service manager wants "WATCHDOG=1" again and again, in microseconds; 0: not at
 * all. Removes the variables from the environment.
 */
uint64_t notify_take_watchdog(void);

#endif
