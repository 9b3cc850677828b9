/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "daemon/resolver.h"
#include "daemon/roles.h"

/* What the filter does to the calls of a process. `test_sandbox --list ROLE` prints what a role may call. */
enum { QGS = QGS_SANDBOX_NEEDS, ENDORSEMENTS = ENDORSEMENTS_SANDBOX_NEEDS, KILLED = 1000 };

static bool is_off(void)
{
	if (sandbox_effective_mode(SANDBOX_ON) != SANDBOX_OFF)
		return false;
	print_message("this build has sanitizers, which need all calls\n");
	return true;
}

/* The errno of a call beneath the filter, 0: it succeeded, KILLED: it ended the process. */
static int result_of(enum sandbox_mode mode, unsigned needs, long (*call)(const void *arg), const void *arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_install(mode, needs, NULL) < 0)
			_exit(255);
		_exit(call(arg) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

struct raw {
	const char *name;
	long number, args[6];
};

static long raw_call(const void *arg)
{
	const struct raw *c = arg;

	return syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3], c->args[4], c->args[5]);
}

static void expect(enum sandbox_mode mode, unsigned needs, const struct raw *call, int want)
{
	int found = result_of(mode, needs, raw_call, call);

	if (found != want)
		FAIL_BECAUSE("%s in mode %s: %d, expected %d", call->name, sandbox_mode_name(mode), found,
			     want);
}

static void what_only_an_attacker_calls_ends_the_process(void **state)
{
	static const struct raw calls[] = {
		{ "execve", SYS_execve, { 0 } },
		{ "execveat", SYS_execveat, { 0 } },
		{ "ptrace", SYS_ptrace, { 0 } },
		{ "mount", SYS_mount, { 0 } },
		{ "umount2", SYS_umount2, { 0 } },
		{ "setns", SYS_setns, { -1 } },
		{ "unshare", SYS_unshare, { 0 } },
		{ "chroot", SYS_chroot, { 0 } },
		{ "pivot_root", SYS_pivot_root, { 0 } },
		{ "bpf", SYS_bpf, { -1 } },
		{ "init_module", SYS_init_module, { 0 } },
		{ "kexec_load", SYS_kexec_load, { 0 } },
		{ "keyctl", SYS_keyctl, { -1 } },
		{ "process_vm_readv", SYS_process_vm_readv, { 0 } },
		{ "process_vm_writev", SYS_process_vm_writev, { 0 } },
		{ "perf_event_open", SYS_perf_event_open, { 0 } },
		{ "userfaultfd", SYS_userfaultfd, { -1 } },
		{ "open_by_handle_at", SYS_open_by_handle_at, { -1 } },
		{ "setuid", SYS_setuid, { 0 } },
		{ "setgroups", SYS_setgroups, { -1 } },
	};

	if (is_off())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		expect(SANDBOX_ON, QGS, &calls[i], KILLED);
		expect(SANDBOX_ON, ENDORSEMENTS, &calls[i], KILLED);
	}
}

static const struct raw netlink_route = { "netlink: route", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } };
static const struct raw netlink_audit = { "netlink: audit", SYS_socket, { AF_NETLINK, SOCK_RAW, 9 } };
static const struct raw packet = { "packet socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 } };
static const struct raw ipv6 = { "IPv6 socket", SYS_socket, { AF_INET6, SOCK_STREAM, 0 } };
static const struct raw vsock = { "vsock socket", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 } };
static const struct raw udp = { "UDP socket", SYS_socket, { AF_INET, SOCK_DGRAM, 0 } };
static const struct raw raw_ip = { "raw IPv4 socket", SYS_socket, { AF_INET, SOCK_RAW, 1 } };
static const struct raw tcp = { "TCP socket", SYS_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 } };
static const struct raw unix_ = { "unix socket", SYS_socket, { AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0 } };
static const struct raw executable = {
	"mmap, executable", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }
};
static const struct raw writable_code = { "mmap, writable and executable",
					  SYS_mmap,
					  { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } };
static const struct raw memory = { "mmap",
				   SYS_mmap,
				   { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } };
static const struct raw process = { "clone, a process", SYS_clone, { SIGCHLD } };
static const struct raw clone3 = { "clone3", SYS_clone3, { 0 } };
static const struct raw inotify = { "inotify_init1", SYS_inotify_init1, { 0 } };
static const struct raw kill_other = { "kill", SYS_kill, { 1, 0 } };
static const struct raw kill_thread = { "tgkill", SYS_tgkill, { 1, 1, 0 } };
static const struct raw limit_other = { "prlimit64", SYS_prlimit64, { 1, RLIMIT_NOFILE, 0, 0 } };
static const struct raw dumpable = { "prctl", SYS_prctl, { PR_SET_DUMPABLE, 1 } };
static const struct raw terminal = { "ioctl TIOCSTI", SYS_ioctl, { 0, 0x5412, 0 } };

static void what_the_role_has_no_use_for_fails_with_eperm(void **state)
{
	static const struct {
		const struct raw *call;
		int qgs, endorsements;
	} rows[] = {
		{ &unix_, 0, 0 },
		{ &tcp, 0, 0 },
		{ &memory, 0, 0 },
		{ &udp, EPERM, 0 },
		{ &ipv6, EPERM, 0 },
		{ &netlink_route, EPERM, 0 },
		{ &netlink_audit, EPERM, EPERM },
		{ &packet, EPERM, EPERM },
		{ &raw_ip, EPERM, EPERM },
		{ &executable, EPERM, EPERM },
		{ &writable_code, EPERM, EPERM },
		{ &process, EPERM, EPERM },
		{ &clone3, ENOSYS, ENOSYS },
		{ &inotify, EPERM, EPERM },
		{ &kill_other, EPERM, EPERM },
		{ &kill_thread, EPERM, EPERM },
		{ &limit_other, EPERM, EPERM },
		{ &dumpable, EPERM, EPERM },
		{ &terminal, EPERM, EPERM },
	};

	if (is_off())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect(SANDBOX_ON, QGS, rows[i].call, rows[i].qgs);
		expect(SANDBOX_ON, ENDORSEMENTS, rows[i].call, rows[i].endorsements);
	}
}

static void only_the_role_that_connects_over_vsock_has_its_sockets(void **state)
{
	if (is_off())
		return;
	expect(SANDBOX_ON, ENDORSEMENTS, &vsock, EPERM);
	assert_int_not_equal(result_of(SANDBOX_ON, QGS, raw_call, &vsock),
			     EPERM); /* 0, or there is no vsock */
}

static void in_mode_kill_all_that_is_not_allowed_ends_the_process_and_in_mode_log_nothing_does(void **state)
{
	if (is_off())
		return;
	expect(SANDBOX_KILL, QGS, &inotify, KILLED);
	expect(SANDBOX_KILL, QGS, &executable, KILLED);
	expect(SANDBOX_KILL, QGS, &tcp, 0);
	expect(SANDBOX_LOG, QGS, &inotify, 0);
	expect(SANDBOX_LOG, QGS, &executable, 0);
	expect(SANDBOX_OFF, QGS, &inotify, 0);
}

/* ---- memory that becomes executable, and libraries */

static long make_executable(const void *arg)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long map_library(const void *arg)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
}

static long map_written_file(const void *arg)
{
	int fd = memfd_create("code", MFD_CLOEXEC);

	if (fd < 0)
		fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
	if (fd < 0 || write(fd, "\xc3", 1) != 1)
		return 0;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
}

static void no_memory_and_no_file_becomes_executable(void **state)
{
	if (is_off())
		return;
	assert_int_equal(result_of(SANDBOX_ON, QGS, make_executable, NULL), EPERM);
	assert_int_equal(result_of(SANDBOX_ON, ENDORSEMENTS, make_executable, NULL), EPERM);
	assert_int_equal(result_of(SANDBOX_ON, QGS, map_library, NULL), EPERM);
	assert_int_equal(result_of(SANDBOX_ON, ENDORSEMENTS, map_library, NULL), EPERM);
	assert_int_equal(result_of(SANDBOX_ON, ENDORSEMENTS, map_written_file, NULL), EPERM);
}

static int count_modules(void)
{
	static const char *const names[] = { "libnss_hesiod.so.2", "libnss_compat.so.2",
					     "libnss_systemd.so.2" };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		n += dlopen(names[i], RTLD_NOW) != NULL;
	return n;
}

/* How many modules libc could use, beneath the filter or without it. */
static int modules_after(const char *nsswitch, enum sandbox_mode mode)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		resolver_load(nsswitch);
		_exit(sandbox_install(mode, ENDORSEMENTS, NULL) < 0 ? 255 : count_modules());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void modules_of_the_resolver_are_loaded_before(void **state)
{
	static const char text[] =
		"# hosts: x\npasswd: files\n\n hosts:\tfiles hesiod[NOTFOUND=return UNAVAIL=continue]\t"
		"compat  ../x none [!UNAVAIL=return] systemd dns# mdns\nhosts: [";
	char path[] = "/tmp/nsswitch-XXXXXX";
	int fd, all;

	if (is_off())
		return;
	all = modules_after("/nonexistent", SANDBOX_OFF);
	if (all == 0)
		SKIP_BECAUSE("no modules of the name service switch are installed");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	assert_int_equal(modules_after("/nonexistent", SANDBOX_ON), 0);
	assert_int_equal(modules_after(path, SANDBOX_ON), all);
	unlink(path);
}

/* ---- files */

static bool is_allowed(unsigned needs, const char *call)
{
	const char *name;

	for (size_t i = 0; (name = sandbox_allowed(needs, i)); i++)
		if (!strcmp(name, call))
			return true;
	return false;
}

static long open_file(const void *arg)
{
	return open("/dev/null", *(const int *)arg | O_CLOEXEC, 0600);
}

static void only_a_role_that_keeps_files_can_write_them(void **state)
{
	static const int flags[] = { O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_RDONLY };
	const bool writes = is_allowed(QGS, "fsync"); /* gcov writes its files at the end of a process */

	if (is_off())
		return;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const int want = flags[i] == O_RDONLY || writes ? 0 : EPERM;

		assert_int_equal(result_of(SANDBOX_ON, QGS, open_file, &flags[i]), want);
		assert_int_equal(result_of(SANDBOX_ON, ENDORSEMENTS, open_file, &flags[i]), 0);
	}
}

/* ---- threads */

static void *call_in_thread(void *arg)
{
	return (void *)(uintptr_t)(socket(AF_PACKET, SOCK_RAW, 0) < 0 ? errno : 0);
}

static long start_thread(const void *arg)
{
	pthread_t thread;
	void *result;

	errno = pthread_create(&thread, NULL, call_in_thread, NULL);
	if (errno != 0 || pthread_join(thread, &result) != 0)
		return -1;
	errno = (int)(uintptr_t)result;
	return errno == EPERM ? 0 : -1;
}

static void threads_can_be_started_and_are_beneath_the_filter(void **state)
{
	if (is_off())
		return;
	assert_int_equal(result_of(SANDBOX_ON, QGS, start_thread, NULL), 0);
	assert_int_equal(result_of(SANDBOX_ON, ENDORSEMENTS, start_thread, NULL), 0);
}

static int ready[2];

static void *call_when_ready(void *arg)
{
	char c;

	return read(ready[0], &c, 1) == 1 ? call_in_thread(arg) : NULL;
}

static void a_thread_that_runs_already_is_beneath_the_filter_too(void **state)
{
	int status;
	pid_t pid;

	if (is_off())
		return;
	pid = fork();
	if (pid == 0) {
		pthread_t thread;
		void *result = NULL;

		if (pipe(ready) < 0 || pthread_create(&thread, NULL, call_when_ready, NULL) != 0 ||
		    sandbox_install(SANDBOX_ON, QGS, NULL) < 0)
			_exit(255);
		(void)!write(ready[1], "", 1);
		pthread_join(thread, &result);
		_exit((int)(uintptr_t)result);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EPERM);
}

static long install_again(const void *arg)
{
	return sandbox_install(SANDBOX_OFF, QGS, NULL) == 0 ? raw_call(&packet) : 0;
}

static void the_filter_cannot_be_removed(void **state)
{
	if (!is_off())
		assert_int_equal(result_of(SANDBOX_ON, QGS, install_again, NULL), EPERM);
}

static int list(const char *role)
{
	const unsigned needs = !strcmp(role, "qgs") ? QGS : ENDORSEMENTS;
	const char *name;

	for (size_t i = 0; (name = sandbox_allowed(needs, i)); i++)
		puts(name);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_an_attacker_calls_ends_the_process),
		cmocka_unit_test(what_the_role_has_no_use_for_fails_with_eperm),
		cmocka_unit_test(
			in_mode_kill_all_that_is_not_allowed_ends_the_process_and_in_mode_log_nothing_does),
		cmocka_unit_test(only_the_role_that_connects_over_vsock_has_its_sockets),
		cmocka_unit_test(no_memory_and_no_file_becomes_executable),
		cmocka_unit_test(modules_of_the_resolver_are_loaded_before),
		cmocka_unit_test(only_a_role_that_keeps_files_can_write_them),
		cmocka_unit_test(threads_can_be_started_and_are_beneath_the_filter),
		cmocka_unit_test(a_thread_that_runs_already_is_beneath_the_filter_too),
		cmocka_unit_test(the_filter_cannot_be_removed),
	};

	if (argc == 3 && !strcmp(argv[1], "--list"))
		return list(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
