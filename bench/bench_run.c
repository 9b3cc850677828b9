/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "machine/machine.h"
#include "uapi/sev.h"

/*
 * `run-ioctl`: SNP_GET_REPORT of a program under `jurat run`, beside the same request on a machine in its
 * own process. Their difference is what the way to the device costs: the kernel's FUSE, the supervisor's
 * loop, memory that is reached from outside; and that each wakes the other, mostly on an idle processor,
 * which in some virtual machines costs more than all the rest. So the request is also made by a process on
 * another processor that an eventfd wakes, and that answers with one.
 */
enum { PAIRS = 41, MAX_BATCH = 100000 };

struct shared {                                                       /* between the two processes */
	double ours[PAIRS], bare[PAIRS], way[PAIRS], peer_way[PAIRS]; /* ways: beyond the bare request */
	size_t n;
	bool failed, has_peer;
	uint64_t seconds;
};

struct program {
	struct shared *shared;
	int fd, asked, answered;
	pid_t peer;             /* 0: there is one processor only */
	cpu_set_t all, its_own; /* processors that this process may use; of them one for the peer */
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

/* Makes a request whenever it is asked, until it is killed. */
static void serve_events(struct program *p)
{
	eventfd_t n;

	while (eventfd_read(p->asked, &n) == 0) {
		by_call(p, 1);
		eventfd_write(p->answered, 1);
	}
}

static int start_peer(struct program *p)
{
	unsigned cpu = 0;

	if (sched_getaffinity(0, sizeof(p->all), &p->all) < 0 || CPU_COUNT(&p->all) < 2)
		return 0;
	while (!CPU_ISSET(cpu, &p->all))
		cpu++;
	CPU_ZERO(&p->its_own);
	CPU_SET(cpu, &p->its_own);
	p->asked = eventfd(0, EFD_CLOEXEC);
	p->answered = eventfd(0, EFD_CLOEXEC);
	p->peer = p->asked < 0 || p->answered < 0 ? -1 : fork();
	if (p->peer == 0) {
		p->shared->failed |= sched_setaffinity(0, sizeof(p->its_own), &p->its_own) != 0;
		serve_events(p);
		_exit(0);
	}
	return p->peer < 0 ? -1 : 0;
}

static double by_peer(struct program *p, unsigned n)
{
	uint64_t start;
	eventfd_t done;
	cpu_set_t others;

	CPU_XOR(&others, &p->all, &p->its_own);
	p->shared->failed |= sched_setaffinity(0, sizeof(others), &others) != 0;
	start = bench_now_ns();
	for (unsigned i = 0; i < n; i++)
		p->shared->failed |= eventfd_write(p->asked, 1) != 0 || eventfd_read(p->answered, &done) != 0;
	start = bench_now_ns() - start;
	p->shared->failed |= sched_setaffinity(0, sizeof(p->all), &p->all) != 0;
	return (double)start / n;
}

static struct shared *map_shared(const char *path)
{
	auto_close int fd = open(path, O_RDWR | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED
			 : mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

int bench_run_program(const char *shared_file)
{
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_options options = { .sync = SIM_SYNC_UPSTREAM };
	struct program p = { .shared = map_shared(shared_file) };
	struct machine *machine;
	double one;
	unsigned n;

	if (!p.shared)
		return 1;
	p.fd = open("/dev/sev-guest", O_RDWR | O_CLOEXEC);
	if (p.fd < 0 || machine_new(&options, &machine, NULL) < 0 ||
	    machine_guest_new(machine, &launch, 1, &p.guest, NULL) < 0 || start_peer(&p) < 0)
		return 1;
	by_device(&p, 3);
	by_call(&p, 3);
	one = by_device(&p, 10) + by_call(&p, 10);
	n = (unsigned)((double)p.shared->seconds * 1e9 / PAIRS / one);
	n = n < 1 ? 1 : n > MAX_BATCH ? MAX_BATCH : n;
	for (unsigned i = 0; i < PAIRS; i++) {
		p.shared->ours[i] = by_device(&p, n);
		p.shared->bare[i] = by_call(&p, n);
		p.shared->way[i] = p.shared->ours[i] - p.shared->bare[i];
	}
	/* After them, for it keeps another processor awake, which would make the device look fast. */
	for (unsigned i = 0; i < PAIRS && p.peer; i++)
		p.shared->peer_way[i] = by_peer(&p, n) - p.shared->bare[i];
	p.shared->n = (size_t)n * PAIRS;
	p.shared->has_peer = p.peer > 0;
	if (p.peer) {
		kill(p.peer, SIGKILL);
		waitpid(p.peer, NULL, 0);
	}
	machine_free(machine);
	close(p.fd);
	return 0;
}

/* Runs this program under `jurat run`; what jurat says goes to `log`. Its wait status, or -errno. */
static int run_jurat(const struct bench *b, const char *shared, const char *log)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(126);
		execl(b->jurat, b->jurat, "run", "--tee", "sev-snp", "--", b->self, "run-program", shared,
		      (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

static void print_figure(struct bench *b, struct shared *shared)
{
	double ours = bench_median(shared->ours, PAIRS), bare = bench_median(shared->bare, PAIRS),
	       beyond = bench_median(shared->way, PAIRS);
	char beside[160];
	int n = snprintf(beside, sizeof(beside),
			 "the request itself in the program's process; the way there costs %.1f us",
			 beyond / 1e3);

	if (shared->has_peer)
		snprintf(beside + n, sizeof(beside) - (size_t)n,
			 ", to a process on another processor %.1f us",
			 bench_median(shared->peer_way, PAIRS) / 1e3);
	bench_print(b, &(struct bench_figure){ .name = "run-ioctl",
					       .ours_ns = ours,
					       .bare_ns = bare,
					       .ratio = ours / bare,
					       .beside = beside,
					       .n = shared->n,
					       .beyond_ns = beyond });
}

/* The first line that jurat wrote, without its end. */
static void read_first_line(const char *log, char *ret, size_t room)
{
	FILE *f = fopen(log, "re");

	if (!f || !fgets(ret, (int)room, f))
		snprintf(ret, room, "jurat run said nothing");
	ret[strcspn(ret, "\n")] = '\0';
	if (f)
		fclose(f);
}

int bench_run(struct bench *b)
{
	enum { ENVIRONMENT = 3 }; /* exit status of jurat: this machine lacks something */
	const struct shared zeros = { .seconds = b->seconds };
	char shared_file[96], log[96], why[256];
	struct jurat_error err = { "" };
	struct shared *shared;
	int status;

	if (!bench_wanted(b, "run-ioctl"))
		return BENCH_OK;
	snprintf(shared_file, sizeof(shared_file), "%s/shared", b->dir);
	snprintf(log, sizeof(log), "%s/log", b->dir);
	if (bench_write(shared_file, &zeros, sizeof(zeros), &err) < 0)
		return bench_error(BENCH_ENVIRONMENT, "%s", err.text);
	shared = map_shared(shared_file);
	status = shared ? run_jurat(b, shared_file, log) : -ENOMEM;
	read_first_line(log, why, sizeof(why));
	if (status < 0)
		bench_fail(b, "run-ioctl", strerror(-status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		bench_skip(b, "run-ioctl", "no jurat to run");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == ENVIRONMENT)
		bench_skip(b, "run-ioctl", why);
	else if (status != 0 || shared->failed || shared->n == 0)
		bench_fail(b, "run-ioctl", why);
	else
		print_figure(b, shared);
	if (shared)
		munmap(shared, sizeof(*shared));
	unlink(shared_file);
	unlink(log);
	return BENCH_OK;
}
