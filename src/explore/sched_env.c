/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "explore/sched_internal.h"

/* The environment of an actor: each call is a step, and what it returns is seen by the actor. */

static void saw(struct sched_lane *lane, int64_t result)
{
	sched_mix_u64(lane, (uint64_t)result);
}

static struct sched_fd *find_fd(struct sched_lane *lane, int fd)
{
	for (unsigned i = 0; fd >= 0 && i < SCHED_MAX_FDS; i++)
		if (lane->process->fds[i].fd == fd)
			return &lane->process->fds[i];
	return NULL;
}

static struct sched_call on_fd(struct sched_lane *lane, const char *op, int fd)
{
	const struct sched_fd *f = find_fd(lane, fd);

	return (struct sched_call){ .op = op,
				    .fd = fd,
				    .fd_path = f ? f->description->name : "?",
				    .locked = f && f->description->locked };
}

static struct sched_call on_path(const char *op, const char *path, const char *to)
{
	return (struct sched_call){ .op = op, .path = path, .to = to, .fd = -1 };
}

static struct sched_call of_open(const char *path, int flags)
{
	return (struct sched_call){ .op = "open", .path = path, .fd = -1, .flags = flags };
}

static struct sched_call of_ioctl(struct sched_lane *lane, int fd, const void *arg)
{
	struct sched_call call = on_fd(lane, "ioctl", fd);

	call.arg = arg;
	return call;
}

static void keep_fd(struct sched_lane *lane, int fd, struct sched_description *description)
{
	unsigned i = 0;

	while (i < SCHED_MAX_FDS && lane->process->fds[i].fd >= 0)
		i++;
	assert(i < SCHED_MAX_FDS);
	lane->process->fds[i] = (struct sched_fd){ fd, description };
	description->n_fds++;
}

static void keep_new(struct sched_lane *lane, int fd, const char *path)
{
	struct sched_description *d = lane->process->descriptions;
	const char *name = sched_last_part(path);
	size_t n = strnlen(name, SCHED_NAME_BYTES - 1);

	while (d < lane->process->descriptions + SCHED_MAX_FDS - 1 && d->n_fds > 0)
		d++;
	*d = (struct sched_description){ 0 };
	memcpy(d->name, name, n);
	keep_fd(lane, fd, d);
}

/* At this step. */
static void forget_fd(struct sched_lane *lane, struct sched_fd *f, uint64_t step)
{
	f->fd = -1;
	if (--f->description->n_fds > 0)
		return;
	f->description->locked = false;
	sched_tell_unlock(lane, f->description, step);
}

void sched_close_all(struct sched_lane *lane)
{
	struct sched_fd *fds = lane->process->fds;

	for (unsigned i = 0; i < SCHED_MAX_FDS; i++)
		if (fds[i].fd >= 0) {
			(void)!base_close(lane->under, fds[i].fd);
			forget_fd(lane, &fds[i], lane->sched->steps + 1);
		}
}

/* A call that goes to the environment below as it is, and returns a number. */
#define STEP(call, skipped, below)                                                                           \
	struct sched_lane *lane = sched_lane_of(env);                                                        \
	int64_t r;                                                                                           \
	if (!sched_before(lane, call))                                                                       \
		return -EIO;                                                                                 \
	r = sched_skips(lane) ? (int64_t)(skipped) : (int64_t)(below);                                       \
	saw(lane, r)

#define STEP_ON_FD(name, skipped, ...)                                                                       \
	STEP(on_fd(lane, #name, fd), skipped, lane->under->ops->name(lane->under, fd, __VA_ARGS__))
#define STEP_ON_PATH(name, path, to, ...)                                                                    \
	STEP(on_path(#name, path, to), 0, lane->under->ops->name(lane->under, __VA_ARGS__))

static uint64_t e_now_ns(struct base_env *env)
{
	return sched_lane_of(env)->now_ns;
}

/* Only the difference of two times of one actor has a meaning. */
static void e_sleep_ns(struct base_env *env, uint64_t ns)
{
	sched_lane_of(env)->now_ns += ns;
}

static int64_t e_realtime_s(struct base_env *env)
{
	return base_realtime_s(sched_lane_of(env)->under);
}

static int e_random(struct base_env *env, void *buf, size_t n)
{
	(void)env;
	memset(buf, 0, n);
	return 0;
}

static int e_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	STEP(of_open(path, flags), -EIO, base_open(lane->under, path, flags, mode));
	if (r >= 0)
		keep_new(lane, (int)r, path);
	return (int)r;
}

static int e_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	STEP(of_open(name, flags), -EIO, base_open_at(lane->under, dir, name, flags, mode));
	if (r >= 0)
		keep_new(lane, (int)r, name);
	return (int)r;
}

static int e_dup(struct base_env *env, int fd)
{
	STEP(on_fd(lane, "dup", fd), -EIO, base_dup(lane->under, fd));
	if (r >= 0)
		keep_fd(lane, (int)r, find_fd(lane, fd)->description);
	return (int)r;
}

static int e_close(struct base_env *env, int fd)
{
	struct sched_lane *lane = sched_lane_of(env);
	struct sched_fd *f;
	int r;

	if (!sched_before(lane, on_fd(lane, "close", fd)))
		return 0; /* death has closed it */
	f = find_fd(lane, fd);
	r = base_close(lane->under, fd);
	if (f)
		forget_fd(lane, f, lane->sched->steps);
	saw(lane, r);
	return r;
}

static ssize_t e_read(struct base_env *env, int fd, void *buf, size_t n)
{
	STEP_ON_FD(read, -EIO, buf, n);
	if (r > 0)
		sched_mix_bytes(lane, buf, (size_t)r);
	return (ssize_t)r;
}

static ssize_t e_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	STEP_ON_FD(pread, -EIO, buf, n, off);
	if (r > 0)
		sched_mix_bytes(lane, buf, (size_t)r);
	return (ssize_t)r;
}

static ssize_t e_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	STEP_ON_FD(write, n, buf, n);
	return (ssize_t)r;
}

static ssize_t e_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	STEP_ON_FD(pwrite, n, buf, n, off);
	return (ssize_t)r;
}

static int e_truncate(struct base_env *env, int fd, int64_t size)
{
	STEP_ON_FD(truncate, 0, size);
	return (int)r;
}

static void saw_stat(struct sched_lane *lane, int64_t r, const struct base_stat *st)
{
	if (r < 0)
		return;
	sched_mix_u64(lane, st->dev);
	sched_mix_u64(lane, st->ino);
	sched_mix_u64(lane, (uint64_t)st->size);
	sched_mix_u64(lane, (uint64_t)st->mtime_ns);
	sched_mix_u64(lane, st->mode);
	sched_mix_u64(lane, st->rdev);
	sched_mix_u64(lane, (uint64_t)st->uid << 32 | st->gid);
}

static int e_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	STEP_ON_FD(fstat, -EIO, ret);
	saw_stat(lane, r, ret);
	return (int)r;
}

static int e_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	STEP_ON_PATH(stat, path, NULL, path, ret);
	saw_stat(lane, r, ret);
	return (int)r;
}

static int e_stat_at(struct base_env *env, int dir, const char *name, struct base_stat *ret)
{
	STEP(on_path("stat", name, NULL), -EIO, base_stat_at(lane->under, dir, name, ret));
	saw_stat(lane, r, ret);
	return (int)r;
}

static int e_rename_at(struct base_env *env, int dir, const char *from, const char *to)
{
	STEP(on_path("rename", from, to), 0, base_rename_at(lane->under, dir, from, to));
	return (int)r;
}

static int e_unlink_at(struct base_env *env, int dir, const char *name)
{
	STEP(on_path("unlink", name, NULL), 0, base_unlink_at(lane->under, dir, name));
	return (int)r;
}

static int e_mkdir_at(struct base_env *env, int dir, const char *name, unsigned mode)
{
	STEP(on_path("mkdir", name, NULL), 0, base_mkdir_at(lane->under, dir, name, mode));
	return (int)r;
}

static int e_fsync(struct base_env *env, int fd)
{
	STEP(on_fd(lane, "fsync", fd), 0, base_fsync(lane->under, fd));
	return (int)r;
}

static int e_fchmod(struct base_env *env, int fd, unsigned mode)
{
	STEP_ON_FD(fchmod, 0, mode);
	return (int)r;
}

static int e_fchown(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	STEP_ON_FD(fchown, 0, uid, gid);
	return (int)r;
}

static int e_rename(struct base_env *env, const char *from, const char *to)
{
	STEP_ON_PATH(rename, from, to, from, to);
	return (int)r;
}

static int e_exchange(struct base_env *env, const char *a, const char *b)
{
	STEP_ON_PATH(exchange, a, b, a, b);
	return (int)r;
}

static int e_unlink(struct base_env *env, const char *path)
{
	STEP_ON_PATH(unlink, path, NULL, path);
	return (int)r;
}

static int e_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	STEP_ON_PATH(mkdir, path, NULL, path, mode);
	return (int)r;
}

static int e_rmdir(struct base_env *env, const char *path)
{
	STEP_ON_PATH(rmdir, path, NULL, path);
	return (int)r;
}

static int e_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct sched_lane *lane = sched_lane_of(env);
	struct sched_fd *f = find_fd(lane, fd);
	bool alive;
	int r = 0;

	lane->lock_fd = wait_ns > 0 ? f : NULL;
	lane->lock_how = how;
	alive = sched_before(lane,
			     on_fd(lane, how == BASE_LOCK_SHARED ? "lock shared" : "lock exclusive", fd));
	lane->lock_fd = NULL;
	if (!alive)
		return -EIO;
	if (!sched_skips(lane)) {
		r = lane->ran_out ? JURAT_BUSY : base_lock(lane->under, fd, how, 0);
		lane->ran_out = false;
		if (r == 0 && f) {
			f->description->locked = true;
			f->description->how = how;
			sched_tell_lock(lane, f->description);
		} else if (r == JURAT_BUSY) {
			lane->now_ns += wait_ns;
			sched_tell(lane, "", "the lock is busy: %s", f ? f->description->name : "?");
		}
	}
	saw(lane, r);
	return r;
}

static int e_unlock(struct base_env *env, int fd)
{
	STEP(on_fd(lane, "unlock", fd), 0, base_unlock(lane->under, fd));
	if (r == 0 && find_fd(lane, fd) && !sched_skips(lane)) {
		find_fd(lane, fd)->description->locked = false;
		sched_tell_unlock(lane, find_fd(lane, fd)->description, lane->sched->steps);
	}
	return (int)r;
}

/* No step: it has no effect, and its result none but on words. */
static void e_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	(void)env;
	(void)fd;
	(void)!snprintf(text, room, "another actor");
}

static int e_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	STEP(of_ioctl(lane, fd, arg), 0, base_ioctl(lane->under, fd, request, arg));
	if (lane->sched->knows_seen)
		return (int)r;
	if (sched_world_of(lane)->saw_ioctl)
		sched_world_of(lane)->saw_ioctl(sched_world_of(lane)->ctx, request, arg, &lane->seen);
	else
		sched_mix_bytes(lane, arg, _IOC_SIZE(request));
	return (int)r;
}

#define OPS                                                                                                  \
	{                                                                                                    \
		.now_ns = e_now_ns, .realtime_s = e_realtime_s, .sleep_ns = e_sleep_ns, .random = e_random,  \
		.open = e_open, .dup = e_dup, .close = e_close, .read = e_read, .write = e_write,            \
		.pread = e_pread, .pwrite = e_pwrite, .truncate = e_truncate, .fstat = e_fstat,              \
		.stat = e_stat, .fsync = e_fsync, .fchmod = e_fchmod, .fchown = e_fchown,                    \
		.rename = e_rename, .exchange = e_exchange, .unlink = e_unlink, .mkdir = e_mkdir,            \
		.rmdir = e_rmdir, .open_at = e_open_at, .stat_at = e_stat_at, .rename_at = e_rename_at,      \
		.unlink_at = e_unlink_at, .mkdir_at = e_mkdir_at, .lock = e_lock, .unlock = e_unlock,        \
		.lock_holders = e_lock_holders, .ioctl = e_ioctl,                                            \
	}

const struct base_env_ops sched_env_ops = OPS;
const struct base_env_ops sched_here_ops = OPS; /* known by its address */
