/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * The two systemd protocols that the daemon needs: socket activation (sd_listen_fds(3)) and status
 * notification (sd_notify(3)). Both are stable, small and documented for programs that do not use libsystemd,
 * which would be more code than the rest of this daemon.
 */
enum { NOTIFY_FIRST_FD = 3, NOTIFY_MAX_FDS = 8 };

/*
 * Returns the number of listening descriptors passed to this process, from NOTIFY_FIRST_FD on. Sets
 * close-on-exec on them and removes the variables from the environment. 0: none; -EINVAL the environment is
 * malformed; -E2BIG more than NOTIFY_MAX_FDS.
 */
int notify_take_fds(void);
/* Sends "READY=1" and the like to $NOTIFY_SOCKET, if set. Never blocks; failures are ignored. */
void notify_send(const char *state);

#endif
