/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The system call filter that juratd puts on itself when it is ready, before it reads a client's first byte.
 * It stays on all threads to the end.
 *
 *	calls of the role      allowed, some only with certain arguments (sandbox.c has both tables)
 *	calls that no daemon   kill the process (SIGSYS): execve(2), ptrace(2), mount(2) and the like can
 *	has a use for          only be an attacker's
 *	all others             fail with EPERM, which a library may survive, and are in the kernel's audit
 *	                       log; clone3(2) fails with ENOSYS, since its flags cannot be read: libraries
 *	                       then use clone(2)
 */
enum sandbox_mode {
	SANDBOX_ON,
	SANDBOX_OFF,
	SANDBOX_LOG,  /* allows everything, and the kernel logs what `on` would not have allowed */
	SANDBOX_KILL, /* as `on`, but each call that is not allowed kills the process: for tests */
	SANDBOX_N_MODES
};
#define SANDBOX_MODE_WORDS "on|off|log|kill" /* in that order */

/* What a role needs besides what all need. Several may be combined. */
enum sandbox_need {
	SANDBOX_NEEDS_VSOCK = 1 << 0, /* sockets of this family, besides unix and IPv4 */
	SANDBOX_NEEDS_NETWORK =
		1 << 1, /* names of hosts, by modules that resolver_load() has loaded; IPv6; UDP */
	SANDBOX_NEEDS_FILES = 1 << 2, /* writes, locks, renames and removes files */
};

const char *sandbox_mode_name(enum sandbox_mode mode);
/* The mode in which a process that asked for `mode` can run: a sanitizer's run-time needs all calls. */
enum sandbox_mode sandbox_effective_mode(enum sandbox_mode mode);
/*
 * Puts the filter on all threads of the process, for good. 0; -ENOSYS and others: the kernel has no filters,
 * or refuses this one
 */
JURAT_MUST_CHECK int sandbox_install(enum sandbox_mode mode, unsigned needs, struct jurat_error *err);
/* The i-th name of a call that is allowed with those needs; NULL: there are fewer. */
const char *sandbox_allowed(unsigned needs, size_t i);

#endif
