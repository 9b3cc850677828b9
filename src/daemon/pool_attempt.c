/* SPDX-License-Identifier: MIT */
#include "daemon/pool_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

struct attempt {
	struct attempt_request request;
	int fd;
	bool connected, over, has_poll;
	unsigned n_handles;
	uv_poll_t poll;
	uv_timer_t timer; /* fires at once when attempt_new() has failed */
	uint8_t prefix[QGS_FRAME_BYTES];
	size_t sent; /* of prefix and message */
	struct qgs_assembler assembler;
	uint8_t *reply; /* length prefix and the largest message */
	enum attempt_result early;
	struct jurat_error why;
};

static void on_closed(uv_handle_t *handle)
{
	struct attempt *a = handle->data;

	if (--a->n_handles > 0)
		return;
	a->request.freed(a->request.context);
	free(a->reply);
	free(a);
}

static void close_all(struct attempt *a)
{
	a->over = true;
	uv_close((uv_handle_t *)&a->timer, on_closed);
	if (a->has_poll)
		uv_close((uv_handle_t *)&a->poll, on_closed);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

void attempt_cancel(struct attempt *a)
{
	if (!a->over)
		close_all(a);
}

static void fail(struct attempt *a, enum attempt_result result, const char *what, int e)
{
	if (e != 0)
		jurat_fail(&a->why, 0, "%s: %s", what, strerror(e));
	else
		jurat_fail(&a->why, 0, "%s", what);
	close_all(a);
	a->request.ended(a->request.context, result, NULL, 0, 0, a->why.text);
}

/* Checks whether a complete message is a response to the request. */
static void take_answer(struct attempt *a)
{
	const size_t n = a->assembler.want;
	struct bytes_wr w = bytes_wr(a->reply, QGS_FRAME_BYTES);
	uint8_t *reply, *small;
	struct qgs_message m;

	if (qgs_read(a->request.response, a->reply + QGS_FRAME_BYTES, n, &m, &a->why) != 0) {
		jurat_wrap(&a->why, 0, "malformed response");
		close_all(a);
		a->request.ended(a->request.context, ATTEMPT_FAILED, NULL, 0, 0, a->why.text);
		return;
	}
	bytes_wr_be32(&w, (uint32_t)n);
	reply = take_ptr(a->reply);
	small = realloc(reply, QGS_FRAME_BYTES + n); /* it may be kept for a while */
	close_all(a);
	a->request.ended(a->request.context, ATTEMPT_ANSWERED, small ? small : reply, QGS_FRAME_BYTES + n,
			 m.error_code, "");
}

static void receive(struct attempt *a)
{
	uint8_t bytes[16384];
	size_t taken;
	ssize_t n = recv(a->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	int r;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		fail(a, ATTEMPT_FAILED, "receive", errno);
		return;
	}
	if (n == 0) {
		const bool idle = qgs_assembler_idle(&a->assembler);

		fail(a, idle ? ATTEMPT_CLOSED : ATTEMPT_FAILED,
		     idle ? "closed without a response" : "closed in the middle of a response", 0);
		return;
	}
	r = qgs_assembler_feed(&a->assembler, bytes, (size_t)n, &taken, &a->why);
	if (r < 0) {
		jurat_wrap(&a->why, 0, "malformed response");
		close_all(a);
		a->request.ended(a->request.context, ATTEMPT_FAILED, NULL, 0, 0, a->why.text);
	} else if (r > 0) {
		take_answer(a);
	}
}

/* true: all was sent. */
static bool transmit(struct attempt *a)
{
	const size_t whole = QGS_FRAME_BYTES + a->request.size;

	while (a->sent < whole) {
		struct iovec parts[2] = { { a->prefix, QGS_FRAME_BYTES },
					  { (void *)(uintptr_t)a->request.message, a->request.size } };
		struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
		const size_t in_prefix = a->sent < QGS_FRAME_BYTES ? a->sent : QGS_FRAME_BYTES;
		ssize_t n;

		parts[0].iov_base = a->prefix + in_prefix;
		parts[0].iov_len -= in_prefix;
		parts[1].iov_base = (char *)parts[1].iov_base + (a->sent - in_prefix);
		parts[1].iov_len -= a->sent - in_prefix;
		n = sendmsg(a->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			fail(a, ATTEMPT_FAILED, "send", errno);
			return false;
		}
		a->sent += (size_t)n;
	}
	return true;
}

static int connect_error(int fd)
{
	socklen_t n = sizeof(int);
	int e = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) < 0 ? errno : e;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct attempt *a = poll->data;
	const bool all_sent = a->sent == QGS_FRAME_BYTES + a->request.size;

	if (!a->connected) {
		int e = connect_error(a->fd);

		if (e != 0) {
			fail(a, ATTEMPT_FAILED, "connect", e);
			return;
		}
		a->connected = true;
	}
	if (all_sent) {
		receive(a);
		if (status < 0 && !a->over)
			fail(a, ATTEMPT_FAILED, "the connection failed", 0);
	} else if (status < 0) {
		fail(a, ATTEMPT_FAILED, "the connection failed", 0);
	} else if (transmit(a)) {
		uv_poll_start(&a->poll, UV_READABLE, on_poll);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct attempt *a = timer->data;
	const struct jurat_error why = a->why;

	if (why.text[0])
		fail(a, a->early, why.text, 0);
	else
		fail(a, ATTEMPT_FAILED, a->connected ? "timed out" : "connecting timed out", 0);
}

/* 0, or the result that on_timer() will report. */
static int begin(struct attempt *a, uv_loop_t *loop)
{
	const struct base_address *to = a->request.to;

	a->early = ATTEMPT_NO_SOCKET;
	a->fd = socket(to->sockaddr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd < 0)
		return jurat_fail(&a->why, -errno, "socket: %s", strerror(errno));
	a->early = ATTEMPT_FAILED;
	if (connect(a->fd, &to->sockaddr.any, to->size) < 0 && errno != EINPROGRESS && errno != EINTR)
		return jurat_fail(&a->why, -errno, "connect: %s", strerror(errno));
	if (uv_poll_init(loop, &a->poll, a->fd) < 0)
		return jurat_fail(&a->why, -EIO, "cannot watch the socket");
	a->poll.data = a;
	a->has_poll = true;
	a->n_handles++;
	return uv_poll_start(&a->poll, UV_WRITABLE, on_poll);
}

int attempt_new(uv_loop_t *loop, const struct attempt_request *request, struct attempt **ret)
{
	struct attempt *a = calloc(1, sizeof(*a));
	struct bytes_wr w;
	int r;

	if (a)
		a->reply = malloc(QGS_FRAME_BYTES +
				  POOL_MAX_REPLY_BYTES); /* its pages are touched only when filled */
	if (!a || !a->reply) {
		free(a);
		return -ENOMEM;
	}
	a->request = *request;
	a->fd = -1;
	w = bytes_wr(a->prefix, sizeof(a->prefix));
	bytes_wr_be32(&w, (uint32_t)request->size);
	qgs_assembler_init(&a->assembler, a->reply + QGS_FRAME_BYTES, POOL_MAX_REPLY_BYTES, false);
	uv_timer_init(loop, &a->timer);
	a->timer.data = a;
	a->n_handles = 1;
	r = begin(a, loop);
	uv_timer_start(&a->timer, on_timer, r < 0 ? 0 : request->timeout_ms, 0);
	*ret = a;
	return 0;
}
