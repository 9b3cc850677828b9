/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_RESOLVER_H
#define DAEMON_RESOLVER_H

/*
 * Loads the modules of the name service switch that look up hosts, such as those of systemd-resolved and
 * avahi, for good: libc would load them at the first use, which the system call filter does not allow. A
 * module that is not installed is left out, as libc does.
 *
 * path  a file as described in nsswitch.conf(5)
 */
#define RESOLVER_NSSWITCH "/etc/nsswitch.conf"
void resolver_load(const char *path);

#endif
