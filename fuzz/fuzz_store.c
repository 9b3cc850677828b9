/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "store/store.h"
#include "support/env.h"
#include "support/fuzz.h"

/*
 * Whatever interrupted updates and strangers left beside the certificate blob, with calls that fail and a
 * process that dies: an update says truly what it left at the path, never leaves a table there that the
 * firmware disagrees with, and the next one puts everything right.
 *
 * Input: at which call the first update dies (0: it does not); what `issue` says, what is done about readers
 * and what must not be lost; for each of the names a byte LEFT_* and the content; then a byte for each call:
 * from CALL_FAILS on it fails.
 */
enum {
	LEFT_NOTHING,
	LEFT_TABLE,
	LEFT_EMPTY,
	LEFT_NO_BYTES,
	LEFT_FIFO,
	LEFT_LINK,
	LEFT_BYTES,
	LEFT_LARGE,
	LEFT_N
};
enum { NAME_PATH, NAME_LOCK, NAME_EMPTY, NAME_NEXT, NAME_OLD, NAME_SPARE, N_NAMES };
enum { CALL_FAILS = 0xe0, DIR_FD = 1000, FIRST_FD, MAX_FDS = 16, MAX_FILES = 16, ROOM = 512 };

static const char *const names[N_NAMES] = { "/d/blob",
					    "/d/blob" STORE_LOCK_SUFFIX,
					    "/d/blob" STORE_EMPTY_SUFFIX,
					    "/d/blob" STORE_NEXT_SUFFIX,
					    "/d/blob" STORE_OLD_SUFFIX,
					    "/d/blob" STORE_SPARE_SUFFIX };
static const uint8_t next_table[64] = { 'n', 'e', 'x', 't' };

struct file {
	uint32_t mode, uid, gid;
	int64_t size; /* the bytes behind ROOM are zero */
	uint8_t bytes[ROOM];
	bool reader;   /* a VMM holds its lock */
	int exclusive; /* the descriptor that holds it; 0: none */
};

struct disk {
	struct base_env base;
	struct bytes_rd in;
	struct file files[MAX_FILES];
	unsigned n_files;
	struct file *at[N_NAMES]; /* NULL: no such name */
	struct file *old;         /* what was at the path before the update */
	struct file *fds[MAX_FDS];
	bool dir_is_open;
	unsigned calls, dies_at, issued;
	enum store_changed says;
	enum store_undrained undrained;
	uint64_t now;
	int keep;         /* NAME_* */
	struct file kept; /* what it had */
};

static struct disk *self(struct base_env *env)
{
	return (struct disk *)env;
}

/* 0: the call does its work; else it has no effect. */
static int fails(struct disk *d)
{
	static const int errors[] = { -EIO, -ENOSPC, -EACCES, -EINTR, -EINVAL, -EROFS, -ENOSYS, -EMFILE };
	uint8_t v = fuzz_u8(&d->in);

	d->calls++;
	if (d->dies_at && d->calls >= d->dies_at)
		return -EIO;
	return v >= CALL_FAILS ? errors[v % ARRAY_SIZE(errors)] : 0;
}

static struct file **entry(struct disk *d, const char *path)
{
	for (int i = 0; i < N_NAMES; i++)
		if (strcmp(path, names[i]) == 0)
			return &d->at[i];
	abort(); /* store touches no other names */
}

static struct file *file_of(struct disk *d, int fd)
{
	must(fd >= FIRST_FD && fd < FIRST_FD + MAX_FDS && d->fds[fd - FIRST_FD]);
	return d->fds[fd - FIRST_FD];
}

static uint64_t d_now_ns(struct base_env *env)
{
	return self(env)->now += 1000;
}

static int d_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	struct disk *d = self(env);
	int e = fails(d), i;
	struct file **f;

	if (e < 0)
		return e;
	if (strcmp(path, "/d") == 0) {
		d->dir_is_open = true;
		return DIR_FD;
	}
	f = entry(d, path);
	if (*f && flags & O_EXCL)
		return -EEXIST;
	if (!*f && !(flags & O_CREAT))
		return -ENOENT;
	if (*f && S_ISLNK((*f)->mode))
		return -ELOOP;
	if (!*f) {
		must(d->n_files < MAX_FILES);
		*f = &d->files[d->n_files++];
		**f = (struct file){ .mode = S_IFREG | mode };
	}
	for (i = 0; d->fds[i]; i++)
		must(i + 1 < MAX_FDS);
	d->fds[i] = *f;
	return FIRST_FD + i;
}

static int d_close(struct base_env *env, int fd)
{
	struct disk *d = self(env);

	if (fd == DIR_FD) {
		must(d->dir_is_open);
		d->dir_is_open = false;
		return 0;
	}
	if (file_of(d, fd)->exclusive == fd)
		file_of(d, fd)->exclusive = 0;
	d->fds[fd - FIRST_FD] = NULL;
	return 0;
}

static ssize_t d_pread(struct base_env *env, int fd, void *buf, size_t n, int64_t off)
{
	struct file *f = file_of(self(env), fd);
	int e = fails(self(env));

	if (e < 0)
		return e;
	for (size_t i = 0; i < n; i++, off++) {
		if (off >= f->size)
			return (ssize_t)i;
		((uint8_t *)buf)[i] = off < ROOM ? f->bytes[off] : 0;
	}
	return (ssize_t)n;
}

static ssize_t d_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	struct file *f = file_of(self(env), fd);
	int e = fails(self(env));

	if (e < 0)
		return e;
	for (size_t i = 0; i < n; i++, off++)
		if (off < ROOM)
			f->bytes[off] = ((const uint8_t *)buf)[i];
	f->size = off > f->size ? off : f->size;
	return (ssize_t)n;
}

static int d_truncate(struct base_env *env, int fd, int64_t size)
{
	struct file *f = file_of(self(env), fd);
	int e = fails(self(env));

	if (e < 0)
		return e;
	for (int64_t i = size; i < ROOM; i++)
		f->bytes[i] = 0;
	f->size = size;
	return 0;
}

static void fill_stat(const struct disk *d, const struct file *f, struct base_stat *ret)
{
	*ret = (struct base_stat){ .dev = 1,
				   .ino = (uint64_t)(f - d->files) + 1,
				   .size = f->size,
				   .mode = f->mode,
				   .uid = f->uid,
				   .gid = f->gid };
}

static int d_fstat(struct base_env *env, int fd, struct base_stat *ret)
{
	int e = fails(self(env));

	if (e == 0 && fd == DIR_FD)
		*ret = (struct base_stat){ .dev = 1, .mode = S_IFDIR | 0755 };
	else if (e == 0)
		fill_stat(self(env), file_of(self(env), fd), ret);
	return e;
}

static int d_stat(struct base_env *env, const char *path, struct base_stat *ret)
{
	int e = fails(self(env));
	struct file **f = entry(self(env), path);

	if (e == 0 && !*f)
		return -ENOENT;
	if (e == 0)
		fill_stat(self(env), *f, ret);
	return e;
}

static int d_fsync(struct base_env *env, int fd)
{
	return fails(self(env));
}

static int d_fchmod(struct base_env *env, int fd, unsigned mode)
{
	int e = fails(self(env));

	if (e == 0)
		file_of(self(env), fd)->mode = (file_of(self(env), fd)->mode & S_IFMT) | mode;
	return e;
}

static int d_fchown(struct base_env *env, int fd, uint32_t uid, uint32_t gid)
{
	int e = fails(self(env));

	if (e == 0) {
		file_of(self(env), fd)->uid = uid;
		file_of(self(env), fd)->gid = gid;
	}
	return e;
}

static int d_rename(struct base_env *env, const char *from, const char *to)
{
	struct file **f = entry(self(env), from), **t = entry(self(env), to);
	int e = fails(self(env));

	if (e == 0 && !*f)
		return -ENOENT;
	if (e == 0) {
		*t = *f;
		*f = NULL;
	}
	return e;
}

static int d_exchange(struct base_env *env, const char *a, const char *b)
{
	struct file **x = entry(self(env), a), **y = entry(self(env), b), *kept = *x;
	int e = fails(self(env));

	if (e == 0 && (!*x || !*y))
		return -ENOENT;
	if (e == 0) {
		*x = *y;
		*y = kept;
	}
	return e;
}

static int d_unlink(struct base_env *env, const char *path)
{
	struct file **f = entry(self(env), path);
	int e = fails(self(env));

	if (e == 0 && !*f)
		return -ENOENT;
	if (e == 0)
		*f = NULL;
	return e;
}

static int d_lock(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	struct file *f = file_of(self(env), fd);
	int e = fails(self(env));

	if (e < 0)
		return e;
	if (f->reader && how == BASE_LOCK_EXCLUSIVE) {
		self(env)->now += wait_ns;
		return JURAT_BUSY;
	}
	must(!f->exclusive || f->exclusive == fd);
	if (how == BASE_LOCK_EXCLUSIVE)
		f->exclusive = fd;
	return 0;
}

static int d_unlock(struct base_env *env, int fd)
{
	int e = fails(self(env));

	if (e == 0 && file_of(self(env), fd)->exclusive == fd)
		file_of(self(env), fd)->exclusive = 0;
	return e;
}

static void d_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	must(file_of(self(env), fd)->reader && room == BASE_HOLDERS_BYTES);
	memcpy(text, "a VMM", 6);
}

static const struct base_env_ops *make_ops(void)
{
	static struct base_env_ops ops;

	ops = *fuzz_env_ops();
	ops.now_ns = d_now_ns;
	ops.open = d_open;
	ops.close = d_close;
	ops.pread = d_pread;
	ops.pwrite = d_pwrite;
	ops.truncate = d_truncate;
	ops.fstat = d_fstat;
	ops.stat = d_stat;
	ops.fsync = d_fsync;
	ops.fchmod = d_fchmod;
	ops.fchown = d_fchown;
	ops.rename = d_rename;
	ops.exchange = d_exchange;
	ops.unlink = d_unlink;
	ops.lock = d_lock;
	ops.unlock = d_unlock;
	ops.lock_holders = d_lock_holders;
	return &ops;
}

/* Something at a name before the update: its content is never the next table. */
static void leave(struct disk *d, int name)
{
	uint8_t kind = fuzz_u8(&d->in), what = kind % LEFT_N;
	auto_bytes bytes = fuzz_part(&d->in);
	struct file *f = &d->files[d->n_files];

	if (what == LEFT_NOTHING)
		return;
	d->n_files++;
	*f = (struct file){ .mode = S_IFREG | 0640, .reader = kind >= 0x80, .uid = kind & 0x40 };
	if (what == LEFT_FIFO)
		f->mode = S_IFIFO | 0640;
	if (what == LEFT_LINK)
		f->mode = S_IFLNK | 0777;
	if (what == LEFT_TABLE)
		memcpy(f->bytes, "old", f->size = 3);
	if (what == LEFT_EMPTY)
		f->size = STORE_EMPTY_BYTES;
	if (what == LEFT_LARGE)
		f->size = STORE_MAX_BYTES + 1;
	if (what == LEFT_BYTES && bytes.n > 0) {
		f->size = (int64_t)(bytes.n < ROOM ? bytes.n : ROOM);
		memcpy(f->bytes, bytes.p, (size_t)f->size);
		f->bytes[0] = 'o';
	}
	d->at[name] = f;
}

/* The caller's word for what must stay, which is a table. */
static int begin(void *ctx, const char **ret_keep, struct jurat_error *err)
{
	struct disk *d = ctx;
	const struct file *f = d->at[d->keep];

	if (d->keep > NAME_LOCK && f && S_ISREG(f->mode) && f->size <= STORE_MAX_BYTES) {
		*ret_keep = names[d->keep] + strlen(names[NAME_PATH]);
		d->kept = *f;
	}
	return 0;
}

static bool has_kept(const struct disk *d)
{
	for (int i = 0; i < N_NAMES; i++)
		if (d->at[i] && d->at[i]->size == d->kept.size &&
		    !memcmp(d->at[i]->bytes, d->kept.bytes, ROOM))
			return true;
	return false;
}

static enum store_changed issue(void *ctx, struct jurat_error *err)
{
	struct disk *d = ctx;

	d->issued++;
	/* No table with certificates can be locked any more, also not through a descriptor from before. */
	must(!d->old || bytes_all(d->old->bytes, STORE_EMPTY_BYTES, 0));
	must(d->at[NAME_PATH] && bytes_all(d->at[NAME_PATH]->bytes, STORE_EMPTY_BYTES, 0));
	return d->says;
}

static bool has_next(const struct disk *d)
{
	return d->at[NAME_PATH] && memcmp(d->at[NAME_PATH]->bytes, next_table, sizeof(next_table)) == 0;
}

static bool has_old(const struct disk *d, const struct file *was)
{
	const struct file *is = d->at[NAME_PATH];

	if (!is || !was->mode)
		return !is && !was->mode;
	return is->size == was->size && memcmp(is->bytes, was->bytes, ROOM) == 0;
}

static void check_closed(const struct disk *d)
{
	must(!d->dir_is_open);
	for (int i = 0; i < MAX_FDS; i++)
		must(!d->fds[i]);
}

static void first_update(struct disk *d)
{
	const struct store_change change = { issue, d };
	const struct file was = d->at[NAME_PATH] ? *d->at[NAME_PATH] : (struct file){ 0 };
	const struct store_options options = {
		.wait_ns = 1000000, .undrained = d->undrained, .begin = begin, .ctx = d
	};
	struct store_result result;
	int r = store_replace(&d->base, names[NAME_PATH], next_table, sizeof(next_table), &change, &options,
			      &result, NULL);
	const enum store_left left = result.left;

	check_closed(d);
	must(d->issued <= 1 && (r != 0 || (d->issued == 1 && left == STORE_LEFT_NEW)));
	if (d->issued == 1 && result.undrained[0]) {
		FUZZ_REACHED("a command overtakes a reader, as the operator wants it");
		must(d->undrained == STORE_UNDRAINED_PROCEED);
	}
	if (left == STORE_LEFT_NEW) {
		FUZZ_REACHED("an update is made");
		must(has_next(d) && d->says == STORE_CHANGED);
	} else if (d->kept.mode) {
		FUZZ_REACHED("what must not be lost stays until the new table is in place");
		must(has_kept(d));
	}
	if (left == STORE_LEFT_EMPTY) {
		FUZZ_REACHED("an update leaves the empty table");
		must(d->at[NAME_PATH] && bytes_all(d->at[NAME_PATH]->bytes, STORE_EMPTY_BYTES, 0));
	} else if (left == STORE_LEFT_OLD) {
		FUZZ_REACHED("an update leaves what was there");
		must(has_old(d, &was) && (d->issued == 0 || d->says == STORE_UNCHANGED));
	}
}

/* Nothing fails, and no VMM holds anything. */
static void second_update(struct disk *d)
{
	const struct store_options options = { .wait_ns = 1000000 };
	bool strange = d->at[NAME_PATH] && d->at[NAME_PATH]->uid != 0;
	int r;

	d->in = bytes_rd("", 0);
	d->dies_at = 0;
	for (unsigned i = 0; i < d->n_files; i++) {
		d->files[i].reader = false;
		strange = strange || !S_ISREG(d->files[i].mode);
	}
	r = store_replace(&d->base, names[NAME_PATH], next_table, sizeof(next_table), NULL, &options, NULL,
			  NULL);
	check_closed(d);
	must(r == 0 || strange);
	if (r != 0)
		return;
	FUZZ_REACHED("the next update puts everything right");
	must(has_next(d));
	for (int i = NAME_PATH + 1; i < N_NAMES; i++)
		must(!d->at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk *d = calloc(1, sizeof(*d));
	uint8_t says;

	must(d != NULL);
	d->base.ops = make_ops();
	d->in = bytes_rd(data, size);
	d->dies_at = fuzz_u8(&d->in);
	says = fuzz_u8(&d->in);
	d->says = (enum store_changed)(says % 3);
	d->undrained = (enum store_undrained)(says / 3 % 3);
	d->keep = says / 9 % N_NAMES;
	for (int i = 0; i < N_NAMES; i++)
		leave(d, i);
	d->old = d->at[NAME_PATH];
	first_update(d);
	second_update(d);
	free(d);
	return 0;
}
