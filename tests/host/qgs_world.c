/* SPDX-License-Identifier: MIT */
#include "host/qgs_world.h"

#include <errno.h>

#include "support/fail_memory.h"

enum { FD_POLL = 10, FD_TIMER = 11, FD_SOCKET = 100 };

static struct qgs_world *self(struct base_env *env)
{
	return (struct qgs_world *)env;
}

uint8_t qgs_world_quote_byte(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

void qgs_world_tdreport(uint8_t to[TDX_REPORT_BYTES], const uint8_t report_data[64])
{
	struct tdx_report report;

	memset(&report, 0, sizeof(report));
	report.mac.type = TDX_REPORT_TYPE;
	memcpy(report.mac.report_data, report_data, 64);
	tdx_report_write(&report, to);
}

static uint64_t w_now_ns(struct base_env *env)
{
	return self(env)->now;
}

static struct peer *peer_of(struct qgs_world *w, int fd)
{
	assert_true(fd >= FD_SOCKET && fd < FD_SOCKET + W_MAX_PEERS);
	assert_true(w->peers[fd - FD_SOCKET].open);
	return &w->peers[fd - FD_SOCKET];
}

static uint64_t later(uint64_t now, uint64_t by)
{
	return by == BASE_NEVER ? BASE_NEVER : now + by;
}

static int w_connect(struct base_env *env, const char *address)
{
	struct qgs_world *w = self(env);
	unsigned i = w->connects++, open = 0;
	int fd = -1;

	assert_string_equal(address, W_ADDRESS);
	if (i < W_MAX_ERRORS && w->connect_errors[i])
		return w->connect_errors[i];
	for (int k = W_MAX_PEERS - 1; k >= 0; k--) {
		open += w->peers[k].open;
		fd = w->peers[k].open ? fd : k;
	}
	assert_true(fd >= 0);
	w->max_open = open + 1 > w->max_open ? open + 1 : w->max_open;
	w->peers[fd] = (struct peer){
		.open = true,
		.connected_at = later(w->now, w->connect_ns),
		.answers_at = BASE_NEVER,
		.connect_result = i < W_MAX_ERRORS ? w->connected_errors[i] : 0,
		.request = NEVER_FAILS(malloc(W_REQUEST_ROOM)),
	};
	assert_non_null(w->peers[fd].request);
	return FD_SOCKET + fd;
}

static int w_connected(struct base_env *env, int fd)
{
	struct peer *p = peer_of(self(env), fd);

	return self(env)->now < p->connected_at ? -EINPROGRESS : p->connect_result;
}

/* The service's own answer to a request for a quote. */
static void make_answer(struct qgs_world *w, struct peer *p)
{
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1, .error_code = w->error_code };
	size_t n = w->error_code ? 0 : w->quote_size, room = n + QGS_QUOTE_RESP_BYTES + QGS_FRAME_BYTES;
	uint8_t *quote = NEVER_FAILS(malloc(n + 1));

	assert_non_null(quote);
	for (size_t i = 0; i < n; i++)
		quote[i] = qgs_world_quote_byte(i);
	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, n);
	p->answer = NEVER_FAILS(malloc(room));
	assert_non_null(p->answer);
	assert_int_equal(qgs_write(&m, true, p->answer, room, &p->answer_size, NULL), 0);
	free(quote);
}

static void take_request(struct qgs_world *w, struct peer *p)
{
	if (p->told || p->request_size < QGS_FRAME_BYTES)
		return;
	if (p->request_size <
	    QGS_FRAME_BYTES + ((size_t)p->request[2] << 8 | p->request[3]) + ((size_t)p->request[1] << 16))
		return;
	p->told = true;
	p->answers_at = later(w->now, w->answer_ns);
	free(w->last_request);
	w->last_request = heap_copy(p->request, p->request_size);
	w->last_request_size = p->request_size;
	if (w->hang_ups > 0) {
		w->hang_ups--;
		p->hangs_up = true;
	} else if (w->has_answer) {
		p->answer = heap_copy(w->answer, w->answer_size);
		p->answer_size = w->answer_size;
		p->hangs_up = true;
	} else {
		make_answer(w, p);
	}
}

static ssize_t w_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct qgs_world *w = self(env);
	struct peer *p = peer_of(w, fd);

	assert_true(w->now >= p->connected_at && n > 0);
	if (w->send_room && n > w->send_room)
		n = w->send_room;
	assert_true(p->request_size + n <= W_REQUEST_ROOM);
	memcpy(p->request + p->request_size, buf, n);
	p->request_size += n;
	take_request(w, p);
	return (ssize_t)n;
}

static ssize_t w_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	struct qgs_world *w = self(env);
	struct peer *p = peer_of(w, fd);
	size_t left = p->answer_size - p->answer_off;

	if (w->now < p->answers_at)
		return -EAGAIN;
	if (left == 0)
		return p->hangs_up ? 0 : -EAGAIN;
	n = n < left ? n : left;
	if (w->recv_part && n > w->recv_part)
		n = w->recv_part;
	memcpy(buf, p->answer + p->answer_off, n);
	p->answer_off += n;
	return (ssize_t)n;
}

/* When a socket has one of the events; BASE_NEVER: not without somebody doing something. */
static uint64_t ready_at(const struct peer *p, unsigned events)
{
	if (events & BASE_WRITE)
		return p->connected_at;
	if ((events & BASE_READ) && (p->answer_off < p->answer_size || p->hangs_up))
		return p->answers_at;
	return BASE_NEVER;
}

static int w_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct qgs_world *w = self(env);
	uint64_t ready = ready_at(peer_of(w, fd), events), until = later(w->now, wait_ns);
	void (*meanwhile)(void *context) = w->meanwhile;

	assert_true(events != 0);
	w->waits++;
	w->meanwhile = NULL;
	if (meanwhile)
		meanwhile(w->context);
	if (w->signals > 0) {
		w->signals--;
		return -EINTR;
	}
	assert_true(ready != BASE_NEVER || until != BASE_NEVER);
	if (ready > until) {
		w->now = until;
		return 0;
	}
	w->now = ready > w->now ? ready : w->now;
	return 1;
}

static int w_poll_open(struct base_env *env)
{
	assert_false(self(env)->poll_open);
	self(env)->poll_open = true;
	return FD_POLL;
}

static int w_timer_open(struct base_env *env)
{
	assert_false(self(env)->timer_open);
	self(env)->timer_open = true;
	self(env)->timer_at = BASE_NEVER;
	return FD_TIMER;
}

static int w_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	struct qgs_world *w = self(env);
	struct peer *p;

	assert_int_equal(poll_fd, FD_POLL);
	assert_true(w->poll_open);
	if (fd == FD_TIMER) {
		assert_true(w->timer_open);
		w->timer_set = events != 0;
		return 0;
	}
	p = peer_of(w, fd);
	p->set = events != 0;
	p->events = events;
	return 0;
}

static int w_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	assert_int_equal(fd, FD_TIMER);
	self(env)->timer_at = at_ns;
	self(env)->timer_sets++;
	return 0;
}

static int w_close(struct base_env *env, int fd)
{
	struct qgs_world *w = self(env);
	struct peer *p;

	if (fd == FD_POLL) {
		assert_true(w->poll_open);
		w->poll_open = false;
		return 0;
	}
	if (fd == FD_TIMER) {
		assert_true(w->timer_open);
		w->timer_open = w->timer_set = false;
		return 0;
	}
	p = peer_of(w, fd);
	w->closed_while_set += p->set;
	free(p->request);
	free(p->answer);
	*p = (struct peer){ 0 };
	return 0;
}

uint64_t qgs_world_next(const struct qgs_world *w)
{
	uint64_t next = w->timer_open && w->timer_set ? w->timer_at : BASE_NEVER, at;

	for (size_t i = 0; i < W_MAX_PEERS; i++) {
		at = w->peers[i].open && w->peers[i].set ? ready_at(&w->peers[i], w->peers[i].events)
							 : BASE_NEVER;
		next = at < next ? at : next;
	}
	return next;
}

bool qgs_world_readable(const struct qgs_world *w)
{
	return qgs_world_next(w) <= w->now;
}

struct qgs_world *qgs_world_new(void)
{
	static const struct base_env_ops ops = {
		.now_ns = w_now_ns,
		.close = w_close,
		.connect = w_connect,
		.connected = w_connected,
		.send = w_send,
		.recv = w_recv,
		.wait = w_wait,
		.poll_open = w_poll_open,
		.poll_set = w_poll_set,
		.timer_open = w_timer_open,
		.timer_set = w_timer_set,
	};
	struct qgs_world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->base.ops = &ops;
	w->now = 1000000000;
	w->timer_at = BASE_NEVER;
	w->quote_size = 5006;
	return w;
}

unsigned qgs_world_open_fds(const struct qgs_world *w)
{
	unsigned n = w->poll_open + w->timer_open;

	for (size_t i = 0; i < W_MAX_PEERS; i++)
		n += w->peers[i].open;
	return n;
}

void qgs_world_free(struct qgs_world *w)
{
	assert_int_equal(qgs_world_open_fds(w), 0);
	free(w->last_request);
	free(w);
}
