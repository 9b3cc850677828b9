/* SPDX-License-Identifier: MIT */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "jurat/error.h"

/*
 * Everything outside the process that `store/`, `sim/`, `host/` and `guest/` can access: clocks, random
 * numbers, files, locks, ioctls and sockets. Production passes base_env_real(). Tests pass environments of
 * their own, which may fail, stop, reorder or crash at the k-th call: each call below is one atomic *step*,
 * and between two steps a caller holds no outside resources but its descriptors and locks.
 *
 * To write an environment, embed `struct base_env` as the first member, point `ops` to a table, and forward
 * what you do not change to another environment. Every operation that its users call must be set.
 *
 * Returns   of all operations: >= 0 done, < 0 -errno; nothing sets errno
 * Threads   one thread per environment unless its implementation says otherwise; base_env_real(): any thread
 */
struct base_env {
	const struct base_env_ops *ops;
};

/* Identity of a file, and what shows that it changed. */
struct base_stat {
	uint64_t dev, ino;
	int64_t size; /* bytes */
	int64_t mtime_ns;
	uint32_t mode; /* as st_mode */
	uint64_t rdev; /* as st_rdev: the device number of a device node */
	uint32_t uid, gid;
};

enum base_lock_how { BASE_LOCK_SHARED, BASE_LOCK_EXCLUSIVE };
enum { BASE_HOLDERS_BYTES = 192 };

struct base_env_ops {
	uint64_t (*now_ns)(struct base_env *env);    /* monotonic clock */
	int64_t (*realtime_s)(struct base_env *env); /* seconds since 1970 */
	void (*sleep_ns)(struct base_env *env, uint64_t ns);
	int (*random)(struct base_env *env, void *buf, size_t n);

	int (*open)(struct base_env *env, const char *path, int flags,
		    unsigned mode);               /* O_CLOEXEC is added */
	int (*dup)(struct base_env *env, int fd); /* a second descriptor, with O_CLOEXEC */
	int (*close)(struct base_env *env,
		     int fd); /* the descriptor and its locks are gone, whatever this returns */
	ssize_t (*read)(struct base_env *env, int fd, void *buf, size_t n);
	ssize_t (*write)(struct base_env *env, int fd, const void *buf, size_t n);
	ssize_t (*pread)(struct base_env *env, int fd, void *buf, size_t n, int64_t off);
	ssize_t (*pwrite)(struct base_env *env, int fd, const void *buf, size_t n, int64_t off);
	int (*truncate)(struct base_env *env, int fd, int64_t size);
	int (*fstat)(struct base_env *env, int fd, struct base_stat *ret);
	int (*stat)(struct base_env *env, const char *path, struct base_stat *ret);
	int (*fsync)(struct base_env *env, int fd);
	int (*fchmod)(struct base_env *env, int fd, unsigned mode);
	int (*fchown)(struct base_env *env, int fd, uint32_t uid, uint32_t gid);
	int (*rename)(struct base_env *env, const char *from, const char *to);
	/*
	 * Atomically exchanges two names in one file system, as RENAME_EXCHANGE; -ENOENT unless both exist.
	 */
	int (*exchange)(struct base_env *env, const char *a, const char *b);
	int (*unlink)(struct base_env *env, const char *path);
	int (*mkdir)(struct base_env *env, const char *path, unsigned mode);
	int (*rmdir)(struct base_env *env, const char *path);

	/*
	 * The same for a name in an open directory, wherever that is by now. The name is one part of a path,
	 * and neither "." nor ".." (-EINVAL); a symbolic link with that name is never followed.
	 */
	int (*open_at)(struct base_env *env, int dir, const char *name, int flags, unsigned mode);
	int (*stat_at)(struct base_env *env, int dir, const char *name, struct base_stat *ret);
	int (*rename_at)(struct base_env *env, int dir, const char *from, const char *to);
	int (*unlink_at)(struct base_env *env, int dir, const char *name);
	int (*mkdir_at)(struct base_env *env, int dir, const char *name, unsigned mode);

	/*
	 * Takes an open-file-description lock on the whole file. Waits up to `wait_ns` (0: not at all), in
	 * one step, so that a test scheduler sees one blocked actor and no polling. 0 locked; JURAT_BUSY not
	 * within that time; < 0 -errno.
	 */
	int (*lock)(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns);
	int (*unlock)(struct base_env *env, int fd);
	/*
	 * For messages: the processes that hold a lock on the file of `fd`, as far as this process may see
	 * them and finds them within 1 s: "pid 812 (qemu-system-x86), pid 93 (cat)". `text` holds `room`
	 * bytes; BASE_HOLDERS_BYTES are enough.
	 */
	void (*lock_holders)(struct base_env *env, int fd, char *text, size_t room);

	int (*ioctl)(struct base_env *env, int fd, unsigned long request, void *arg); /* >= 0 as ioctl(2) */

	/*
	 * Starts to connect a non-blocking stream socket to an address in the form of base/address.h, and
	 * returns its descriptor. The socket becomes writable for wait() and poll_set() when the attempt has
	 * ended; connected() then returns 0, or -errno why it failed, and -EINPROGRESS before that. -EAGAIN
	 * for a unix socket: its backlog is full, try again later.
	 */
	int (*connect)(struct base_env *env, const char *address);
	int (*connected)(struct base_env *env, int fd);
	/*
	 * Non-blocking: -EAGAIN instead of waiting. send() raises no SIGPIPE; recv() returns 0 when the peer
	 * has closed.
	 */
	ssize_t (*send)(struct base_env *env, int fd, const void *buf, size_t n);
	ssize_t (*recv)(struct base_env *env, int fd, void *buf, size_t n);
	/* Waits until one of `events` occurs (1) or the time is over (0); -EINTR a signal was caught. */
	int (*wait)(struct base_env *env, int fd, unsigned events, uint64_t wait_ns);

	/*
	 * A descriptor, as of epoll(7), that is readable while any descriptor registered in it has one of its
	 * events. poll_set() with `events` 0 removes a descriptor, which must be done before it is closed.
	 */
	int (*poll_open)(struct base_env *env);
	int (*poll_set)(struct base_env *env, int poll_fd, int fd, unsigned events);
	/*
	 * A descriptor, as of timerfd_create(2), that is readable from the time that now_ns() reaches `at_ns`
	 * until it is set again.
	 */
	int (*timer_open)(struct base_env *env);
	int (*timer_set)(struct base_env *env, int fd, uint64_t at_ns); /* BASE_NEVER: disarms it */
};

enum base_events { BASE_READ = 1, BASE_WRITE = 2 };
#define BASE_NEVER UINT64_MAX

/* The operating system's environment. Cannot fail, and need not be freed. */
struct base_env *base_env_real(void);

/* `env`, or base_env_real() when it is NULL. */
static inline struct base_env *base_env_or_real(struct base_env *env)
{
	return env ? env : base_env_real();
}

#define base_now_ns(env)                          ((env)->ops->now_ns(env))
#define base_realtime_s(env)                      ((env)->ops->realtime_s(env))
#define base_sleep_ns(env, ns)                    ((env)->ops->sleep_ns(env, ns))
#define base_random(env, buf, n)                  ((env)->ops->random(env, buf, n))
#define base_open(env, path, flags, mode)         ((env)->ops->open(env, path, flags, mode))
#define base_dup(env, fd)                         ((env)->ops->dup(env, fd))
#define base_close(env, fd)                       ((env)->ops->close(env, fd))
#define base_read(env, fd, buf, n)                ((env)->ops->read(env, fd, buf, n))
#define base_write(env, fd, buf, n)               ((env)->ops->write(env, fd, buf, n))
#define base_pread(env, fd, buf, n, off)          ((env)->ops->pread(env, fd, buf, n, off))
#define base_pwrite(env, fd, buf, n, off)         ((env)->ops->pwrite(env, fd, buf, n, off))
#define base_truncate(env, fd, size)              ((env)->ops->truncate(env, fd, size))
#define base_fstat(env, fd, ret)                  ((env)->ops->fstat(env, fd, ret))
#define base_stat(env, path, ret)                 ((env)->ops->stat(env, path, ret))
#define base_fsync(env, fd)                       ((env)->ops->fsync(env, fd))
#define base_fchmod(env, fd, mode)                ((env)->ops->fchmod(env, fd, mode))
#define base_fchown(env, fd, uid, gid)            ((env)->ops->fchown(env, fd, uid, gid))
#define base_rename(env, from, to)                ((env)->ops->rename(env, from, to))
#define base_exchange(env, a, b)                  ((env)->ops->exchange(env, a, b))
#define base_unlink(env, path)                    ((env)->ops->unlink(env, path))
#define base_mkdir(env, path, mode)               ((env)->ops->mkdir(env, path, mode))
#define base_rmdir(env, path)                     ((env)->ops->rmdir(env, path))
#define base_open_at(env, dir, name, flags, mode) ((env)->ops->open_at(env, dir, name, flags, mode))
#define base_stat_at(env, dir, name, ret)         ((env)->ops->stat_at(env, dir, name, ret))
#define base_rename_at(env, dir, from, to)        ((env)->ops->rename_at(env, dir, from, to))
#define base_unlink_at(env, dir, name)            ((env)->ops->unlink_at(env, dir, name))
#define base_mkdir_at(env, dir, name, mode)       ((env)->ops->mkdir_at(env, dir, name, mode))
#define base_lock(env, fd, how, wait_ns)          ((env)->ops->lock(env, fd, how, wait_ns))
#define base_unlock(env, fd)                      ((env)->ops->unlock(env, fd))
#define base_lock_holders(env, fd, text, room)    ((env)->ops->lock_holders(env, fd, text, room))
#define base_ioctl(env, fd, request, arg)         ((env)->ops->ioctl(env, fd, request, arg))
#define base_connect(env, address)                ((env)->ops->connect(env, address))
#define base_connected(env, fd)                   ((env)->ops->connected(env, fd))
#define base_send(env, fd, buf, n)                ((env)->ops->send(env, fd, buf, n))
#define base_recv(env, fd, buf, n)                ((env)->ops->recv(env, fd, buf, n))
#define base_wait(env, fd, events, wait_ns)       ((env)->ops->wait(env, fd, events, wait_ns))
#define base_poll_open(env)                       ((env)->ops->poll_open(env))
#define base_poll_set(env, poll_fd, fd, events)   ((env)->ops->poll_set(env, poll_fd, fd, events))
#define base_timer_open(env)                      ((env)->ops->timer_open(env))
#define base_timer_set(env, fd, at_ns)            ((env)->ops->timer_set(env, fd, at_ns))

/*
 * Reads a whole file of at most `max` bytes through any environment; it need not be seekable (configfs is
 * not).
 *
 * ret, ret_size  on success a heap copy that the caller frees with free(); one NUL follows the bytes
 * Returns        0; -EFBIG more than `max`; another -errno of open or read; -ENOMEM
 */
int base_read_file(struct base_env *env, const char *path, size_t max, uint8_t **ret, size_t *ret_size,
		   struct jurat_error *err);
/*
 * The same for an open descriptor, up to the end of the file; `name` is for messages. The caller still owns
 * `fd`.
 */
int base_read_fd(struct base_env *env, int fd, const char *name, size_t max, uint8_t **ret, size_t *ret_size,
		 struct jurat_error *err);

#endif
