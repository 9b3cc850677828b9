/* SPDX-License-Identifier: MIT */
#include "cli/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "machine/machine.h"
#include "run/run.h"
#include "uapi/sev.h"

/*
 * `run-ioctl`: SNP_GET_REPORT of a program under `jurat run`, beside the same request on a machine in its
 * own process. Their difference is what the way to the device costs: the kernel's FUSE, the supervisor's
 * loop, and memory that is reached from outside.
 */
enum { PAIRS = 41, MAX_BATCH = 100000 };

struct shared { /* between the two processes */
	double ours[PAIRS], bare[PAIRS], difference[PAIRS];
	size_t n;
	bool failed;
	uint64_t seconds;
};

struct program {
	struct shared *shared;
	int fd;
	struct machine_guest *guest;
	uint8_t input[SNP_IOCTL_BYTES], request[SNP_MSG_REPORT_REQ_BYTES], response[SNP_REPORT_RESP_BYTES];
};

static void prepare(struct program *p)
{
	struct snp_guest_request_ioctl input = { .msg_version = 1,
						 .req_data = (uintptr_t)p->request,
						 .resp_data = (uintptr_t)p->response };

	wire_write(&snp_guest_request_ioctl_layout, &input, p->input);
}

static double by_device(struct program *p, unsigned n)
{
	uint64_t start = bench_now_ns();

	for (unsigned i = 0; i < n; i++) {
		prepare(p);
		p->shared->failed |= ioctl(p->fd, UAPI_SNP_GET_REPORT, p->input) != 0;
	}
	return (double)(bench_now_ns() - start) / n;
}

static double by_call(struct program *p, unsigned n)
{
	uint64_t start = bench_now_ns();

	for (unsigned i = 0; i < n; i++) {
		prepare(p);
		p->shared->failed |= machine_ioctl(p->guest, 0, UAPI_SNP_GET_REPORT, p->input) != 0;
	}
	return (double)(bench_now_ns() - start) / n;
}

/* The program: what it finds goes to the shared page. */
static int program(void *ctx)
{
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_options options = { .sync = SIM_SYNC_UPSTREAM };
	struct program p = { .shared = ctx };
	struct machine *machine;
	double one;
	unsigned n;

	p.fd = open("/dev/sev-guest", O_RDWR | O_CLOEXEC);
	if (p.fd < 0 || machine_new(&options, &machine, NULL) < 0 ||
	    machine_guest_new(machine, &launch, 1, &p.guest, NULL) < 0)
		return 1;
	by_device(&p, 3);
	by_call(&p, 3);
	one = by_device(&p, 10) + by_call(&p, 10);
	n = (unsigned)((double)p.shared->seconds * 1e9 / PAIRS / one);
	n = n < 1 ? 1 : n > MAX_BATCH ? MAX_BATCH : n;
	for (unsigned i = 0; i < PAIRS; i++) {
		p.shared->ours[i] = by_device(&p, n);
		p.shared->bare[i] = by_call(&p, n);
		p.shared->difference[i] = p.shared->ours[i] - p.shared->bare[i];
	}
	p.shared->n = (size_t)n * PAIRS;
	machine_free(machine);
	close(p.fd);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double values[PAIRS])
{
	qsort(values, PAIRS, sizeof(values[0]), by_value);
	return values[PAIRS / 2];
}

int bench_run(struct bench *b)
{
	struct run_options options = { .tees = RUN_SEV_SNP, .reported = RUN_SEV_SNP, .program = program };
	struct run_ended ended = { 0 };
	struct jurat_error err = { "" };
	struct shared *shared;
	double ours, bare, beyond;
	char beside[128];
	int r;

	if (!bench_wanted(b, "run-ioctl"))
		return CLI_OK;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return cli_fail(b->cli, CLI_INTERNAL, "out of memory");
	shared->seconds = b->seconds;
	options.program_ctx = shared;
	r = run_program(&options, &ended, &err);
	if (r == -ENOMEM) {
		bench_fail(b, "run-ioctl", err.text);
	} else if (r < 0) { /* no FUSE, no namespaces: in words */
		bench_skip(b, "run-ioctl", err.text);
	} else if (ended.status != 0 || shared->failed || shared->n == 0) {
		bench_fail(b, "run-ioctl", "the program's requests failed");
	} else {
		ours = median(shared->ours);
		bare = median(shared->bare);
		beyond = median(shared->difference);
		snprintf(beside, sizeof(beside),
			 "the request itself in the program's process; the way there costs %.1f us",
			 beyond / 1e3);
		bench_print(b, &(struct bench_figure){ .name = "run-ioctl",
						       .ours_ns = ours,
						       .bare_ns = bare,
						       .ratio = ours / bare,
						       .beside = beside,
						       .n = shared->n,
						       .beyond_ns = beyond });
	}
	munmap(shared, sizeof(*shared));
	return CLI_OK;
}
