/* SPDX-License-Identifier: MIT */
#include "run/temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* So that every path below the directory fits PATH_MAX. */
enum { OURS_BYTES = 256, ATTEMPTS = 16 };

#define PREFIX   "jurat-run-"
#define MARK     ".jurat-run" /* a file in it: the directory is of a run, not a user's of that name */
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *where)
{
	(void)!remove(path);
	return 0;
}

void run_temp_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Whether `fd` is the directory at `path`, which may have been removed or made anew since it was opened. */
static bool is_still_at(int fd, const char *path)
{
	struct stat opened, there;

	return fstat(fd, &opened) == 0 && lstat(path, &there) == 0 && opened.st_dev == there.st_dev &&
	       opened.st_ino == there.st_ino;
}

/* An empty directory without the mark may be of a run that was killed before it wrote it. */
static void remove_if_left(const char *path)
{
	auto_close int fd = open(path, OPEN_DIR);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    !is_still_at(fd, path))
		return;
	/* locked: a run that has just created it will create another */
	if (fstatat(fd, MARK, &st, AT_SYMLINK_NOFOLLOW) == 0)
		run_temp_remove(path);
	else
		rmdir(path);
}

static void remove_all_left(const char *below)
{
	DIR *dir = opendir(below);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
		    snprintf(path, sizeof(path), "%s/%s", below, entry->d_name) < (int)sizeof(path))
			remove_if_left(path);
	if (dir)
		closedir(dir);
}

/* -ESTALE: another run has removed it before it was locked. */
static int make(const char *below, struct run_temp *ret, struct jurat_error *err)
{
	auto_free char *path = NULL;
	auto_close int lock = -1, mark = -1;

	if (asprintf(&path, "%s/" PREFIX "XXXXXX", below) < 0) {
		path = NULL;
		return jurat_fail_memory(err);
	}
	if (!mkdtemp(path))
		return jurat_fail(err, -errno, "cannot make a directory in '%s': %s", below, strerror(errno));
	lock = open(path, OPEN_DIR);
	/* On a filesystem without locks, no run removes a directory of another. */
	if (lock >= 0)
		(void)!flock(lock, LOCK_EX);
	if (lock < 0 || !is_still_at(lock, path))
		return jurat_fail(err, -ESTALE, "cannot keep a directory in '%s'", below);
	mark = openat(lock, MARK, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (mark < 0) {
		int r = jurat_fail(err, -errno, "cannot make a file in '%s': %s", path, strerror(errno));

		rmdir(path);
		return r;
	}
	*ret = (struct run_temp){ .path = take_ptr(path), .lock = take_fd(lock) };
	return 0;
}

int run_temp_new(struct run_temp *ret, struct jurat_error *err)
{
	const char *below = getenv("TMPDIR");
	int r = -ESTALE;

	if (!below || below[0] != '/')
		below = "/tmp";
	if (strlen(below) > PATH_MAX - OURS_BYTES)
		return jurat_fail(err, -ENAMETOOLONG, "$TMPDIR is longer than %d characters",
				  PATH_MAX - OURS_BYTES);
	remove_all_left(below);
	for (int i = 0; i < ATTEMPTS && r == -ESTALE; i++)
		r = make(below, ret, err);
	return r;
}

void run_temp_done(struct run_temp *temp)
{
	if (!temp->path)
		return;
	run_temp_remove(temp->path);
	free(temp->path);
	close(temp->lock);
	*temp = (struct run_temp){ .path = NULL };
}
