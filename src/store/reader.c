/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/*
 * A cached descriptor may be stale without an updater at work, so even a reader that must not wait tries
 * twice.
 */
enum { LOOKS_WITHOUT_WAITING = 2 };

void store_reader_init(struct store_reader *r, struct base_env *env, const char *path)
{
	store_reader_init_at(r, env, -1, path);
}

void store_reader_init_at(struct store_reader *r, struct base_env *env, int dir, const char *name)
{
	*r = (struct store_reader){ .env = base_env_or_real(env), .dir = dir, .path = name, .fd = -1 };
}

static void close_blob(struct store_reader *r)
{
	if (r->fd >= 0)
		base_close(r->env, r->fd);
	r->fd = -1;
}

/* Closing alone would leave the lock to a child that was forked meanwhile: it shares the description. */
void store_unlock(struct store_reader *r)
{
	if (!r->locked)
		return;
	r->locked = false;
	if (base_unlock(r->env, r->fd) < 0)
		close_blob(r);
}

void store_reader_done(struct store_reader *r)
{
	store_unlock(r);
	close_blob(r);
}

static int open_blob(struct store_reader *r, struct jurat_error *err)
{
	enum { HOW = O_RDONLY | O_NONBLOCK | O_NOCTTY }; /* opening a FIFO must not hang a vCPU */
	int fd = r->dir < 0 ? base_open(r->env, r->path, HOW, 0)
			    : base_open_at(r->env, r->dir, r->path, HOW, 0);

	if (fd == -ENOENT)
		return JURAT_NOT_FOUND;
	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", r->path, strerror(-fd));
	r->fd = fd;
	return 0;
}

/* Call with the lock held. 0 the descriptor is the file at the path; JURAT_NOT_FOUND it is not (any more). */
static int compare(struct store_reader *r, bool *ret_gone, struct jurat_error *err)
{
	struct base_stat mine, there;
	int e = base_fstat(r->env, r->fd, &mine);

	*ret_gone = false;
	if (e < 0)
		return jurat_fail(err, e, "cannot stat the open file of '%s': %s", r->path, strerror(-e));
	e = r->dir < 0 ? base_stat(r->env, r->path, &there) : base_stat_at(r->env, r->dir, r->path, &there);
	if (e == -ENOENT) {
		*ret_gone = true;
		return JURAT_NOT_FOUND;
	}
	if (e < 0)
		return jurat_fail(err, e, "cannot stat '%s': %s", r->path, strerror(-e));
	if (mine.dev != there.dev || mine.ino != there.ino)
		return JURAT_NOT_FOUND;
	if (!S_ISREG(mine.mode))
		return jurat_fail(err, -EINVAL, "'%s' is not a regular file", r->path);
	if (mine.mode & S_IWOTH)
		return jurat_fail(err, -EPERM,
				  "'%s' has mode %04o and owner %u: everyone can write to it (chmod o-w)",
				  r->path, mine.mode & 07777u, mine.uid);
	if (mine.size > STORE_MAX_BYTES)
		return jurat_fail(err, -EFBIG, "'%s' has %lld bytes, more than %d", r->path,
				  (long long)mine.size, STORE_MAX_BYTES);
	r->dev = mine.dev;
	r->ino = mine.ino;
	r->size = mine.size;
	return 0;
}

int store_lock(struct store_reader *r, uint64_t wait_ns, struct jurat_error *err)
{
	uint64_t start = base_now_ns(r->env), waited = 0;

	if (r->locked)
		return jurat_fail(err, -EBUSY, "'%s' is already locked by this reader", r->path);
	for (unsigned look = 0; look < LOOKS_WITHOUT_WAITING || waited < wait_ns; look++) {
		bool gone;
		int e = r->fd < 0 ? open_blob(r, err) : 0;

		if (e != 0)
			return e;
		waited = base_now_ns(r->env) - start;
		e = base_lock(r->env, r->fd, BASE_LOCK_SHARED, waited < wait_ns ? wait_ns - waited : 0);
		if (e == JURAT_BUSY)
			return jurat_fail(err, JURAT_BUSY, "'%s' is locked by an updater", r->path);
		if (e < 0) {
			store_reader_done(r);
			return jurat_fail(err, e, "cannot lock '%s': %s", r->path, strerror(-e));
		}
		r->locked = true;
		e = compare(r, &gone, err);
		if (e == 0)
			return 0;
		store_reader_done(r);
		if (e < 0)
			return e;
		if (gone)
			return JURAT_NOT_FOUND;
		waited = base_now_ns(r->env) - start;
	}
	return jurat_fail(err, JURAT_BUSY, "'%s' was replaced too many times while it was being locked",
			  r->path);
}

int store_read(struct store_reader *r, void *to, size_t n, int64_t off, struct jurat_error *err)
{
	uint8_t *p = to;

	if (!r->locked)
		return jurat_fail(err, -EINVAL, "'%s' was read without its lock", r->path);
	while (n > 0) {
		ssize_t got = base_pread(r->env, r->fd, p, n, off);

		if (got < 0)
			return jurat_fail(err, (int)got, "cannot read '%s': %s", r->path,
					  strerror((int)-got));
		if (got == 0)
			return jurat_fail(err, -EIO, "'%s' became shorter while it was locked", r->path);
		p += got;
		off += got;
		n -= (size_t)got;
	}
	return 0;
}
