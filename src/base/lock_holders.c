/* SPDX-License-Identifier: MIT */
#include "base/lock_holders.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"

/*
 * /proc/locks is not enough: for an OFD lock it has -1 in place of the pid, and its device number may differ
 * from that of stat(2) (btrfs, overlayfs). So this code goes through every descriptor that it may read in
 * /proc, compares its file, and reads locks from its fdinfo. Any user can open so many files that this takes
 * minutes: hence a limit of time.
 */
enum { MAX_NAMED = 4, LIMIT_MS = 1000 };

struct found {
	char *text;
	size_t room, size;
	unsigned n;
	struct base_env *clock;
	uint64_t end_ns;
	bool late;
};

static size_t read_text(int dir, const char *name, char *to, size_t room)
{
	auto_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, to, room - 1) : 0;

	n = n > 0 ? n : 0;
	to[n] = '\0';
	return (size_t)n;
}

static void add(struct found *f, const char *text)
{
	int n = snprintf(f->text + f->size, f->room - f->size, "%s", text);

	f->size += n < 0 ? 0 : (size_t)n < f->room - f->size ? (size_t)n : f->room - f->size - 1;
}

/* A process may choose any name: replace what is not printable. */
static void add_process(struct found *f, int process, const char *pid)
{
	char line[64 + BASE_COMM_BYTES], comm[BASE_COMM_BYTES];

	snprintf(line, sizeof(line), "%spid %s (%s)", f->n > 0 ? ", " : "", pid,
		 base_process_name(process, comm));
	if (f->n < MAX_NAMED)
		add(f, line);
	else if (f->n == MAX_NAMED)
		add(f, ", and others");
	f->n++;
}

char *base_process_name(int process, char to[BASE_COMM_BYTES])
{
	size_t n = read_text(process, "comm", to, BASE_COMM_BYTES);

	for (size_t i = 0; i < n; i++)
		if (to[i] == '\n' && i == n - 1)
			to[i] = '\0';
		else if (to[i] < ' ' || to[i] > '~')
			to[i] = '?';
	return to;
}

/* "lock:\t1: OFDLCK ADVISORY READ ..." */
unsigned base_lock_kinds(int process, const char *fd)
{
	char name[32], info[4096];
	unsigned kinds = 0;

	snprintf(name, sizeof(name), "fdinfo/%s", fd);
	read_text(process, name, info, sizeof(info));
	for (const char *at = strstr(info, "\nlock:"); at; at = strstr(at + 1, "\nlock:")) {
		size_t n = strcspn(at + 1, "\n");

		if (memmem(at + 1, n, "OFDLCK", 6) || memmem(at + 1, n, "POSIX", 5))
			kinds |= BASE_LOCK_OF_FCNTL;
		else if (memmem(at + 1, n, "FLOCK", 5))
			kinds |= BASE_LOCK_OF_FLOCK;
	}
	return kinds;
}

/* Locks of flock(2) do not conflict with OFD locks and are skipped. */
static bool has_lock(int process, const char *fd)
{
	return base_lock_kinds(process, fd) & BASE_LOCK_OF_FCNTL;
}

/*
 * Only descriptors of files are read: most are sockets, pipes and the like, "socket:[123]". To read the link
 * does not access the file.
 */
static bool may_be_it(int fds, const char *fd)
{
	char first;

	return readlinkat(fds, fd, &first, 1) == 1 && first == '/';
}

static bool is_late(struct found *f)
{
	f->late = f->late || base_now_ns(f->clock) >= f->end_ns;
	return f->late;
}

static bool holds_it(struct found *f, int process, const struct stat *it)
{
	int fds = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fds >= 0 ? fdopendir(fds) : NULL;
	const struct dirent *e;
	bool holds = false;

	if (!dir) {
		if (fds >= 0)
			close(fds);
		return false;
	}
	while (!holds && !is_late(f) && (e = readdir(dir))) {
		struct stat st;

		/* Only stat files that have locks: others may be on a file system that hangs. */
		holds = may_be_it(fds, e->d_name) && has_lock(process, e->d_name) &&
			fstatat(fds, e->d_name, &st, 0) == 0 && st.st_dev == it->st_dev &&
			st.st_ino == it->st_ino;
	}
	closedir(dir);
	return holds;
}

static void search(struct found *f, const struct stat *it)
{
	DIR *proc = opendir("/proc");
	const struct dirent *e;

	while (proc && !is_late(f) && f->n <= MAX_NAMED && (e = readdir(proc))) {
		auto_close int process = -1;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		process = openat(dirfd(proc), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process >= 0 && holds_it(f, process, it))
			add_process(f, process, e->d_name);
	}
	if (proc)
		closedir(proc);
}

/*
 * For a traditional POSIX lock (F_SETLK), F_OFD_GETLK returns the pid even of a process whose /proc entries
 * cannot be read. Returns whether there is a lock.
 */
static bool ask_kernel(struct found *f, int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_close int process = -1;
	char pid[16], path[32];

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return true;
	if (lock.l_type == F_UNLCK || lock.l_pid <= 0)
		return lock.l_type != F_UNLCK;
	snprintf(pid, sizeof(pid), "%d", (int)lock.l_pid);
	snprintf(path, sizeof(path), "/proc/%s", pid);
	process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	add_process(f, process, pid);
	return true;
}

void base_find_lock_holders(struct base_env *clock, int fd, char *text, size_t room)
{
	struct found f = {
		.text = text,
		.room = room,
		.clock = clock,
		.end_ns = base_now_ns(clock) + LIMIT_MS * UINT64_C(1000000),
	};
	bool is_locked = true;
	struct stat it;

	text[0] = '\0';
	if (fstat(fd, &it) == 0)
		search(&f, &it);
	if (f.n == 0)
		is_locked = ask_kernel(&f, fd);
	else if (f.late && f.n <= MAX_NAMED)
		add(&f, ", and perhaps others");
	if (f.n > 0)
		return;
	if (!is_locked)
		add(&f, "a process that has released its lock since");
	else
		add(&f, f.late ? "a process that was not found within 1 s"
			       : "a process that this one cannot see");
}
