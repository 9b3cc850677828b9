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
#include "base/unix_socket.h"
#include "host/conn.h"
#include "sim/tdx/qgs_service.h"
#include "wire/tdx_report.h"

enum { LISTENER = RUN_QGS_CONNECTIONS, TIMER, N_SOURCES };
enum { MAX_PORT = 65535, MS_PER_S = 1000, NS_PER_MS = 1000000, START_WAIT_MS = 1000 };
enum { SILENCE_MS = 1000 }; /* limit for a silent client while others wait for a connection */

struct connection {
	int fd; /* -1: unused */
	uint64_t since_ms;
	struct conn conn;
	/* steps of the trace: the connection; its request, until the last byte of the response */
	uint32_t traced, asked;
	size_t n_sent;
};

struct run_qgs {
	const struct run_platform *platform;
	char *path; /* NULL: not listening yet, or on a socket without a name */
	int place;  /* O_PATH descriptor of the socket without a name */
	int listener, epoll, timer;
	unsigned n, queued, limit_ms;
	bool is_full;      /* all connections are used, and the listener is not watched */
	uint64_t armed_ms; /* when the timer expires; 0: not armed */
	struct stat name;  /* of `path`, so that another process's socket is not removed */
	struct connection connections[RUN_QGS_CONNECTIONS];
};

static int control(struct run_qgs *q, int how, int fd, uint32_t events, uint32_t who)
{
	struct epoll_event event = { .events = events, .data.u32 = who };

	return epoll_ctl(q->epoll, how, fd, &event) < 0 ? -errno : 0;
}

static uint64_t now_ms(void)
{
	return base_now_ns(base_env_real()) / NS_PER_MS;
}

/* When the connection is ended; earlier if others wait for one. */
static uint64_t deadline_of(const struct run_qgs *q, const struct connection *c)
{
	const uint64_t end = conn_deadline(&c->conn), silence = c->since_ms + SILENCE_MS;

	return q->is_full && silence < end ? silence : end;
}

/* Sets the timer to the earliest deadline. */
static void arm(struct run_qgs *q)
{
	struct itimerspec at = { .it_value = { 0 } };
	uint64_t first = 0;

	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++) {
		const struct connection *c = &q->connections[i];

		if (c->fd >= 0 && (first == 0 || deadline_of(q, c) < first))
			first = deadline_of(q, c);
	}
	if (first == q->armed_ms)
		return;
	q->armed_ms = first;
	at.it_value.tv_sec = (time_t)(first / MS_PER_S);
	at.it_value.tv_nsec = (long)(first % MS_PER_S * NS_PER_MS);
	timerfd_settime(q->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

/* While all connections are used, new clients wait in the listener's queue. */
static void watch_listener(struct run_qgs *q, bool on)
{
	if (q->is_full == !on)
		return;
	if (control(q, EPOLL_CTL_MOD, q->listener, on ? EPOLLIN : 0, LISTENER) == 0)
		q->is_full = !on;
}

/* ---- what a trace gets: a connection is a request of its own, of a program of the TD */

static void trace_connection(struct run_qgs *q, struct connection *c)
{
	struct trace *t = q->platform->trace;
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	struct trace_place before;

	c->traced = c->asked = 0;
	if (!t)
		return;
	before = trace_go(t, machine_td_program(q->platform->td, 0));
	c->traced = trace_aside(t, "guest program", "quoting service", "connection");
	(void)trace_go(t, before);
	/* Whoever connected: for a vsock, this process does. */
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid > 0 &&
	    peer.pid != getpid())
		trace_number(t, c->traced, "pid", (uint64_t)peer.pid, TRACE_DECIMAL);
}

/* A request is complete, or was refused before. Goes into its step; returns the place so far. */
static struct trace_place trace_asked(struct run_qgs *q, struct connection *c)
{
	struct trace *t = q->platform->trace;
	struct trace_place before = trace_here(t);
	const struct conn *conn = &c->conn;

	if (!t || c->asked)
		return before;
	(void)trace_go(t, trace_in(t, c->traced));
	c->n_sent = 0;
	c->asked = conn->raw
			   ? trace_call(t, "guest program", "quoting service", "a TDREPORT without a message")
			   : trace_call(t, "guest program", "quoting service", "%s, %zu bytes",
					qgs_type_name(conn->request_type), conn->request_size);
	if (conn->raw)
		trace_bytes(t, c->asked, "TDREPORT", conn->in, TDX_REPORT_BYTES);
	else
		trace_bytes(t, c->asked, "QGS request", conn->request, conn->request_size);
	(void)trace_go(t, trace_in(t, c->asked));
	return before;
}

/* Messages are without their length in front of them, as requests are. */
static size_t frame_of(const struct connection *c)
{
	return c->conn.raw ? 0 : QGS_FRAME_BYTES;
}

/* The response begins to be sent. */
static void trace_response(struct run_qgs *q, struct connection *c)
{
	struct trace *t = q->platform->trace;
	const size_t frame = frame_of(c);

	if (!c->asked)
		return;
	if (c->conn.out_size > frame)
		trace_bytes(t, c->asked, c->conn.raw ? "quote" : "QGS response", c->conn.out + frame,
			    c->conn.out_size - frame);
	trace_number(t, c->asked, "error_code", c->conn.code, TRACE_HEX);
}

/* All of the response was sent, or no more will be. */
static void trace_answered(struct run_qgs *q, struct connection *c)
{
	const size_t frame = frame_of(c), n = c->n_sent > frame ? c->n_sent - frame : 0;
	const char *why = c->conn.why.text;

	trace_end(q->platform->trace, c->asked, "%zu bytes%s%s", n, why[0] ? ": " : "", why);
	c->asked = 0;
}

static void end(struct run_qgs *q, struct connection *c)
{
	const char *why = c->conn.end == CONN_END_MALFORMED ? c->conn.why.text : "";

	trace_answered(q, c);
	trace_end(q->platform->trace, c->traced, "%s%s%s", conn_end_name(c->conn.end), why[0] ? ": " : "",
		  why);
	c->traced = 0;
	close(c->fd);
	conn_done(&c->conn);
	c->fd = -1;
	q->n--;
	watch_listener(q, true);
}

/*
 * Frees a connection for a new client if all are used: that of the client that has been silent longest, if
 * for at least SILENCE_MS. (Between calls every connection waits for its client.) false: none can be freed
 * yet.
 */
static bool make_place(struct run_qgs *q)
{
	struct connection *oldest = NULL;

	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++) {
		struct connection *c = &q->connections[i];

		if (c->fd < 0)
			return true;
		if (!oldest || c->since_ms < oldest->since_ms)
			oldest = c;
	}
	if (now_ms() < oldest->since_ms + SILENCE_MS)
		return false;
	end(q, oldest);
	return true;
}

static void begin(struct run_qgs *q)
{
	static const struct conn_options as_juratd = { .max_requests = 1, .raw_too = true };
	struct conn_options options = as_juratd;
	unsigned i = 0;
	int fd;

	if (!make_place(q)) {
		watch_listener(q, false);
		return;
	}
	fd = accept4(q->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	q->queued -= q->queued > 0;
	while (q->connections[i].fd >= 0)
		i++;
	if (control(q, EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0) {
		close(fd);
		return;
	}
	options.timeout_ms = q->limit_ms;
	q->connections[i].fd = fd;
	q->connections[i].since_ms = now_ms();
	conn_init(&q->connections[i].conn, &options, now_ms());
	trace_connection(q, &q->connections[i]);
	q->n++;
}

/* Sends what the socket accepts. false: it accepts no more now. */
static bool send_some(struct run_qgs *q, struct connection *c)
{
	ssize_t n = send(c->fd, c->conn.out, c->conn.out_size, MSG_NOSIGNAL);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	c->n_sent += n > 0 ? (size_t)n : 0;
	if (n < 0)
		conn_step(&c->conn, CONN_BROKEN, now_ms());
	else if (q->platform->faults.qgs_half_close && (size_t)n == c->conn.out_size)
		conn_step(&c->conn, CONN_BROKEN, now_ms()); /* the second half is never sent */
	else
		conn_sent(&c->conn, (size_t)n, now_ms());
	if (c->conn.state != CONN_SENDING)
		trace_answered(q, c);
	return true;
}

static bool receive_some(struct run_qgs *q, struct connection *c)
{
	uint8_t bytes[CONN_READ_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n > 0)
		conn_bytes(&c->conn, bytes, (size_t)n, now_ms());
	else
		conn_step(&c->conn, n == 0 ? CONN_EOF : CONN_BROKEN, now_ms());
	if (c->conn.state == CONN_SENDING) { /* refused, with an error response */
		(void)trace_go(q->platform->trace, trace_asked(q, c));
		trace_response(q, c);
	}
	return true;
}

static void answer(struct run_qgs *q, struct connection *connection)
{
	struct trace_place before = trace_asked(q, connection);
	struct trace *t = q->platform->trace;
	struct conn *c = &connection->conn;
	uint32_t step = 0;
	uint8_t *reply;
	size_t n;
	int r;

	if (c->request_type == QGS_QUOTE_REQ)
		step = trace_call(t, "quoting service", "quoting enclave",
				  "checks the TDREPORT's MAC, signs a quote with its attestation key");
	r = sim_qgs_response(machine_td_qe(q->platform->td), &q->platform->collateral, c->request_type,
			     c->request, c->request_size, &reply, &n, &c->why);
	trace_end(t, step, "%s", r < 0 ? "no quote" : "");
	(void)trace_go(t, before);
	conn_step(c, CONN_ASKED, now_ms());
	if (r < 0)
		conn_step(c, CONN_NO_REPLY, now_ms());
	else
		conn_reply(c, reply, n);
	if (c->state == CONN_SENDING && q->platform->faults.qgs_half_close)
		c->out_size /= 2;
	trace_response(q, connection);
}

static void on_connection(struct run_qgs *q, struct connection *c)
{
	bool goes_on = true;

	while (goes_on) {
		switch (c->conn.state) {
		case CONN_READING:
			goes_on = receive_some(q, c);
			break;
		case CONN_LINGERING: /* the peer can still read what was sent */
			conn_step(&c->conn, CONN_EOF, now_ms());
			break;
		case CONN_READY:
			answer(q, c);
			break;
		case CONN_SENDING:
			goes_on = send_some(q, c);
			break;
		case CONN_ASKING: /* unreachable: requests are answered at once */
		case CONN_CLOSED:
			end(q, c);
			return;
		}
	}
	if (control(q, EPOLL_CTL_MOD, c->fd, c->conn.state == CONN_SENDING ? EPOLLOUT : EPOLLIN,
		    (uint32_t)(c - q->connections)) < 0)
		end(q, c);
}

static void end_overdue(struct run_qgs *q)
{
	uint64_t times;

	(void)!read(q->timer, &times, sizeof(times));
	q->armed_ms = 0;
	watch_listener(q, true);
	for (int i = 0; i < RUN_QGS_CONNECTIONS; i++) {
		struct connection *c = &q->connections[i];

		if (c->fd >= 0 && conn_step(&c->conn, CONN_TIME, now_ms()) == CONN_CLOSED)
			end(q, c);
	}
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
			overdue = true; /* after the data that has arrived, which is answered even if late */
		else if (q->connections[events[i].data.u32].fd >= 0) /* begin() may have ended it */
			on_connection(q, &q->connections[events[i].data.u32]);
	}
	if (overdue)
		end_overdue(q);
	arm(q);
}

/* Whether a connected socket has not sent anything yet. */
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
			return conn_idle(&c->conn);
	}
	return q->queued > 0; /* not accepted yet */
}

int run_qgs_connect(struct run_qgs *q, int fd)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	if (q->queued == RUN_QGS_WAITING) /* the next connect(2) might block this process */
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

/* The name is removed at once. Only this process can connect, through its O_PATH descriptor. */
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
	if (q->platform->faults.qgs_down) /* connections are refused */
		return 0;
	if (listen(q->listener, RUN_QGS_WAITING) < 0)
		return -errno;
	return control(q, EPOLL_CTL_ADD, q->listener, EPOLLIN, LISTENER);
}

static int listen_at(struct run_qgs *q, const char *path, struct jurat_error *err)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	auto_free char *cwd = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	auto_free char *absolute = NULL;
	int r;

	if (!cwd || asprintf(&absolute, "%s%s%s", cwd, cwd[0] ? "/" : "", path) < 0) {
		absolute = NULL;
		return -ENOMEM;
	}
	if (strlen(path) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, strlen(path) + 1);
	r = base_unix_listen(q->listener, &name, sizeof(name), 0600, START_WAIT_MS,
			     q->platform->faults.qgs_down ? -1 : SOMAXCONN, &q->name, err);
	if (r < 0)
		return r;
	q->path = take_ptr(absolute);
	return q->platform->faults.qgs_down ? 0 : control(q, EPOLL_CTL_ADD, q->listener, EPOLLIN, LISTENER);
}

static int open_sources(struct run_qgs *q)
{
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (q->epoll < 0 || q->timer < 0)
		return -errno;
	return control(q, EPOLL_CTL_ADD, q->timer, EPOLLIN, TIMER);
}

/* At `path`; NULL: without a name. */
static int open_listener(struct run_qgs *q, const char *path, struct jurat_error *err)
{
	struct jurat_error why = { "" };
	int r;

	q->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	r = q->listener < 0 ? -errno : path ? listen_at(q, path, &why) : listen_hidden(q);
	return r < 0 ? jurat_fail(err, r, "cannot listen on '%s': %s", path ? path : "vsock",
				  why.text[0] ? why.text : strerror(-r))
		     : 0;
}

static void close_listener(struct run_qgs *q)
{
	if (q->path)
		base_unix_remove(q->path, &q->name);
	if (q->listener >= 0)
		close(q->listener);
	if (q->place >= 0)
		close(q->place);
	q->listener = q->place = -1;
	q->queued = 0;
	q->is_full = false;
}

int run_qgs_reopen(struct run_qgs *q, struct jurat_error *err)
{
	auto_free char *path = take_ptr(q->path);

	q->path = path; /* close_listener() removes its name */
	close_listener(q);
	q->path = NULL;
	return open_listener(q, path, err);
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
	if (r < 0)
		jurat_fail(err, r, "cannot make a timer: %s", strerror(-r));
	else
		r = open_listener(q, hidden ? NULL : address + 5, err);
	if (r < 0) {
		run_qgs_free(q);
		return r;
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
	close_listener(q);
	if (q->timer >= 0)
		close(q->timer);
	if (q->epoll >= 0)
		close(q->epoll);
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
