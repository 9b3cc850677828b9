/* SPDX-License-Identifier: MIT */
#include "run/user_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Spec: user_namespaces(7), "User and group ID mappings". The kernel takes 340 rows and a page of text. */
enum { MAX_ROWS = 64, ROW_CHARACTERS = 36, ID_CHARACTERS = 12 };

struct row {
	uint32_t inside, outside, count;
};

struct id_map {
	const char *kind; /* "uid" or "gid" */
	struct row rows[MAX_ROWS];
	size_t n;
};

/* Result of the process that writes the maps. */
struct outcome {
	int r;
	struct jurat_error err;
};

static bool file_says(const char *path, char what)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = 0;

	return fd >= 0 && read(fd, &c, 1) == 1 && c == what;
}

/* Whether a filter of seccomp(2) refuses system calls of this process, as in most containers. */
static bool has_seccomp_filter(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	int mode = 0;

	while (f && fgets(line, sizeof(line), f) && sscanf(line, "Seccomp: %d", &mode) != 1)
		;
	if (f)
		fclose(f);
	return !f || mode != 0;
}

/*
 * Whether this is a chroot(2), in which the kernel refuses user namespaces with EPERM. The list of mounts
 * shows it only if the root directory is not a mount point.
 */
static bool is_chroot(int r)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096], at[4096];
	bool has_root = !f, has_any = !f;

	while (f && fgets(line, sizeof(line), f)) {
		has_any = true;
		has_root |= sscanf(line, "%*d %*d %*s %*s %4095s", at) == 1 && !strcmp(at, "/");
	}
	if (f)
		fclose(f);
	return (has_any && !has_root) || (r == -EPERM && !has_seccomp_filter());
}

/* Explains why this user cannot create a user namespace. */
static int no_user_namespace(int r, struct jurat_error *err)
{
	bool has_fuse = access("/dev/fuse", F_OK) == 0;
	const char *why = NULL, *fuse = has_fuse ? "" : "there is no /dev/fuse, and ";
	const char *device = has_fuse ? "" : "--device /dev/fuse ";
	const char *or_root = geteuid() == 0 ? "" : ", or run as root";

	if (file_says("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		why = "set sysctl kernel.unprivileged_userns_clone=1";
	else if (file_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		why = "load the AppArmor profile " JURAT_DATADIR "/jurat/apparmor/jurat: copy it to "
		      "/etc/apparmor.d and run apparmor_parser -r; or set sysctl "
		      "kernel.apparmor_restrict_unprivileged_userns=0";
	else if (file_says("/proc/sys/user/max_user_namespaces", '0'))
		why = "set sysctl user.max_user_namespaces to more than 0";
	else if (r == -ENOSPC)
		why = "too many exist: raise sysctl user.max_user_namespaces";
	if (why)
		return jurat_fail(err, r, "this user cannot create user namespaces: %s (%s%s)", strerror(-r),
				  why, or_root);
	if (is_chroot(r))
		return jurat_fail(err, r,
				  "%sthe kernel allows no user namespace in a chroot: %s (run as root with "
				  "CAP_SYS_ADMIN, or enter the directory with bwrap instead of chroot)",
				  fuse, strerror(-r));
	return jurat_fail(err, r,
			  "%sthis container forbids mount and user namespaces: %s (start it with %s--cap-add "
			  "SYS_ADMIN, or with %s--security-opt seccomp=unconfined)",
			  fuse, strerror(-r), device, device);
}

/* The AppArmor profile of this process, without its mode: "docker-default (enforce)". Empty: none. */
static void read_profile(char *ret, size_t size)
{
	auto_close int fd = open("/proc/self/attr/current", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, size - 1) : 0;

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, " \n")] = '\0';
	if (strchr(ret, ':') /* an SELinux context */ || strcmp(ret, "unconfined") == 0)
		ret[0] = '\0';
}

int run_user_namespace_no_mount(int r, struct jurat_error *err)
{
	char profile[64];

	read_profile(profile, sizeof(profile));
	if (r == -EACCES && strcmp(profile, "unprivileged_userns") == 0) /* Ubuntu's, for new namespaces */
		return no_user_namespace(r, err);
	if (r == -EACCES && profile[0])
		return jurat_fail(err, r,
				  "the AppArmor profile '%s' forbids mounts: %s (start the container with "
				  "--security-opt apparmor=unconfined)",
				  profile, strerror(-r));
	return jurat_fail(err, r, "cannot make a private mount namespace: %s%s", strerror(-r),
			  r == -EINVAL
				  ? " (the root of this chroot is not a mount point; bind-mount it to itself)"
				  : "");
}

/* Root's own ID can be mapped only with CAP_SETFCAP. Spec: user_namespaces(7). */
static int no_map(int r, unsigned uid, struct jurat_error *err)
{
	if (r == -EPERM && uid == 0)
		return jurat_fail(
			err, r,
			"root of this container cannot be root in a user namespace: %s (it lacks "
			"CAP_SETFCAP: start it with --cap-add SETFCAP, or with --cap-add SYS_ADMIN)",
			strerror(-r));
	return no_user_namespace(r, err);
}

static void add_row(struct id_map *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	if (count > 0 && map->n < MAX_ROWS)
		map->rows[map->n++] = (struct row){ inside, outside, count };
}

static int write_file(pid_t pid, const char *name, const char *text)
{
	auto_close int fd = -1;
	char path[64];
	size_t n = strlen(text);

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, text, n) == (ssize_t)n ? 0 : -errno;
}

static int write_map(pid_t pid, const struct id_map *map)
{
	char text[MAX_ROWS * ROW_CHARACTERS], name[8];
	size_t used = 0;

	for (size_t i = 0; i < map->n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u %u %u\n", map->rows[i].inside,
					 map->rows[i].outside, map->rows[i].count);
	snprintf(name, sizeof(name), "%s_map", map->kind);
	return write_file(pid, name, text);
}

/* Maps one user and group, which needs no privileges. */
static int map_one(const struct id_map *uids, const struct id_map *gids)
{
	int r = write_map(getpid(), uids);

	if (r == 0)
		r = write_file(getpid(), "setgroups", "deny");
	return r == 0 ? write_map(getpid(), gids) : r;
}

static bool may_set_ids(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	const unsigned both = 1U << CAP_SETUID | 1U << CAP_SETGID;

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & both) == both;
}

/* Maps all IDs of this user namespace to themselves, except `id`, which becomes 0, and 0. */
static int add_all(struct id_map *map, uint32_t id, struct jurat_error *err)
{
	unsigned long long first, outside, count;
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/%s_map", map->kind);
	f = fopen(path, "re");
	if (!f)
		return jurat_fail(err, -errno, "cannot open '%s': %s", path, strerror(errno));
	while (fscanf(f, "%llu %llu %llu", &first, &outside, &count) == 3) {
		const uint64_t from = first == 0 ? 1 : first, end = first + count;
		const uint64_t below = end < id ? end : id, above = from > id ? from : (uint64_t)id + 1;

		if (from < below)
			add_row(map, (uint32_t)from, (uint32_t)from, (uint32_t)(below - from));
		if (above < end)
			add_row(map, (uint32_t)above, (uint32_t)above, (uint32_t)(end - above));
	}
	fclose(f);
	return 0;
}

/*
 * Maps 1 and the following IDs to the user's lines of subuid(5) or subgid(5), which begin with the name or
 * the ID.
 */
static int add_subordinate(struct id_map *map, struct jurat_error *err)
{
	const struct passwd *user = getpwuid(geteuid());
	char path[16], line[512], number[ID_CHARACTERS];
	unsigned long long outside, count, inside = 1;
	const size_t before = map->n;
	FILE *f;

	snprintf(number, sizeof(number), "%u", geteuid());
	snprintf(path, sizeof(path), "/etc/sub%s", map->kind);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		char *rest = strchr(line, ':');

		if (!rest)
			continue;
		*rest++ = '\0';
		if ((strcmp(line, number) != 0 && (!user || strcmp(line, user->pw_name) != 0)) ||
		    sscanf(rest, "%llu:%llu", &outside, &count) != 2 || outside > UINT32_MAX ||
		    count > UINT32_MAX - inside)
			continue;
		add_row(map, (uint32_t)inside, (uint32_t)outside, (uint32_t)count);
		inside += count;
	}
	if (f)
		fclose(f);
	if (map->n > before)
		return 0;
	return jurat_fail(err, -ENOENT,
			  "--user-map auto: '%s' has no subordinate %ss of user '%s' (usermod --add-sub%ss "
			  "100000-165535 %s)",
			  path, map->kind, user ? user->pw_name : number, map->kind,
			  user ? user->pw_name : number);
}

/* Runs newuidmap(1) or newgidmap(1), which print the reason of a failure to standard error. */
static int run_newidmap(pid_t pid, const struct id_map *map, struct jurat_error *err)
{
	char numbers[1 + 3 * MAX_ROWS][ID_CHARACTERS], name[16];
	char *argv[sizeof(numbers) / sizeof(numbers[0]) + 2] = { name };
	size_t n = 0;
	int status = 0;
	pid_t child;

	snprintf(name, sizeof(name), "new%smap", map->kind);
	snprintf(numbers[n++], ID_CHARACTERS, "%d", (int)pid);
	for (size_t i = 0; i < map->n; i++) {
		snprintf(numbers[n++], ID_CHARACTERS, "%u", map->rows[i].inside);
		snprintf(numbers[n++], ID_CHARACTERS, "%u", map->rows[i].outside);
		snprintf(numbers[n++], ID_CHARACTERS, "%u", map->rows[i].count);
	}
	for (size_t i = 0; i < n; i++)
		argv[1 + i] = numbers[i];
	child = fork();
	if (child == 0) {
		execvp(name, argv);
		_exit(errno == ENOENT ? 127 : 126);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return jurat_fail(err, -errno, "cannot fork: %s", strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return jurat_fail(err, -ENOENT,
				  "--user-map auto: there is no %s(1) (install the package uidmap, or "
				  "shadow-utils)",
				  name);
	return jurat_fail(err, -EPERM,
			  "--user-map auto: %s failed; it must be setuid root or have the capability "
			  "cap_set%s, and 'no new privileges' must not be set",
			  name, map->kind);
}

/* Runs in a process that stays in the caller's namespace. */
static int map_from_outside(pid_t pid, struct id_map *uids, struct id_map *gids, struct jurat_error *err)
{
	int r;

	if (may_set_ids()) {
		r = add_all(uids, geteuid(), err);
		if (r == 0)
			r = add_all(gids, getegid(), err);
		if (r < 0)
			return r;
		r = write_map(pid, uids);
		if (r == 0)
			r = write_map(pid, gids);
		return r < 0 ? no_map(r, geteuid(), err) : 0;
	}
	r = add_subordinate(uids, err);
	if (r == 0)
		r = add_subordinate(gids, err);
	if (r == 0)
		r = run_newidmap(pid, uids, err);
	return r == 0 ? run_newidmap(pid, gids, err) : r;
}

_Noreturn static void map_when_asked(int socket, pid_t pid, struct id_map *uids, struct id_map *gids)
{
	struct outcome outcome = { .err = { "" } };
	char byte;

	if (recv(socket, &byte, 1, 0) != 1) /* unshare(2) failed */
		_exit(0);
	outcome.r = map_from_outside(pid, uids, gids, &outcome.err);
	(void)!send(socket, &outcome, sizeof(outcome), MSG_NOSIGNAL);
	_exit(0);
}

static int enter_with_help(struct id_map *uids, struct id_map *gids, struct jurat_error *err)
{
	struct outcome outcome = { .r = 0 };
	int sockets[2], r = 0;
	pid_t pid = getpid(), helper;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	helper = fork();
	if (helper == 0) {
		close(sockets[0]);
		map_when_asked(sockets[1], pid, uids, gids);
	}
	close(sockets[1]);
	if (helper < 0)
		r = jurat_fail(err, -errno, "cannot fork: %s", strerror(errno));
	else if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		r = no_user_namespace(-errno, err);
	else if (send(sockets[0], "", 1, MSG_NOSIGNAL) != 1 ||
		 recv(sockets[0], &outcome, sizeof(outcome), 0) != sizeof(outcome))
		r = jurat_fail(err, -ECONNRESET, "the process that maps user IDs was killed");
	close(sockets[0]);
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && outcome.r < 0 && err)
		*err = outcome.err;
	return r < 0 ? r : outcome.r;
}

int run_user_namespace_enter(enum run_user_map map, struct jurat_error *err)
{
	const unsigned uid = geteuid(), gid = getegid();
	struct id_map uids = { .kind = "uid" }, gids = { .kind = "gid" };
	int r;

	add_row(&uids, map == RUN_MAP_SELF ? uid : 0, uid, 1);
	add_row(&gids, map == RUN_MAP_SELF ? gid : 0, gid, 1);
	if (map == RUN_MAP_AUTO)
		return enter_with_help(&uids, &gids, err);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return no_user_namespace(-errno, err);
	r = map_one(&uids, &gids);
	return r < 0 ? no_map(r, uid, err) : 0;
}
