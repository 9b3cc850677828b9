/* SPDX-License-Identifier: MIT */
#include "run/qgs_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sim/tdx/qgs_service.h"
#include "wire/qgs.h"

enum { LISTENER = RUN_QGS_CONNECTIONS, TIMER, N_SOURCES };
enum { MAX_PORT = 65535, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

struct connection {
	int fd; /* -1: free */
	struct qgs_assembler assembler;
	uint8_t buffer[QGS_MAX_REQUEST_BYTES];
	uint8_t *reply;
	size_t size, sent;
	uint64_t deadline_ns;
};

struct run_qgs {
	const struct run_platform *platform;
	char *path; /* NULL: there is no socket yet, or nobody finds it */
	int place;  /* of a socket without a path, O_PATH */
	int listener, epoll, timer;
	unsigned n, queued, limit_ms;
	uint64_t armed_ns; /* when the timer goes off; 0: it does not */
	struct connection connections[RUN_QGS_CONNECTIONS];
};

static int control(struct run_qgs *q, int how, int fd, uint32_t events, uint32_t who)
{
	struct epoll_event event = { .events = events, .data.u32 = who };

	return epoll_ctl(q->epoll, how, fd, &event) < 0 ? -errno : 0;
}

/* The timer goes off when the first connection's time is over. */
static void arm(struct run_qgs *q)
{
	struct itimerspec at = { .it_value = { 0 } };
	uint64_t first = 0;

	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++) {
		const struct connection *c = &q->connections[i];

		if (c->fd >= 0 && (first == 0 || c->deadline_ns < first))
			first = c->deadline_ns;
	}
	if (first == q->armed_ns)
		return;
	q->armed_ns = first;
	at.it_value.tv_sec = (time_t)(first / NS_PER_S);
	at.it_value.tv_nsec = (long)(first % NS_PER_S);
	timerfd_settime(q->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void end(struct run_qgs *q, struct connection *c)
{
	close(c->fd);
	free(c->reply);
	c->reply = NULL;
	c->fd = -1;
	if (q->n-- == RUN_QGS_CONNECTIONS)
		(void)!control(q, EPOLL_CTL_MOD, q->listener, EPOLLIN, LISTENER);
}

static void begin(struct run_qgs *q)
{
	int fd = accept4(q->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	unsigned i = 0;

	if (fd < 0)
		return;
	q->queued -= q->queued > 0;
	while (q->connections[i].fd >= 0)
		i++;
	if (control(q, EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0) {
		close(fd);
		return;
	}
	q->connections[i].fd = fd;
	q->connections[i].size = q->connections[i].sent = 0;
	q->connections[i].deadline_ns = base_now_ns(base_env_real()) + (uint64_t)q->limit_ms * NS_PER_MS;
	qgs_assembler_init(&q->connections[i].assembler, q->connections[i].buffer,
			   sizeof(q->connections[i].buffer), false);
	if (++q->n == RUN_QGS_CONNECTIONS)
		(void)!control(q, EPOLL_CTL_MOD, q->listener, 0, LISTENER);
}

/* As much as the socket takes; the end of it ends the connection. */
static void send_some(struct run_qgs *q, struct connection *c)
{
	ssize_t n = send(c->fd, c->reply + c->sent, c->size - c->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->sent += n > 0 ? (size_t)n : 0;
	if (n < 0 || c->sent == c->size)
		end(q, c);
}

static void receive_some(struct run_qgs *q, struct connection *c)
{
	uint8_t bytes[QGS_MAX_REQUEST_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
	size_t taken;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	r = n > 0 ? qgs_assembler_feed(&c->assembler, bytes, (size_t)n, &taken, NULL) : -ECONNRESET;
	if (r == 0)
		return;
	if (r == QGS_MESSAGE)
		r = sim_qgs_answer(machine_td_qe(q->platform->td), &q->platform->collateral, c->buffer,
				   c->assembler.want, &c->reply, &c->size, NULL);
	if (r == 0 && q->platform->faults.qgs_half_close)
		c->size /= 2;
	if (r == 0)
		r = control(q, EPOLL_CTL_MOD, c->fd, EPOLLOUT, (uint32_t)(c - q->connections));
	if (r == 0)
		send_some(q, c);
	else
		end(q, c);
}

static void end_overdue(struct run_qgs *q)
{
	uint64_t now = base_now_ns(base_env_real()), times;

	(void)!read(q->timer, &times, sizeof(times));
	q->armed_ns = 0;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++)
		if (q->connections[i].fd >= 0 && q->connections[i].deadline_ns <= now)
			end(q, &q->connections[i]);
}

static void on_connection(struct run_qgs *q, struct connection *c)
{
	if (c->reply)
		send_some(q, c);
	else
		receive_some(q, c);
}

void run_qgs_serve(struct run_qgs *q)
{
	struct epoll_event events[N_SOURCES];
	int n = epoll_wait(q->epoll, events, ARRAY_SIZE(events), 0);
	bool overdue = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == LISTENER)
			begin(q);
		else if (events[i].data.u32 == TIMER)
			overdue = true; /* but what has come is answered, however late we are */
		else
			on_connection(q, &q->connections[events[i].data.u32]);
	}
	if (overdue)
		end_overdue(q);
	arm(q);
}

/* Of a connected socket that nothing has come from yet. */
static bool is_untouched(const struct run_qgs *q, int fd)
{
	struct sockaddr_un own = { 0 }, peer = { 0 };
	socklen_t own_size = sizeof(own), peer_size;

	if (getsockname(fd, (struct sockaddr *)&own, &own_size) < 0)
		return false;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++) {
		const struct connection *c = &q->connections[i];

		peer_size = sizeof(peer);
		if (c->fd >= 0 && getpeername(c->fd, (struct sockaddr *)&peer, &peer_size) == 0 &&
		    peer_size == own_size && memcmp(&own, &peer, own_size) == 0)
			return !c->reply && qgs_assembler_idle(&c->assembler);
	}
	return q->queued > 0; /* not accepted yet */
}

int run_qgs_connect(struct run_qgs *q, int fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (q->queued == RUN_QGS_WAITING) /* one more connect(2) could wait, and we with it */
		return -ECONNREFUSED;
	snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d", q->place);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return errno == EISCONN && is_untouched(q, fd) ? 0 : -errno;
	q->queued++;
	return 0;
}

unsigned run_qgs_port(const char *address)
{
	unsigned port = 0;

	if (!address || strncmp(address, "vsock:", 6) != 0 || address[6] == '0')
		return 0;
	for (const char *at = address + 6; *at; at++) {
		if (*at < '0' || *at > '9')
			return 0;
		port = port * 10 + (unsigned)(*at - '0');
		if (port > MAX_PORT)
			return 0;
	}
	return port;
}

static int listen_on(struct run_qgs *q, int backlog)
{
	if (q->platform->faults.qgs_down) /* connections are refused */
		return 0;
	if (listen(q->listener, backlog) < 0)
		return -errno;
	return control(q, EPOLL_CTL_ADD, q->listener, EPOLLIN, LISTENER);
}

/* The name goes at once; what is left of it leads to the socket, from this process alone. */
static int listen_hidden(struct run_qgs *q)
{
	auto_close int dir = open(q->platform->temp, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (dir < 0)
		return -errno;
	snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d/qgs", dir);
	if (bind(q->listener, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	q->place = openat(dir, "qgs", O_PATH | O_CLOEXEC);
	if (q->place < 0 || unlinkat(dir, "qgs", 0) < 0)
		return -errno;
	return listen_on(q, RUN_QGS_WAITING);
}

static int listen_at(struct run_qgs *q, const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_free char *cwd = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	auto_free char *absolute = NULL;

	if (!cwd || asprintf(&absolute, "%s%s%s", cwd, cwd[0] ? "/" : "", path) < 0) {
		absolute = NULL;
		return -ENOMEM;
	}
	if (strlen(path) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path) + 1);
	if (bind(q->listener, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	q->path = take_ptr(absolute);
	if (chmod(q->path, 0600) < 0)
		return -errno;
	return listen_on(q, SOMAXCONN);
}

static int open_sources(struct run_qgs *q)
{
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	q->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (q->epoll < 0 || q->timer < 0 || q->listener < 0)
		return -errno;
	return control(q, EPOLL_CTL_ADD, q->timer, EPOLLIN, TIMER);
}

int run_qgs_new(const char *address, const struct run_platform *platform, unsigned limit_ms,
		struct run_qgs **ret, struct jurat_error *err)
{
	bool hidden = run_qgs_port(address) != 0;
	struct run_qgs *q;
	int r;

	if (!hidden && (strncmp(address, "unix:", 5) != 0 || address[5] == '\0'))
		return jurat_fail(err, -EINVAL,
				  "--qgs: expected unix:PATH or vsock:PORT (1 to %d), found '%s'", MAX_PORT,
				  address);
	if (!platform->td)
		return jurat_fail(err, -EINVAL, "--qgs needs a TDX guest (--tee tdx)");
	q = calloc(1, sizeof(*q));
	if (!q)
		return jurat_fail_memory(err);
	q->platform = platform;
	q->limit_ms = limit_ms;
	q->listener = q->epoll = q->timer = q->place = -1;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++)
		q->connections[i].fd = -1;
	r = open_sources(q);
	if (r == 0)
		r = hidden ? listen_hidden(q) : listen_at(q, address + 5);
	if (r < 0) {
		run_qgs_free(q);
		return jurat_fail(err, r, "cannot listen on '%s': %s", address, strerror(-r));
	}
	*ret = q;
	return 0;
}

void run_qgs_free(struct run_qgs *q)
{
	if (!q)
		return;
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++)
		if (q->connections[i].fd >= 0)
			end(q, &q->connections[i]);
	if (q->listener >= 0)
		close(q->listener);
	if (q->place >= 0)
		close(q->place);
	if (q->timer >= 0)
		close(q->timer);
	if (q->epoll >= 0)
		close(q->epoll);
	if (q->path)
		unlink(q->path);
	free(q->path);
	free(q);
}

const char *run_qgs_path(const struct run_qgs *q)
{
	return q ? q->path : NULL;
}

int run_qgs_fd(const struct run_qgs *q)
{
	return q->epoll;
}
