/* SPDX-License-Identifier: MIT */
#include "daemon/metrics_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	MEMORY_BYTES = 8192,   /* per connection, more than any request needs */
	ACCEPT_AT_ONCE = 16,   /* then back to the event loop */
	ACCEPT_RETRY_MS = 100, /* when out of descriptors and there is no connection to close */
	RUNS_AT_ONCE = 16,     /* runs of libmicrohttpd while it has work; then back to the event loop */
};

/*
 * A connection. libmicrohttpd stops accepting at its connection limit and resumes only when it happens to
 * run, which may be never. So connections are accepted here and passed to it, always fewer than its limit,
 * and excess or slow connections are closed here.
 */
struct scraper {
	struct metrics_http *h;
	int fd; /* libmicrohttpd's */
	uint64_t until;
	struct scraper *next, **link; /* by `until` */
};

struct metrics_http {
	uv_loop_t *loop;
	int fd;
	uint64_t timeout_ms; /* from accept, or the last response, to the next response */
	struct MHD_Daemon *daemon;
	void (*describe)(void *context, struct metrics_text *to);
	void *context;
	uv_poll_t listener, poll; /* `poll`: of libmicrohttpd's own epoll descriptor */
	uv_timer_t timer, retry;
	unsigned n_handles, n_scrapers;
	struct scraper *oldest, **newest;
};

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, struct metrics_text *text,
			       const char *type)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(text->size, text->text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result = MHD_NO;

	if (!response) {
		free(text->text);
		return MHD_NO;
	}
	if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	static const char plain[] = "text/plain; charset=utf-8";
	struct metrics_http *h = context;
	struct metrics_text text = { 0 };

	if (!*state) { /* the first of two calls, with the headers only */
		*state = h;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		metrics_print(&text, "only GET\n");
		return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, &text, plain);
	}
	if (strcmp(url, "/healthz") == 0) { /* a response shows that the loop runs */
		metrics_print(&text, "ok\n");
		return respond(connection, MHD_HTTP_OK, &text, plain);
	}
	if (strcmp(url, "/metrics") != 0) {
		metrics_print(&text, "there are only /metrics and /healthz\n");
		return respond(connection, MHD_HTTP_NOT_FOUND, &text, plain);
	}
	h->describe(h->context, &text);
	metrics_print_end(&text);
	if (text.failed) {
		free(text.text);
		return MHD_NO;
	}
	return respond(connection, MHD_HTTP_OK, &text,
		       "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

/* ---- connections */

static void leave_queue(struct scraper *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		c->h->newest = c->link;
}

/* All have the same timeout, so a new request goes to the end of the list. */
static void begin_request(struct scraper *c)
{
	struct metrics_http *h = c->h;

	c->until = uv_now(h->loop) + h->timeout_ms;
	c->next = NULL;
	c->link = h->newest;
	*h->newest = c;
	h->newest = &c->next;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct scraper *c = info ? info->socket_context : NULL;

	if (!c)
		return;
	leave_queue(c);
	begin_request(c);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **of_connection,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct metrics_http *h = context;
	struct scraper *c = *of_connection;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c) {
			leave_queue(c);
			free(c);
			h->n_scrapers--;
		}
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	c = calloc(1, sizeof(*c));
	if (!c) { /* not in the queue, it would never time out: libmicrohttpd closes it */
		shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	c->h = h;
	c->fd = info->connect_fd;
	h->n_scrapers++;
	begin_request(c);
	*of_connection = c;
}

static void on_timer(uv_timer_t *timer);

/* Runs libmicrohttpd until it has no work, or RUNS_AT_ONCE times. */
static void run(struct metrics_http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;
	bool more = true;
	uint64_t now, at = UINT64_MAX;

	for (int i = 0; more && i < RUNS_AT_ONCE; i++) {
		MHD_run(h->daemon);
		more = MHD_get_timeout(h->daemon, &ms) == MHD_YES && ms == 0;
	}
	now = uv_now(h->loop);
	if (more)
		at = now;
	else if (h->oldest)
		at = h->oldest->until;
	if (at == UINT64_MAX)
		uv_timer_stop(&h->timer);
	else
		uv_timer_start(&h->timer, on_timer, at > now ? at - now : 0, 0);
}

/* Ends the connection that has been without a response for longest. */
static void close_oldest(struct metrics_http *h)
{
	struct scraper *c = h->oldest;

	leave_queue(c);
	begin_request(c); /* to the end, so that it is not chosen again if closing takes more than one run */
	shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd notices, and closes it */
	run(h);
}

static void on_timer(uv_timer_t *timer)
{
	struct metrics_http *h = timer->data;

	if (h->oldest && h->oldest->until <= uv_now(h->loop))
		close_oldest(h);
	else
		run(h);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

/* ---- accepting */

static void on_listener(uv_poll_t *poll, int status, int events);

static void on_retry(uv_timer_t *timer)
{
	struct metrics_http *h = timer->data;

	uv_poll_start(&h->listener, UV_READABLE, on_listener);
}

/*
 * libmicrohttpd 0.9 calls on_connection() at once, 1.0 when it runs. When it fails, the descriptor is closed.
 */
static void hand_over(struct metrics_http *h, int fd, const struct sockaddr *peer, socklen_t size)
{
	(void)!MHD_add_connection(h->daemon, fd, peer, size);
	run(h);
}

/* false: no more for now. At the limit, or out of descriptors, the oldest connection is closed. */
static bool accept_one(struct metrics_http *h)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int fd;

	if (h->n_scrapers >= METRICS_HTTP_CONNECTIONS)
		close_oldest(h);
	fd = accept4(h->fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		hand_over(h, fd, (struct sockaddr *)&peer, size);
		return true;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno == EAGAIN)
		return false;
	if (h->oldest) {
		close_oldest(h);
		return true;
	}
	uv_poll_stop(&h->listener);
	uv_timer_start(&h->retry, on_retry, ACCEPT_RETRY_MS, 0);
	return false;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct metrics_http *h = poll->data;

	for (int i = 0; i < ACCEPT_AT_ONCE && accept_one(h); i++)
		;
}

/* ---- start and end */

static void on_closed(uv_handle_t *handle)
{
	struct metrics_http *h = handle->data;

	if (--h->n_handles == 0)
		free(h);
}

static void watch(struct metrics_http *h, uv_handle_t *handle)
{
	handle->data = h;
	h->n_handles++;
}

static int start(struct metrics_http *h)
{
	const union MHD_DaemonInfo *info;

	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, h,
				     MHD_OPTION_CONNECTION_LIMIT, METRICS_HTTP_CONNECTIONS + 2u,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || uv_poll_init(h->loop, &h->poll, info->epoll_fd) < 0)
		return -EIO;
	watch(h, (uv_handle_t *)&h->poll);
	if (uv_poll_init(h->loop, &h->listener, h->fd) < 0)
		return -EIO;
	watch(h, (uv_handle_t *)&h->listener);
	uv_timer_init(h->loop, &h->timer);
	watch(h, (uv_handle_t *)&h->timer);
	uv_timer_init(h->loop, &h->retry);
	watch(h, (uv_handle_t *)&h->retry);
	if (uv_poll_start(&h->poll, UV_READABLE, on_poll) < 0 ||
	    uv_poll_start(&h->listener, UV_READABLE, on_listener) < 0)
		return -EIO;
	return 0;
}

int metrics_http_new(uv_loop_t *loop, int fd, uint64_t timeout_ms,
		     void (*describe)(void *context, struct metrics_text *to), void *context,
		     struct metrics_http **ret)
{
	struct metrics_http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->loop = loop;
	h->fd = fd;
	h->timeout_ms = timeout_ms;
	h->describe = describe;
	h->context = context;
	h->newest = &h->oldest;
	r = start(h);
	if (r < 0)
		metrics_http_free(h);
	else
		*ret = h;
	return r;
}

static void close_handles(struct metrics_http *h)
{
	/* Same order as in start(). */
	uv_handle_t *const handles[] = { (uv_handle_t *)&h->poll, (uv_handle_t *)&h->listener,
					 (uv_handle_t *)&h->timer, (uv_handle_t *)&h->retry };

	for (unsigned n = h->n_handles, i = 0; i < n; i++)
		uv_close(handles[i], on_closed);
}

void metrics_http_free(struct metrics_http *h)
{
	if (!h)
		return;
	close_handles(h);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	if (h->n_handles == 0)
		free(h);
}
