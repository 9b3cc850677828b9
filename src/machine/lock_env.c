/* SPDX-License-Identifier: MIT */
#include "machine/lock_env.h"

#include <stdio.h>
#include <string.h>

static struct lock_env *self(struct base_env *env)
{
	return (struct lock_env *)env;
}

static struct lock_env_file *file_of(struct lock_env *e, int fd)
{
	for (int i = 0; i < LOCK_ENV_FILES; i++)
		if (e->files[i].used && e->files[i].fd == fd)
			return &e->files[i];
	return NULL;
}

static int opened(struct lock_env *e, int fd, const char *path)
{
	const char *slash = strrchr(path, '/');

	for (int i = 0; fd >= 0 && e->trace && i < LOCK_ENV_FILES; i++) {
		if (e->files[i].used)
			continue;
		e->files[i] = (struct lock_env_file){ .used = true, .fd = fd };
		(void)!snprintf(e->files[i].name, sizeof(e->files[i].name), "%s", slash ? slash + 1 : path);
		break;
	}
	return fd;
}

static void released(struct lock_env *e, int fd, bool closed)
{
	struct lock_env_file *file = file_of(e, fd);

	if (!file)
		return;
	trace_end(e->trace, file->held, NULL);
	file->held = 0;
	file->used = !closed;
}

static int l_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	return opened(self(env), base_open(self(env)->under, path, flags, mode), path);
}

static int l_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	return opened(self(env), base_open_at(self(env)->under, dir, name, flags, mode), name);
}

static int l_close(struct base_env *env, int fd)
{
	int r = base_close(self(env)->under, fd);

	released(self(env), fd, true);
	return r;
}

static int l_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct lock_env *e = self(env);
	struct lock_env_file *file = e->trace ? file_of(e, fd) : NULL;
	bool exclusive = how == BASE_LOCK_EXCLUSIVE;
	const char *holder = trace_actor(e->trace, "VMM");
	uint32_t step;
	int r;

	if (!file)
		return base_lock(e->under, fd, how, wait_ns);
	step = trace_call(e->trace, holder, "store", "locks %s, %s", file->name,
			  exclusive ? "exclusive" : "shared");
	trace_number(e->trace, step, "wait at most, ns", wait_ns, TRACE_DECIMAL);
	r = base_lock(e->under, fd, how, wait_ns);
	trace_end(e->trace, step, "%s", r == 0 ? "locked" : r > 0 ? "others hold it" : strerror(-r));
	if (r == 0) {
		trace_end(e->trace, file->held, NULL); /* converted */
		file->held = trace_lock(e->trace, holder, file->name, exclusive);
	}
	return r;
}

static int l_unlock(struct base_env *env, int fd)
{
	int r = base_unlock(self(env)->under, fd);

	if (r == 0)
		released(self(env), fd, false);
	return r;
}

#define FORWARD(type, name, params, ...)                                                                     \
	static type l_##name params                                                                          \
	{                                                                                                    \
		return base_##name(self(env)->under, ##__VA_ARGS__);                                         \
	}
FORWARD(uint64_t, now_ns, (struct base_env * env))
FORWARD(int64_t, realtime_s, (struct base_env * env))
FORWARD(void, sleep_ns, (struct base_env * env, uint64_t ns), ns)
FORWARD(int, random, (struct base_env * env, void *buf, size_t n), buf, n)
FORWARD(int, dup, (struct base_env * env, int fd), fd)
FORWARD(ssize_t, read, (struct base_env * env, int fd, void *buf, size_t n), fd, buf, n)
FORWARD(ssize_t, write, (struct base_env * env, int fd, const void *buf, size_t n), fd, buf, n)
FORWARD(ssize_t, pread, (struct base_env * env, int fd, void *buf, size_t n, int64_t off), fd, buf, n, off)
FORWARD(ssize_t, pwrite, (struct base_env * env, int fd, const void *buf, size_t n, int64_t off), fd, buf, n,
	off)
FORWARD(int, truncate, (struct base_env * env, int fd, int64_t size), fd, size)
FORWARD(int, fstat, (struct base_env * env, int fd, struct base_stat *ret), fd, ret)
FORWARD(int, stat, (struct base_env * env, const char *path, struct base_stat *ret), path, ret)
FORWARD(int, fsync, (struct base_env * env, int fd), fd)
FORWARD(int, fchmod, (struct base_env * env, int fd, unsigned mode), fd, mode)
FORWARD(int, fchown, (struct base_env * env, int fd, uint32_t uid, uint32_t gid), fd, uid, gid)
FORWARD(int, rename, (struct base_env * env, const char *from, const char *to), from, to)
FORWARD(int, exchange, (struct base_env * env, const char *a, const char *b), a, b)
FORWARD(int, unlink, (struct base_env * env, const char *path), path)
FORWARD(int, mkdir, (struct base_env * env, const char *path, unsigned mode), path, mode)
FORWARD(int, rmdir, (struct base_env * env, const char *path), path)
FORWARD(int, stat_at, (struct base_env * env, int dir, const char *name, struct base_stat *ret), dir, name,
	ret)
FORWARD(int, rename_at, (struct base_env * env, int dir, const char *from, const char *to), dir, from, to)
FORWARD(int, unlink_at, (struct base_env * env, int dir, const char *name), dir, name)
FORWARD(int, mkdir_at, (struct base_env * env, int dir, const char *name, unsigned mode), dir, name, mode)
FORWARD(void, lock_holders, (struct base_env * env, int fd, char *text, size_t room), fd, text, room)
FORWARD(int, ioctl, (struct base_env * env, int fd, unsigned long request, void *arg), fd, request, arg)
FORWARD(int, wait, (struct base_env * env, int fd, unsigned events, uint64_t wait_ns), fd, events, wait_ns)

void lock_env_trace(struct lock_env *e, struct trace *trace)
{
	e->trace = trace;
	for (int i = 0; i < LOCK_ENV_FILES; i++)
		e->files[i].held = 0;
}

void lock_env_init(struct lock_env *e, struct base_env *under)
{
	/* What store and certificates call: no sockets. */
	static const struct base_env_ops ops = {
		.now_ns = l_now_ns,
		.realtime_s = l_realtime_s,
		.sleep_ns = l_sleep_ns,
		.random = l_random,
		.open = l_open,
		.dup = l_dup,
		.close = l_close,
		.read = l_read,
		.write = l_write,
		.pread = l_pread,
		.pwrite = l_pwrite,
		.truncate = l_truncate,
		.fstat = l_fstat,
		.stat = l_stat,
		.fsync = l_fsync,
		.fchmod = l_fchmod,
		.fchown = l_fchown,
		.rename = l_rename,
		.exchange = l_exchange,
		.unlink = l_unlink,
		.mkdir = l_mkdir,
		.rmdir = l_rmdir,
		.open_at = l_open_at,
		.stat_at = l_stat_at,
		.rename_at = l_rename_at,
		.unlink_at = l_unlink_at,
		.mkdir_at = l_mkdir_at,
		.lock = l_lock,
		.unlock = l_unlock,
		.lock_holders = l_lock_holders,
		.ioctl = l_ioctl,
		.wait = l_wait,
	};

	*e = (struct lock_env){ .base = { &ops }, .under = under };
}
