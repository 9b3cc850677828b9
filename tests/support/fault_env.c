/* SPDX-License-Identifier: MIT */
#include "support/fault_env.h"

#include <errno.h>
#include <signal.h>

static struct fault_env *self(struct base_env *env)
{
	return (struct fault_env *)env;
}

static bool fails(struct base_env *env, const char *name)
{
	struct fault_env *f = self(env);

	f->calls++;
	if (f->meanwhile) {
		f->fired = f->fired || f->calls == f->at;
		if (f->calls == f->at)
			f->meanwhile(f->context);
		return false;
	}
	if (f->at == 0 || f->calls < f->at || (f->calls > f->at && !f->crash))
		return false;
	if (f->kills)
		raise(SIGKILL);
	if (!f->fired)
		f->fired_in = name;
	f->fired = true;
	return true;
}

static uint64_t f_now_ns(struct base_env *env)
{
	return base_now_ns(self(env)->under);
}

static int64_t f_realtime_s(struct base_env *env)
{
	return base_realtime_s(self(env)->under);
}

static void f_sleep_ns(struct base_env *env, uint64_t ns)
{
	base_sleep_ns(self(env)->under, ns);
}

#define FAULT(type, name, params, ...)                                                                       \
	static type f_##name params                                                                          \
	{                                                                                                    \
		return fails(env, #name) ? self(env)->error                                                  \
					 : self(env)->under->ops->name(self(env)->under, __VA_ARGS__);       \
	}

FAULT(int, random, (struct base_env * env, void *buf, size_t n), buf, n)
FAULT(int, open, (struct base_env * env, const char *path, int flags, unsigned mode), path, flags, mode)
FAULT(int, dup, (struct base_env * env, int fd), fd)
FAULT(ssize_t, read, (struct base_env * env, int fd, void *buf, size_t n), fd, buf, n)
FAULT(ssize_t, write, (struct base_env * env, int fd, const void *buf, size_t n), fd, buf, n)
FAULT(ssize_t, pread, (struct base_env * env, int fd, void *buf, size_t n, int64_t off), fd, buf, n, off)
FAULT(ssize_t, pwrite, (struct base_env * env, int fd, const void *buf, size_t n, int64_t off), fd, buf, n,
      off)
FAULT(int, truncate, (struct base_env * env, int fd, int64_t size), fd, size)
FAULT(int, fstat, (struct base_env * env, int fd, struct base_stat *ret), fd, ret)
FAULT(int, stat, (struct base_env * env, const char *path, struct base_stat *ret), path, ret)
FAULT(int, fsync, (struct base_env * env, int fd), fd)
FAULT(int, fchmod, (struct base_env * env, int fd, unsigned mode), fd, mode)
FAULT(int, fchown, (struct base_env * env, int fd, uint32_t uid, uint32_t gid), fd, uid, gid)
FAULT(int, exchange, (struct base_env * env, const char *a, const char *b), a, b)
FAULT(int, rename, (struct base_env * env, const char *from, const char *to), from, to)
FAULT(int, unlink, (struct base_env * env, const char *path), path)
FAULT(int, mkdir, (struct base_env * env, const char *path, unsigned mode), path, mode)
FAULT(int, rmdir, (struct base_env * env, const char *path), path)
FAULT(int, open_at, (struct base_env * env, int dir, const char *name, int flags, unsigned mode), dir, name,
      flags, mode)
FAULT(int, stat_at, (struct base_env * env, int dir, const char *name, struct base_stat *ret), dir, name, ret)
FAULT(int, rename_at, (struct base_env * env, int dir, const char *from, const char *to), dir, from, to)
FAULT(int, unlink_at, (struct base_env * env, int dir, const char *name), dir, name)
FAULT(int, mkdir_at, (struct base_env * env, int dir, const char *name, unsigned mode), dir, name, mode)
FAULT(int, lock, (struct base_env * env, int fd, enum base_lock_how how, uint64_t wait_ns), fd, how, wait_ns)
FAULT(int, unlock, (struct base_env * env, int fd), fd)
FAULT(int, ioctl, (struct base_env * env, int fd, unsigned long request, void *arg), fd, request, arg)
FAULT(int, connect, (struct base_env * env, const char *address), address)
FAULT(int, connected, (struct base_env * env, int fd), fd)
FAULT(ssize_t, send, (struct base_env * env, int fd, const void *buf, size_t n), fd, buf, n)
FAULT(ssize_t, recv, (struct base_env * env, int fd, void *buf, size_t n), fd, buf, n)
FAULT(int, wait, (struct base_env * env, int fd, unsigned events, uint64_t wait_ns), fd, events, wait_ns)

static void f_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	base_lock_holders(self(env)->under, fd, text, room);
}

static int f_poll_open(struct base_env *env)
{
	return fails(env, "poll_open") ? self(env)->error : base_poll_open(self(env)->under);
}

static int f_timer_open(struct base_env *env)
{
	return fails(env, "timer_open") ? self(env)->error : base_timer_open(self(env)->under);
}

FAULT(int, poll_set, (struct base_env * env, int poll_fd, int fd, unsigned events), poll_fd, fd, events)
FAULT(int, timer_set, (struct base_env * env, int fd, uint64_t at_ns), fd, at_ns)

static int f_close(struct base_env *env, int fd)
{
	int r = base_close(self(env)->under, fd);

	return fails(env, "close") ? self(env)->error : r;
}

static const struct base_env_ops ops = {
	.now_ns = f_now_ns,
	.realtime_s = f_realtime_s,
	.sleep_ns = f_sleep_ns,
	.random = f_random,
	.open = f_open,
	.dup = f_dup,
	.close = f_close,
	.read = f_read,
	.write = f_write,
	.pread = f_pread,
	.pwrite = f_pwrite,
	.truncate = f_truncate,
	.fstat = f_fstat,
	.stat = f_stat,
	.fsync = f_fsync,
	.fchmod = f_fchmod,
	.fchown = f_fchown,
	.rename = f_rename,
	.exchange = f_exchange,
	.unlink = f_unlink,
	.mkdir = f_mkdir,
	.rmdir = f_rmdir,
	.open_at = f_open_at,
	.stat_at = f_stat_at,
	.rename_at = f_rename_at,
	.unlink_at = f_unlink_at,
	.mkdir_at = f_mkdir_at,
	.lock = f_lock,
	.unlock = f_unlock,
	.lock_holders = f_lock_holders,
	.ioctl = f_ioctl,
	.connect = f_connect,
	.connected = f_connected,
	.send = f_send,
	.recv = f_recv,
	.wait = f_wait,
	.poll_open = f_poll_open,
	.poll_set = f_poll_set,
	.timer_open = f_timer_open,
	.timer_set = f_timer_set,
};

struct fault_env fault_env_nth(struct base_env *under, unsigned k, int error)
{
	return (struct fault_env){ .base = { &ops }, .under = under, .at = k, .error = error };
}

struct fault_env fault_env_crash(struct base_env *under, unsigned k)
{
	return (struct fault_env){ .base = { &ops }, .under = under, .at = k, .error = -EIO, .crash = true };
}
