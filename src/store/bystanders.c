/* SPDX-License-Identifier: MIT */
#include "store/bystanders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/lock_holders.h"
#include "store/store.h"

#define DELETED " (deleted)"

enum { MAX_LINE = PATH_MAX + 128 };

struct search {
	const char *name; /* last component of the path of the blob */
	struct stat blob, dir;
	struct store_bystanders found;
};

/* What is known of one process. */
struct process {
	int dir; /* in /proc */
	long pid;
	bool flock, fcntl, open, mapped;
};

static void add(char text[BASE_HOLDERS_BYTES], const struct process *p)
{
	char comm[BASE_COMM_BYTES] = "";
	size_t n = strlen(text);

	base_process_name(p->dir, comm);
	snprintf(text + n, BASE_HOLDERS_BYTES - n, "%spid %ld (%s)", n > 0 ? ", " : "", p->pid, comm);
}

/* Whether a path is that file, as this process or the other sees it. */
static bool is_at(const struct process *p, const char *path, dev_t dev, ino_t ino)
{
	char there[PATH_MAX];
	struct stat st;
	bool fits = (size_t)snprintf(there, sizeof(there), "root%s", path) < sizeof(there);

	return (stat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino) ||
	       (fits && fstatat(p->dir, there, &st, 0) == 0 && st.st_dev == dev && st.st_ino == ino);
}

/*
 * Whether a path in /proc has the name of the blob, or of a file that was one and is deleted: an update
 * leaves it under STORE_EMPTY_SUFFIX. Cuts what the kernel appends to a deleted file's path.
 */
static bool is_named_so(const struct search *s, char *path, bool *ret_deleted)
{
	size_t n = strlen(path), k = strlen(DELETED), name = strlen(s->name);
	const char *last;

	*ret_deleted = n > k && !strcmp(path + n - k, DELETED);
	if (*ret_deleted)
		path[n - k] = '\0';
	last = strrchr(path, '/');
	return last && !strncmp(last + 1, s->name, name) &&
	       (!last[1 + name] || (*ret_deleted && !strcmp(last + 1 + name, STORE_EMPTY_SUFFIX)));
}

/*
 * Whether a file of that name is the blob or was. In another mount namespace it has another path: a file that
 * is there is known by its number, one that was deleted by the directory in which it was, and one that is
 * mounted alone is still at its path. Changes the path.
 */
static bool is_blob(const struct search *s, const struct process *p, char *path, bool deleted, ino_t ino)
{
	if (!deleted)
		return ino == s->blob.st_ino;
	if (is_at(p, path, s->blob.st_dev, ino))
		return true;
	strrchr(path, '/')[1] = '\0';
	return is_at(p, path, s->dir.st_dev, s->dir.st_ino);
}

static void look_at_fd(const struct search *s, struct process *p, int fds, const char *fd)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(fds, fd, to, sizeof(to) - 1);
	unsigned kinds;
	struct stat st;
	bool deleted;

	if (n <= 0)
		return;
	to[n] = '\0';
	/* Only stat what has the name: other files may be on a file system that hangs. */
	if (!is_named_so(s, to, &deleted) || fstatat(fds, fd, &st, 0) < 0 || st.st_dev != s->blob.st_dev ||
	    !is_blob(s, p, to, deleted, st.st_ino))
		return;
	kinds = base_lock_kinds(p->dir, fd);
	p->open = true;
	p->flock |= (kinds & BASE_LOCK_OF_FLOCK) != 0;
	p->fcntl |= (kinds & BASE_LOCK_OF_FCNTL) != 0;
}

static void look_at_fds(const struct search *s, struct process *p)
{
	int fds = openat(p->dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fds >= 0 ? fdopendir(fds) : NULL;
	const struct dirent *e;

	if (!dir) {
		if (fds >= 0)
			close(fds);
		return;
	}
	while ((e = readdir(dir)))
		look_at_fd(s, p, fds, e->d_name);
	closedir(dir);
}

/* "7f00-7f01 r--s 00000000 fe:00 1234   /var/lib/blob": the device may be another than that of stat(2). */
static void look_at_mappings(const struct search *s, struct process *p)
{
	auto_close int fd = openat(p->dir, "maps", O_RDONLY | O_CLOEXEC);
	FILE *maps = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[MAX_LINE];
	bool deleted;

	if (!maps)
		return;
	(void)take_fd(fd);
	while (!p->mapped && fgets(line, sizeof(line), maps)) {
		char *path = strchr(line, '/');
		uint64_t ino = 0;

		if (!path || sscanf(line, "%*s %*s %*s %*s %" SCNu64, &ino) != 1)
			continue;
		path[strcspn(path, "\n")] = '\0';
		p->mapped = is_named_so(s, path, &deleted) && is_blob(s, p, path, deleted, ino);
	}
	fclose(maps);
}

static void look_at_process(struct search *s, const char *pid)
{
	struct process p = { .dir = open(pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	auto_close int dir = p.dir;

	if (dir < 0)
		return;
	p.pid = strtol(strrchr(pid, '/') + 1, NULL, 10);
	if (p.pid == getpid())
		return;
	look_at_fds(s, &p);
	if (!p.open)
		look_at_mappings(s, &p);
	if (p.flock)
		add(s->found.flock, &p);
	else if (p.open && !p.fcntl)
		add(s->found.open, &p);
	else if (p.mapped)
		add(s->found.mapped, &p);
}

/* "1: FLOCK  ADVISORY  READ 812 fe:00:1234 0 EOF": also of processes whose descriptors cannot be seen. */
static void look_at_locks(struct search *s)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];

	while (locks && fgets(line, sizeof(line), locks)) {
		unsigned major, minor;
		struct process p = { .dir = -1 };
		char kind[8], path[32], known[32];
		uint64_t ino;

		if (sscanf(line, "%*s %7s %*s %*s %ld %x:%x:%" SCNu64, kind, &p.pid, &major, &minor, &ino) !=
			    5 ||
		    strcmp(kind, "FLOCK") != 0 || ino != s->blob.st_ino ||
		    makedev(major, minor) != s->blob.st_dev)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld", p.pid);
		snprintf(known, sizeof(known), "pid %ld (", p.pid);
		if (strstr(s->found.flock, known))
			continue;
		p.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		add(s->found.flock, &p);
		if (p.dir >= 0)
			close(p.dir);
	}
	if (locks)
		fclose(locks);
}

int store_bystanders(const char *path, struct store_bystanders *ret, struct jurat_error *err)
{
	auto_free char *real = realpath(path, NULL), *dir = NULL;
	struct search s = { 0 };
	const struct dirent *e;
	DIR *proc;

	if (!real || stat(real, &s.blob) < 0)
		return jurat_fail(err, -errno, "cannot find '%s': %s", path, strerror(errno));
	s.name = strrchr(real, '/') + 1;
	if (asprintf(&dir, "%.*s", (int)(s.name - real), real) < 0) {
		dir = NULL;
		return jurat_fail_memory(err);
	}
	if (stat(dir, &s.dir) < 0)
		return jurat_fail(err, -errno, "cannot find '%s': %s", dir, strerror(errno));
	proc = opendir("/proc");
	while (proc && (e = readdir(proc))) {
		char name[sizeof("/proc/") + NAME_MAX];

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(name, sizeof(name), "/proc/%s", e->d_name);
		look_at_process(&s, name);
	}
	if (proc)
		closedir(proc);
	look_at_locks(&s);
	*ret = s.found;
	return 0;
}
