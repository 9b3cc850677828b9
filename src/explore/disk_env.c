/* SPDX-License-Identifier: MIT */
#include "explore/disk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { REALTIME_S = 1767225600 /* 2026-01-01 */ };

static struct disk_open *of(struct base_env *env, int fd)
{
	return disk_open_of(disk_process_of(env), fd);
}

static bool can_read(const struct disk_open *open)
{
	return (open->flags & O_ACCMODE) == O_RDONLY || (open->flags & O_ACCMODE) == O_RDWR;
}

static bool can_write(const struct disk_open *open)
{
	return (open->flags & O_ACCMODE) == O_WRONLY || (open->flags & O_ACCMODE) == O_RDWR;
}

static int close_fd(struct base_env *env, int fd)
{
	if (!of(env, fd))
		return -EBADF;
	disk_close_fd(disk_process_of(env), fd);
	return 0;
}

static int dup_fd(struct base_env *env, int fd)
{
	struct disk_open *open = of(env, fd);

	return open ? disk_add_fd(disk_process_of(env), open) : -EBADF;
}

static ssize_t get(const struct disk_open *open, void *buf, size_t n, int64_t off)
{
	const struct disk_data *data;

	if (!open || !can_read(open))
		return -EBADF;
	if (disk_is_dir(open->inode))
		return -EISDIR;
	data = &open->inode->now.data;
	if ((uint64_t)off >= data->size)
		return 0;
	if (n > data->size - (size_t)off)
		n = data->size - (size_t)off;
	if (n > 0)
		memcpy(buf, data->bytes + off, n);
	return (ssize_t)n;
}

static ssize_t read_fd(struct base_env *env, int fd, void *buf, size_t n)
{
	struct disk_open *open = of(env, fd);
	ssize_t r = get(open, buf, n, open ? open->offset : 0);

	if (r > 0)
		open->offset += r;
	return r;
}

static ssize_t pread_fd(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	return off < 0 ? -EINVAL : get(of(env, fd), buf, n, off);
}

/* `off` is where the bytes were put. */
static ssize_t put(struct base_env *env, const struct disk_open *open, const void *buf, size_t n,
		   int64_t *off)
{
	struct disk_data *data;
	uint64_t end;
	int e;

	if (!open || !can_write(open))
		return -EBADF;
	data = &open->inode->now.data;
	if (n == 0)
		return 0;
	if (open->flags & O_APPEND)
		*off = (int64_t)data->size;
	if (__builtin_add_overflow((uint64_t)*off, n, &end))
		return -EFBIG;
	e = disk_reserve_data(open->inode, end);
	if (e < 0)
		return e;
	disk_resize(open->inode, end > data->size ? (size_t)end : data->size);
	memcpy(data->bytes + *off, buf, n);
	disk_touch(disk_process_of(env), open->inode);
	return (ssize_t)n;
}

static ssize_t write_fd(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct disk_open *open = of(env, fd);
	int64_t off = open ? open->offset : 0;
	ssize_t r = put(env, open, buf, n, &off);

	if (r > 0)
		open->offset = off + r;
	return r;
}

static ssize_t pwrite_fd(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	return off < 0 ? -EINVAL : put(env, of(env, fd), buf, n, &off);
}

static int truncate_fd(struct base_env *env, int fd, int64_t size)
{
	struct disk_open *open = of(env, fd);
	int e;

	if (size < 0)
		return -EINVAL;
	if (!open)
		return -EBADF;
	if (!can_write(open))
		return -EINVAL;
	e = disk_reserve_data(open->inode, (uint64_t)size);
	if (e < 0)
		return e;
	disk_resize(open->inode, (size_t)size);
	disk_touch(disk_process_of(env), open->inode);
	return 0;
}

static int fstat_fd(struct base_env *env, int fd, struct base_stat *ret)
{
	const struct disk_open *open = of(env, fd);

	if (!open)
		return -EBADF;
	disk_stat_of(open->inode, ret);
	return 0;
}

static int fsync_fd(struct base_env *env, int fd)
{
	const struct disk_open *open = of(env, fd);

	if (!open)
		return -EBADF;
	disk_sync(disk_process_of(env)->disk, open->inode);
	return 0;
}

static int change_attr(struct disk_inode *inode, const struct disk_attr *to)
{
	int e = disk_reserve_data(inode, 0);

	if (e < 0)
		return e;
	disk_keep_data(inode);
	inode->now.attr = *to;
	return 0;
}

static int fchmod_fd(struct base_env *env, int fd, unsigned mode)
{
	const struct disk_open *open = of(env, fd);
	struct disk_attr attr;

	if (!open)
		return -EBADF;
	attr = open->inode->now.attr;
	attr.mode = (attr.mode & S_IFMT) | (mode & 07777);
	return change_attr(open->inode, &attr);
}

static int fchown_fd(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	const struct disk_open *open = of(env, fd);
	struct disk_attr attr;

	if (!open)
		return -EBADF;
	attr = open->inode->now.attr;
	if (uid != UINT32_MAX)
		attr.uid = uid;
	if (gid != UINT32_MAX)
		attr.gid = gid;
	if (!S_ISDIR(attr.mode)) /* whoever runs it would get rights that its owner had */
		attr.mode &= ~(uint32_t)(S_ISUID | (attr.mode & S_IXGRP ? S_ISGID : 0));
	return change_attr(open->inode, &attr);
}

static int lock_fd(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct disk_open *open = of(env, fd);
	bool is_shared = how == BASE_LOCK_SHARED;

	(void)wait_ns;
	if (!open || !(is_shared ? can_read(open) : can_write(open)))
		return -EBADF;
	for (const struct disk_open *other = open->inode->opens; other; other = other->next)
		if (other != open && other->lock != DISK_UNLOCKED &&
		    !(is_shared && other->lock == DISK_SHARED))
			return JURAT_BUSY;
	open->lock = is_shared ? DISK_SHARED : DISK_EXCLUSIVE;
	return 0;
}

static int unlock_fd(struct base_env *env, int fd)
{
	struct disk_open *open = of(env, fd);

	if (!open)
		return -EBADF;
	open->lock = DISK_UNLOCKED;
	return 0;
}

bool disk_is_shared(struct base_env *env, int fd, bool locked)
{
	const struct disk_open *open = of(env, fd);

	for (const struct disk_open *other = open ? open->inode->opens : NULL; other; other = other->next)
		if (other->process != open->process && (!locked || other->lock != DISK_UNLOCKED))
			return true;
	return false;
}

static void lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	const struct disk_open *open = of(env, fd);
	unsigned holders = 0;
	size_t used = 0;

	if (room == 0)
		return;
	text[0] = '\0';
	for (const struct disk_open *other = open ? open->inode->opens : NULL; other; other = other->next)
		if (other->lock != DISK_UNLOCKED)
			holders |= 1u << other->process;
	for (unsigned i = 0; i < DISK_MAX_PROCESSES && used < room; i++)
		if (holders & 1u << i)
			used += (size_t)snprintf(text + used, room - used, "%sprocess %u", used ? ", " : "",
						 i);
	if (!holders)
		snprintf(text, room, "a process that has released its lock since");
}

static uint64_t now_ns(struct base_env *env)
{
	(void)env;
	return 0;
}

static int64_t realtime_s(struct base_env *env)
{
	(void)env;
	return REALTIME_S;
}

static void sleep_ns(struct base_env *env, uint64_t ns)
{
	(void)env, (void)ns;
}

static int random_zeros(struct base_env *env, void *buf, size_t n)
{
	(void)env;
	memset(buf, 0, n);
	return 0;
}

static int ioctl_fd(struct base_env *env, int fd, unsigned long request, void *arg)
{
	(void)request, (void)arg;
	return of(env, fd) ? -ENOTTY : -EBADF;
}

static int no_connect(struct base_env *env, const char *address)
{
	(void)env, (void)address;
	return -ENOSYS;
}

static int no_connected(struct base_env *env, int fd)
{
	(void)env, (void)fd;
	return -ENOSYS;
}

static ssize_t no_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	(void)env, (void)fd, (void)buf, (void)n;
	return -ENOSYS;
}

static ssize_t no_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	(void)env, (void)fd, (void)buf, (void)n;
	return -ENOSYS;
}

static int no_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	(void)env, (void)fd, (void)events, (void)wait_ns;
	return -ENOSYS;
}

static int no_open(struct base_env *env)
{
	(void)env;
	return -ENOSYS;
}

static int no_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	(void)env, (void)poll_fd, (void)fd, (void)events;
	return -ENOSYS;
}

static int no_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	(void)env, (void)fd, (void)at_ns;
	return -ENOSYS;
}

const struct base_env_ops disk_ops = {
	.now_ns = now_ns,
	.realtime_s = realtime_s,
	.sleep_ns = sleep_ns,
	.random = random_zeros,
	.open = disk_open,
	.dup = dup_fd,
	.close = close_fd,
	.read = read_fd,
	.write = write_fd,
	.pread = pread_fd,
	.pwrite = pwrite_fd,
	.truncate = truncate_fd,
	.fstat = fstat_fd,
	.stat = disk_stat,
	.fsync = fsync_fd,
	.fchmod = fchmod_fd,
	.fchown = fchown_fd,
	.rename = disk_rename,
	.exchange = disk_exchange,
	.unlink = disk_unlink,
	.mkdir = disk_mkdir,
	.rmdir = disk_rmdir,
	.open_at = disk_open_at,
	.stat_at = disk_stat_at,
	.rename_at = disk_rename_at,
	.unlink_at = disk_unlink_at,
	.mkdir_at = disk_mkdir_at,
	.lock = lock_fd,
	.unlock = unlock_fd,
	.lock_holders = lock_holders,
	.ioctl = ioctl_fd,
	.connect = no_connect,
	.connected = no_connected,
	.send = no_send,
	.recv = no_recv,
	.wait = no_wait,
	.poll_open = no_open,
	.poll_set = no_poll_set,
	.timer_open = no_open,
	.timer_set = no_timer_set,
};
