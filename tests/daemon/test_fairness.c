/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/tdx/tdx_module.h"

/* A lone client beside a crowd, each a process of its own, as two VMMs of one host are. */
enum { CROWD = 1500, LONE = 30, ANSWER_ROOM = 1 << 16 };

static struct world w;
static uint8_t request[MESSAGE_ROOM];
static size_t request_size;

static int set_up(void **state)
{
	world_init(&w);
	request_size = message_quote_req(request);
	return 0;
}

static int tear_down(void **state)
{
	world_done(&w);
	return 0;
}

/* ---- the crowd, in a process where nothing may fail a test */

struct crowd {
	pid_t pid;
	int ready; /* one byte comes when all are connected and have asked */
};

static _Noreturn void crowd_fails(const char *what)
{
	dprintf(STDOUT_FILENO, "# a client of the crowd: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static int join_crowd(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, w.socket, strlen(w.socket));
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		crowd_fails("connect");
	return fd;
}

/* juratd closes what is above a limit as soon as it has accepted it, which may be before this sends. */
static void send_or_be_refused(int fd, size_t n)
{
	if (send(fd, request, n, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		crowd_fails("send");
}

/* Each keeps its socket full of requests and reads what comes: it never waits for an answer to ask again. */
static void pipeline(struct pollfd *p, size_t n)
{
	static char answers[ANSWER_ROOM];
	size_t sent[CROWD] = { 0 };

	for (;;) {
		if (poll(p, n, -1) < 0)
			crowd_fails("poll");
		for (size_t i = 0; i < n; i++) {
			ssize_t got = 1;

			if (p[i].revents & POLLIN)
				got = recv(p[i].fd, answers, sizeof(answers), MSG_DONTWAIT);
			if (got <= 0 || p[i].revents & (POLLERR | POLLHUP)) {
				p[i].fd = -1;
				continue;
			}
			if (p[i].revents & POLLOUT)
				got = send(p[i].fd, request + sent[i], request_size - sent[i],
					   MSG_DONTWAIT | MSG_NOSIGNAL);
			if (p[i].revents & POLLOUT && got > 0)
				sent[i] = (sent[i] + (size_t)got) % request_size;
		}
	}
}

/* `ask`: n bytes of the request each; afterwards they wait, or pipeline. */
static struct crowd crowd_come(size_t n, size_t ask, bool pipelines)
{
	static struct pollfd p[CROWD];
	struct crowd c;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid > 0) {
		char byte;

		close(fds[1]);
		assert_int_equal(read(fds[0], &byte, 1), 1);
		c.ready = fds[0];
		return c;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < n; i++) {
		p[i] = (struct pollfd){ .fd = join_crowd(), .events = POLLIN | POLLOUT };
		if (!pipelines && ask > 0)
			send_or_be_refused(p[i].fd, ask);
	}
	if (write(fds[1], "", 1) != 1)
		_exit(1);
	if (pipelines)
		pipeline(p, n);
	pause();
	_exit(0);
}

static void crowd_go(struct crowd *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	close(c->ready);
}

/* ---- the lone client */

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static size_t ask(uint8_t *answer)
{
	struct bytes_rd prefix = bytes_rd(answer, 4);
	int fd = world_connect(w.socket);
	size_t n;

	world_send(fd, request, request_size);
	world_read(fd, answer, 4);
	n = bytes_rd_be32(&prefix);
	assert_true(n < ANSWER_ROOM);
	world_read(fd, answer, n);
	close(fd);
	return n;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Median and longest time of LONE requests, one after the other. */
static uint64_t median_us(uint64_t *ret_longest)
{
	static uint8_t answer[ANSWER_ROOM];
	uint64_t us[LONE];

	for (unsigned i = 0; i < LONE; i++) {
		const uint64_t start = now_us();

		assert_true(ask(answer) > 1000);
		us[i] = now_us() - start;
	}
	qsort(us, LONE, sizeof(us[0]), by_size);
	*ret_longest = us[LONE - 1];
	return us[LONE / 2];
}

static void may_open(rlim_t n)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < n)
		SKIP_BECAUSE("this process may have only %lu descriptors", (unsigned long)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* The service has one request, 49 wait, and then one more client comes: it is third, not last. */
static void whoever_comes_alone_is_served_before_the_rest_of_a_crowd(void **state)
{
	enum { N = 50 };
	char service[128], listen[128], ask_at[136], metrics[128];
	const char *words[] = { "--listen", listen,      "--service", ask_at, "--service-requests",
				"1",        "--metrics", metrics,     NULL };
	uint8_t answer[MESSAGE_ROOM];
	struct service *s;
	struct crowd c;
	int fd;

	TEXT(service, "%s/a", w.dir);
	TEXT(listen, "unix:%s", w.socket);
	TEXT(ask_at, "unix:%s", service);
	TEXT(metrics, "unix:%s", w.metrics);
	s = service_new(service, SERVICE_COUNTS, 0);
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	c = crowd_come(N, request_size, false);
	service_wait(s, 1);
	while (world_metric(&w, "juratd_qgs_requests_in_flight") != N)
		;
	fd = world_connect(w.socket);
	world_send(fd, request, request_size);
	while (world_metric(&w, "juratd_qgs_requests_in_flight") != N + 1)
		;
	service_release(s);
	assert_int_equal(world_read_all(fd, answer, sizeof(answer)), FRAMED_QUOTE_RESP);
	assert_int_equal(answer[FRAMED_QUOTE_RESP - 1], 3);
	crowd_go(&c);
	world_stop(&w);
	service_free(s);
}

/* A TDREPORT of the software platform, so that the enclave signs it. */
static void use_a_good_report(void)
{
	const struct sim_tdx_options options = { .seed = "jurat" };
	const struct sim_td_params params = { 0 };
	const uint8_t data[TDX_REPORT_DATA_BYTES] = { 1 };
	struct sim_tdx_platform *platform;
	struct sim_td *td;

	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	assert_int_equal(sim_td_new(platform, &params, 1, &td, NULL), 0);
	assert_int_equal(sim_td_mr_report(td, data, request + 28), UAPI_TDCALL_SUCCESS);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
}

/*
 * In one queue the lone client would wait for one request of each of the 1500. What juratd answers to the
 * crowd in the meantime is counted, not timed, so that a busy machine slows both sides alike.
 */
static void fifteen_hundred_pipelining_clients_delay_a_lone_one_little(void **state)
{
	char listen[128], metrics[128];
	const char *words[] = { "--listen",
				listen,
				"--software-enclave",
				"--requests-per-connection",
				"0",
				"--metrics",
				metrics,
				"--timeout",
				"120000",
				NULL };
	uint64_t alone, beside, longest;
	long before, served;
	struct crowd c;

	may_open(CROWD + 300);
	TEXT(listen, "unix:%s", w.socket);
	TEXT(metrics, "unix:%s", w.metrics);
	use_a_good_report();
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	alone = median_us(&longest);
	c = crowd_come(CROWD, 0, true);
	while (world_metric(&w, "juratd_qgs_requests_in_flight") < CROWD / 2)
		;
	before = world_metric(&w, "juratd_qgs_answers_total{code=\"SUCCESS\"}");
	beside = median_us(&longest);
	served = world_metric(&w, "juratd_qgs_answers_total{code=\"SUCCESS\"}") - before - LONE;
	print_message(
		"# a quote for a lone client takes %.1f ms; beside %d pipelining clients %.1f ms (longest "
		"%.1f ms), while %ld of the crowd are answered for each of its own\n",
		(double)alone / 1000, CROWD, (double)beside / 1000, (double)longest / 1000, served / LONE);
	assert_true(served / LONE < CROWD / 4);
	crowd_go(&c);
	world_stop(&w);
}

static void no_process_takes_all_connections(void **state)
{
	char listen[128], metrics[128];
	const char *words[] = { "--listen",          listen, "--software-enclave", "--metrics", metrics,
				"--max-connections", "16",   "--verbose",          NULL };
	static uint8_t answer[ANSWER_ROOM];
	struct crowd c;

	TEXT(listen, "unix:%s", w.socket);
	TEXT(metrics, "unix:%s", w.metrics);
	use_a_good_report();
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
	c = crowd_come(40, 1, false);
	while (world_metric(&w, "juratd_qgs_over_guest_limit_total") < 40 - 12)
		;
	assert_true(ask(answer) > 1000);
	crowd_go(&c);
	world_stop(&w);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(whoever_comes_alone_is_served_before_the_rest_of_a_crowd),
		T(fifteen_hundred_pipelining_clients_delay_a_lone_one_little),
		T(no_process_takes_all_connections),
	};

	if (argc < 2)
		return 2;
	world_juratd = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
