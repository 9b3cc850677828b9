/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "bench/bench.h"
#include "bench/bench_load.h"
#include "sim/psp/psp.h"

/*
 * The figures of `juratd endorsements`, with a stock that is a directory, before the services of a software
 * platform. endorsements-1000: requests for VCEKs that juratd has in memory, on one core with
 * 1,000 connections, beside the HTTP library alone with an answer of the same bytes,
 * on the same core in turn. endorsements-vcek: one VCEK that the stock does not have, beside the same request
 * to the upstream service itself.
 */
struct figures {
	double ours_ns, bare_ns, ratio;     /* processor time of a request; ratio: bare / ours */
	double per_second, bare_per_second; /* by the clock on the wall */
	uint64_t n, failed, rss_bytes;
	double vcek_ns, vcek_bare_ns, vcek_beyond_ns, vcek_ratio; /* by the clock on the wall */
	uint64_t n_vceks;
};

enum {
	N = 1000,
	ROUNDS = 9,
	VCEKS = 8,      /* that are asked for in turn under load */
	NEW_VCEKS = 15, /* of endorsements-vcek */
	START_MS = 20000,
	MAX_ANSWER_BYTES = 16384,
};
static const uint64_t STALL_NS = 30000000000;

struct connection {
	int fd; /* < 0: closed */
	size_t got;
	bool asked, good; /* asked: not answered yet */
};

struct server {
	pid_t pid;
	uint16_t port;
	char log[80];
	struct connection connections[N]; /* of the two under load */
};

struct load {
	char dir[40], hwid[BYTES_HEX_SIZE(64)];
	struct server upstream, front, bare;
	int epoll_fd;
	cpu_set_t before;
	char requests[VCEKS][512];
	size_t answer_bytes; /* of a whole answer; VCEKs of one chip have the same size */
	uint64_t stop_at_ns, n, failed, n_asked, next;
};

/* ---- programs */

static void become(const struct server *s, const char *const *words, int cpu)
{
	int null = open("/dev/null", O_RDONLY), log = open(s->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	cpu_set_t set;

	CPU_ZERO(&set);
	if (cpu >= 0)
		CPU_SET(cpu, &set);
	if (null < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    (cpu >= 0 && sched_setaffinity(0, sizeof(set), &set) < 0))
		_exit(126);
	execv(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

/* Waits for its "event=ready" line, and finds the port. */
static int wait_for(struct server *s, struct jurat_error *err)
{
	char text[4096];

	for (unsigned ms = 0; ms < START_MS; ms += 10) {
		auto_close int fd = open(s->log, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		const char *at;

		text[n > 0 ? n : 0] = '\0';
		at = strstr(text, "address=tcp:127.0.0.1:");
		if (strstr(text, "event=ready") && at) {
			s->port = (uint16_t)strtoul(at + strlen("address=tcp:127.0.0.1:"), NULL, 10);
			return 0;
		}
		base_env_real()->ops->sleep_ns(base_env_real(), 10000000);
	}
	return jurat_fail(err, -EIO, "a server does not start: %.200s", text);
}

static int start(struct load *l, struct server *s, const char *name, const char *const *words, int cpu,
		 struct jurat_error *err)
{
	snprintf(s->log, sizeof(s->log), "%s/%s.log", l->dir, name);
	s->pid = fork();
	if (s->pid == 0)
		become(s, words, cpu);
	return s->pid < 0 ? jurat_fail(err, -errno, "cannot fork: %s", strerror(errno)) : wait_for(s, err);
}

static void stop(struct server *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	unlink(s->log);
}

/* ---- requests */

static int connect_to(uint16_t port, struct jurat_error *err)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return jurat_fail(err, -errno, "connect: %s", strerror(errno));
}

static void make_request(const struct load *l, unsigned microcode, bool last, char *to, size_t room)
{
	snprintf(to, room,
		 "GET /vcek/v1/Milan/%s?blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=%u HTTP/1.1\r\nHost: x\r\n%s\r\n",
		 l->hwid, microcode, last ? "Connection: close\r\n" : "");
}

/* One request on a connection of its own: the whole answer, which must be 200. */
static int get(uint16_t port, const char *request, char answer[MAX_ANSWER_BYTES], size_t *ret_n,
	       struct jurat_error *err)
{
	auto_close int fd = connect_to(port, err);
	size_t n = 0;
	ssize_t got = 1;

	if (fd < 0)
		return fd;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		return jurat_fail(err, -errno, "send: %s", strerror(errno));
	while (got > 0 && n < MAX_ANSWER_BYTES) {
		got = recv(fd, answer + n, MAX_ANSWER_BYTES - n, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	if (n < 12 || memcmp(answer, "HTTP/1.1 200", 12) != 0)
		return jurat_fail(err, -EIO, "a request failed: %.*s", (int)(n < 100 ? n : 100), answer);
	*ret_n = n;
	return 0;
}

static int get_body(uint16_t port, const char *request, char answer[MAX_ANSWER_BYTES], const char **ret,
		    size_t *ret_n, struct jurat_error *err)
{
	size_t n;
	const char *body;
	int r = get(port, request, answer, &n, err);

	if (r < 0)
		return r;
	body = memmem(answer, n, "\r\n\r\n", 4);
	if (!body)
		return jurat_fail(err, -EIO, "an answer has no end of its headers");
	*ret = body + 4;
	*ret_n = n - (size_t)(*ret - answer);
	return 0;
}

/* ---- load */

static int ask(struct load *l, struct connection *c, struct jurat_error *err)
{
	const char *request = l->requests[l->next++ % VCEKS];
	const size_t n = strlen(request);

	c->got = 0;
	c->good = false;
	c->asked = true;
	if (send(c->fd, request, n, MSG_NOSIGNAL) == (ssize_t)n)
		return 0;
	return jurat_fail(err, -errno, "send: %s", strerror(errno));
}

static int receive(struct load *l, struct connection *c, struct jurat_error *err)
{
	char bytes[MAX_ANSWER_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0 && c->got == 0)
		c->good = n > 12 && memcmp(bytes, "HTTP/1.1 200", 12) == 0;
	c->got += n > 0 ? (size_t)n : 0;
	if (n > 0 && c->got < l->answer_bytes)
		return 0;
	if (c->good && c->got == l->answer_bytes) {
		l->n++;
		if (bench_now_ns() < l->stop_at_ns)
			return ask(l, c, err);
	} else {
		l->failed++;
		close(c->fd);
		c->fd = -1;
	}
	l->n_asked -= c->asked; /* a server may close an idle connection, too */
	c->asked = false;
	return 0;
}

static void close_connections(struct server *s)
{
	for (unsigned i = 0; i < N; i++) {
		if (s->connections[i].fd >= 0)
			close(s->connections[i].fd);
		s->connections[i].fd = -1;
	}
}

/* Those that are not open. */
static int open_connections(struct load *l, struct server *s, struct jurat_error *err)
{
	for (unsigned i = 0; i < N; i++) {
		struct connection *c = &s->connections[i];
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };

		if (c->fd >= 0)
			continue;
		c->fd = connect_to(s->port, err);
		if (c->fd < 0)
			return c->fd;
		if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
			return jurat_fail(err, -errno, "epoll: %s", strerror(errno));
	}
	return 0;
}

/* All ask at once, and again as soon as they are answered. The client does not sleep, as in bench_qgs.c. */
static int run_round(struct load *l, struct server *s, uint64_t duration_ns, uint64_t *ret_ns,
		     struct jurat_error *err)
{
	struct epoll_event events[64];
	uint64_t begin, heard_ns;
	int r = 0;

	begin = heard_ns = bench_now_ns();
	l->stop_at_ns = begin + duration_ns;
	for (l->n_asked = 0; r == 0 && l->n_asked < N; l->n_asked++)
		r = ask(l, &s->connections[l->n_asked], err);
	while (r == 0 && l->n_asked > 0) {
		int n = epoll_wait(l->epoll_fd, events, ARRAY_SIZE(events), 0);

		if (n > 0)
			heard_ns = bench_now_ns();
		else if (n < 0 ? errno != EINTR : bench_now_ns() - heard_ns > STALL_NS)
			r = jurat_fail(err, -EIO, "a server answers no more");
		for (int i = 0; r == 0 && i < n; i++)
			r = receive(l, events[i].data.ptr, err);
	}
	*ret_ns = bench_now_ns() - begin;
	return r;
}

/* Processor time of a server for each request of a round. */
static int measure_server(struct load *l, struct server *s, uint64_t duration_ns, double *ret_ns,
			  double *ret_per_second, struct jurat_error *err)
{
	const uint64_t before = l->n;
	uint64_t used, ns = 0;
	clockid_t clock;
	int r = open_connections(l, s, err);

	if (r == 0 && clock_getcpuclockid(s->pid, &clock) != 0)
		r = jurat_fail(err, -EIO, "the processor time of a server is not to be had");
	if (r < 0)
		return r;
	used = bench_cpu_ns(clock);
	r = run_round(l, s, duration_ns, &ns, err);
	used = bench_cpu_ns(clock) - used;
	if (r < 0)
		return r;
	if (l->n == before)
		return jurat_fail(err, -EIO, "a server answered nothing");
	*ret_ns = (double)used / (double)(l->n - before);
	*ret_per_second = (double)(l->n - before) * 1e9 / (double)ns;
	return 0;
}

static int measure(struct load *l, uint64_t seconds, struct figures *b, struct jurat_error *err)
{
	const uint64_t duration_ns = seconds * 1000000000 / ROUNDS / 2;
	double ours[ROUNDS], bare[ROUNDS], ratio[ROUNDS], per_second[ROUNDS], bare_per_second[ROUNDS];
	int r = 0;

	for (unsigned i = 0; r == 0 && i < ROUNDS; i++) {
		r = measure_server(l, &l->front, duration_ns, &ours[i], &per_second[i], err);
		b->n = l->n;
		if (r == 0)
			r = measure_server(l, &l->bare, duration_ns, &bare[i], &bare_per_second[i], err);
		l->n = b->n;
		if (r == 0)
			ratio[i] = bare[i] / ours[i];
	}
	if (r < 0)
		return r;
	b->failed = l->failed;
	b->ours_ns = bench_median(ours, ROUNDS);
	b->bare_ns = bench_median(bare, ROUNDS);
	b->ratio = bench_median(ratio, ROUNDS);
	b->per_second = bench_median(per_second, ROUNDS);
	b->bare_per_second = bench_median(bare_per_second, ROUNDS);
	b->rss_bytes = bench_most_memory(l->front.pid);
	return 0;
}

/* VCEKs of TCBs that nobody has asked for: through the front, and from the service itself. */
static int measure_vceks(struct load *l, struct figures *b, struct jurat_error *err)
{
	double ours[NEW_VCEKS], bare[NEW_VCEKS], beyond[NEW_VCEKS], ratio[NEW_VCEKS];
	char request[512], answer[MAX_ANSWER_BYTES];
	size_t n;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < NEW_VCEKS; i++) {
		uint64_t begin = bench_now_ns();

		make_request(l, 100 + i, true, request, sizeof(request));
		r = get(l->front.port, request, answer, &n, err);
		ours[i] = (double)(bench_now_ns() - begin);
		begin = bench_now_ns();
		make_request(l, 200 + i, true, request, sizeof(request));
		if (r == 0)
			r = get(l->upstream.port, request, answer, &n, err);
		bare[i] = (double)(bench_now_ns() - begin);
		beyond[i] = ours[i] - bare[i];
		ratio[i] = ours[i] / bare[i];
	}
	if (r < 0)
		return r;
	b->n_vceks = NEW_VCEKS;
	b->vcek_ns = bench_median(ours, NEW_VCEKS);
	b->vcek_bare_ns = bench_median(bare, NEW_VCEKS);
	b->vcek_beyond_ns = bench_median(beyond, NEW_VCEKS);
	b->vcek_ratio = bench_median(ratio, NEW_VCEKS);
	return 0;
}

/* ---- the servers */

static int find_hwid(struct load *l, struct jurat_error *err)
{
	const struct sim_psp_options options = { .product = SNP_MILAN };
	struct sim_psp *psp = NULL;
	uint8_t hwid[64];
	int r = sim_psp_new(&options, &psp, err);

	if (r < 0)
		return r;
	sim_psp_hwid(psp, hwid);
	bytes_to_hex(hwid, sizeof(hwid), l->hwid);
	sim_psp_free(psp);
	return 0;
}

/* The test root, which the front trusts. */
static int write_root(struct load *l, const char *path, struct jurat_error *err)
{
	static const char request[] =
		"GET /vcek/v1/Milan/cert_chain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	static const char mark[] = "-----BEGIN";
	char answer[MAX_ANSWER_BYTES];
	const char *body = NULL, *ark;
	size_t n = 0;
	int r = get_body(l->upstream.port, request, answer, &body, &n, err);

	if (r < 0)
		return r;
	ark = n > 1 ? memmem(body + 1, n - 1, mark, sizeof(mark) - 1) : NULL;
	if (!ark)
		return jurat_fail(err, -EIO, "a chain has no second certificate");
	return bench_write(path, ark, n - (size_t)(ark - body), err);
}

static int start_servers(struct load *l, const char *juratd, const char *bare, int cpu,
			 struct jurat_error *err)
{
	char url[64], store[64], root[64], vcek[64], answer[MAX_ANSWER_BYTES], request[512];
	const char *const upstream[] = { juratd,
					 "endorsements",
					 "--listen",
					 "tcp:127.0.0.1:0",
					 "--software-platform",
					 SIM_PKI_DEFAULT_SEED,
					 NULL };
	const char *const front[] = { juratd,    "endorsements", "--listen",       "tcp:127.0.0.1:0",
				      "--store", store,          "--upstream",     url,
				      "--roots", root,           "--kds-interval", "0",
				      NULL };
	const char *const bare_words[] = { bare, vcek, "application/pkix-cert", NULL };
	const char *body = answer;
	size_t n = 0;
	int r = start(l, &l->upstream, "upstream", upstream, -1, err);

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", l->upstream.port);
	snprintf(store, sizeof(store), "dir:%s/stock", l->dir);
	snprintf(root, sizeof(root), "%s/root.pem", l->dir);
	snprintf(vcek, sizeof(vcek), "%s/vcek.der", l->dir);
	if (r == 0)
		r = write_root(l, root, err);
	if (r == 0)
		r = start(l, &l->front, "front", front, cpu, err);
	for (unsigned i = 0; r == 0 && i < VCEKS; i++) {
		make_request(l, i, false, l->requests[i], sizeof(l->requests[i]));
		make_request(l, i, true, request, sizeof(request));
		r = get(l->front.port, request, answer, &n, err); /* from the service; then from memory */
		if (r == 0)
			r = get_body(l->front.port, request, answer, &body, &n, err);
		/* the answer on a connection that is kept has no "Connection: close" */
		l->answer_bytes = (size_t)(body - answer) + n - strlen("Connection: close\r\n");
	}
	if (r == 0)
		r = bench_write(vcek, body, n, err);
	return r == 0 ? start(l, &l->bare, "bare", bare_words, cpu, err) : r;
}

/* Files of the stock, and the others. */
static void remove_files(const struct load *l)
{
	char command[80];

	if (!l->dir[0])
		return;
	snprintf(command, sizeof(command), "rm -rf %s", l->dir); /* a name that mkdtemp(3) has made */
	(void)!system(command);
}

static int run(struct load *l, const char *juratd, const char *bare, uint64_t seconds, struct figures *b,
	       struct jurat_error *err)
{
	int cpu = 0, r;

	if (access(juratd, X_OK) != 0 || access(bare, X_OK) != 0)
		return jurat_fail(err, JURAT_NOT_FOUND, "no program at '%s' or '%s'", juratd, bare);
	r = bench_split_processors(&l->before, &cpu, err);
	if (r != 0)
		return r;
	memcpy(l->dir, "/tmp/jurat-bench-XXXXXX", sizeof("/tmp/jurat-bench-XXXXXX"));
	if (!mkdtemp(l->dir)) {
		l->dir[0] = '\0';
		return jurat_fail(err, -errno, "cannot make a directory in /tmp: %s", strerror(errno));
	}
	r = find_hwid(l, err);
	if (r == 0)
		r = start_servers(l, juratd, bare, cpu, err);
	if (r == 0)
		r = measure(l, seconds, b, err);
	return r == 0 ? measure_vceks(l, b, err) : r;
}

static int measure_all(const char *juratd, const char *bare, uint64_t seconds, struct figures *ret,
		       struct jurat_error *err)
{
	struct figures b = { 0 };
	struct rlimit limit;
	struct load *l;
	int r = bench_want_descriptors(2 * N + 100, &limit, err);

	if (r != 0)
		return r;
	l = calloc(1, sizeof(*l));
	if (!l)
		return jurat_fail_memory(err);
	for (unsigned i = 0; i < N; i++)
		l->front.connections[i].fd = l->bare.connections[i].fd = -1;
	sched_getaffinity(0, sizeof(l->before), &l->before);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = l->epoll_fd < 0 ? jurat_fail_memory(err) : run(l, juratd, bare, seconds ? seconds : 1, &b, err);
	close_connections(&l->front);
	close_connections(&l->bare);
	stop(&l->front);
	stop(&l->bare);
	stop(&l->upstream);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	sched_setaffinity(0, sizeof(l->before), &l->before);
	setrlimit(RLIMIT_NOFILE, &limit);
	remove_files(l);
	free(l);
	if (r == 0)
		*ret = b;
	return r;
}

/* ---- the part */

static void print_endorsements(struct bench *b, const struct figures *f)
{
	char beside[160];

	snprintf(beside, sizeof(beside),
		 "HTTP library alone; %.0f and %.0f requests/s, %llu failed, %.1f MiB", f->per_second,
		 f->bare_per_second, (unsigned long long)f->failed, (double)f->rss_bytes / 1048576);
	if (bench_wanted(b, "endorsements-1000"))
		bench_print(b, &(struct bench_figure){ .name = "endorsements-1000",
						       .ours_ns = f->ours_ns,
						       .bare_ns = f->bare_ns,
						       .ratio = f->ratio,
						       .beside = beside,
						       .n = f->n,
						       .bytes = f->rss_bytes,
						       .lost = f->failed });
	if (bench_wanted(b, "endorsements-vcek"))
		bench_print(b, &(struct bench_figure){ .name = "endorsements-vcek",
						       .ours_ns = f->vcek_ns,
						       .bare_ns = f->vcek_bare_ns,
						       .ratio = f->vcek_ratio,
						       .beyond_ns = f->vcek_beyond_ns,
						       .beside = "the upstream service alone",
						       .n = f->n_vceks });
}

/* The endorsement service: both figures are of one run. */
int bench_endorsements(struct bench *b)
{
	static const char *const names[] = { "endorsements-1000", "endorsements-vcek" };
	struct figures figure = { 0 };
	struct jurat_error err = { "" };
	char bare[PATH_MAX];
	const char *slash = strrchr(b->self, '/');
	int r;

	if (!bench_wanted(b, names[0]) && !bench_wanted(b, names[1]))
		return BENCH_OK;
	snprintf(bare, sizeof(bare), "%.*s/bare-http", (int)(slash ? slash - b->self : 0), b->self);
	r = measure_all(b->juratd, bare, b->seconds, &figure, &err);
	for (size_t i = 0; r != 0 && i < ARRAY_SIZE(names); i++)
		if (bench_wanted(b, names[i]) && r < 0)
			bench_fail(b, names[i], err.text);
		else if (bench_wanted(b, names[i]))
			bench_skip(b, names[i], err.text);
	if (r == 0)
		print_endorsements(b, &figure);
	return BENCH_OK;
}
