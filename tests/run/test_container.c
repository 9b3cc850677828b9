/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where containers and chroots lack something: what is said, and that it is no error of usage. */
enum { NOBODY = 65534 };

static void must(bool done)
{
	if (!done)
		_exit(95);
}

static void forbid(unsigned call, unsigned error)
{
	struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(rows), .filter = rows };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	     prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* As Docker's default profile: no namespaces without CAP_SYS_ADMIN. */
static void forbid_namespaces(void)
{
	forbid(SYS_unshare, EPERM);
}

static void hide_fuse(void)
{
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	     mount("none", "/dev", "tmpfs", 0, NULL) == 0);
}

static void replace_fuse(void)
{
	hide_fuse();
	must(mknod("/dev/fuse", S_IFREG | 0666, 0) == 0);
}

static void forbid_namespaces_and_hide_fuse(void)
{
	hide_fuse();
	forbid_namespaces();
}

/*
 * As an AppArmor profile without a rule for mounts. A file stands where AppArmor names the profile;
 * /proc/self is that of this process for its children, too.
 */
static void confine(const char *profile)
{
	char proc[128], self[160], from[128], file[128], current[192];
	FILE *f;

	TEXT(proc, "%s/proc", dir);
	TEXT(self, "%s/self", proc);
	TEXT(from, "/proc/%d", getpid());
	TEXT(file, "%s/profile", dir);
	TEXT(current, "%s/attr/current", self);
	f = fopen(file, "w");
	must(f && fputs(profile, f) >= 0 && fclose(f) == 0);
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	     (mkdir(proc, 0755) == 0 || errno == EEXIST) && mount("none", proc, "tmpfs", 0, NULL) == 0 &&
	     mkdir(self, 0755) == 0 && mount(from, self, NULL, MS_BIND, NULL) == 0 &&
	     mount(file, current, NULL, MS_BIND, NULL) == 0 &&
	     mount(proc, "/proc", NULL, MS_MOVE, NULL) == 0);
	must(setenv("ASAN_OPTIONS", "detect_leaks=0", 1) == 0); /* LeakSanitizer opens /proc/PID */
	forbid(SYS_mount, EACCES);
}

static void confine_as_docker(void)
{
	confine("docker-default (enforce)\n");
}

/* As Ubuntu confines a program that has made a user namespace: it may not use it. */
static void confine_as_ubuntu(void)
{
	FILE *f;

	confine("unprivileged_userns (enforce)\n");
	must(mkdir("/proc/sys", 0755) == 0 && mkdir("/proc/sys/kernel", 0755) == 0);
	f = fopen("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "w");
	must(f && fputs("1\n", f) >= 0 && fclose(f) == 0);
}

/* As an administrator who allows none. The limit is that of a user namespace of our own. */
static void allow_no_namespaces(void)
{
	FILE *f;

	must(setresuid(0, 0, 0) == 0 && unshare(CLONE_NEWUSER) == 0);
	f = fopen("/proc/self/uid_map", "w");
	must(f && fputs("1000 0 1\n", f) >= 0 && fclose(f) == 0);
	f = fopen("/proc/sys/user/max_user_namespaces", "w");
	must(f && fputs("0\n", f) >= 0 && fclose(f) == 0);
}

static void confine_not(void)
{
	confine("unconfined\n");
}

static void take_capabilities(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0 &&
	     prctl(PR_CAPBSET_DROP, CAP_SETFCAP, 0, 0, 0) == 0);
}

/* Everything of the machine, in a directory that is no mount point. */
static void enter_chroot(void)
{
	char root[128], to[512], from[512], target[512];
	struct dirent *entry;
	struct stat st;
	ssize_t n;
	DIR *top;

	TEXT(root, "%s/root", dir);
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	     (mkdir(root, 0755) == 0 || errno == EEXIST));
	top = opendir("/");
	must(top != NULL);
	while ((entry = readdir(top))) {
		TEXT(from, "/%s", entry->d_name);
		TEXT(to, "%s/%s", root, entry->d_name);
		if (entry->d_name[0] == '.' || lstat(from, &st) < 0)
			continue;
		n = readlink(from, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (n > 0)
			must(symlink(target, to) == 0 || errno == EEXIST);
		else if (S_ISDIR(st.st_mode))
			must((mkdir(to, 0755) == 0 || errno == EEXIST) &&
			     mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0);
	}
	closedir(top);
	must(chroot(root) == 0 && chdir("/") == 0);
}

static void become_nobody(void)
{
	must(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static void enter_chroot_as_a_user(void)
{
	enter_chroot();
	become_nobody();
}

/* A mount point as root directory does not help a user, and hides the chroot. */
static void enter_mounted_chroot_as_a_user(void)
{
	char root[128];

	TEXT(root, "%s/mounted", dir);
	must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	     (mkdir(root, 0755) == 0 || errno == EEXIST) &&
	     mount("/", root, NULL, MS_BIND | MS_REC, NULL) == 0 && chroot(root) == 0 && chdir("/") == 0);
	become_nobody();
}

/* Not where these tests run in a chroot themselves. */
static bool has_user_namespaces(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void what_a_container_lacks_is_said_with_the_option_that_mends_it(void **state)
{
	static const struct {
		void (*before)(void);
		bool needs_root;
		const char *says;
	} cases[] = {
		{ forbid_namespaces, false,
		  "jurat run: this container forbids mount and user namespaces: Operation not permitted "
		  "(start it with --cap-add SYS_ADMIN, or with --security-opt seccomp=unconfined)\n" },
		{ forbid_namespaces_and_hide_fuse, true,
		  "jurat run: there is no /dev/fuse, and this container forbids mount and user namespaces: "
		  "Operation not permitted (start it with --device /dev/fuse --cap-add SYS_ADMIN, or with "
		  "--device /dev/fuse --security-opt seccomp=unconfined)\n" },
		{ hide_fuse, true,
		  "jurat run: /dev/fuse: does not exist (load the kernel module fuse; start a container with "
		  "--device /dev/fuse)\n" },
		{ replace_fuse, true,
		  "jurat run: /dev/fuse: is not the character device 10:229 (remove it, and load the kernel "
		  "module fuse; start a container with --device /dev/fuse)\n" },
		{ confine_as_docker, true,
		  "jurat run: the AppArmor profile 'docker-default' forbids mounts: Permission denied (start "
		  "the container with --security-opt apparmor=unconfined)\n" },
		{ confine_as_ubuntu, true,
		  "jurat run: this user cannot create user namespaces: Permission denied (load the AppArmor "
		  "profile " JURAT_DATADIR
		  "/jurat/apparmor/jurat: copy it to /etc/apparmor.d and run apparmor_parser -r; or "
		  "set sysctl kernel.apparmor_restrict_unprivileged_userns=0)\n" },
		{ allow_no_namespaces, true,
		  "jurat run: this user cannot create user namespaces: No space left on device (set sysctl "
		  "user.max_user_namespaces to more than 0, or run as root)\n" },
		{ confine_not, true,
		  "jurat run: cannot make a private mount namespace: Permission denied\n" },
		{ take_capabilities, true,
		  "jurat run: root of this container cannot be root in a user namespace: Operation not "
		  "permitted "
		  "(it lacks CAP_SETFCAP: start it with --cap-add SETFCAP, or with --cap-add SYS_ADMIN)\n" },
		{ enter_chroot, true,
		  "jurat run: cannot make a private mount namespace: Invalid argument (the root of this "
		  "chroot is "
		  "not a mount point; bind-mount it to itself)\n" },
		{ enter_chroot_as_a_user, true,
		  "jurat run: the kernel allows no user namespace in a chroot: Operation not permitted "
		  "(run as root with CAP_SYS_ADMIN, or enter the directory with bwrap instead of chroot)\n" },
		{ enter_mounted_chroot_as_a_user, true,
		  "jurat run: the kernel allows no user namespace in a chroot: Operation not permitted "
		  "(run as root with CAP_SYS_ADMIN, or enter the directory with bwrap instead of chroot)\n" },
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o;

		if (cases[i].needs_root && (geteuid() != 0 || unprivileged))
			continue;
		if (cases[i].before == take_capabilities && !has_user_namespaces())
			continue;
		before_exec = cases[i].before;
		o = RUN("--", "/bin/true");
		before_exec = NULL;
		assert_exit(&o, 3);
		assert_string_equal(o.err, cases[i].says);
	}
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_container_lacks_is_said_with_the_option_that_mends_it),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
