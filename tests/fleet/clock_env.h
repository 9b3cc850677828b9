/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FLEET_CLOCK_ENV_H
#define TESTS_FLEET_CLOCK_ENV_H

#include "base/env.h"

/*
 * The operating system's files and locks under a clock that stands where the test puts it. Disks are not
 * waited for: fsync() does nothing. One thread: a lock that is taken is not waited for either.
 */
struct clock_env {
	struct base_env base;
	uint64_t now_ms;
};

struct clock_env clock_env_new(void);

#endif
