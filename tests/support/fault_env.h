/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_FAULT_ENV_H
#define TESTS_SUPPORT_FAULT_ENV_H

#include <stdbool.h>

#include "base/env.h"

/*
 * The environment under it, but the k-th call (1 = the first) that can fail does fail with `error` and has no
 * effect (close still closes). With `crash` every call from the k-th on fails and has no effect: the process
 * is gone. Clocks and sleep are not counted.
 */
struct fault_env {
	struct base_env base;
	struct base_env *under;
	unsigned at, calls;
	int error;
	bool crash;
	bool kills;           /* in a child process: the k-th call is its end, by SIGKILL */
	bool fired;           /* the k-th call was reached */
	const char *fired_in; /* its name */
	/* Instead of a failure: what another process does in front of the k-th call. */
	void (*meanwhile)(void *context);
	void *context;
};

struct fault_env fault_env_nth(struct base_env *under, unsigned k, int error);
struct fault_env fault_env_crash(struct base_env *under, unsigned k);

#endif
