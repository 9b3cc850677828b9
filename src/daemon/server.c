/* SPDX-License-Identifier: MIT */
#include "daemon/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/log.h"

enum {
	MAX_LISTENERS = 16,
	ACCEPT_AT_ONCE = 64,   /* then others have their turn */
	ACCEPT_RETRY_MS = 100, /* when descriptors are short and none of ours closes */
};

/* A backend with the number of requests it has; more than one while a reload takes over. */
struct holder {
	struct backend *backend;
	size_t n_jobs;
	bool retired;
};

struct client {
	struct server *server;
	struct client *next, **link; /* of all that are open */
	struct client *next_blocked,
		**link_blocked; /* of those whose answer waits for the reader, oldest first */
	struct conn conn;
	int fd;
	sa_family_t family;
	unsigned cid;
	bool may_read, lingering, pumping, drained, peer_known;
	int watched; /* what `poll` looks for; 0: stopped */
	bool has_poll;
	unsigned n_handles;
	uint64_t timer_at; /* UINT64_MAX: stopped */
	uv_poll_t poll;
	uv_timer_t timer;
	struct backend_job job;
	struct holder *holder; /* of `job`; NULL: there is none */
	uint64_t asked_ns, blocked_bytes;
};

struct server {
	uv_loop_t *loop;
	struct server_limits limits;
	struct holder *holder;
	struct client *clients, *blocked, **last_blocked;
	size_t n_clients; /* also those that are closed and wait for the backend */
	struct {
		uv_poll_t poll;
		struct listener listener;
	} listeners[MAX_LISTENERS];
	size_t n_listeners;
	bool accepting, draining;
	uv_timer_t retry;
	void (*drained)(void *context);
	void *drained_context;
	struct metrics metrics;
	uint8_t scratch[CONN_READ_BYTES];
};

static void pump(struct client *c);
static void accept_again(struct server *s);

/* ---- backends */

static void holder_release(struct holder *h)
{
	if (!h->retired || h->n_jobs > 0)
		return;
	h->backend->ops->free(h->backend);
	free(h);
}

static int holder_new(struct backend *backend, struct holder **ret)
{
	struct holder *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->backend = backend;
	*ret = h;
	return 0;
}

static void maybe_drained(struct server *s)
{
	void (*drained)(void *context) = s->drained;

	if (!s->draining || s->n_clients > 0 || !drained)
		return;
	s->drained = NULL;
	s->holder->retired = true;
	holder_release(s->holder);
	s->holder = NULL;
	drained(s->drained_context);
}

/* ---- the end of a client */

static void client_free(struct client *c)
{
	struct server *s = c->server;

	if (c->fd >= 0 || c->n_handles > 0 || c->holder)
		return;
	conn_done(&c->conn);
	free(c);
	s->n_clients--;
	s->metrics.connections--;
	accept_again(s);
	maybe_drained(s);
}

static void on_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;

	c->n_handles--;
	client_free(c);
}

static void unblock(struct client *c)
{
	struct server *s = c->server;

	if (!c->link_blocked)
		return;
	*c->link_blocked = c->next_blocked;
	if (c->next_blocked)
		c->next_blocked->link_blocked = c->link_blocked;
	else
		s->last_blocked = c->link_blocked;
	c->link_blocked = NULL;
	s->metrics.unsent_bytes -= c->blocked_bytes;
	c->blocked_bytes = 0;
}

static void log_end(const struct client *c)
{
	const enum conn_end end = c->conn.end;
	const bool usual = end == CONN_END_ANSWERED || end == CONN_END_UNUSED;
	char peer[32], n[16];

	if (c->family == AF_VSOCK)
		snprintf(peer, sizeof(peer), "vsock:%u", c->cid);
	else
		snprintf(peer, sizeof(peer), "%s", c->family == AF_UNIX ? "unix" : "tcp");
	snprintf(n, sizeof(n), "%u", c->conn.n_answers);
	log_peer_event(usual ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "connection", "end", conn_end_name(end),
		       "peer", peer, "answers", n, "why", usual ? "" : c->conn.why.text, NULL);
}

static void cancel_job(struct client *c)
{
	if (c->holder)
		c->holder->backend->ops->cancel(c->holder->backend, &c->job);
}

static void client_close(struct client *c)
{
	struct server *s = c->server;

	s->metrics.ended[c->conn.end]++;
	log_end(c);
	unblock(c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	uv_close((uv_handle_t *)&c->timer, on_closed);
	if (c->has_poll)
		uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
	c->fd = -1;
	cancel_job(c);
}

/* ---- reading and writing */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;

	if (status < 0) /* libuv has stopped it: recv() or send() will say what it is */
		c->watched = 0;
	if (c->conn.state == CONN_READING || c->conn.state == CONN_LINGERING) {
		c->may_read = true;
	} else if (c->conn.state != CONN_SENDING && c->watched != 0) {
		uv_poll_stop(poll); /* more requests, or the end: in its turn */
		c->watched = 0;
	}
	pump(c);
}

static void watch(struct client *c, int events)
{
	if (c->watched == events)
		return;
	if (!c->has_poll) {
		if (uv_poll_init(c->server->loop, &c->poll, c->fd) < 0) {
			conn_step(&c->conn, CONN_BROKEN, NULL, 0, uv_now(c->server->loop));
			return;
		}
		c->poll.data = c;
		c->has_poll = true;
		c->n_handles++;
	}
	if (uv_poll_start(&c->poll, events, on_poll) == 0)
		c->watched = events;
	else
		conn_step(&c->conn, CONN_BROKEN, NULL, 0, uv_now(c->server->loop));
}

static void read_some(struct client *c)
{
	struct server *s = c->server;
	ssize_t n = recv(c->fd, s->scratch, sizeof(s->scratch), MSG_DONTWAIT);
	const uint64_t now = uv_now(s->loop);

	c->may_read = false;
	if (n > 0)
		conn_step(&c->conn, CONN_BYTES, s->scratch, (size_t)n, now);
	else if (n == 0)
		conn_step(&c->conn, CONN_EOF, NULL, 0, now);
	else if (errno == EINTR)
		c->may_read = true;
	else if (errno != EAGAIN)
		conn_step(&c->conn, CONN_BROKEN, NULL, 0, now);
}

/* The answer waits for its reader. When all of those hold too much, the one that waits longest has to go. */
static void block(struct client *c)
{
	struct server *s = c->server;

	s->metrics.unsent_bytes += c->conn.out_size;
	s->metrics.unsent_bytes -= c->blocked_bytes;
	c->blocked_bytes = c->conn.out_size;
	if (!c->link_blocked) {
		c->next_blocked = NULL;
		c->link_blocked = s->last_blocked;
		*s->last_blocked = c;
		s->last_blocked = &c->next_blocked;
	}
	while (s->metrics.unsent_bytes > s->limits.max_unsent_bytes) {
		struct client *oldest = s->blocked;

		s->metrics.evicted++;
		unblock(oldest);
		jurat_fail(&oldest->conn.why, 0, "too many answers wait for their readers");
		conn_step(&oldest->conn, CONN_BROKEN, NULL, 0, uv_now(s->loop));
		if (oldest == c)
			return;
		pump(oldest);
	}
}

/* false: the socket takes no more now. */
static bool write_some(struct client *c)
{
	const uint64_t now = uv_now(c->server->loop);
	ssize_t n = send(c->fd, c->conn.out, c->conn.out_size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN) {
		block(c);
		return false;
	}
	if (n < 0)
		conn_step(&c->conn, CONN_BROKEN, NULL, 0, now);
	else
		conn_step(&c->conn, CONN_SENT, NULL, (size_t)n, now);
	if (c->conn.state != CONN_SENDING)
		unblock(c);
	return true;
}

/* ---- requests */

static void on_done(struct backend_job *job, uint8_t *reply, size_t n, const char *why)
{
	struct client *c = (struct client *)((char *)job - offsetof(struct client, job));
	struct server *s = c->server;
	struct holder *h = c->holder;
	const uint64_t now = uv_now(s->loop);

	c->holder = NULL;
	h->n_jobs--;
	s->metrics.in_flight--;
	if (c->conn.state == CONN_ASKING) {
		metrics_count_latency(&s->metrics, uv_hrtime() - c->asked_ns);
		if (!reply) {
			s->metrics.no_reply++;
			jurat_fail(&c->conn.why, 0, "%s", why);
			log_peer_event(LOG_LEVEL_WARNING, "no-reply", "backend", h->backend->name, "why", why,
				       NULL);
		}
	}
	conn_step(&c->conn, reply ? CONN_REPLY : CONN_NO_REPLY, reply, n, now);
	holder_release(h);
	if (c->fd < 0)
		client_free(c);
	else if (!c->pumping)
		pump(c);
}

static void ask(struct client *c)
{
	struct server *s = c->server;
	struct conn *conn = &c->conn;

	s->metrics.requests[conn->request_type / 2]++;
	conn_step(conn, CONN_ASKED, NULL, 0, uv_now(s->loop));
	s->metrics.in_flight++;
	c->asked_ns = uv_hrtime();
	c->holder = s->holder;
	c->holder->n_jobs++;
	c->job = (struct backend_job){ .request = conn->request,
				       .request_size = conn->request_size,
				       .type = conn->request_type,
				       .minor_version = conn->request_minor,
				       .done = on_done };
	c->holder->backend->ops->submit(c->holder->backend, &c->job);
}

/* ---- the clock */

static void on_timer(uv_timer_t *timer)
{
	struct client *c = timer->data;

	c->timer_at = UINT64_MAX;
	conn_step(&c->conn, CONN_TIME, NULL, 0, uv_now(c->server->loop));
	if (c->conn.gave_up && c->holder) {
		c->server->metrics.no_reply++;
		c->pumping = true; /* cancelling may call on_done(), which has nobody to tell */
		cancel_job(c);
	}
	pump(c);
}

/* A timer that fires too early is cheap; starting one anew for each request is not. */
static void set_timer(struct client *c)
{
	const uint64_t now = uv_now(c->server->loop), at = conn_deadline(&c->conn);

	if (c->timer_at <= at)
		return;
	if (uv_timer_start(&c->timer, on_timer, at > now ? at - now : 0, 0) == 0)
		c->timer_at = at;
}

static void begin_lingering(struct client *c)
{
	c->lingering = true;
	if (c->family == AF_UNIX) {
		/* What was sent is in the peer's queue, and closing does not take it back. */
		conn_step(&c->conn, CONN_EOF, NULL, 0, uv_now(c->server->loop));
		return;
	}
	c->may_read = true;
	shutdown(c->fd, SHUT_WR);
}

/* What was there to count or to log of the answer that goes out now. */
static void count_answer(struct client *c, unsigned n_before)
{
	if (c->conn.n_answers == n_before)
		return;
	metrics_count_answer(&c->server->metrics, c->conn.code);
	if (c->conn.bad_reply)
		c->server->metrics.bad_replies++;
	c->conn.bad_reply = false;
}

/* Goes on until there is nothing to do but to wait. Frees nothing but what client_close() may. */
static void pump(struct client *c)
{
	c->pumping = true;
	for (;;) {
		const unsigned n = c->conn.n_answers;

		switch (c->conn.state) {
		case CONN_READING:
		case CONN_LINGERING:
			if (c->conn.state == CONN_LINGERING && !c->lingering) {
				begin_lingering(c);
				continue;
			}
			if (c->may_read) {
				read_some(c);
				continue;
			}
			watch(c, UV_READABLE);
			break;
		case CONN_READY:
			ask(c);
			continue;
		case CONN_SENDING:
			if (write_some(c)) {
				count_answer(c, n);
				continue;
			}
			watch(c, UV_WRITABLE);
			break;
		case CONN_ASKING:
			break;
		case CONN_CLOSED:
			c->pumping = false;
			client_close(c);
			return;
		}
		if (c->conn.state != CONN_CLOSED)
			break;
	}
	c->pumping = false;
	set_timer(c);
}

/* ---- accepting */

static void stop_accepting(struct server *s)
{
	if (!s->accepting)
		return;
	s->accepting = false;
	for (size_t i = 0; i < s->n_listeners; i++)
		uv_poll_stop(&s->listeners[i].poll);
}

static bool has_too_many(const struct server *s, unsigned cid)
{
	size_t n = 0;

	for (const struct client *c = s->clients; c; c = c->next)
		n += c->family == AF_VSOCK && c->cid == cid;
	return n >= s->limits.max_per_guest;
}

static void add_client(struct server *s, int fd, const struct base_address *peer, sa_family_t family)
{
	struct client *c;

	s->metrics.accepted++;
	if (family == AF_VSOCK && has_too_many(s, peer->sockaddr.vm.svm_cid)) {
		s->metrics.over_guest_limit++;
		close(fd);
		return;
	}
	c = malloc(sizeof(*c));
	if (!c) {
		s->metrics.accept_failures++;
		close(fd);
		return;
	}
	memset(c, 0, offsetof(struct client, conn));
	memset((char *)c + offsetof(struct client, fd), 0, sizeof(*c) - offsetof(struct client, fd));
	conn_init(&c->conn, &s->limits.conn, uv_now(s->loop));
	c->server = s;
	c->fd = fd;
	c->family = family;
	c->cid = family == AF_VSOCK ? peer->sockaddr.vm.svm_cid : 0;
	c->may_read = true; /* the request is often there already */
	c->timer_at = UINT64_MAX;
	uv_timer_init(s->loop, &c->timer);
	c->timer.data = c;
	c->n_handles = 1;
	c->next = s->clients;
	c->link = &s->clients;
	if (c->next)
		c->next->link = &c->next;
	s->clients = c;
	s->n_clients++;
	s->metrics.connections++;
	pump(c);
}

static void on_retry(uv_timer_t *timer)
{
	accept_again(timer->data);
}

/* false: no more now. */
static bool accept_one(struct server *s, const struct listener *l)
{
	struct base_address peer = { .size = sizeof(peer.sockaddr) };
	char why[16];
	int fd;

	if (s->n_clients >= s->limits.max_connections) {
		stop_accepting(s);
		return false;
	}
	fd = accept4(l->fd, &peer.sockaddr.any, &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		add_client(s, fd, &peer, l->address.sockaddr.any.sa_family);
		return true;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno == EAGAIN)
		return false;
	snprintf(why, sizeof(why), "%d", errno);
	s->metrics.accept_failures++;
	log_peer_event(LOG_LEVEL_WARNING, "accept-failed", "errno", why, "what", strerror(errno), NULL);
	stop_accepting(s);
	uv_timer_start(&s->retry, on_retry, ACCEPT_RETRY_MS, 0);
	return false;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	const struct listener *l =
		(const void *)((const char *)poll - offsetof(__typeof__(s->listeners[0]), poll) +
			       offsetof(__typeof__(s->listeners[0]), listener));

	for (int i = 0; i < ACCEPT_AT_ONCE && accept_one(s, l); i++)
		;
	if (status < 0 && s->accepting) { /* libuv has stopped it */
		stop_accepting(s);
		uv_timer_start(&s->retry, on_retry, ACCEPT_RETRY_MS, 0);
	}
}

static void accept_again(struct server *s)
{
	if (s->accepting || s->draining || s->n_clients >= s->limits.max_connections)
		return;
	s->accepting = true;
	uv_timer_stop(&s->retry);
	for (size_t i = 0; i < s->n_listeners; i++)
		uv_poll_start(&s->listeners[i].poll, UV_READABLE, on_listener);
}

/* ---- the server */

int server_new(uv_loop_t *loop, const struct server_limits *limits, struct backend *backend,
	       struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s || holder_new(backend, &s->holder) < 0) {
		free(s);
		return -ENOMEM;
	}
	s->loop = loop;
	s->limits = *limits;
	s->last_blocked = &s->blocked;
	s->accepting = true;
	uv_timer_init(loop, &s->retry);
	s->retry.data = s;
	*ret = s;
	return 0;
}

int server_listen(struct server *s, const struct listener *listener)
{
	int r;

	if (s->n_listeners == MAX_LISTENERS)
		return -E2BIG;
	r = uv_poll_init(s->loop, &s->listeners[s->n_listeners].poll, listener->fd);
	if (r < 0)
		return r;
	s->listeners[s->n_listeners].poll.data = s;
	s->listeners[s->n_listeners].listener = *listener;
	s->n_listeners++;
	return uv_poll_start(&s->listeners[s->n_listeners - 1].poll, UV_READABLE, on_listener);
}

void server_set_limits(struct server *s, const struct server_limits *limits)
{
	s->limits = *limits;
	accept_again(s);
}

int server_set_backend(struct server *s, struct backend *backend)
{
	struct holder *h;
	int r = holder_new(backend, &h);

	if (r < 0)
		return r;
	s->holder->retired = true;
	holder_release(s->holder);
	s->holder = h;
	return 0;
}

static struct client *next_to_drain(struct server *s)
{
	for (struct client *c = s->clients; c; c = c->next)
		if (!c->drained)
			return c;
	return NULL;
}

void server_drain(struct server *s, void (*drained)(void *context), void *context)
{
	struct client *c;

	/* Whoever came before the signal is served, also when nobody had looked yet. */
	for (size_t i = 0; i < s->n_listeners; i++)
		while (s->listeners[i].listener.made && accept_one(s, &s->listeners[i].listener))
			;
	s->draining = true;
	s->drained = drained;
	s->drained_context = context;
	stop_accepting(s);
	for (size_t i = 0; i < s->n_listeners; i++)
		uv_close((uv_handle_t *)&s->listeners[i].poll, NULL);
	uv_close((uv_handle_t *)&s->retry, NULL);
	while ((c = next_to_drain(s))) {
		c->drained = true;
		conn_step(&c->conn, CONN_DRAIN, NULL, 0, uv_now(s->loop));
		pump(c);
	}
	maybe_drained(s);
}

void server_describe(struct server *s, struct metrics_text *to)
{
	struct backend *b = s->holder ? s->holder->backend : NULL;

	metrics_print_all(&s->metrics, to);
	if (b && b->ops->describe)
		b->ops->describe(b, to);
}

void server_free(struct server *s)
{
	free(s);
}
