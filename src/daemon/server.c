/* SPDX-License-Identifier: MIT */
#include "daemon/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/server_internal.h"

enum {
	ACCEPT_AT_ONCE = 64,   /* then back to the event loop */
	ACCEPT_RETRY_MS = 100, /* when out of descriptors and no connection closes */
};

static void accept_again(struct server *s);

/* ---- backends */

void backend_release(struct backend *b)
{
	if (!b->turns && b->n_jobs == 0)
		b->ops->free(b);
}

static void retire(struct backend *b)
{
	b->turns = NULL;
	backend_release(b);
}

static void maybe_drained(struct server *s)
{
	void (*drained)(void *context) = s->drained;

	if (!s->draining || s->n_clients > 0 || !drained)
		return;
	s->drained = NULL;
	retire(s->backend);
	s->backend = NULL;
	drained(s->drained_context);
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

/* An id of a connection that is not to be is worth a line as well. */
static void log_over_limit(const struct peer *peer)
{
	const struct log_id id = log_id_new();
	char text[LOG_ID_BYTES], who[PEER_TEXT_BYTES];

	log_peer_event(LOG_LEVEL_INFO, "over-limit", "id", log_id_text(&id, text), "peer",
		       peer_text(peer, who), "why", "too many connections", NULL);
}

/* NULL, and the descriptor is closed: the peer is over its limit, or out of memory. */
static struct client *new_client(struct server *s, int fd, const struct base_address *address)
{
	struct peer *peer = peer_connects(&s->peers, fd, address);
	struct client *c;

	if (peer && peer_has_too_many(peer, s->limits.max_connections, s->limits.max_per_guest)) {
		s->metrics.over_guest_limit++;
		log_over_limit(peer);
		peer_leaves(peer);
		close(fd);
		return NULL;
	}
	c = peer ? malloc(sizeof(*c)) : NULL;
	if (!c) {
		s->metrics.accept_failures++;
		if (peer)
			peer_leaves(peer);
		close(fd);
		return NULL;
	}
	memset(c, 0, offsetof(struct client, conn));
	memset((char *)c + offsetof(struct client, fd), 0, sizeof(*c) - offsetof(struct client, fd));
	c->server = s;
	c->fd = fd;
	c->id = log_id_new();
	c->peer = peer;
	return c;
}

static void add_client(struct server *s, int fd, const struct base_address *address, sa_family_t family)
{
	struct client *c;

	s->metrics.accepted++;
	c = new_client(s, fd, address);
	if (!c)
		return;
	conn_init(&c->conn, &s->limits.conn, uv_now(s->loop));
	c->family = family;
	c->may_read = true; /* the request has often arrived already */
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
	client_log_accepted(c);
	client_pump(c);
}

static void on_retry(uv_timer_t *timer)
{
	accept_again(timer->data);
}

/* false: no more for now. */
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

void server_client_gone(struct server *s)
{
	accept_again(s);
	maybe_drained(s);
}

/* ---- the server */

int server_new(uv_loop_t *loop, const struct server_limits *limits, struct backend *backend,
	       struct server **ret)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	turns_init(&s->turns);
	peers_init(&s->peers, &s->turns);
	backend->turns = &s->turns;
	s->backend = backend;
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

void server_set_backend(struct server *s, struct backend *backend)
{
	retire(s->backend);
	backend->turns = &s->turns;
	s->backend = backend;
	backend->ops->wake(backend);
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

	/* Accept clients that connected before the signal. */
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
		conn_step(&c->conn, CONN_DRAIN, uv_now(s->loop));
		client_pump(c);
	}
	maybe_drained(s);
}

bool server_stalled(const struct server *s, uint64_t now_ms)
{
	const struct backend *b = s->backend;

	return b && b->ops->stalled && b->ops->stalled(b, now_ms);
}

void server_describe(struct server *s, struct metrics_text *to)
{
	struct backend *b = s->backend;

	metrics_print_all(&s->metrics, to);
	if (b && b->ops->describe)
		b->ops->describe(b, to);
}

void server_free(struct server *s)
{
	free(s);
}
