/* SPDX-License-Identifier: MIT */
#include "fleet/clock_env.h"

/* Both clocks begin somewhere: at 0, code that takes 0 for "not set" would not be seen. */
enum { START_MS = 1000 * 1000, START_S = 1800000000 };

static const struct clock_env *self(struct base_env *env)
{
	return (const struct clock_env *)env;
}

static uint64_t clock_now_ns(struct base_env *env)
{
	return (self(env)->now_ms + START_MS) * 1000000;
}

static int64_t clock_realtime_s(struct base_env *env)
{
	return START_S + (int64_t)(self(env)->now_ms / 1000);
}

static int clock_fsync(struct base_env *env, int fd)
{
	(void)env, (void)fd;
	return 0;
}

static int clock_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	(void)env, (void)wait_ns;
	return base_lock(base_env_real(), fd, how, 0);
}

struct clock_env clock_env_new(void)
{
	static struct base_env_ops ops;

	ops = *base_env_real()->ops;
	ops.now_ns = clock_now_ns;
	ops.realtime_s = clock_realtime_s;
	ops.fsync = clock_fsync;
	ops.lock = clock_lock;
	return (struct clock_env){ .base = { &ops } };
}
