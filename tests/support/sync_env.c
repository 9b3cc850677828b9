/* SPDX-License-Identifier: MIT */
#include "support/sync_env.h"

#include <fcntl.h>
#include <stdlib.h>

#include "support/test.h"

static struct base_env *real(void)
{
	return base_env_real();
}

static struct sync_env *self(struct base_env *env)
{
	return (struct sync_env *)(void *)env; /* its first member */
}

static struct sync_file *file_of(struct sync_env *s, const struct base_stat *st)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->files[i].dev == st->dev && s->files[i].ino == st->ino)
			return &s->files[i];
	assert_true(s->n < ARRAY_SIZE(s->files));
	s->files[s->n] = (struct sync_file){ .dev = st->dev, .ino = st->ino };
	return &s->files[s->n++];
}

static struct sync_file *file_at(struct sync_env *s, int fd)
{
	struct base_stat st;

	assert_int_equal(base_fstat(real(), fd, &st), 0);
	return file_of(s, &st);
}

static void parent(const char *path, char to[200])
{
	const char *slash = strrchr(path, '/');

	test_text(to, 200, "%.*s", slash && slash > path ? (int)(slash - path) : 1, slash ? path : ".");
}

static struct sync_file *dir_of(struct sync_env *s, const char *path)
{
	struct base_stat st;
	char dir[200];

	parent(path, dir);
	assert_int_equal(base_stat(real(), dir, &st), 0);
	return file_of(s, &st);
}

static void wrong(struct sync_env *s, const char *what, const char *name)
{
	if (!s->wrong[0])
		TEXT(s->wrong, "%s '%s'", what, name);
}

static void must_be_synced(struct sync_env *s, const struct base_stat *st, const char *name)
{
	if (file_of(s, st)->written)
		wrong(s, "its bytes are not on disk when a name is moved:", name);
}

static int s_open(struct base_env *env, const char *path, int flags, unsigned mode)
{
	int fd = base_open(real(), path, flags, mode);

	if (fd >= 0 && (flags & O_CREAT))
		dir_of(self(env), path)->made = true;
	if (fd >= 0 && (flags & O_CREAT) && (flags & O_EXCL)) /* perhaps the number of an earlier file */
		*file_at(self(env), fd) = (struct sync_file){ .dev = file_at(self(env), fd)->dev,
							      .ino = file_at(self(env), fd)->ino };
	return fd;
}

static int s_open_at(struct base_env *env, int dir, const char *name, int flags, unsigned mode)
{
	int fd = base_open_at(real(), dir, name, flags, mode);

	if (fd >= 0 && (flags & O_CREAT))
		file_at(self(env), dir)->made = true;
	return fd;
}

static ssize_t s_write(struct base_env *env, int fd, const void *buf, size_t n)
{
	file_at(self(env), fd)->written = true;
	return base_write(real(), fd, buf, n);
}

static ssize_t s_pwrite(struct base_env *env, int fd, const void *buf, size_t n, int64_t off)
{
	file_at(self(env), fd)->written = true;
	return base_pwrite(real(), fd, buf, n, off);
}

static int s_truncate(struct base_env *env, int fd, int64_t size)
{
	file_at(self(env), fd)->written = true;
	return base_truncate(real(), fd, size);
}

static int s_fsync(struct base_env *env, int fd)
{
	struct sync_file *f = file_at(self(env), fd);

	self(env)->syncs++;
	f->written = f->made = f->moved = false;
	return base_fsync(real(), fd);
}

static int s_rename(struct base_env *env, const char *from, const char *to)
{
	struct base_stat st;

	if (base_stat(real(), from, &st) == 0)
		must_be_synced(self(env), &st, from);
	dir_of(self(env), to)->moved = true;
	self(env)->renames++;
	return base_rename(real(), from, to);
}

static int s_exchange(struct base_env *env, const char *a, const char *b)
{
	struct base_stat st;

	if (base_stat(real(), a, &st) == 0)
		must_be_synced(self(env), &st, a);
	if (base_stat(real(), b, &st) == 0)
		must_be_synced(self(env), &st, b);
	dir_of(self(env), a)->moved = true;
	self(env)->renames++;
	return base_exchange(real(), a, b);
}

static int s_rename_at(struct base_env *env, int dir, const char *from, const char *to)
{
	struct base_stat st;

	if (base_stat_at(real(), dir, from, &st) == 0)
		must_be_synced(self(env), &st, from);
	file_at(self(env), dir)->moved = true;
	self(env)->renames++;
	return base_rename_at(real(), dir, from, to);
}

static int s_unlink(struct base_env *env, const char *path)
{
	if (dir_of(self(env), path)->moved)
		wrong(self(env), "a rename in its directory is not on disk when a name is removed:", path);
	return base_unlink(real(), path);
}

static int s_unlink_at(struct base_env *env, int dir, const char *name)
{
	if (file_at(self(env), dir)->moved)
		wrong(self(env), "a rename in its directory is not on disk when a name is removed:", name);
	return base_unlink_at(real(), dir, name);
}

struct sync_env sync_env(void)
{
	static struct base_env_ops ops;

	ops = *real()->ops;
	ops.open = s_open;
	ops.open_at = s_open_at;
	ops.write = s_write;
	ops.pwrite = s_pwrite;
	ops.truncate = s_truncate;
	ops.fsync = s_fsync;
	ops.rename = s_rename;
	ops.exchange = s_exchange;
	ops.rename_at = s_rename_at;
	ops.unlink = s_unlink;
	ops.unlink_at = s_unlink_at;
	return (struct sync_env){ .base = { &ops } };
}

static const struct sync_file *known(const struct sync_env *env, const char *path)
{
	struct base_stat st;

	assert_int_equal(base_stat(real(), path, &st), 0);
	for (size_t i = 0; i < env->n; i++)
		if (env->files[i].dev == st.dev && env->files[i].ino == st.ino)
			return &env->files[i];
	return NULL;
}

bool sync_env_has_names(const struct sync_env *env, const char *dir)
{
	const struct sync_file *f = known(env, dir);

	return !f || (!f->made && !f->moved);
}

bool sync_env_has_bytes(const struct sync_env *env, const char *path)
{
	const struct sync_file *f = known(env, path);

	return !f || !f->written;
}
