/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* `jurat run` killed before its program starts, at one system call after the other. */
enum { POINTS = 24 };

static void be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(94);
}

/* The number of directories that runs have left, or use. */
static size_t count_left(void)
{
	char pattern[128];
	glob_t left;
	size_t n;

	TEXT(pattern, "%s/jurat-run-*", dir);
	if (glob(pattern, 0, NULL, &left) != 0)
		return 0;
	n = left.gl_pathc;
	globfree(&left);
	return n;
}

/* A run, stopped where jurat is executed; 0: processes cannot be traced here. */
static pid_t start_traced(void)
{
	char *words[MAX_WORDS];
	int status;
	pid_t pid;

	collect(words, (const char *const[]){ "--", "/bin/true", NULL });
	before_exec = be_traced;
	pid = start(words);
	before_exec = NULL;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status))
		return 0;
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL,
				PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL),
			 0);
	return pid;
}

/* Goes on to the next entry to or exit from a system call; false: it has forked, so there is a monitor. */
static bool step(pid_t pid)
{
	int status, signal = 0;

	for (;;) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, signal), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSTOPPED(status));
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_FORK << 8))
			return false;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return true;
		signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status); /* of execve(2), or another's */
	}
}

static void kill_traced(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void what_a_run_leaves_when_it_is_killed_before_its_program_starts_is_removed_by_the_next(void **state)
{
	unsigned total = 0, n_left = 0;
	pid_t pid, child;
	int status;

	NEEDS_RUN();
	pid = start_traced();
	if (pid == 0)
		SKIP_BECAUSE("processes cannot be traced here");
	while (step(pid))
		total++;
	child = waitpid(-1, &status, __WALL);
	assert_true(child > 0 && child != pid);
	kill_traced(pid);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, __WALL), child);
	assert_int_equal(count_left(), 1); /* this one had all of it */
	for (unsigned i = 0; i < POINTS; i++) {
		struct outcome o;

		pid = start_traced();
		for (unsigned at = 0; at < total * i / POINTS && step(pid); at++)
			;
		kill_traced(pid);
		n_left += count_left() > 0;
		o = RUN("--", "/bin/true"); /* which asserts that nothing is left */
		assert_exit(&o, 0);
	}
	assert_true(n_left > 1);
}

/* As a service manager or a container runtime kills a group of processes. */
static void what_a_run_leaves_when_all_its_processes_are_killed_is_removed_by_the_next(void **state)
{
	char *words[MAX_WORDS], out[OUTPUT_BYTES];
	int program, monitor, status;
	struct outcome o;
	pid_t pid;

	NEEDS_RUN();
	TEXT(out, "%s/out", dir);
	unlink(out);
	collect(words,
		(const char *const[]){ "--", "/bin/sh", "-c", "echo $$ $PPID; exec sleep 1000", NULL });
	pid = start(words);
	wait_for_output(pid);
	read_back("out", out);
	assert_int_equal(sscanf(out, "%d %d", &program, &monitor), 2);
	collect(words, (const char *const[]){ "--", "/bin/true", NULL });
	assert_true(waitpid(start(words), &status, 0) > 0 && status == 0);
	assert_int_equal(count_left(), 1); /* that of the run that lives */
	assert_int_equal(kill(-pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	while (!gone(program) || !gone(monitor))
		breathe();
	assert_int_equal(count_left(), 1);
	o = RUN("--", "/bin/true");
	assert_exit(&o, 0);
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_a_run_leaves_when_it_is_killed_before_its_program_starts_is_removed_by_the_next),
		cmocka_unit_test(what_a_run_leaves_when_all_its_processes_are_killed_is_removed_by_the_next),
	};

	return cmocka_run_group_tests_name(name, tests, run_find_out, run_clean_up);
}

int main(int argc, char **argv)
{
	return run_main(argc, argv, run_group);
}
