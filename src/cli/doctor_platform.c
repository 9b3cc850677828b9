/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/doctor.h"

/* What the software platform (`jurat run`) needs of this machine. */

/*
 * Whether a process can do what `jurat run` begins with: new namespaces, and a mount that no one else sees.
 * In a child, which ends at once. 0; -errno
 */
static int try_namespaces(int flags)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (unshare(flags) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			_exit(errno > 0 && errno < 256 ? errno : 255);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

/* The sysctl that forbids user namespaces; NULL: none. */
static const char *forbidding_sysctl(struct doctor *d)
{
	if (doctor_says(d, "/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return "kernel.unprivileged_userns_clone is 0";
	if (doctor_says(d, "/proc/sys/user/max_user_namespaces", '0'))
		return "user.max_user_namespaces is 0";
	return NULL;
}

static void check_namespaces(struct doctor *d)
{
	const bool apparmor = doctor_says(d, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1');
	const char *sysctl = forbidding_sysctl(d);
	int r = -EPERM;

	if (d->root) { /* of an ordinary user there */
		if (sysctl)
			doctor_find(d, DOCTOR_USERNS_DISABLED, "%s", sysctl);
		else if (apparmor)
			doctor_find(d, DOCTOR_USERNS_APPARMOR,
				    "kernel.apparmor_restrict_unprivileged_userns is 1");
		else
			doctor_ok(d, DOCTOR_HOP_PLATFORM_NAMESPACES, "no sysctl forbids them");
		return;
	}
	if (geteuid() == 0)
		r = try_namespaces(CLONE_NEWNS);
	if (r < 0)
		r = try_namespaces(CLONE_NEWUSER | CLONE_NEWNS);
	if (r == 0)
		doctor_ok(d, DOCTOR_HOP_PLATFORM_NAMESPACES, "can be created by this user");
	else if (geteuid() != 0 && sysctl)
		doctor_find(d, DOCTOR_USERNS_DISABLED, "%s: %s", sysctl, strerror(-r));
	else if (geteuid() != 0 && apparmor)
		doctor_find(d, DOCTOR_USERNS_APPARMOR,
			    "kernel.apparmor_restrict_unprivileged_userns is 1: %s", strerror(-r));
	else
		doctor_find(d, DOCTOR_USERNS_FORBIDDEN, "a new namespace with a private mount: %s",
			    strerror(-r));
}

/* Spec: Linux Documentation/admin-guide/devices.txt: 10 char, 229 = /dev/fuse */
static bool is_fuse(const struct doctor *d)
{
	struct stat st;

	return d->root ||
	       (stat("/dev/fuse", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(10, 229));
}

static void check_fuse(struct doctor *d)
{
	int r = doctor_try_open(d, "/dev/fuse", O_RDWR);

	if (r == 0 && !is_fuse(d))
		doctor_find(d, DOCTOR_FUSE_MISSING, "'/dev/fuse' is not the character device 10:229");
	else if (r == 0)
		doctor_ok(d, DOCTOR_HOP_PLATFORM_FUSE, "can be opened by this user");
	else if (r == -EACCES || r == -EPERM)
		doctor_find(d, DOCTOR_FUSE_PERMISSION, "cannot open '/dev/fuse': %s", strerror(-r));
	else
		doctor_find(d, DOCTOR_FUSE_MISSING, "cannot open '/dev/fuse': %s", strerror(-r));
}

static void check_seccomp(struct doctor *d)
{
	auto_free char *text = doctor_read(d, "/proc/sys/kernel/seccomp/actions_avail");

	if (text && strstr(text, "user_notif"))
		doctor_ok(d, DOCTOR_HOP_PLATFORM_SECCOMP, "user_notif is available");
	else
		doctor_find(d, DOCTOR_SECCOMP_NOTIFY,
			    "'/proc/sys/kernel/seccomp/actions_avail' has no user_notif");
}

static void check_ptrace(struct doctor *d)
{
	auto_free char *scope = doctor_read(d, "/proc/sys/kernel/yama/ptrace_scope");

	if (scope && scope[0] > '1')
		doctor_find(d, DOCTOR_PTRACE_RESTRICTED, "kernel.yama.ptrace_scope is %c", scope[0]);
	else
		doctor_ok(d, DOCTOR_HOP_PLATFORM_PTRACE, "not restricted by Yama");
}

void doctor_platform(struct doctor *d)
{
	check_namespaces(d);
	check_fuse(d);
	check_seccomp(d);
	check_ptrace(d);
}
