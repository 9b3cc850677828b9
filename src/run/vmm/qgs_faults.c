/* SPDX-License-Identifier: MIT */
#include "run/vmm/qgs_faults.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sim/tdx/qgs_service.h"

enum {
	CONNECTIONS = 256,
	LISTENER = CONNECTIONS,
	TIMER,
	EVENTS = 64,
	TRAIL_BYTES = 4096,
	/* QGS_PIECES: the length and a header byte by byte, the rest in pieces that divide nothing */
	SINGLE_BYTES = 64,
	PIECE_BYTES = 251,
	PIECE_NS = 50000, /* how often to see whether the VMM has read a piece */
	SEND_BUFFER_BYTES = 512 * 1024,
	NS_PER_S = 1000000000,
	NS_PER_MS = 1000000,
};

enum state { READING, WAITING, SENDING };

struct connection {
	int fd;
	enum state state;
	struct qgs_fault fault;
	uint64_t due_ns; /* of the next step; UINT64_MAX: when the socket is ready */
	struct qgs_assembler assembler;
	uint8_t in[QGS_MAX_REQUEST_BYTES];
	uint8_t *out;
	size_t out_size, sent;
};

struct qgs_faults {
	const struct run_platform *platform;
	struct sockaddr_un name;
	struct qgs_fault fault;
	int listener, epoll, timer;
	uint64_t armed_ns, requests;
	unsigned n;
	struct connection *connections[CONNECTIONS]; /* NULL: unused */
};

static uint64_t now_ns(void)
{
	return base_now_ns(base_env_real());
}

static int control(const struct qgs_faults *q, int how, int fd, uint32_t events, uint32_t who)
{
	struct epoll_event event = { .events = events, .data.u32 = who };

	return epoll_ctl(q->epoll, how, fd, &event) < 0 ? -errno : 0;
}

/* Sets the timer to the earliest due connection. */
static void arm(struct qgs_faults *q)
{
	struct itimerspec at = { .it_value = { 0 } };
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (q->connections[i] && q->connections[i]->due_ns < first)
			first = q->connections[i]->due_ns;
	if (first == q->armed_ns)
		return;
	q->armed_ns = first;
	if (first != UINT64_MAX) {
		at.it_value.tv_sec = (time_t)(first / NS_PER_S);
		at.it_value.tv_nsec = (long)(first % NS_PER_S);
	}
	timerfd_settime(q->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void end(struct qgs_faults *q, unsigned i)
{
	struct connection *c = take_ptr(q->connections[i]);

	close(c->fd);
	free(c->out);
	free(c);
	if (q->n-- == CONNECTIONS && q->listener >= 0)
		control(q, EPOLL_CTL_MOD, q->listener, EPOLLIN, LISTENER);
}

/* A quote in a framed response, padded with zeros. A response without a quote stays. */
static int pad(uint8_t **response, size_t *size, size_t quote_bytes)
{
	auto_free uint8_t *quote = calloc(1, quote_bytes + 1), *padded = NULL;
	struct qgs_message m;
	size_t n = quote_bytes + QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES;

	if (qgs_read(QGS_QUOTE_RESP, *response + QGS_FRAME_BYTES, *size - QGS_FRAME_BYTES, &m, NULL) != 0 ||
	    m.error_code != QGS_SUCCESS || m.parts[QGS_PART_QUOTE].size > quote_bytes)
		return 0;
	padded = malloc(n);
	if (!quote || !padded)
		return -ENOMEM;
	bytes_rd_copy(&m.parts[QGS_PART_QUOTE], quote, m.parts[QGS_PART_QUOTE].size);
	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, quote_bytes);
	if (qgs_write(&m, true, padded, n, &n, NULL) != 0)
		return -EINVAL;
	free(*response);
	*response = take_ptr(padded);
	*size = n;
	return 0;
}

static int error_response(uint32_t code, uint8_t **ret, size_t *ret_size)
{
	struct qgs_message m = qgs_message(QGS_QUOTE_RESP);
	auto_free uint8_t *bytes = malloc(QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES);
	int r;

	if (!bytes)
		return -ENOMEM;
	m.error_code = code;
	r = qgs_write(&m, true, bytes, QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES, ret_size, NULL);
	if (r == 0)
		*ret = take_ptr(bytes);
	return r == 0 ? 0 : -EINVAL;
}

/* What the connection's fault makes of a good response. */
static int spoil(const struct qgs_fault *fault, uint8_t **response, size_t *size)
{
	uint8_t *other = NULL;
	int r = 0;

	switch (fault->behaviour) {
	case QGS_ERROR:
		r = error_response(fault->code, &other, size);
		break;
	case QGS_GARBAGE:
		r = qgs_garbage_make(fault->garbage, *response, *size, &other, size);
		break;
	case QGS_CLOSES:
		*size = fault->after < *size ? fault->after : *size;
		break;
	case QGS_TRAILS:
		other = calloc(1, *size + TRAIL_BYTES);
		if (!other)
			return -ENOMEM;
		memcpy(other, *response, *size);
		*size += TRAIL_BYTES;
		break;
	default:
		break;
	}
	if (r == 0 && other) {
		free(*response);
		*response = other;
	}
	return r;
}

/* A whole request has arrived. < 0: the connection ends without a response. */
static int respond(struct qgs_faults *q, struct connection *c)
{
	int r = sim_qgs_answer(machine_td_qe(q->platform->td), &q->platform->collateral, c->in,
			       c->assembler.want, &c->out, &c->out_size, NULL);

	q->requests++;
	if (r == 0 && c->fault.quote_bytes)
		r = pad(&c->out, &c->out_size, c->fault.quote_bytes);
	if (r == 0)
		r = spoil(&c->fault, &c->out, &c->out_size);
	if (r != 0)
		return -EPROTO;
	c->state = SENDING;
	switch (c->fault.behaviour) {
	case QGS_SLOW:
		c->due_ns = now_ns() + (uint64_t)c->fault.delay_ms * NS_PER_MS;
		c->state = WAITING;
		break;
	case QGS_HELD:
	case QGS_SILENT:
		c->state = WAITING;
		break;
	default:
		break;
	}
	return 0;
}

/* 0: no more now; > 0: call again; < 0: the connection ends. */
static int read_some(struct qgs_faults *q, struct connection *c)
{
	uint8_t bytes[QGS_MAX_REQUEST_BYTES];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);
	size_t taken;
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0)
		return -ECONNRESET;
	r = qgs_assembler_feed(&c->assembler, bytes, (size_t)n, &taken, NULL);
	if (r == QGS_MESSAGE)
		r = respond(q, c);
	return r < 0 ? r : 1;
}

static int send_some(struct connection *c)
{
	size_t part = c->out_size - c->sent;
	ssize_t n;
	int unread = 0;

	if (part == 0)
		return -EPIPE; /* all is sent */
	c->due_ns = UINT64_MAX;
	if (c->fault.behaviour == QGS_PIECES) {
		if (ioctl(c->fd, SIOCOUTQ, &unread) == 0 && unread > 0) {
			c->due_ns = now_ns() + PIECE_NS;
			return 0;
		}
		n = c->sent < SINGLE_BYTES ? 1 : PIECE_BYTES;
		part = (size_t)n < part ? (size_t)n : part;
	}
	n = send(c->fd, c->out + c->sent, part, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -errno;
	c->sent += (size_t)n;
	return 1;
}

/* What epoll waits for; the end of a connection comes in any case. */
static uint32_t events_of(const struct connection *c)
{
	return c->state == READING ? EPOLLIN : c->state == SENDING && c->due_ns == UINT64_MAX ? EPOLLOUT : 0;
}

static void step(struct qgs_faults *q, unsigned i, bool hung_up)
{
	struct connection *c = q->connections[i];
	int r = hung_up && c->state != READING ? -ECONNRESET : 1;

	while (r > 0)
		r = c->state == READING ? read_some(q, c) : c->state == SENDING ? send_some(c) : 0;
	if (r < 0 || control(q, EPOLL_CTL_MOD, c->fd, events_of(c), i) < 0)
		end(q, i);
}

static void begin(struct qgs_faults *q)
{
	int fd = accept4(q->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), bytes = SEND_BUFFER_BYTES;
	struct connection *c = fd < 0 ? NULL : calloc(1, sizeof(*c));
	unsigned i = 0;

	while (i < CONNECTIONS && q->connections[i])
		i++;
	if (!c || i == CONNECTIONS || control(q, EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0) {
		if (fd >= 0)
			close(fd);
		free(c);
		return;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	c->fd = fd;
	c->fault = q->fault;
	c->due_ns = UINT64_MAX;
	qgs_assembler_init(&c->assembler, c->in, sizeof(c->in), false);
	q->connections[i] = c;
	if (++q->n == CONNECTIONS) /* the next ones wait */
		control(q, EPOLL_CTL_MOD, q->listener, 0, LISTENER);
}

static void step_due(struct qgs_faults *q)
{
	const uint64_t now = now_ns();
	uint64_t times;

	(void)!read(q->timer, &times, sizeof(times));
	q->armed_ns = UINT64_MAX;
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct connection *c = q->connections[i];

		if (!c || c->due_ns > now)
			continue;
		c->state = SENDING;
		c->due_ns = UINT64_MAX;
		step(q, i, false);
	}
}

void qgs_faults_serve(struct qgs_faults *q)
{
	struct epoll_event events[EVENTS];
	const int n = epoll_wait(q->epoll, events, ARRAY_SIZE(events), 0);
	bool due = false;

	for (int i = 0; i < n; i++) {
		const uint32_t who = events[i].data.u32;

		if (who == LISTENER)
			begin(q);
		else if (who == TIMER)
			due = true;
		else if (q->connections[who])
			step(q, who, events[i].events & (EPOLLHUP | EPOLLERR));
	}
	if (due)
		step_due(q);
	arm(q);
}

void qgs_faults_release(struct qgs_faults *q)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct connection *c = q->connections[i];

		if (!c || c->fault.behaviour != QGS_HELD)
			continue;
		if (c->state == WAITING)
			c->state = SENDING;
		c->fault.behaviour = QGS_GOOD; /* also what has not arrived whole yet */
		step(q, i, false);
	}
	arm(q);
}

static void stop_listening(struct qgs_faults *q)
{
	if (q->listener >= 0)
		close(q->listener);
	q->listener = -1;
	unlink(q->name.sun_path);
}

static int start_listening(struct qgs_faults *q, bool only_bind)
{
	const struct sockaddr *name = (const struct sockaddr *)&q->name;
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	stop_listening(q);
	if (fd < 0 || bind(fd, name, sizeof(q->name)) < 0)
		return -errno;
	if (only_bind)
		return 0; /* the name stays */
	if (listen(fd, SOMAXCONN) < 0)
		return -errno;
	q->listener = take_fd(fd);
	return control(q, EPOLL_CTL_ADD, q->listener, q->n < CONNECTIONS ? EPOLLIN : 0, LISTENER);
}

int qgs_faults_set(struct qgs_faults *q, const struct qgs_fault *fault, struct jurat_error *err)
{
	int r = 0;

	q->fault = *fault;
	if (fault->behaviour == QGS_ABSENT)
		stop_listening(q);
	else if (fault->behaviour == QGS_REFUSES)
		r = start_listening(q, true);
	else if (q->listener < 0)
		r = start_listening(q, false);
	return r < 0 ? jurat_fail(err, r, "cannot listen on '%s': %s", q->name.sun_path, strerror(-r)) : 0;
}

int qgs_faults_new(const char *path, const struct run_platform *platform, struct qgs_faults **ret,
		   struct jurat_error *err)
{
	const struct qgs_fault good = { QGS_GOOD };
	struct qgs_faults *q;
	int r;

	if (!platform->td)
		return jurat_fail(err, -EINVAL, "a quoting service needs a TDX guest");
	q = calloc(1, sizeof(*q));
	if (!q)
		return jurat_fail_memory(err);
	q->platform = platform;
	q->name.sun_family = AF_UNIX;
	q->listener = -1;
	q->armed_ns = UINT64_MAX;
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (strlen(path) >= sizeof(q->name.sun_path))
		r = jurat_fail(err, -ENAMETOOLONG, "'%s' is too long for a socket", path);
	else if (q->epoll < 0 || q->timer < 0 || control(q, EPOLL_CTL_ADD, q->timer, EPOLLIN, TIMER) < 0)
		r = jurat_fail(err, -errno, "cannot make a timer: %s", strerror(errno));
	else
		r = 0;
	if (r == 0) {
		memcpy(q->name.sun_path, path, strlen(path) + 1);
		r = qgs_faults_set(q, &good, err);
	}
	if (r < 0) {
		qgs_faults_free(q);
		return r;
	}
	*ret = q;
	return 0;
}

void qgs_faults_free(struct qgs_faults *q)
{
	if (!q)
		return;
	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (q->connections[i])
			end(q, i);
	stop_listening(q);
	if (q->timer >= 0)
		close(q->timer);
	if (q->epoll >= 0)
		close(q->epoll);
	free(q);
}

int qgs_faults_fd(const struct qgs_faults *q)
{
	return q->epoll;
}

uint64_t qgs_faults_requests(const struct qgs_faults *q)
{
	return q->requests;
}

unsigned qgs_faults_open(const struct qgs_faults *q)
{
	return q->n;
}
