/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Unmodified programs under `jurat run`. As root everything is run twice: as root, and as a user without
 * any privilege in a mount namespace whose /dev/fuse has the mode that udev gives it.
 */
enum { NOBODY = 65534, MAX_WORDS = 24, OUTPUT_BYTES = 8192 };

static const char *jurat, *clients[2];
static const char *closed; /* why nothing can be run here */
static char dir[64];
static bool unprivileged;

struct outcome {
	int status; /* of waitpid(2) */
	char out[OUTPUT_BYTES], err[OUTPUT_BYTES];
};

/* Becomes a user without privileges, who can open /dev/fuse. */
static void drop_privileges(void)
{
	char at[128];

	if (geteuid() != 0)
		return;
	snprintf(at, sizeof(at), "%s/dev", dir);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    (mkdir(at, 0755) < 0 && errno != EEXIST) || mount("none", at, "tmpfs", 0, NULL) < 0)
		_exit(99);
	snprintf(at, sizeof(at), "%s/dev/fuse", dir);
	umask(0);
	if (mknod(at, S_IFCHR | 0666, makedev(10, 229)) < 0 ||
	    mount(at, "/dev/fuse", NULL, MS_BIND, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(99);
	umask(022);
}

static void read_back(const char *name, char to[OUTPUT_BYTES])
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(to, 1, OUTPUT_BYTES - 1, f);
	to[n] = '\0';
	fclose(f);
}

static pid_t start(char **words)
{
	char out[128], err[128];
	pid_t pid;

	snprintf(out, sizeof(out), "%s/out", dir);
	snprintf(err, sizeof(err), "%s/err", dir);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	setpgid(0, 0);
	if (dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666), 1) < 0 ||
	    dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0666), 2) < 0)
		_exit(98);
	if (unprivileged)
		drop_privileges();
	setenv("TMPDIR", dir, 1);
	setenv("PATH", "/usr/bin:/bin", 1); /* directories that every user may search */
	setenv("ASAN_OPTIONS", "detect_leaks=0",
	       1); /* the program under test is another; ptrace is not ours */
	execv(words[0], words);
	_exit(97);
}

static struct outcome finish(pid_t pid)
{
	struct outcome o = { 0 };
	glob_t left;

	assert_int_equal(waitpid(pid, &o.status, 0), pid);
	read_back("out", o.out);
	read_back("err", o.err);
	/* Whatever happened: nothing is left in the directory for temporary files. */
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(glob("jurat-run-*", 0, NULL, &left), GLOB_NOMATCH);
	return o;
}

/* jurat run, options up to "--", and the program: all words. A NULL ends them. */
static void collect(char **words, const char *const *more)
{
	size_t n = 0;

	words[n++] = (char *)(uintptr_t)jurat;
	words[n++] = (char *)(uintptr_t) "run";
	while (*more && n < MAX_WORDS - 1)
		words[n++] = (char *)(uintptr_t)*more++;
	words[n] = NULL;
}

static struct outcome run_words(const char *const *more)
{
	char *words[MAX_WORDS];

	collect(words, more);
	return finish(start(words));
}
#define RUN(...) run_words((const char *const[]){ __VA_ARGS__, NULL })

static void assert_exit(const struct outcome *o, int status)
{
	if (!WIFEXITED(o->status) || WEXITSTATUS(o->status) != status)
		fail_msg("status %#x, not exit %d; it said: %s", o->status, status, o->err);
}

#define NEEDS_RUN()                                                                                          \
	do {                                                                                                 \
		if (closed)                                                                                  \
			SKIP_BECAUSE("%s", closed);                                                          \
	} while (0)

/* A moment for others, in loops that the test's time limit bounds. */
static void breathe(void)
{
	(void)!poll(NULL, 0, 1);
}

static void every_ioctl_answers_as_the_kernel_s_driver_does(void **state)
{
	static const char *const parts[] = {
		"report", "extended", "key", "errors", "processes", "descriptors"
	};

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (int linked = 0; linked < 2; linked++) {
			struct outcome o = RUN("--", clients[linked], parts[i]);

			assert_exit(&o, 0);
		}
}

static void a_thousand_requests_of_sixteen_threads_all_get_their_own_answer(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", clients[0], "threads");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "992\n");
}

static void a_flood_of_signals_neither_fails_nor_repeats_a_request(void **state)
{
	NEEDS_RUN();
	for (int linked = 0; linked < 2; linked++) {
		struct outcome o = RUN("--", clients[linked], "flood");

		assert_exit(&o, 0);
		assert_string_equal(o.out, "400\n");
	}
}

static void configfs_serves_a_shell(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c",
		"cd /sys/kernel/config/tsm/report && mkdir a && cat a/provider && head -c 64 /dev/zero "
		">a/inblob && "
		"cat a/generation && cat a/outblob | wc -c && rmdir a && ls | wc -l");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "sev_guest\n1\n1184\n0\n");
}

static void jurat_s_own_verbs_work_in_it_and_the_roots_are_there(void **state)
{
	static const char *const products[] = { "milan", "genoa", "turin" };
	char script[1024];

	NEEDS_RUN();
	for (size_t i = 0; i < ARRAY_SIZE(products); i++) {
		struct outcome o;

		snprintf(script, sizeof(script),
			 "cd $JURAT_ROOTS/.. && %s attest --extended --out e.bin >/dev/null && "
			 "%s verify --roots $JURAT_ROOTS e.bin >v && grep -q '^accepted' v && %s key | wc -c "
			 "&& "
			 "head -n 1 $JURAT_ROOTS/%s/cert_chain.pem",
			 jurat, jurat, jurat, products[i]);
		o = RUN("--product", products[i], "--", "/bin/sh", "-c", script);
		assert_exit(&o, 0);
		assert_string_equal(o.out, "65\n-----BEGIN CERTIFICATE-----\n");
	}
}

static void exit_status_and_signals_are_passed_on(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c", "exit 42");
	assert_exit(&o, 42);
	o = RUN("--", "/bin/sh", "-c", "kill -USR1 $$");
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGUSR1);
	o = RUN("--", "/bin/sh", "-c", "kill -KILL $$");
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGKILL);
	o = RUN("--", "no-such-program-anywhere");
	assert_exit(&o, 127);
	assert_non_null(strstr(o.err, "jurat run: cannot run 'no-such-program-anywhere': No such file"));
	o = RUN("--", "/etc/passwd");
	assert_exit(&o, 126);
}

/* Waits until the program has written its first line. */
static void wait_for_output(pid_t pid)
{
	char out[OUTPUT_BYTES] = "", path[128];

	snprintf(path, sizeof(path), "%s/out", dir);
	while (!strchr(out, '\n')) {
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		if (access(path, R_OK) == 0)
			read_back("out", out);
		breathe();
	}
}

static bool gone(pid_t pid)
{
	char path[64], line[512] = "";
	const char *after;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	after = strrchr(line, ')');
	return !after || after[2] == 'Z' || after[2] == 'X';
}

static pid_t start_sleeper(const char *trap)
{
	char script[256], path[128];
	char *words[MAX_WORDS];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/out", dir);
	unlink(path);
	snprintf(script, sizeof(script), "%s sleep 1000 & echo $! $$; wait; wait", trap);
	collect(words, (const char *const[]){ "--", "/bin/sh", "-c", script, NULL });
	pid = start(words);
	wait_for_output(pid);
	return pid;
}

static void signals_reach_the_program_and_nothing_is_left_running(void **state)
{
	struct outcome o;
	pid_t pid;
	int sleeper;

	NEEDS_RUN();
	pid = start_sleeper("trap 'exit 7' TERM;");
	assert_int_equal(kill(pid, SIGTERM), 0);
	o = finish(pid);
	assert_exit(&o, 7);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_true(gone(sleeper));

	pid = start_sleeper("");
	assert_int_equal(kill(pid, SIGINT), 0);
	o = finish(pid);
	assert_true(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGINT);
	assert_int_equal(sscanf(o.out, "%d", &sleeper), 1);
	assert_true(gone(sleeper));
}

static void a_killed_supervisor_leaves_no_process_and_no_file(void **state)
{
	char out[OUTPUT_BYTES], pattern[128];
	int sleeper, shell, status;
	glob_t left;
	pid_t pid;

	NEEDS_RUN();
	pid = start_sleeper("");
	read_back("out", out);
	assert_int_equal(sscanf(out, "%d %d", &sleeper, &shell), 2);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (!gone(sleeper) || !gone(shell)) /* the keeper's work; the test's time limit is the bound */
		breathe();
	snprintf(pattern, sizeof(pattern), "%s/jurat-run-*", dir);
	while (glob(pattern, 0, NULL, &left) == 0) {
		globfree(&left);
		breathe();
	}
}

static void the_machine_s_own_view_is_untouched(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", "/bin/sh", "-c",
		"test -w /dev/null && test -d /dev/pts && test -e /sys/kernel/mm && ls /dev | grep -c "
		"'^sev-guest$'");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "1\n");
	assert_int_equal(access("/dev/sev-guest", F_OK), -1);
	assert_int_equal(access("/sys/kernel/config/tsm", F_OK), -1);
}

static void a_user_keeps_name_and_has_no_privilege(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	if (!unprivileged)
		SKIP_BECAUSE("this is root");
	o = RUN("--", "/bin/sh", "-c",
		"id -u; id -g; grep CapEff /proc/self/status; touch /dev/x 2>/dev/null || echo no");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "65534\n65534\nCapEff:\t0000000000000000\nno\n");
}

static void runs_nest(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--", jurat, "run", "--seed", "inner/1", "--", clients[0], "report");
	assert_exit(&o, 0);
}

static void a_host_tool_finds_dev_sev(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--host", "--", clients[0], "host");
	assert_exit(&o, 0);
	o = RUN("--host", "--", "/bin/sh", "-c", "exec $0 vlek $JURAT_ROOTS/milan/../vlek_hashstick.bin",
		clients[0]);
	assert_exit(&o, 0);
}

static void a_host_commits_and_the_guest_s_next_report_has_the_new_tcb_and_its_certificate(void **state)
{
	char platform[128], script[512];
	struct outcome o;

	NEEDS_RUN();
	snprintf(platform, sizeof(platform), "%s/platform-%d", dir, unprivileged);
	o = RUN("--state", platform, "--", clients[0], "tcb");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "db18000000000004\n");
	/* One guest that lives through the change. */
	snprintf(script, sizeof(script),
		 "%s tcb && %s run --state %s --firmware db18000000000005 --host -- %s commit && %s tcb && "
		 "cd $JURAT_ROOTS/.. && %s attest --extended --out e.bin >/dev/null && "
		 "%s verify --roots $JURAT_ROOTS e.bin | grep -c '^accepted'",
		 clients[0], jurat, platform, clients[0], clients[0], jurat, jurat);
	o = RUN("--state", platform, "--", "/bin/sh", "-c", script);
	assert_exit(&o, 0);
	assert_string_equal(o.out, "db18000000000004\ndb18000000000005\ndb18000000000005\n1\n");
	o = RUN("--state", platform, "--", clients[0], "tcb");
	assert_string_equal(o.out, "db18000000000005\n");
	o = RUN("--state", platform, "--product", "turin", "--", clients[0], "tcb");
	assert_exit(&o, 2);
}

static void a_platform_without_certificates_says_so(void **state)
{
	struct outcome o;

	NEEDS_RUN();
	o = RUN("--no-certs", "--", clients[0], "once");
	assert_exit(&o, 0);
	assert_string_equal(o.out, "ok exitinfo2=1234 certs_len=16384 first=0\n");
}

static int find_out(void **state)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC), status = 0;
	pid_t pid;

	if (fd < 0 && (geteuid() != 0 || errno != EACCES)) {
		closed = "/dev/fuse cannot be opened here";
		return 0;
	}
	close(fd);
	strcpy(dir, "/tmp/jurat-test-run-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0777), 0);
	pid = fork();
	if (pid == 0) {
		if (unprivileged)
			drop_privileges();
		if (access(jurat, X_OK) < 0 || access(clients[1], X_OK) < 0)
			_exit(2);
		_exit(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 2)
		closed = "the build directory is closed to other users";
	else if (status != 0)
		closed = "namespaces are closed here";
	return 0;
}

static int clean_up(void **state)
{
	char command[128];
	pid_t pid;

	if (!dir[0])
		return 0;
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "%s", dir);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", command, NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	closed = NULL;
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ioctl_answers_as_the_kernel_s_driver_does),
		cmocka_unit_test(a_thousand_requests_of_sixteen_threads_all_get_their_own_answer),
		cmocka_unit_test(a_flood_of_signals_neither_fails_nor_repeats_a_request),
		cmocka_unit_test(configfs_serves_a_shell),
		cmocka_unit_test(jurat_s_own_verbs_work_in_it_and_the_roots_are_there),
		cmocka_unit_test(exit_status_and_signals_are_passed_on),
		cmocka_unit_test(signals_reach_the_program_and_nothing_is_left_running),
		cmocka_unit_test(a_killed_supervisor_leaves_no_process_and_no_file),
		cmocka_unit_test(the_machine_s_own_view_is_untouched),
		cmocka_unit_test(a_user_keeps_name_and_has_no_privilege),
		cmocka_unit_test(runs_nest),
		cmocka_unit_test(a_host_tool_finds_dev_sev),
		cmocka_unit_test(
			a_host_commits_and_the_guest_s_next_report_has_the_new_tcb_and_its_certificate),
		cmocka_unit_test(a_platform_without_certificates_says_so),
	};
	int failed;

	if (argc != 4)
		return 2;
	jurat = realpath(argv[1], NULL); /* they are run from elsewhere; freed by the end */
	clients[0] = realpath(argv[2], NULL);
	clients[1] = realpath(argv[3], NULL);
	if (!jurat || !clients[0] || !clients[1])
		return 2;
	unprivileged = geteuid() != 0;
	failed = cmocka_run_group_tests_name("run", tests, find_out, clean_up);
	if (geteuid() == 0) {
		unprivileged = true;
		failed += cmocka_run_group_tests_name("run without privileges", tests, find_out, clean_up);
	}
	return failed;
}
