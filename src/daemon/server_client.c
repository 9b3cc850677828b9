/* SPDX-License-Identifier: MIT */
/* One connection: socket, timer and request around the state machine of conn.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "daemon/log.h"
#include "daemon/server_internal.h"

/* ---- the end */

static void client_free(struct client *c)
{
	struct server *s = c->server;

	if (c->fd >= 0 || c->n_handles > 0 || c->asked)
		return;
	conn_done(&c->conn);
	peer_leaves(c->peer);
	free(c);
	s->n_clients--;
	s->metrics.connections--;
	server_client_gone(s);
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

/* The connection's id, without that of a request. */
static char *connection_text(const struct client *c, char *text)
{
	const struct log_id id = { .connection = c->id.connection };

	return log_id_text(&id, text);
}

void client_log_accepted(const struct client *c)
{
	char id[LOG_ID_BYTES], peer[PEER_TEXT_BYTES];

	if (log_wants(LOG_LEVEL_DEBUG))
		log_peer_event(LOG_LEVEL_DEBUG, "accepted", "id", log_id_text(&c->id, id), "peer",
			       peer_text(c->peer, peer), NULL);
}

static void log_end(const struct client *c)
{
	const enum conn_end end = c->conn.end;
	const bool usual = end == CONN_END_ANSWERED || end == CONN_END_UNUSED;
	const enum log_level level = usual ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	char id[LOG_ID_BYTES], peer[PEER_TEXT_BYTES], n[16];

	if (!log_wants(level))
		return;
	snprintf(n, sizeof(n), "%u", c->conn.n_answers);
	log_peer_event(level, "connection", "id", connection_text(c, id), "end", conn_end_name(end), "peer",
		       peer_text(c->peer, peer), "answers", n, "why", usual ? "" : c->conn.why.text, NULL);
}

static void on_done(struct backend_job *job, uint8_t *reply, size_t n, const char *why);

static void cancel_job(struct client *c)
{
	struct backend *b = c->job.backend;

	if (!c->asked)
		return;
	if (b)
		b->ops->cancel(b, &c->job);
	else if (turns_remove(&c->server->turns, &c->job.waits))
		on_done(&c->job, NULL, 0, "the client has gone");
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

	if (status < 0) /* libuv has stopped polling: recv() or send() will return the error */
		c->watched = 0;
	if (c->conn.state == CONN_READING || c->conn.state == CONN_LINGERING) {
		c->may_read = true;
	} else if (c->conn.state != CONN_SENDING && c->watched != 0) {
		uv_poll_stop(poll); /* more requests, or the end: handled later */
		c->watched = 0;
	}
	client_pump(c);
}

static void watch(struct client *c, int events)
{
	if (c->watched == events)
		return;
	if (!c->has_poll) {
		if (uv_poll_init(c->server->loop, &c->poll, c->fd) < 0) {
			conn_step(&c->conn, CONN_BROKEN, uv_now(c->server->loop));
			return;
		}
		c->poll.data = c;
		c->has_poll = true;
		c->n_handles++;
	}
	if (uv_poll_start(&c->poll, events, on_poll) == 0)
		c->watched = events;
	else
		conn_step(&c->conn, CONN_BROKEN, uv_now(c->server->loop));
}

static void read_some(struct client *c)
{
	struct server *s = c->server;
	ssize_t n = recv(c->fd, s->scratch, sizeof(s->scratch), MSG_DONTWAIT);
	const uint64_t now = uv_now(s->loop);

	c->may_read = false;
	if (n > 0)
		conn_bytes(&c->conn, s->scratch, (size_t)n, now);
	else if (n == 0)
		conn_step(&c->conn, CONN_EOF, now);
	else if (errno == EINTR)
		c->may_read = true;
	else if (errno != EAGAIN)
		conn_step(&c->conn, CONN_BROKEN, now);
}

/*
 * The peer does not read its response. When all such responses take too much memory, the oldest connection is
 * closed.
 */
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
		jurat_fail(&oldest->conn.why, 0, "too many unsent responses");
		conn_step(&oldest->conn, CONN_BROKEN, uv_now(s->loop));
		if (oldest == c)
			return;
		client_pump(oldest);
	}
}

/* false: the socket accepts no more for now. */
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
		conn_step(&c->conn, CONN_BROKEN, now);
	else
		conn_sent(&c->conn, (size_t)n, now);
	if (c->conn.state != CONN_SENDING)
		unblock(c);
	return true;
}

/* ---- requests */

static void log_request(const struct client *c)
{
	static const char *const types[] = { "quote", "collateral", "platform-info" };
	char id[LOG_ID_BYTES], n[24];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	snprintf(n, sizeof(n), "%zu", c->conn.request_size);
	log_peer_event(LOG_LEVEL_DEBUG, "request", "id", log_id_text(&c->id, id), "type",
		       types[c->conn.request_type / 2], "bytes", n, NULL);
}

static void log_answer(const struct client *c)
{
	char id[LOG_ID_BYTES], n[24];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	snprintf(n, sizeof(n), "%.3f", c->answered_ns / 1e6);
	log_peer_event(LOG_LEVEL_DEBUG, "answer", "id", log_id_text(&c->id, id), "code",
		       qgs_error_name(c->conn.code), "ms", n, NULL);
}

static void on_done(struct backend_job *job, uint8_t *reply, size_t n, const char *why)
{
	struct client *c = (struct client *)((char *)job - offsetof(struct client, job));
	struct server *s = c->server;
	struct backend *b = job->backend;
	char id[LOG_ID_BYTES];

	c->asked = false;
	s->metrics.in_flight--;
	if (c->conn.state == CONN_ASKING) {
		c->answered_ns = uv_hrtime() - c->asked_ns;
		metrics_count_latency(&s->metrics, c->answered_ns);
		if (!reply) {
			s->metrics.no_reply++;
			jurat_fail(&c->conn.why, 0, "%s", why);
			log_peer_event(LOG_LEVEL_WARNING, "no-reply", "id", log_id_text(&c->id, id),
				       "backend", s->backend->name, "why", why, NULL);
		}
	}
	if (reply)
		conn_reply(&c->conn, reply, n);
	else
		conn_step(&c->conn, CONN_NO_REPLY, uv_now(s->loop));
	if (b) {
		b->n_jobs--;
		backend_release(b);
	}
	if (c->fd < 0)
		client_free(c);
	else if (!c->pumping)
		client_pump(c);
}

static void ask(struct client *c)
{
	struct server *s = c->server;
	struct conn *conn = &c->conn;

	s->metrics.requests[conn->request_type / 2]++;
	conn_step(conn, CONN_ASKED, uv_now(s->loop));
	s->metrics.in_flight++;
	c->asked_ns = uv_hrtime();
	c->answered_ns = 0;
	c->id.request++;
	log_request(c);
	c->asked = true;
	c->job = (struct backend_job){ .request = conn->request,
				       .request_size = conn->request_size,
				       .type = conn->request_type,
				       .minor_version = conn->request_minor,
				       .id = &c->id,
				       .done = on_done,
				       .waits.turn = &c->peer->turn };
	turns_push(&s->turns, &c->job.waits);
	s->backend->ops->wake(s->backend);
}

/* ---- the clock */

static void on_timer(uv_timer_t *timer)
{
	struct client *c = timer->data;

	c->timer_at = UINT64_MAX;
	conn_step(&c->conn, CONN_TIME, uv_now(c->server->loop));
	if (c->conn.gave_up && c->asked) {
		c->server->metrics.no_reply++;
		c->pumping = true; /* cancelling may call on_done(), which must not pump */
		cancel_job(c);
	}
	client_pump(c);
}

/* A timer that fires too early is cheaper than restarting it for each request. */
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
		/* Sent data is in the peer's socket buffer and survives the close. */
		conn_step(&c->conn, CONN_EOF, uv_now(c->server->loop));
		return;
	}
	c->may_read = true;
	shutdown(c->fd, SHUT_WR);
}

/* Counts and logs the response that is being sent. */
static void count_answer(struct client *c, unsigned n_before)
{
	if (c->conn.n_answers == n_before)
		return;
	metrics_count_answer(&c->server->metrics, c->conn.code);
	log_answer(c);
	if (c->conn.bad_reply)
		c->server->metrics.bad_replies++;
	c->conn.bad_reply = false;
}

/* Advances the connection as far as possible. Frees no more than client_close() does. */
void client_pump(struct client *c)
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
