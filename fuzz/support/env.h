/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_ENV_H
#define FUZZ_ENV_H

#include "base/env.h"

/*
 * The real environment, except that it is deterministic: time advances only by sleeping, and random numbers
 * are a counter. A target can copy the table and override calls; other calls fail on the target's fake
 * descriptors.
 */
struct base_env *fuzz_env(void);
const struct base_env_ops *fuzz_env_ops(void);

#endif
