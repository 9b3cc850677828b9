/* SPDX-License-Identifier: MIT */
/*
 * kill_at N PROGRAM [ARGUMENT]...
 *
 * Runs a program and kills it in front of its N-th system call that changes or locks files or is a command
 * for /dev/sev. Exit status: 0 when it was killed there, 1 when it ended before with status 0, 2 for
 * everything else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "kill_at: %s: %s\n", what, strerror(errno));
	return 2;
}

enum { OFD_SETLK = 37, OFD_SETLKW, SEV_ISSUE_CMD = (int)0xc0105300 };

/* Whether others will notice what the program is about to do. */
static int has_effect(const struct __ptrace_syscall_info *info)
{
	if (info->op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	switch (info->entry.nr) {
	case SYS_openat:
		return (info->entry.args[2] & O_CREAT) != 0;
#ifdef SYS_mkdir
	case SYS_mkdir:
	case SYS_rename:
	case SYS_unlink:
#endif
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_mkdirat:
	case SYS_renameat2:
	case SYS_unlinkat:
	case SYS_write:
	case SYS_pwrite64:
	case SYS_fsync:
	case SYS_fchmod:
	case SYS_fchown:
	case SYS_ftruncate:
		return 1;
	case SYS_fcntl:
		return info->entry.args[1] == OFD_SETLK || info->entry.args[1] == OFD_SETLKW;
	case SYS_ioctl:
		return (int)info->entry.args[1] == SEV_ISSUE_CMD;
	default:
		return 0;
	}
}

static int trace(pid_t pid, unsigned long at)
{
	struct __ptrace_syscall_info info;
	unsigned long n = 0;
	int status, sig = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return die("the program did not start");
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
		return die("PTRACE_SETOPTIONS");
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, sig) < 0 || waitpid(pid, &status, 0) != pid)
			return die("PTRACE_SYSCALL");
		if (!WIFSTOPPED(status))
			return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 2;
		sig = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0
											  : WSTOPSIG(status);
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			return die("PTRACE_GET_SYSCALL_INFO");
		if (has_effect(&info) && ++n == at) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return 0;
		}
	}
}

int main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: kill_at N PROGRAM [ARGUMENT]...\n");
		return 2;
	}
	pid = fork();
	if (pid < 0)
		return die("fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(die("PTRACE_TRACEME"));
		/* LeakSanitizer traces, too, and a process has one tracer. */
		if (setenv("ASAN_OPTIONS", "detect_leaks=0", 1) < 0)
			_exit(die("setenv"));
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		_exit(die(argv[2]));
	}
	return trace(pid, strtoul(argv[1], NULL, 10));
}
