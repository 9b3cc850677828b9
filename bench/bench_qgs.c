/* SPDX-License-Identifier: MIT */
#include "bench/bench_qgs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "bench/bench.h"
#include "bench/bench_load.h"
#include "crypto/p256_signer.h"
#include "sim/tdx/tdx_module.h"
#include "wire/qgs.h"

enum {
	N = BENCH_QGS_CONNECTIONS,
	MAX_REPLY_BYTES = 16384,
	MAX_SAMPLES = 1 << 20,
	ROUNDS = 9,
	BARE_NS = 50000000, /* between two rounds */
	START_MS = 10000,
};
static const uint64_t STALL_NS = 30000000000;

struct connection {
	int fd; /* < 0: closed */
	size_t got;
	uint64_t began_ns;
	bool good; /* begins like a successful answer */
};

struct load {
	char dir[40], socket[64], notify[64];
	int notify_fd, epoll_fd;
	pid_t pid;
	cpu_set_t before;
	uint8_t request[QGS_FRAME_BYTES + QGS_MAX_REQUEST_BYTES];
	size_t request_size, reply_size;
	struct connection connections[N];
	uint64_t stop_at_ns, n, failed, n_asked; /* asked: not answered yet */
	uint32_t *samples_us;
};

static uint64_t now_ns(void)
{
	return base_now_ns(base_env_real());
}

static struct sockaddr_un unix_address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	memcpy(a.sun_path, path, strlen(path));
	return a;
}

/* ---- the bare operation, on the daemon's core */

static int bare_sign_ns(int cpu, double *ret, struct jurat_error *err)
{
	struct crypto_p256_signer *signer;
	uint8_t digest[CRYPTO_P256_BYTES] = { 0 }, signature[2 * CRYPTO_P256_BYTES];
	uint64_t start, n = 0, taken;
	cpu_set_t set, before;
	int r = crypto_p256_signer_derive("bench", 5, &signer, err);

	if (r < 0)
		return r;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_getaffinity(0, sizeof(before), &before);
	sched_setaffinity(0, sizeof(set), &set);
	start = bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	do {
		bytes_put_le(digest, ++n, 8);
		crypto_p256_signer_sign(signer, digest, signature);
		taken = bench_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	} while (taken < BARE_NS);
	sched_setaffinity(0, sizeof(before), &before);
	crypto_p256_signer_free(signer);
	*ret = (double)taken / (double)n;
	return 0;
}

/* ---- the daemon */

/* A TDREPORT of the platform that the daemon's enclave is on, in a request. */
static int make_request(struct load *l, struct jurat_error *err)
{
	const struct sim_td_params params = { 0 };
	const uint8_t data[TDX_REPORT_DATA_BYTES] = { 0x42 };
	struct qgs_message m = qgs_message(QGS_QUOTE_REQ);
	struct sim_tdx_platform *platform = NULL;
	uint8_t report[TDX_REPORT_BYTES];
	struct sim_td *td = NULL;
	int r = sim_tdx_platform_new(NULL, &platform, err);

	if (r == 0)
		r = sim_td_new(platform, &params, 1, &td, err);
	if (r == 0 && sim_td_mr_report(td, data, report) != UAPI_TDCALL_SUCCESS)
		r = jurat_fail(err, -EIO, "no TDREPORT");
	m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	if (r == 0)
		r = qgs_write(&m, true, l->request, sizeof(l->request), &l->request_size, err);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
	return r;
}

static void become_juratd(const struct load *l, const char *juratd, int cpu)
{
	char listen[80];
	cpu_set_t set;
	int null = open("/dev/null", O_RDWR);

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	snprintf(listen, sizeof(listen), "unix:%s", l->socket);
	if (null < 0 || dup2(null, STDERR_FILENO) < 0 || sched_setaffinity(0, sizeof(set), &set) < 0 ||
	    setenv("NOTIFY_SOCKET", l->notify, 1) < 0)
		_exit(126);
	execl(juratd, juratd, "qgs", "--listen", listen, "--software-enclave", "--workers", "1",
	      "--requests-per-connection", "0", (char *)NULL);
	_exit(127);
}

static int start_juratd(struct load *l, const char *juratd, int cpu, struct jurat_error *err)
{
	struct sockaddr_un a;
	char text[64] = "";
	int r;

	memcpy(l->dir, "/tmp/jurat-bench-XXXXXX", sizeof("/tmp/jurat-bench-XXXXXX"));
	if (!mkdtemp(l->dir))
		return jurat_fail(err, -errno, "cannot make a directory in /tmp: %s", strerror(errno));
	snprintf(l->socket, sizeof(l->socket), "%s/qgs", l->dir);
	snprintf(l->notify, sizeof(l->notify), "%s/notify", l->dir);
	a = unix_address(l->notify);
	l->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->notify_fd < 0 || bind(l->notify_fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return jurat_fail(err, -errno, "cannot make a socket: %s", strerror(errno));
	l->pid = fork();
	if (l->pid == 0)
		become_juratd(l, juratd, cpu);
	if (l->pid < 0)
		return jurat_fail(err, -errno, "cannot fork: %s", strerror(errno));
	r = setsockopt(l->notify_fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = START_MS / 1000 },
		       sizeof(struct timeval));
	if (r < 0 || recv(l->notify_fd, text, sizeof(text) - 1, 0) < 0 || strncmp(text, "READY=1\n", 8) != 0)
		return jurat_fail(err, -EIO, "juratd does not start");
	return 0;
}

/* Kills what is left of it; *ret_rss_bytes what it had at most. */
static int stop_juratd(struct load *l, uint64_t *ret_rss_bytes, struct jurat_error *err)
{
	int status = -1;

	if (l->pid <= 0)
		return 0;
	*ret_rss_bytes = bench_most_memory(l->pid);
	kill(l->pid, SIGTERM);
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
		       ? 0
		       : jurat_fail(err, -EIO, "juratd ended with status %#x", (unsigned)status);
}

/* ---- the client */

static int open_connection(struct load *l, struct connection *c, struct jurat_error *err)
{
	const struct sockaddr_un a = unix_address(l->socket);
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return jurat_fail(err, -errno, "socket: %s", strerror(errno));
	if (connect(c->fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return jurat_fail(err, -errno, "refused: %s", strerror(errno));
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
		return jurat_fail(err, -errno, "epoll: %s", strerror(errno));
	return 0;
}

static void close_connection(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static int ask(struct load *l, struct connection *c, struct jurat_error *err)
{
	*c = (struct connection){ .fd = c->fd, .began_ns = now_ns() };
	if (send(c->fd, l->request, l->request_size, MSG_NOSIGNAL) == (ssize_t)l->request_size)
		return 0;
	return jurat_fail(err, -errno, "send: %s", strerror(errno));
}

/* An answer is there, or will never be. */
static int end_request(struct load *l, struct connection *c, struct jurat_error *err)
{
	const uint64_t now = now_ns();
	const bool good = c->good && c->got == l->reply_size;

	if (good && l->n < MAX_SAMPLES)
		l->samples_us[l->n] = (uint32_t)((now - c->began_ns) / 1000);
	l->n += good;
	l->failed += !good;
	if (!good)
		close_connection(c);
	if (good && now < l->stop_at_ns)
		return ask(l, c, err);
	l->n_asked--;
	return 0;
}

static int receive(struct load *l, struct connection *c, struct jurat_error *err)
{
	uint8_t bytes[MAX_REPLY_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (c->got == 0 && n >= QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES) {
		struct bytes_rd r = bytes_rd(bytes, QGS_FRAME_BYTES);
		size_t size = QGS_FRAME_BYTES + bytes_rd_be32(&r);

		l->reply_size = l->reply_size ? l->reply_size : size;
		c->good = size == l->reply_size && bytes_get_le(bytes + 16, 4) == QGS_SUCCESS;
	}
	c->got += n > 0 ? (size_t)n : 0;
	return n <= 0 || c->got >= l->reply_size ? end_request(l, c, err) : 0;
}

/*
 * All connections first, then all requests at once; then as fast as answers come, until all are there. The
 * client does not sleep: sending to a process that has to be woken costs the daemon's core twice as much,
 * and where there are 1,000 clients they have cores of their own.
 */
static int run_round(struct load *l, uint64_t duration_ns, uint64_t *ret_ns, struct jurat_error *err)
{
	uint64_t start, heard_ns;
	struct epoll_event events[64];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < N; i++)
		if (l->connections[i].fd < 0)
			r = open_connection(l, &l->connections[i], err);
	start = heard_ns = now_ns();
	l->stop_at_ns = start + duration_ns;
	for (l->n_asked = 0; r == 0 && l->n_asked < N; l->n_asked++)
		r = ask(l, &l->connections[l->n_asked], err);
	while (r == 0 && l->n_asked > 0) {
		int n = epoll_wait(l->epoll_fd, events, ARRAY_SIZE(events), 0);

		if (n > 0)
			heard_ns = now_ns();
		else if (n < 0 ? errno != EINTR : now_ns() - heard_ns > STALL_NS)
			return jurat_fail(err, -EIO, "juratd answers no more");
		for (int i = 0; r == 0 && i < n; i++)
			r = receive(l, events[i].data.ptr, err);
	}
	*ret_ns = now_ns() - start;
	return r;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The daemon and the bare signature in turn. */
static int measure(struct load *l, uint64_t seconds, int cpu, struct bench_qgs *b, struct jurat_error *err)
{
	double bare[ROUNDS + 1], between[ROUNDS], ours[ROUNDS], ratio[ROUNDS];
	uint64_t total_ns = 0, ns = 0, n, used;
	clockid_t clock;
	int r = bare_sign_ns(cpu, &bare[0], err);

	if (r == 0 && clock_getcpuclockid(l->pid, &clock) != 0)
		r = jurat_fail(err, -EIO, "the processor time of juratd is not to be had");
	for (unsigned i = 0; r == 0 && i < ROUNDS; i++, total_ns += ns) {
		n = l->n;
		used = bench_cpu_ns(clock);
		r = run_round(l, seconds * 1000000000 / ROUNDS, &ns, err);
		used = bench_cpu_ns(clock) - used;
		if (r == 0 && l->n == n)
			r = jurat_fail(err, -EIO, "juratd answered nothing");
		if (r == 0)
			r = bare_sign_ns(cpu, &bare[i + 1], err);
		if (r < 0)
			break;
		ours[i] = (double)used / (double)(l->n - n);
		between[i] = (bare[i] + bare[i + 1]) / 2;
		ratio[i] = between[i] / ours[i];
	}
	if (r < 0)
		return r;
	n = l->n < MAX_SAMPLES ? l->n : MAX_SAMPLES;
	qsort(l->samples_us, n, sizeof(*l->samples_us), by_value);
	b->n = l->n;
	b->failed = l->failed;
	b->p99_ms = l->samples_us[n - 1 - n / 100] / 1e3;
	b->per_second = (double)l->n * 1e9 / (double)total_ns;
	b->ours_ns = bench_median(ours, ROUNDS);
	b->bare_ns = bench_median(between, ROUNDS);
	b->ratio = bench_median(ratio, ROUNDS);
	return 0;
}

static void clean_up(struct load *l, const struct rlimit *limit)
{
	for (unsigned i = 0; i < N; i++)
		close_connection(&l->connections[i]);
	if (l->notify_fd >= 0)
		close(l->notify_fd);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	unlink(l->notify);
	unlink(l->socket);
	rmdir(l->dir);
	setrlimit(RLIMIT_NOFILE, limit);
	sched_setaffinity(0, sizeof(l->before), &l->before);
	free(l->samples_us);
	free(l);
}

static int run(struct load *l, const char *juratd, uint64_t seconds, struct bench_qgs *b,
	       struct jurat_error *err)
{
	int cpu = 0, r, stopped;

	if (access(juratd, X_OK) != 0)
		return jurat_fail(err, JURAT_NOT_FOUND, "no juratd at '%s'", juratd);
	r = bench_split_processors(&l->before, &cpu, err);
	if (r == 0)
		r = make_request(l, err);
	if (r == 0)
		r = start_juratd(l, juratd, cpu, err);
	if (r == 0)
		r = measure(l, seconds, cpu, b, err);
	stopped = stop_juratd(l, &b->rss_bytes, r == 0 ? err : NULL);
	return r == 0 ? stopped : r;
}

int bench_qgs(const char *juratd, uint64_t seconds, struct bench_qgs *ret, struct jurat_error *err)
{
	struct bench_qgs b = { 0 };
	struct rlimit limit;
	struct load *l;
	int r = bench_want_descriptors(N + 100, &limit, err);

	if (r != 0)
		return r;
	l = calloc(1, sizeof(*l));
	if (!l)
		return jurat_fail_memory(err);
	l->notify_fd = -1;
	for (unsigned i = 0; i < N; i++)
		l->connections[i].fd = -1;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->samples_us = malloc(MAX_SAMPLES * sizeof(*l->samples_us));
	sched_getaffinity(0, sizeof(l->before), &l->before);
	if (l->epoll_fd < 0 || !l->samples_us)
		r = jurat_fail_memory(err);
	else
		r = run(l, juratd, seconds ? seconds : 1, &b, err);
	clean_up(l, &limit);
	if (r == 0)
		*ret = b;
	return r;
}
