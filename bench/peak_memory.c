/* SPDX-License-Identifier: MIT */
/*
 * peak-memory FILE PROGRAM ARG...: runs PROGRAM and writes the most memory that it had, in bytes, to FILE. A
 * program of its own, for Linux counts what a process had before execve(2) as well. Exit status: PROGRAM's;
 * 126 it was not measured.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage used;
	int status;
	FILE *f;
	pid_t pid = argc < 3 ? -1 : fork();

	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status))
		return 126;
	f = fopen(argv[1], "we");
	if (!f || fprintf(f, "%ld\n", used.ru_maxrss * 1024) < 0 || fclose(f) != 0)
		return 126;
	return WEXITSTATUS(status);
}
