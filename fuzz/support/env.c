/* SPDX-License-Identifier: MIT */
#include "support/env.h"

static uint64_t now;

static uint64_t f_now_ns(struct base_env *env)
{
	return now;
}

static int64_t f_realtime_s(struct base_env *env)
{
	return 1750000000;
}

static void f_sleep_ns(struct base_env *env, uint64_t ns)
{
	now += ns;
}

static int f_random(struct base_env *env, void *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)buf)[i] = (uint8_t)(i + 1);
	return 0;
}

const struct base_env_ops *fuzz_env_ops(void)
{
	static struct base_env_ops ops;

	ops = *base_env_real()->ops;
	ops.now_ns = f_now_ns;
	ops.realtime_s = f_realtime_s;
	ops.sleep_ns = f_sleep_ns;
	ops.random = f_random;
	return &ops;
}

struct base_env *fuzz_env(void)
{
	static struct base_env env;

	env.ops = fuzz_env_ops();
	return &env;
}
