/* SPDX-License-Identifier: MIT */
/* Connections of a program to a port that another one serves: what its system calls return. */
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/redirect.h"
#include "run/spawn.h"

enum { ASKED = 443, SLOW_MS = 200, MAX_FILLERS = 64 };

/* In the client, which has no cmocka. */
#define CHECK(x)                                                                                             \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #x, errno);            \
			_exit(1);                                                                            \
		}                                                                                            \
	} while (0)
#define FAILS(call, with) CHECK((call) == -1 && errno == (with))

static struct sockaddr_in served; /* where the service listens */
static struct sockaddr_in asked;  /* where the program finds it */
static bool redirected;           /* false: at the same place, to compare with Linux */

static int listen_at(const char *address, struct sockaddr_in *ret, int backlog)
{
	socklen_t size = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_in){ .sin_family = AF_INET };
	assert_int_equal(inet_pton(AF_INET, address, &ret->sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)ret, size), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &size), 0);
	return fd;
}

static int has_notification(void **state)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
		struct sock_fprog program = { .len = 1, .filter = &allow };

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			      &program) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*state = status == 0 ? NULL : (void *)(uintptr_t) "there is no seccomp user notification here";
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

_Noreturn static void be_client(void (*client)(void), unsigned intercept, int setup)
{
	int fd = -1;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK(run_calls_intercept(intercept, &fd, NULL) == 0);
	run_message_send(setup, RUN_ANSWER_THIS, 0, NULL, fd);
	close(fd);
	close(setup);
	client();
	_exit(0);
}

/* What the clients expect is what Linux does. */
static void run_without_redirection(void (*client)(void), int listener, const struct sockaddr_in *service)
{
	int status = 0;
	pid_t pid;

	asked = served = *service;
	redirected = false;
	pid = fork();
	if (pid == 0) {
		close(listener);
		client();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Runs a client to its end, as the supervisor serves a program; no call may keep it. */
static void run_with_redirection(void (*client)(void), int listener, const struct sockaddr_in *service)
{
	struct run_platform platform = { .temp = "/none" };
	struct run_redirect *redirect;
	struct run_calls *calls;
	struct run_message message;
	int setup[2], fd = -1, status = 0, r = 0;
	uint64_t longest_ms = 0;
	pid_t pid;

	served = *service;
	asked = served;
	asked.sin_port = htons(ASKED);
	redirected = true;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, setup), 0);
	assert_int_equal(run_calls_new(&platform, &calls, NULL), 0);
	assert_int_equal(run_redirect_new(&platform, served.sin_addr, ASKED, ntohs(served.sin_port), calls,
					  &redirect, NULL),
			 0);
	pid = fork();
	if (pid == 0) {
		close(listener);
		be_client(client, run_calls_wanted(calls), setup[1]);
	}
	close(setup[1]);
	assert_int_equal(run_message_receive(setup[0], &message, &fd), 0);
	run_calls_attach(calls, fd);
	while (r == 0) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		uint64_t before;

		poll(&ready, 1, -1);
		before = now_ms();
		r = run_calls_serve(calls);
		if (now_ms() - before > longest_ms)
			longest_ms = now_ms() - before;
	}
	assert_int_equal(r, -ENODEV);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(longest_ms < SLOW_MS / 2);
	run_calls_free(calls);
	run_redirect_free(redirect);
	close(setup[0]);
}

#define RUN_CLIENT(client)                                                                                   \
	do {                                                                                                 \
		struct sockaddr_in at_;                                                                      \
		int listener_;                                                                               \
		if (*state)                                                                                  \
			SKIP_BECAUSE("%s", (const char *)*state);                                            \
		listener_ = listen_at("127.87.65.43", &at_, 4096);                                           \
		run_without_redirection(client, listener_, &at_);                                            \
		run_with_redirection(client, listener_, &at_);                                               \
		close(listener_);                                                                            \
	} while (0)

/* ---- the clients */

static int connect_to(int fd, const struct sockaddr_in *to)
{
	return connect(fd, (const struct sockaddr *)to, sizeof(*to));
}

static unsigned peer_port(int fd)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);

	/* A signal without SA_RESTART can end a call that nobody has received yet: jurat-run(1), CAVEATS. */
	while (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		CHECK(errno == EINTR && redirected);
	CHECK(size == sizeof(peer));
	CHECK(peer.sin_family == AF_INET && peer.sin_addr.s_addr == served.sin_addr.s_addr);
	return ntohs(peer.sin_port);
}

static int tcp(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

	CHECK(fd >= 0);
	return fd;
}

static void block(void)
{
	int fd = tcp(0), copy = dup(fd);

	CHECK(connect_to(fd, &asked) == 0);
	CHECK(peer_port(fd) == ntohs(asked.sin_port) && peer_port(copy) == ntohs(asked.sin_port));
	CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
	FAILS(connect_to(fd, &asked), EISCONN);
	CHECK(send(copy, "x", 1, MSG_NOSIGNAL) == 1);
}

static void wait_with_epoll(void)
{
	int fd = tcp(SOCK_NONBLOCK), poller = epoll_create1(0), error = 1;
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET };
	socklen_t size = sizeof(error);

	CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0);
	FAILS(connect_to(fd, &asked), EINPROGRESS);
	do
		CHECK(epoll_wait(poller, &event, 1, -1) == 1);
	while (!(event.events & EPOLLOUT) || event.events & EPOLLHUP);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
	CHECK(peer_port(fd) == ntohs(asked.sin_port) && fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(connect_to(fd, &asked) == 0 || errno == EISCONN); /* the first completes it, as on Linux */
	FAILS(connect_to(fd, &asked), EISCONN);
}

static void use_other_forms(void)
{
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = asked.sin_port }, peer;
	socklen_t size = sizeof(peer);
	struct sockaddr_storage large = { 0 };
	int fd = tcp(0);

	memcpy(&large, &asked, sizeof(asked));
	CHECK(connect(fd, (struct sockaddr *)&large, sizeof(large)) == 0 &&
	      peer_port(fd) == ntohs(asked.sin_port));
	memset(mapped.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(mapped.sin6_addr.s6_addr + 12, &asked.sin_addr, 4);
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (fd < 0) {
		CHECK(errno == EAFNOSUPPORT);
		return;
	}
	CHECK(connect(fd, (struct sockaddr *)&mapped, sizeof(mapped)) == 0);
	CHECK(getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && size == sizeof(peer));
	CHECK(!memcmp(&peer.sin6_addr, &mapped.sin6_addr, 16) && peer.sin6_port == asked.sin_port);
}

/* As getpeername(2) cuts a name, and refuses sizes and pointers. */
static void ask_for_names(void)
{
	struct sockaddr_in peer = { .sin_port = 0xffff };
	socklen_t size = 2;
	int fd = tcp(0);

	FAILS(getpeername(fd, (struct sockaddr *)&peer, &size), ENOTCONN);
	CHECK(connect_to(fd, &asked) == 0);
	CHECK(getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && size == sizeof(peer));
	CHECK(peer.sin_family == AF_INET && peer.sin_port == 0xffff);
	size = (socklen_t)-1;
	FAILS(getpeername(fd, (struct sockaddr *)&peer, &size), EINVAL);
	FAILS(syscall(SYS_getpeername, fd, 8, &size), EINVAL);
	size = sizeof(peer);
	FAILS(syscall(SYS_getpeername, fd, 8, &size), EFAULT);
	FAILS(syscall(SYS_getpeername, fd, &peer, 8), EFAULT);
}

/* What does not concern the service is the kernel's. */
static void use_other_sockets(void)
{
	struct sockaddr_in other = asked, here;
	struct sockaddr_un nowhere = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };
	socklen_t size = sizeof(here);
	int listener = tcp(0), fd = tcp(0), udp = socket(AF_INET, SOCK_DGRAM, 0);

	other.sin_port = htons((in_port_t)(ntohs(asked.sin_port) + 1));
	FAILS(connect_to(tcp(0), &other), ECONNREFUSED);
	other = asked;
	other.sin_addr.s_addr = htonl(ntohl(asked.sin_addr.s_addr) + 1);
	FAILS(connect_to(tcp(0), &other), ECONNREFUSED);
	CHECK(connect_to(udp, &asked) == 0 && peer_port(udp) == ntohs(asked.sin_port));
	CHECK(connect_to(udp, &served) == 0 && peer_port(udp) == ntohs(served.sin_port));
	CHECK(listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&here, &size) == 0);
	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect_to(fd, &here) == 0);
	CHECK(getpeername(fd, (struct sockaddr *)&other, &size) == 0 && other.sin_port == here.sin_port);
	FAILS(connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&nowhere, sizeof(nowhere)), ENOENT);
	FAILS(syscall(SYS_connect, tcp(0), 8, sizeof(asked)), EFAULT);
	FAILS(connect(tcp(0), (struct sockaddr *)&asked, sizeof(asked) - 1), EINVAL);
	FAILS(connect(tcp(0), (struct sockaddr *)&asked, 129), EINVAL);
	FAILS(connect(tcp(0), (struct sockaddr *)&asked, (socklen_t)-1), EINVAL);
	FAILS(connect_to(-1, &asked), EBADF);
	FAILS(connect_to(epoll_create1(0), &asked), ENOTSOCK);
}

static void be_refused(void)
{
	int fd = tcp(0), error = 0;
	struct pollfd ready = { .events = POLLOUT };
	socklen_t size = sizeof(error);

	FAILS(connect_to(fd, &asked), ECONNREFUSED);
	FAILS(connect_to(fd, &asked), ECONNREFUSED); /* and again, on the same socket */
	ready.fd = tcp(SOCK_NONBLOCK);
	FAILS(connect_to(ready.fd, &asked), EINPROGRESS);
	CHECK(poll(&ready, 1, -1) == 1 && ready.revents & POLLHUP);
	CHECK(getsockopt(ready.fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void set_alarm(int flags, long us)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval once = { .it_value.tv_usec = us, .it_interval.tv_usec = us };

	CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &once, NULL) == 0);
}

/* Fills the queue of the service, so that connections wait. Those that wait are left in `waiting`. */
static void fill(void)
{
	struct pollfd waiting = { .events = POLLOUT };

	for (int i = 0; i < MAX_FILLERS; i++) {
		waiting.fd = tcp(SOCK_NONBLOCK);
		FAILS(connect_to(waiting.fd, &asked), EINPROGRESS);
		if (poll(&waiting, 1, 20) == 0) {
			FAILS(connect_to(waiting.fd, &asked), EALREADY);
			return;
		}
	}
	CHECK(!"the queue never became full");
}

static void wait_for_a_busy_service(void)
{
	const struct timeval limit = { .tv_usec = SLOW_MS * 1000 };
	uint64_t before;
	int fd = tcp(0);

	fill();
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0);
	before = now_ms();
	/* connect(2): "SO_SNDTIMEO has elapsed"; of a connection that was begun before, EALREADY */
	FAILS(connect_to(fd, &asked), redirected ? EALREADY : EINPROGRESS);
	CHECK(now_ms() - before >= SLOW_MS - 10);
	fd = tcp(0);
	set_alarm(0, SLOW_MS * 1000);
	FAILS(connect_to(fd, &asked), EINTR);
	FAILS(connect_to(fd, &asked), EINTR); /* it waits again for the same connection */
}

enum { THREADS = 8, ROUNDS = 50 };
static atomic_int n_connected;

static void *connect_often(void *ctx)
{
	const int kind = (int)(intptr_t)ctx % 2 ? SOCK_NONBLOCK : 0;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = tcp(kind), r;
		struct pollfd ready = { .fd = fd, .events = POLLOUT };

		do
			r = connect_to(fd, &asked);
		while (r < 0 && errno == EINTR);
		if (kind && r < 0) {
			CHECK(errno == EINPROGRESS || errno == EALREADY);
			while (poll(&ready, 1, -1) < 0)
				CHECK(errno == EINTR);
		} else {
			CHECK(r == 0 || errno == EISCONN);
		}
		CHECK(peer_port(fd) == ntohs(asked.sin_port));
		n_connected++;
		close(fd);
	}
	return NULL;
}

static void connect_under_signals(int flags)
{
	pthread_t threads[THREADS];

	set_alarm(flags, 300);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, connect_often, (void *)(intptr_t)i) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(n_connected == THREADS * ROUNDS);
}

static void connect_under_restarting_signals(void)
{
	connect_under_signals(SA_RESTART);
}

static void connect_under_interrupting_signals(void)
{
	connect_under_signals(0);
}

static void share(void)
{
	int fd = tcp(0), status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(connect_to(fd, &asked) != 0);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(peer_port(fd) == ntohs(asked.sin_port));
	for (int i = 0; i < 50; i++) {
		pid = fork();
		if (pid == 0) {
			connect_to(tcp(0), &asked);
			_exit(0);
		}
		kill(pid, SIGKILL);
		CHECK(waitpid(pid, &status, 0) == pid);
	}
	CHECK(connect_to(tcp(0), &asked) == 0);
}

/* ---- the cases */

static void connect_waits_and_has_the_port_that_was_asked_for(void **state)
{
	RUN_CLIENT(block);
}

static void a_nonblocking_connect_is_in_progress_and_wakes_its_epoll(void **state)
{
	RUN_CLIENT(wait_with_epoll);
}

static void longer_and_ipv4_mapped_addresses_are_the_same_place(void **state)
{
	RUN_CLIENT(use_other_forms);
}

static void names_are_cut_and_refused_as_by_linux(void **state)
{
	RUN_CLIENT(ask_for_names);
}

static void other_sockets_and_bad_calls_are_the_kernel_s(void **state)
{
	RUN_CLIENT(use_other_sockets);
}

static void threads_under_signals_all_connect(void **state)
{
	RUN_CLIENT(connect_under_restarting_signals);
	RUN_CLIENT(connect_under_interrupting_signals);
}

static void processes_share_sockets_and_die_in_calls(void **state)
{
	RUN_CLIENT(share);
}

static void a_service_that_is_gone_refuses(void **state)
{
	struct sockaddr_in at;
	int listener;

	if (*state)
		SKIP_BECAUSE("%s", (const char *)*state);
	listener = listen_at("127.87.65.43", &at, 1);
	close(listener);
	run_without_redirection(be_refused, -1, &at);
	run_with_redirection(be_refused, -1, &at);
}

static void a_service_with_a_full_queue_keeps_the_caller_and_not_the_supervisor(void **state)
{
	struct sockaddr_in at;
	int listener;

	if (*state)
		SKIP_BECAUSE("%s", (const char *)*state);
	for (int with = 0; with < 2; with++) {
		listener = listen_at("127.87.65.43", &at, 0);
		(with ? run_with_redirection : run_without_redirection)(wait_for_a_busy_service, listener,
									&at);
		close(listener);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(connect_waits_and_has_the_port_that_was_asked_for, has_notification),
		cmocka_unit_test_setup(a_nonblocking_connect_is_in_progress_and_wakes_its_epoll,
				       has_notification),
		cmocka_unit_test_setup(longer_and_ipv4_mapped_addresses_are_the_same_place, has_notification),
		cmocka_unit_test_setup(names_are_cut_and_refused_as_by_linux, has_notification),
		cmocka_unit_test_setup(other_sockets_and_bad_calls_are_the_kernel_s, has_notification),
		cmocka_unit_test_setup(threads_under_signals_all_connect, has_notification),
		cmocka_unit_test_setup(processes_share_sockets_and_die_in_calls, has_notification),
		cmocka_unit_test_setup(a_service_that_is_gone_refuses, has_notification),
		cmocka_unit_test_setup(a_service_with_a_full_queue_keeps_the_caller_and_not_the_supervisor,
				       has_notification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
