/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

static const char usage[] =
	"Usage: jurat-bench [OPTION]...\n"
	"Measures this machine's figures beside the bare operations they rest on (see bench/README.md).\n\n"
	"  --only NAME      measure this figure only (repeatable; default: all)\n"
	"  --seconds N      time to measure each figure, 0 to 600 (default 1)\n"
	"  --alone          run only the operation itself, not what it is compared with: for a profiler\n"
	"  --strict         exit with status 1 when a figure misses its limit\n"
	"  --output FORMAT  text or json (default text)\n"
	"  --jurat FILE     jurat to measure (default: of this build)\n"
	"  --juratd FILE    juratd to measure (default: of this build)\n"
	"  --vmm FILE       libjurat-vmm.so to measure (default: of this build)\n"
	"  --vmm-check FILE libjurat-vmm-check.so, whose KVM serves where /dev/kvm cannot be opened "
	"(default: of\n"
	"                   this build)\n"
	"  --help           print this help and exit\n";

enum choice { ONLY = 1, SECONDS, ALONE, STRICT, OUTPUT, JURAT, JURATD, VMM, VMM_CHECK, HELP };

static int read_option(struct bench *b, int option)
{
	unsigned long long n;
	char *end;

	switch ((enum choice)option) {
	case ONLY:
		if (b->n_only == BENCH_MAX_ONLY)
			return bench_error(BENCH_USAGE, "more than %d times --only", BENCH_MAX_ONLY);
		b->only[b->n_only++] = optarg;
		return BENCH_OK;
	case SECONDS:
		errno = 0;
		n = strtoull(optarg, &end, 10);
		if (optarg[0] < '0' || optarg[0] > '9' || *end || errno || n > 600)
			return bench_error(BENCH_USAGE,
					   "--seconds: expected a number from 0 to 600, found '%s'", optarg);
		b->seconds = n;
		return BENCH_OK;
	case ALONE:
		b->alone = true;
		return BENCH_OK;
	case STRICT:
		b->strict = true;
		return BENCH_OK;
	case OUTPUT:
		if (strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0)
			return bench_error(BENCH_USAGE, "--output: expected text or json, found '%s'",
					   optarg);
		b->json = !strcmp(optarg, "json");
		return BENCH_OK;
	case JURAT:
		b->jurat = optarg;
		return BENCH_OK;
	case JURATD:
		b->juratd = optarg;
		return BENCH_OK;
	case VMM:
		b->vmm = optarg;
		return BENCH_OK;
	case VMM_CHECK:
		b->vmm_check = optarg;
		return BENCH_OK;
	case HELP:
		fputs(usage, stdout);
		return -1;
	}
	return bench_error(BENCH_USAGE, "see jurat-bench --help");
}

int bench_options(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {
		{ "only", required_argument, NULL, ONLY },
		{ "seconds", required_argument, NULL, SECONDS },
		{ "alone", no_argument, NULL, ALONE },
		{ "strict", no_argument, NULL, STRICT },
		{ "output", required_argument, NULL, OUTPUT },
		{ "jurat", required_argument, NULL, JURAT },
		{ "juratd", required_argument, NULL, JURATD },
		{ "vmm", required_argument, NULL, VMM },
		{ "vmm-check", required_argument, NULL, VMM_CHECK },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	int option, status = BENCH_OK;

	while (status == BENCH_OK && (option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		status = read_option(b, option);
	if (status == BENCH_OK && optind < argc)
		status = bench_error(BENCH_USAGE, "unexpected argument '%s'", argv[optind]);
	if (status == BENCH_OK && b->alone && b->json)
		status = bench_error(BENCH_USAGE, "--alone compares nothing: it has no JSON");
	return status;
}

/* `name` beside the folder of this program, as the build folder has it. */
static const char *of_this_build(const char *self, const char *name, char room[static PATH_MAX])
{
	const char *slash = strrchr(self, '/');
	int n = snprintf(room, PATH_MAX, "%.*s/../%s", (int)(slash ? slash - self : 0), self, name);

	return slash && n < PATH_MAX ? room : "";
}

int main(int argc, char **argv)
{
	char self[PATH_MAX] = "", jurat[PATH_MAX], juratd[PATH_MAX], vmm[PATH_MAX], check[PATH_MAX];
	struct bench b = { .self = self, .seconds = 1 };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status;

	if (argc == 3 && !strcmp(argv[1], "run-program"))
		return bench_run_program(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "vmm-program"))
		return bench_vmm_program(argv[2], argv[3]);
	if (n < 0)
		return bench_error(BENCH_ENVIRONMENT, "cannot read /proc/self/exe: %s", strerror(errno));
	b.jurat = of_this_build(self, "src/cli/jurat", jurat);
	b.juratd = of_this_build(self, "src/daemon/juratd", juratd);
	b.vmm = of_this_build(self, "src/vmm/libjurat-vmm.so", vmm);
	b.vmm_check = of_this_build(self, "src/run/vmm/agent/libjurat-vmm-check.so", check);
	status = bench_options(&b, argc, argv);
	if (status < 0)
		return BENCH_OK;
	return status == BENCH_OK ? bench_all(&b) : status;
}
