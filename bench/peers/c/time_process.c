/* SPDX-License-Identifier: MIT */
/*
 * time-process N PROGRAM ARG...: runs PROGRAM N times without its output, and prints for each run processor
 * time and time from start to end in nanoseconds, and the most memory that it had in bytes. A small program
 * of its own, for Linux counts what a process had before execve(2) as well. Exit status: 0, or that of the
 * first run that failed, whose output is printed instead.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void start(char **argv, FILE *output)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(fileno(output), STDOUT_FILENO);
	dup2(fileno(output), STDERR_FILENO);
	execv(argv[0], argv);
	_exit(127);
}

/* The exit status. */
static int run(char **argv, FILE *output)
{
	uint64_t begin = now_ns(), cpu_us;
	struct rusage u;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		start(argv, output);
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid || !WIFEXITED(status))
		return 126;
	if (WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	cpu_us = (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
		 (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	printf("%" PRIu64 " %" PRIu64 " %ld\n", cpu_us * 1000, now_ns() - begin, u.ru_maxrss * 1024);
	return 0;
}

int main(int argc, char **argv)
{
	FILE *output = tmpfile();
	int status = argc > 2 && output ? 0 : 2, c;

	for (unsigned long i = 0; status == 0 && i < strtoul(argv[1], NULL, 10); i++) {
		status = ftruncate(fileno(output), 0) != 0;
		fflush(stdout); /* before a child has a copy */
		status = status ? status : run(argv + 2, output);
	}
	if (status != 0 && output) {
		rewind(output);
		while ((c = getc(output)) != EOF)
			putchar(c);
	}
	return status;
}
