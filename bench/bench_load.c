/* SPDX-License-Identifier: MIT */
#include "bench/bench_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

uint64_t bench_cpu_ns(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Not from wait4(2): that counts this process's, from between fork and exec. */
uint64_t bench_most_memory(pid_t pid)
{
	char path[64], line[128];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return (uint64_t)kib * 1024;
}

int bench_split_processors(cpu_set_t *ret_before, int *ret_cpu, struct jurat_error *err)
{
	cpu_set_t rest;
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(*ret_before), ret_before) < 0)
		return jurat_fail(err, -errno, "sched_getaffinity: %s", strerror(errno));
	if (CPU_COUNT(ret_before) < 2)
		return jurat_fail(err, JURAT_NOT_FOUND,
				  "wants two processors: one for the daemon, one for its clients");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, ret_before))
			cpu = i;
	rest = *ret_before;
	CPU_CLR(cpu, &rest);
	if (sched_setaffinity(0, sizeof(rest), &rest) < 0)
		return jurat_fail(err, -errno, "sched_setaffinity: %s", strerror(errno));
	*ret_cpu = cpu;
	return 0;
}

int bench_want_descriptors(unsigned n, struct rlimit *ret_before, struct jurat_error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, ret_before) < 0)
		return jurat_fail(err, -errno, "getrlimit: %s", strerror(errno));
	limit = *ret_before;
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < n || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return jurat_fail(err, JURAT_NOT_FOUND, "wants %u descriptors", n);
	return 0;
}
