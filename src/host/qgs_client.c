/* SPDX-License-Identifier: MIT */
#include "host/qgs_client.h"

#include <errno.h>
#include <string.h>

enum { PART_BYTES = 4096 };

void qgs_client_init(struct qgs_client *c, struct base_env *env, const char *address, const uint8_t *request,
		     size_t request_size, uint8_t *buf, size_t room, uint64_t give_up_ns)
{
	*c = (struct qgs_client){
		.env = env,
		.address = address,
		.request = request,
		.request_size = request_size,
		.give_up_ns = give_up_ns,
		.fd = -1,
		.poll_fd = -1,
	};
	qgs_assembler_init(&c->answer, buf, room, false);
}

/* Back to IDLE. Also ends a connection attempt in progress, so that it causes no later event (Q4). */
static void disconnect(struct qgs_client *c)
{
	if (c->fd < 0)
		return;
	/* Closing the descriptor does not remove it from the epoll set while a child process has it open. */
	if (c->poll_fd >= 0)
		(void)base_poll_set(c->env, c->poll_fd, c->fd, 0);
	base_close(c->env, c->fd);
	c->fd = c->poll_fd = -1;
	c->state = QGS_CLIENT_IDLE;
}

void qgs_client_done(struct qgs_client *c)
{
	if (c->env)
		disconnect(c);
}

/* Whether the error is one of a service that is being restarted. */
static bool may_come_back(int e)
{
	return e == -ECONNREFUSED || e == -ENOENT || e == -EAGAIN || e == -ECONNRESET || e == -EPIPE;
}

static int try_again(struct qgs_client *c, uint64_t now, unsigned tries)
{
	uint64_t pause = (uint64_t)QGS_CLIENT_BACK_OFF_NS << (tries - 1);

	disconnect(c);
	qgs_assembler_init(&c->answer, c->answer.buf, c->answer.room, false);
	c->sent = 0;
	c->again_ns = now + pause;
	return 0;
}

static int fail_to_connect(const struct qgs_client *c, int e, struct jurat_error *err)
{
	return jurat_fail(err, e, "cannot connect to '%s': %s", c->address, strerror(-e));
}

static int cannot_connect(struct qgs_client *c, uint64_t now, int e, struct jurat_error *err)
{
	c->connect_error = e;
	if (may_come_back(e) && c->connects < QGS_CLIENT_CONNECT_TRIES)
		return try_again(c, now, c->connects);
	return fail_to_connect(c, e, err);
}

/* Before the first byte of a response, it is safe to send the request again. */
static int hung_up(struct qgs_client *c, uint64_t now, int e, struct jurat_error *err)
{
	if (may_come_back(e) && c->answer.n_prefix == 0 && c->asks < QGS_CLIENT_ASK_TRIES)
		return try_again(c, now, c->asks);
	if (may_come_back(e))
		return jurat_fail(err, -ECONNRESET, "'%s' closed the connection %s", c->address,
				  c->answer.n_prefix == 0 ? "without a response" : "within its response");
	return jurat_fail(err, e, "'%s': %s", c->address, strerror(-e));
}

static int begin(struct qgs_client *c, uint64_t now, struct jurat_error *err)
{
	int fd;

	c->connects++;
	fd = base_connect(c->env, c->address);
	if (fd < 0)
		return cannot_connect(c, now, fd, err);
	c->fd = fd;
	c->state = QGS_CLIENT_CONNECTING;
	return 0;
}

static int finish_connecting(struct qgs_client *c, uint64_t now, struct jurat_error *err)
{
	int e = base_connected(c->env, c->fd);

	if (e == -EINPROGRESS)
		return JURAT_BUSY;
	if (e < 0)
		return cannot_connect(c, now, e, err);
	c->reached = true;
	c->connect_error = 0;
	c->asks++;
	c->state = QGS_CLIENT_SENDING;
	return 0;
}

static int send_some(struct qgs_client *c, uint64_t now, struct jurat_error *err)
{
	ssize_t n = base_send(c->env, c->fd, c->request + c->sent, c->request_size - c->sent);

	if (n == -EAGAIN)
		return JURAT_BUSY;
	if (n < 0)
		return hung_up(c, now, (int)n, err);
	c->sent += (size_t)n;
	if (c->sent == c->request_size)
		c->state = QGS_CLIENT_RECEIVING;
	return 0;
}

static int receive_some(struct qgs_client *c, uint64_t now, struct jurat_error *err)
{
	uint8_t part[PART_BYTES];
	ssize_t n = base_recv(c->env, c->fd, part, sizeof(part));
	size_t taken;
	int r;

	if (n == -EAGAIN)
		return JURAT_BUSY;
	if (n <= 0)
		return hung_up(c, now, n ? (int)n : -ECONNRESET, err);
	r = qgs_assembler_feed(&c->answer, part, (size_t)n, &taken, err);
	if (r < 0)
		return jurat_wrap(err, r, "'%s'", c->address);
	if (taken < (size_t)n) /* Q2 */
		return jurat_fail(err, -EBADMSG, "'%s': %zu bytes after the response", c->address,
				  (size_t)n - taken);
	return r;
}

/* Between two attempts to connect, the error of the last one is the reason. */
static int too_late(const struct qgs_client *c, struct jurat_error *err)
{
	if (c->state == QGS_CLIENT_IDLE && c->connect_error < 0)
		return fail_to_connect(c, c->connect_error, err);
	return jurat_fail(err, -ETIMEDOUT, "'%s' does not %s in time", c->address,
			  c->reached ? "answer" : "accept a connection");
}

int qgs_client_step(struct qgs_client *c, uint64_t now, struct jurat_error *err)
{
	int r = 0;

	while (r == 0) {
		if (now >= c->give_up_ns) {
			r = too_late(c, err);
			break;
		}
		switch (c->state) {
		case QGS_CLIENT_IDLE:
			if (now < c->again_ns)
				return 0;
			r = begin(c, now, err);
			break;
		case QGS_CLIENT_CONNECTING:
			r = finish_connecting(c, now, err);
			break;
		case QGS_CLIENT_SENDING:
			r = send_some(c, now, err);
			break;
		case QGS_CLIENT_RECEIVING:
			r = receive_some(c, now, err);
			break;
		}
		if (r == JURAT_BUSY)
			return 0;
	}
	disconnect(c);
	return r;
}

unsigned qgs_client_events(const struct qgs_client *c)
{
	switch (c->state) {
	case QGS_CLIENT_CONNECTING:
	case QGS_CLIENT_SENDING:
		return BASE_WRITE;
	case QGS_CLIENT_RECEIVING:
		return BASE_READ;
	case QGS_CLIENT_IDLE:
		break;
	}
	return 0;
}

uint64_t qgs_client_wake_ns(const struct qgs_client *c)
{
	return c->state == QGS_CLIENT_IDLE && c->again_ns < c->give_up_ns ? c->again_ns : c->give_up_ns;
}

int qgs_client_watch(struct qgs_client *c, int poll_fd)
{
	int r;

	if (c->fd < 0)
		return 0;
	r = base_poll_set(c->env, poll_fd, c->fd, qgs_client_events(c));
	if (r >= 0)
		c->poll_fd = poll_fd;
	return r < 0 ? r : 0;
}
