/* SPDX-License-Identifier: MIT */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"

enum { MAX_LINKS = 40, MAX_NAMES = 100 }; /* as many links as Linux follows */

static int write_all(struct base_env *env, int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = base_write(env, fd, data, size);

		if (n <= 0)
			return n < 0 ? (int)n : -EIO;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* `name` in the directory that `path` lies in. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	char *ret;

	return asprintf(&ret, "%.*s%s", slash ? (int)(slash - path + 1) : 0, path, name) < 0 ? NULL : ret;
}

/* Resolves the symlinks at `path`, whether or not the target exists. The caller frees *ret. */
static int follow(const char *path, char **ret)
{
	auto_free char *at = strdup(path);
	char to[PATH_MAX];

	for (unsigned i = 0; at && i <= MAX_LINKS; i++) {
		ssize_t n = readlink(at, to, sizeof(to) - 1);
		char *next;

		if (n < 0 && errno != EINVAL && errno != ENOENT)
			return -errno;
		if (n < 0) {
			*ret = take_ptr(at);
			return 0;
		}
		to[n] = '\0';
		next = to[0] == '/' ? strdup(to) : beside(at, to);
		free(at);
		at = next;
	}
	return at ? -ELOOP : -ENOMEM;
}

/* Creates a file with a unique name, so that no existing file is written to. */
static int open_temporary(struct base_env *env, const char *path, unsigned mode, char **ret)
{
	for (unsigned i = 0; i < MAX_NAMES; i++) {
		auto_free char *temporary = NULL;
		char name[40];
		uint64_t random;
		int fd = base_random(env, &random, sizeof(random));

		if (fd < 0)
			return fd;
		snprintf(name, sizeof(name), ".jurat-%016" PRIx64, random);
		temporary = beside(path, name);
		if (!temporary)
			return -ENOMEM;
		fd = base_open(env, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
		if (fd == -EEXIST)
			continue;
		if (fd >= 0)
			*ret = take_ptr(temporary);
		return fd;
	}
	return -EEXIST;
}

/* was: the file to be replaced, whose group is kept; NULL: there is none. */
static int replace(struct base_env *env, const char *path, const void *data, size_t size, unsigned mode,
		   const struct base_stat *was)
{
	auto_free char *temporary = NULL;
	int fd = open_temporary(env, path, mode, &temporary), r, closed;
	struct base_stat is;

	if (fd < 0)
		return fd;
	r = was ? base_fstat(env, fd, &is) : 0;
	if (r == 0 && was && is.gid != was->gid)
		/* members of the group may; failure is ignored */
		(void)base_fchown(env, fd, (uint32_t)-1, was->gid);
	if (r == 0)
		r = write_all(env, fd, data, size);
	if (r == 0)
		r = base_fsync(env, fd); /* or a crash after the rename could leave an empty file */
	closed = base_close(env, fd);
	if (r == 0)
		r = closed;
	if (r == 0)
		r = base_rename(env, temporary, path);
	if (r < 0)
		base_unlink(env, temporary);
	return r;
}

static bool is_stream(uint32_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode);
}

/* A closed FIFO must cause an error message, not SIGPIPE. */
static int write_through(struct base_env *env, const char *path, const void *data, size_t size)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	struct base_stat st;
	int fd = base_open(env, path, O_WRONLY | O_NOCTTY, 0), r, closed;

	if (fd < 0)
		return fd;
	sigaction(SIGPIPE, &ignore, &before);
	r = base_fstat(env, fd, &st);
	if (r == 0)
		r = is_stream(st.mode) ? write_all(env, fd, data, size) : -ESTALE;
	sigaction(SIGPIPE, &before, NULL);
	closed = base_close(env, fd);
	return r < 0 ? r : closed;
}

/*
 * What is at a path. > 0: a device or FIFO; 0: `ret_target` is the file to create or replace, and the caller
 * frees it; `ret_was` is what is there now, its mode 0: nothing. -errno
 */
static int find(struct base_env *env, const char *path, char **ret_target, struct base_stat *ret_was)
{
	auto_free char *target = NULL;
	struct base_stat named, found = { 0 };
	int r = base_stat(env, path, &named), is;

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && is_stream(named.mode))
		return 1;
	if (r == 0 && S_ISDIR(named.mode))
		return -EISDIR;
	if (r == 0 && !S_ISREG(named.mode))
		return -EOPNOTSUPP;
	is = follow(path, &target);
	if (is < 0)
		return is;
	/* A symlink in /proc may refer to an unlinked file. */
	is = base_stat(env, target, &found);
	if (is != r || (r == 0 && (found.dev != named.dev || found.ino != named.ino)))
		return is < 0 && is != -ENOENT ? is : -ESTALE;
	*ret_was = r == 0 ? found : (struct base_stat){ 0 };
	*ret_target = take_ptr(target);
	return 0;
}

static int write_there(struct base_env *env, const char *path, const void *data, size_t size, unsigned mode)
{
	auto_free char *target = NULL;
	struct base_stat was;
	int r = find(env, path, &target, &was);

	if (r > 0)
		return write_through(env, path, data, size);
	return r < 0 ? r : replace(env, target, data, size, mode, was.mode ? &was : NULL);
}

int output_write(struct base_env *env, const char *path, const void *data, size_t size, unsigned mode,
		 struct jurat_error *err)
{
	int r = write_there(env, path, data, size, mode);

	return r < 0 ? jurat_fail(err, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}

/* A directory like /tmp lets only the owner of a file replace it. */
static int check_sticky(struct base_env *env, const char *target, const struct base_stat *was)
{
	auto_free char *dir = beside(target, ".");
	struct base_stat st;
	uint32_t user = geteuid();
	int r = dir ? base_stat(env, dir, &st) : -ENOMEM;

	if (r < 0)
		return r;
	return (st.mode & S_ISVTX) && user != 0 && user != st.uid && user != was->uid ? -EPERM : 0;
}

static int check_there(struct base_env *env, const char *path)
{
	auto_free char *target = NULL, *temporary = NULL;
	struct base_stat was;
	int r = find(env, path, &target, &was), fd;

	if (r > 0) /* opening a FIFO would wait for its reader */
		return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 ? -errno : 0;
	if (r == 0 && was.mode)
		r = check_sticky(env, target, &was);
	if (r < 0)
		return r;
	fd = open_temporary(env, target, 0600, &temporary);
	if (fd < 0)
		return fd;
	r = base_close(env, fd);
	fd = base_unlink(env, temporary);
	return r < 0 ? r : fd;
}

int output_check(struct base_env *env, const char *path, struct jurat_error *err)
{
	int r = check_there(env, path);

	return r < 0 ? jurat_fail(err, r, "cannot write '%s': %s", path, strerror(-r)) : 0;
}
