/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/*
 * The two things a daemon needs of systemd's protocols: sockets handed over at start (sd_listen_fds(3)) and
 * news for the service manager (sd_notify(3)). Both are stable, small and meant to be implemented by whoever
 * wants no libsystemd, which brings more code into a process that signs than all of this daemon.
 */
enum { NOTIFY_FIRST_FD = 3, NOTIFY_MAX_FDS = 8 };

/*
 * How many descriptors from NOTIFY_FIRST_FD on are this process's to listen on; they are made close-on-exec
 * and the environment forgets them. 0: none; -EINVAL the environment is malformed; -E2BIG more than
 * NOTIFY_MAX_FDS.
 */
int notify_take_fds(void);
/* Sends "READY=1" and the like to $NOTIFY_SOCKET, if there is one. Never blocks; failing is no matter. */
void notify_send(const char *state);

#endif
