/* SPDX-License-Identifier: MIT */
#ifndef RUN_USER_NAMESPACE_H
#define RUN_USER_NAMESPACE_H

#include "base/error.h"
#include "run/run.h"

/*
 * Moves this process, which must have one thread, into a new user namespace and a new mount namespace, with
 * user and group IDs mapped as `map` says. RUN_MAP_AUTO: a process that stays outside writes the maps, which
 * takes CAP_SETUID and CAP_SETGID, or newuidmap(1) and newgidmap(1).
 * Returns   0; -errno: `err` says what this machine or this user lacks and what to do about it
 */
JURAT_MUST_CHECK int run_user_namespace_enter(enum run_user_map map, struct jurat_error *err);

/*
 * Explains the error `r` of a first mount in the new mount namespace: a chroot, or an AppArmor profile.
 * Returns   r
 */
JURAT_MUST_CHECK int run_user_namespace_no_mount(int r, struct jurat_error *err);

#endif
