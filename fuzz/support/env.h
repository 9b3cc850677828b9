/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_ENV_H
#define FUZZ_ENV_H

#include "base/env.h"

/*
 * The real environment but for what differs from run to run: time stands still until somebody sleeps, and
 * random numbers count. An environment of a target's own copies its table and puts its own calls in front;
 * what it leaves fails on descriptors that no process has.
 */
struct base_env *fuzz_env(void);
const struct base_env_ops *fuzz_env_ops(void);

#endif
