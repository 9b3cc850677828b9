/* SPDX-License-Identifier: MIT */
#include "base/env.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/lock_holders.h"

#define LOCK_POLL_NS 1000000u /* there is no timed wait for OFD locks: poll every millisecond */

static uint64_t real_now_ns(struct base_env *env)
{
	struct timespec ts;

	(void)env;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int64_t real_realtime_s(struct base_env *env)
{
	(void)env;
	return time(NULL);
}

static void real_sleep_ns(struct base_env *env, uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };

	(void)env;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

static int real_random(struct base_env *env, void *buf, size_t n)
{
	uint8_t *p = buf;

	(void)env;
	while (n > 0) {
		ssize_t r = getrandom(p, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int real_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	int fd;

	(void)env;
	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static int real_dup(struct base_env *env, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	(void)env;
	return copy < 0 ? -errno : copy;
}

static int real_close(struct base_env *env, int fd)
{
	(void)env;
	return close(fd) < 0 ? -errno : 0;
}

#define RETRY(call)                                                                                          \
	({                                                                                                   \
		ssize_t r_;                                                                                  \
		do                                                                                           \
			r_ = (call);                                                                         \
		while (r_ < 0 && errno == EINTR);                                                            \
		r_ < 0 ? -errno : r_;                                                                        \
	})

static ssize_t real_read(struct base_env *env, int fd, void *buf, size_t n)
{
	(void)env;
	return RETRY(read(fd, buf, n));
}

static ssize_t real_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	(void)env;
	return RETRY(write(fd, buf, n));
}

static ssize_t real_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	(void)env;
	return RETRY(pread(fd, buf, n, off));
}

static ssize_t real_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	(void)env;
	return RETRY(pwrite(fd, buf, n, off));
}

static int real_truncate(struct base_env *env, int fd, int64_t size)
{
	(void)env;
	return (int)RETRY(ftruncate(fd, size));
}

static void stat_from(const struct stat *st, struct base_stat *ret)
{
	*ret = (struct base_stat){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.mode = st->st_mode,
		.rdev = st->st_rdev,
		.uid = st->st_uid,
		.gid = st->st_gid,
	};
}

static int real_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	struct stat st;

	(void)env;
	if (fstat(fd, &st) < 0)
		return -errno;
	stat_from(&st, ret);
	return 0;
}

static int real_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	struct stat st;

	(void)env;
	if (stat(path, &st) < 0)
		return -errno;
	stat_from(&st, ret);
	return 0;
}

static int real_fsync(struct base_env *env, int fd)
{
	(void)env;
	return (int)RETRY(fsync(fd));
}

static int real_fchmod(struct base_env *env, int fd, unsigned mode)
{
	(void)env;
	return fchmod(fd, (mode_t)mode) < 0 ? -errno : 0;
}

static int real_fchown(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	(void)env;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

static int real_rename(struct base_env *env, const char *from, const char *to)
{
	(void)env;
	return rename(from, to) < 0 ? -errno : 0;
}

static int real_exchange(struct base_env *env, const char *a, const char *b)
{
	(void)env;
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0 ? -errno : 0;
}

static int real_unlink(struct base_env *env, const char *path)
{
	(void)env;
	return unlink(path) < 0 ? -errno : 0;
}

static int real_mkdir(struct base_env *env, const char *path, unsigned mode)
{
	(void)env;
	return mkdir(path, mode) < 0 ? -errno : 0;
}

static int real_rmdir(struct base_env *env, const char *path)
{
	(void)env;
	return rmdir(path) < 0 ? -errno : 0;
}

/* Whether it names an entry of a directory, and leads nowhere else. */
static bool is_entry(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

static int real_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	(void)env;
	if (!is_entry(name))
		return -EINVAL;
	return (int)RETRY(openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode));
}

static int real_stat_at(struct base_env *env, int dir, const char *name, struct base_stat *ret)
{
	struct stat st;

	(void)env;
	if (!is_entry(name))
		return -EINVAL;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	stat_from(&st, ret);
	return 0;
}

static int real_rename_at(struct base_env *env, int dir, const char *from, const char *to)
{
	(void)env;
	if (!is_entry(from) || !is_entry(to))
		return -EINVAL;
	return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

static int real_unlink_at(struct base_env *env, int dir, const char *name)
{
	(void)env;
	if (!is_entry(name))
		return -EINVAL;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static int real_mkdir_at(struct base_env *env, int dir, const char *name, unsigned mode)
{
	(void)env;
	if (!is_entry(name))
		return -EINVAL;
	return mkdirat(dir, name, mode) < 0 ? -errno : 0;
}

static int real_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	uint64_t start = real_now_ns(env);

	for (;;) {
		struct flock lk = { .l_type = how == BASE_LOCK_SHARED ? F_RDLCK : F_WRLCK,
				    .l_whence = SEEK_SET };
		uint64_t waited;

		if (fcntl(fd, F_OFD_SETLK, &lk) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -errno;
		waited = real_now_ns(env) - start;
		if (waited >= wait_ns)
			return JURAT_BUSY;
		real_sleep_ns(env, wait_ns - waited < LOCK_POLL_NS ? wait_ns - waited : LOCK_POLL_NS);
	}
}

static int real_unlock(struct base_env *env, int fd)
{
	struct flock lk = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	(void)env;
	return fcntl(fd, F_OFD_SETLK, &lk) < 0 ? -errno : 0;
}

static void real_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	base_find_lock_holders(env, fd, text, room);
}

static int real_ioctl(struct base_env *env, int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, request, arg);

	(void)env;
	return r < 0 ? -errno : r; /* no retry on EINTR: a request to a TEE must not run twice */
}

static int real_connect(struct base_env *env, const char *address)
{
	struct base_address a;
	auto_close int fd = -1;
	int r = base_address_read(address, &a, NULL);

	(void)env;
	if (r < 0)
		return r;
	fd = socket(a.sockaddr.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &a.sockaddr.any, a.size) < 0 && errno != EINPROGRESS && errno != EINTR)
		return -errno;
	return take_fd(fd);
}

static int real_connected(struct base_env *env, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;

	(void)env;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	if (error)
		return -error;
	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) ? 0 : -EINPROGRESS;
}

static ssize_t real_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	(void)env;
	return RETRY(send(fd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static ssize_t real_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	(void)env;
	return RETRY(recv(fd, buf, n, MSG_DONTWAIT));
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u) };
}

static int real_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct pollfd p = {
		.fd = fd,
		.events = (short)((events & BASE_READ ? POLLIN : 0) | (events & BASE_WRITE ? POLLOUT : 0)),
	};
	struct timespec ts = timespec_of(wait_ns);
	int r = ppoll(&p, 1, wait_ns == BASE_NEVER ? NULL : &ts, NULL);

	(void)env;
	return r < 0 ? -errno : r;
}

static int real_poll_open(struct base_env *env)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)env;
	return fd < 0 ? -errno : fd;
}

static int real_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	struct epoll_event e = {
		.events = (events & BASE_READ ? EPOLLIN : 0u) | (events & BASE_WRITE ? EPOLLOUT : 0u),
		.data.fd = fd,
	};

	(void)env;
	if (events == 0)
		return epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
	if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e) == 0)
		return 0;
	return errno == EEXIST && epoll_ctl(poll_fd, EPOLL_CTL_MOD, fd, &e) == 0 ? 0 : -errno;
}

static int real_timer_open(struct base_env *env)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	(void)env;
	return fd < 0 ? -errno : fd;
}

static int real_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	struct itimerspec it = { 0 };

	(void)env;
	if (at_ns != BASE_NEVER)
		it.it_value = timespec_of(at_ns ? at_ns : 1); /* 0 would mean never */
	return timerfd_settime(fd, TFD_TIMER_ABSTIME, &it, NULL) < 0 ? -errno : 0;
}

struct base_env *base_env_real(void)
{
	static const struct base_env_ops ops = {
		.now_ns = real_now_ns,
		.realtime_s = real_realtime_s,
		.sleep_ns = real_sleep_ns,
		.random = real_random,
		.open = real_open,
		.dup = real_dup,
		.close = real_close,
		.read = real_read,
		.write = real_write,
		.pread = real_pread,
		.pwrite = real_pwrite,
		.truncate = real_truncate,
		.fstat = real_fstat,
		.stat = real_stat,
		.fsync = real_fsync,
		.fchmod = real_fchmod,
		.fchown = real_fchown,
		.rename = real_rename,
		.exchange = real_exchange,
		.unlink = real_unlink,
		.mkdir = real_mkdir,
		.rmdir = real_rmdir,
		.open_at = real_open_at,
		.stat_at = real_stat_at,
		.rename_at = real_rename_at,
		.unlink_at = real_unlink_at,
		.mkdir_at = real_mkdir_at,
		.lock = real_lock,
		.unlock = real_unlock,
		.lock_holders = real_lock_holders,
		.ioctl = real_ioctl,
		.connect = real_connect,
		.connected = real_connected,
		.send = real_send,
		.recv = real_recv,
		.wait = real_wait,
		.poll_open = real_poll_open,
		.poll_set = real_poll_set,
		.timer_open = real_timer_open,
		.timer_set = real_timer_set,
	};
	static struct base_env env = { .ops = &ops };

	return &env;
}

int base_read_fd(struct base_env *env, int fd, const char *name, size_t max, uint8_t **ret, size_t *ret_size,
		 struct jurat_error *err)
{
	auto_free uint8_t *buf = NULL;
	size_t used = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (room - used < 2) {
			uint8_t *grown;

			room = room ? 2 * room : 4096;
			grown = realloc(buf, room);
			if (!grown)
				return jurat_wrap(err, jurat_fail_memory(err), "reading '%s'", name);
			buf = grown;
		}
		n = base_read(env, fd, buf + used, room - used - 1);
		if (n < 0)
			return jurat_fail(err, (int)n, "cannot read '%s': %s", name, strerror((int)-n));
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return jurat_fail(err, -EFBIG, "'%s' is larger than %zu bytes", name, max);
	}
	buf[used] = '\0';
	*ret = take_ptr(buf);
	*ret_size = used;
	return 0;
}

int base_read_file(struct base_env *env, const char *path, size_t max, uint8_t **ret, size_t *ret_size,
		   struct jurat_error *err)
{
	int fd = base_open(env, path, O_RDONLY | O_NOCTTY, 0), r;

	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	r = base_read_fd(env, fd, path, max, ret, ret_size, err);
	base_close(env, fd);
	return r;
}
