/* SPDX-License-Identifier: MIT */
#include "daemon/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "daemon/address.h"
#include "daemon/web_log.h"

enum {
	ACCEPT_AT_ONCE = 64,   /* then back to the event loop */
	ACCEPT_RETRY_MS = 100, /* when out of descriptors and there is no connection to close */
	RUNS_AT_ONCE = 16,     /* runs of libmicrohttpd while it has work; then back to the event loop */
	MAX_BODY_BYTES = 4096, /* is read and refused; beyond it the connection is closed */
};

/*
 * A connection. libmicrohttpd stops accepting at its connection limit and resumes only when it happens to
 * run, which may be never. So connections are accepted here and passed to it, always fewer than its limit,
 * and excess or slow connections are closed here.
 */
struct web_connection {
	struct web *web;
	int fd; /* libmicrohttpd's */
	uint64_t address, until;
	struct web_connection *next, **link; /* by `until`; NULL: its request waits for web_answer() */
	struct log_id id;
	struct web_request *request; /* NULL: idle, or amid the next request's line */
};

struct web_request {
	struct web *web;
	struct web_connection *of; /* NULL: out of memory */
	struct MHD_Connection *connection;
	char *target;
	struct log_id id; /* once has_id */
	bool has_id, is_head, has_begun, is_suspended, is_over, is_cut;
	size_t body_bytes;
	unsigned status;
	struct web_content *content; /* a reference, once is_over */
	void *data;
	struct web_request *next, **link; /* of suspended ones */
};

struct web {
	uv_loop_t *loop;
	struct web_options options;
	struct MHD_Daemon *daemon;
	uv_poll_t poll; /* of libmicrohttpd's own epoll descriptor */
	uv_poll_t listeners[WEB_LISTENERS];
	int fds[WEB_LISTENERS];
	size_t n_listeners;
	uv_timer_t timer, retry;
	unsigned n_handles;
	struct web_connection *oldest, **newest;
	struct web_request *suspended;
	struct web_stats stats;
	bool draining, closing; /* closing: no request begins any more */
	bool resumed;           /* a connection, since libmicrohttpd has run last */
	void (*drained)(void *context);
	void *drained_context;
};

#define X_REQUEST_ID "X-Request-Id"
/* RFC 8996: no TLS 1.0 or 1.1. Which ciphers is left to GnuTLS. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* ---- contents */

struct web_content {
	struct MHD_Response *response;
	const void *bytes; /* n, the response's; NULL: they come from a function */
	size_t n;
	unsigned refs;
};

/* Takes the response; NULL when that is NULL. */
static struct web_content *new_content(struct MHD_Response *response, const char *type)
{
	struct web_content *c = response ? calloc(1, sizeof(*c)) : NULL;

	if (c) {
		c->response = response;
		c->refs = 1;
		if (web_content_add_header(c, MHD_HTTP_HEADER_CONTENT_TYPE, type))
			return c;
	}
	free(c);
	if (response)
		MHD_destroy_response(response);
	return NULL;
}

struct web_content *web_content_new(void *bytes, size_t n, const char *type)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
	struct web_content *c;

	if (!response)
		free(bytes);
	c = new_content(response, type);
	if (c) {
		c->bytes = bytes;
		c->n = n;
	}
	return c;
}

struct web_content *web_content_text(const char *text)
{
	return new_content(
		MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY),
		"text/plain; charset=utf-8");
}

/* What web_content_half() sends: sized bytes, of which the second half never comes. */
struct half {
	size_t n;
	uint8_t bytes[];
};

static ssize_t read_half(void *context, uint64_t off, char *to, size_t room)
{
	const struct half *h = context;
	const size_t left = off < h->n / 2 ? h->n / 2 - (size_t)off : 0, n = left < room ? left : room;

	if (n == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(to, h->bytes + off, n);
	return (ssize_t)n;
}

struct web_content *web_content_half(void *bytes, size_t n, const char *type)
{
	struct half *h = malloc(sizeof(*h) + n);
	struct MHD_Response *response = NULL;

	if (h) {
		h->n = n;
		memcpy(h->bytes, bytes, n);
		response = MHD_create_response_from_callback(n, 4096, read_half, h, free);
	}
	free(bytes);
	if (!response)
		free(h);
	return new_content(response, type);
}

bool web_content_add_header(struct web_content *c, const char *name, const char *value)
{
	return MHD_add_response_header(c->response, name, value) == MHD_YES;
}

void web_content_hold(struct web_content *c)
{
	c->refs++;
}

void web_content_drop(struct web_content *c)
{
	if (!c || --c->refs > 0)
		return;
	MHD_destroy_response(c->response);
	free(c);
}

/* ---- the queue of connections */

static void leave_queue(struct web_connection *c)
{
	if (!c->link)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		c->web->newest = c->link;
	c->link = NULL;
}

/* All have the same timeout, so a new request goes to the end of the list. */
static void begin_wait(struct web_connection *c)
{
	struct web *w = c->web;

	leave_queue(c);
	c->until = uv_now(w->loop) + w->options.timeout_ms;
	c->next = NULL;
	c->link = w->newest;
	*w->newest = c;
	w->newest = &c->next;
}

static void end_connection(struct web_connection *c)
{
	shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd notices, and closes it */
}

static void on_connection(void *context, struct MHD_Connection *connection, void **of_connection,
			  enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	struct web *w = context;
	struct web_connection *c = *of_connection;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (c) {
			leave_queue(c);
			if (w->options.logs)
				web_log_closed(&c->id);
			free(c);
			w->stats.connections--;
		}
		return;
	}
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	c = calloc(1, sizeof(*c));
	if (!c) { /* not in the queue, it would never time out: libmicrohttpd closes it */
		shutdown(info->connect_fd, SHUT_RDWR);
		return;
	}
	c->web = w;
	c->fd = info->connect_fd;
	c->id = log_id_new();
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	c->address = info && info->client_addr ? address_number(info->client_addr) : 0;
	if (w->options.logs)
		web_log_accepted(&c->id, info ? info->client_addr : NULL);
	w->stats.connections++;
	begin_wait(c);
	*of_connection = c;
}

/* ---- requests */

/* Called with the request line. What it returns is the request's state from then on. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct web_request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->target = strdup(target);
	r->web = context;
	r->connection = connection;
	r->of = info ? info->socket_context : NULL;
	if (r->of) {
		r->of->request = r;
		r->of->id.request++;
		begin_wait(r->of);
	}
	return r;
}

static void leave_suspended(struct web_request *r)
{
	if (!r->is_suspended)
		return;
	r->is_suspended = false;
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	r->web->stats.pending--;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode how)
{
	struct web_request *r = *state;
	struct web *w = context;

	if (!r)
		return;
	*state = NULL;
	if (r->of) {
		r->of->request = NULL;
		begin_wait(r->of);
		if (w->draining)
			end_connection(r->of);
	}
	leave_suspended(r);
	web_content_drop(r->content);
	free(r->target);
	free(r);
}

static void suspend(struct web_request *r)
{
	struct web *w = r->web;

	r->is_suspended = true;
	r->next = w->suspended;
	if (r->next)
		r->next->link = &r->next;
	r->link = &w->suspended;
	w->suspended = r;
	w->stats.pending++;
	leave_queue(r->of); /* what it waits for is not the client's to answer for */
	MHD_suspend_connection(r->connection);
}

static enum MHD_Result copy_header(void *to, enum MHD_ValueKind kind, const char *name, const char *value)
{
	return MHD_add_response_header(to, name, value);
}

/* A shared answer with one header more. NULL: out of memory. */
static struct MHD_Response *copy_with_id(struct web_request *r, const char *id)
{
	const struct web_content *c = r->content;
	struct MHD_Response *copy =
		MHD_create_response_from_buffer(c->n, (void *)(uintptr_t)c->bytes, MHD_RESPMEM_PERSISTENT);
	const int n = MHD_get_response_headers(c->response, NULL, NULL);

	if (copy && MHD_get_response_headers(c->response, copy_header, copy) == n &&
	    MHD_add_response_header(copy, X_REQUEST_ID, id) == MHD_YES)
		return copy;
	if (copy)
		MHD_destroy_response(copy);
	return NULL;
}

/*
 * An answer of this request alone, such as an error, has its id. One that others share has it when the client
 * has sent an id of its own and so expects it back.
 */
static enum MHD_Result send_answer(struct web_request *r)
{
	const struct log_id *id = web_request_id(r);
	struct MHD_Response *copy;
	char text[LOG_ID_BYTES];
	enum MHD_Result result;

	log_id_answer(id, text);
	if (r->content->refs == 1 && !web_content_add_header(r->content, X_REQUEST_ID, text))
		return MHD_NO;
	if (r->content->refs == 1 || !id->peer[0] || !r->content->bytes)
		return MHD_queue_response(r->connection, r->status, r->content->response);
	copy = copy_with_id(r, text);
	if (!copy)
		return MHD_NO;
	result = MHD_queue_response(r->connection, r->status, copy);
	MHD_destroy_response(copy);
	return result;
}

static enum MHD_Result finish(struct web_request *r)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	if (r->is_cut) {
		(void)setsockopt(r->of->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		return MHD_NO;
	}
	return send_answer(r);
}

static void refuse(struct web_request *r, const char *method, unsigned status, const char *why)
{
	struct web_content *c = web_content_text(why);

	r->web->stats.refused++;
	if (r->web->options.logs)
		web_log_refused(web_request_id(r), method, r->target, status);
	if (c && status == MHD_HTTP_METHOD_NOT_ALLOWED &&
	    !web_content_add_header(c, MHD_HTTP_HEADER_ALLOW, "GET, HEAD")) {
		web_content_drop(c);
		c = NULL;
	}
	web_answer(r, status, c);
	web_content_drop(c);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	struct web_request *r = *state;
	struct web *w = context;

	if (!r || !r->of || !r->target || (w->closing && !r->is_over))
		return MHD_NO;
	if (!r->has_begun) { /* the first call, with the headers only */
		r->has_begun = true;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		r->body_bytes += *upload_size;
		*upload_size = 0;
		return r->body_bytes > MAX_BODY_BYTES ? MHD_NO : MHD_YES;
	}
	if (r->is_over)
		return finish(r);
	r->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (!r->is_head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		refuse(r, method, MHD_HTTP_METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
	else if (r->body_bytes > 0)
		refuse(r, method, MHD_HTTP_BAD_REQUEST, "expected a request without a body\n");
	else
		w->options.request(w->options.context, r);
	if (r->is_over)
		return finish(r);
	suspend(r);
	return MHD_YES;
}

const char *web_request_target(const struct web_request *r)
{
	return r->target;
}

const struct log_id *web_request_id(struct web_request *r)
{
	if (!r->has_id) {
		r->has_id = true;
		r->id = r->of->id;
		log_id_take(&r->id, MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, X_REQUEST_ID),
			    MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "traceparent"));
	}
	return &r->id;
}

uint64_t web_request_address(const struct web_request *r)
{
	return r->of->address;
}

bool web_request_is_head(const struct web_request *r)
{
	return r->is_head;
}

void web_request_set_data(struct web_request *r, void *data)
{
	r->data = data;
}

void *web_request_data(const struct web_request *r)
{
	return r->data;
}

static void on_timer(uv_timer_t *timer);

/* libmicrohttpd runs at the loop's next turn, so that answers of one turn are sent together. */
static void run_soon(struct web *w)
{
	uv_timer_start(&w->timer, on_timer, 0, 0);
}

static void end_request(struct web_request *r)
{
	r->is_over = true;
	if (!r->is_suspended)
		return;
	leave_suspended(r);
	begin_wait(r->of);
	MHD_resume_connection(r->connection);
	r->web->resumed = true;
	run_soon(r->web);
}

void web_answer(struct web_request *r, unsigned status, struct web_content *content)
{
	if (!content) {
		web_cut(r);
		return;
	}
	r->status = status;
	r->content = content;
	web_content_hold(content);
	end_request(r);
}

void web_answer_text(struct web_request *r, unsigned status, const char *text, unsigned retry_after_s)
{
	struct web_content *c = web_content_text(text);
	char seconds[16];

	snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
	if (c && retry_after_s > 0 && !web_content_add_header(c, MHD_HTTP_HEADER_RETRY_AFTER, seconds)) {
		web_content_drop(c);
		c = NULL;
	}
	web_answer(r, status, c);
	web_content_drop(c);
}

void web_cut(struct web_request *r)
{
	r->is_cut = true;
	r->web->stats.cut++;
	end_request(r);
}

/* ---- libmicrohttpd's turn */

static void check_drained(struct web *w)
{
	void (*drained)(void *context) = w->drained;

	if (!w->draining || !drained || w->stats.connections > 0)
		return;
	w->drained = NULL;
	drained(w->drained_context);
}

/* Runs libmicrohttpd until it has no work, or RUNS_AT_ONCE times: true then. */
static bool run_daemon(struct web *w)
{
	MHD_UNSIGNED_LONG_LONG ms;
	bool more = true;

	for (int i = 0; more && i < RUNS_AT_ONCE; i++) {
		w->resumed = false; /* when one request answers another, which MHD_get_timeout() leaves out */
		MHD_run(w->daemon);
		more = w->resumed || (MHD_get_timeout(w->daemon, &ms) == MHD_YES && ms == 0);
	}
	return more;
}

static void run(struct web *w)
{
	const bool more = run_daemon(w);
	const uint64_t now = uv_now(w->loop);
	uint64_t at = UINT64_MAX;

	if (more)
		at = now;
	else if (w->oldest)
		at = w->oldest->until;
	if (at == UINT64_MAX)
		uv_timer_stop(&w->timer);
	else
		uv_timer_start(&w->timer, on_timer, at > now ? at - now : 0, 0);
	check_drained(w);
}

/* Ends the connection that has been without an answer for longest. */
static void close_oldest(struct web *w)
{
	struct web_connection *c = w->oldest;

	begin_wait(c); /* to the end, so that it is not chosen again if closing takes more than one run */
	end_connection(c);
	run(w);
}

static void on_timer(uv_timer_t *timer)
{
	struct web *w = timer->data;

	run(w); /* first: what has come in time is answered, however late this turn of the loop is */
	if (w->oldest && w->oldest->until <= uv_now(w->loop)) {
		w->stats.timeouts++;
		close_oldest(w);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

/* ---- accepting */

static void on_listener(uv_poll_t *poll, int status, int events);

static void watch_listeners(struct web *w, bool on)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		if (on)
			uv_poll_start(&w->listeners[i], UV_READABLE, on_listener);
		else
			uv_poll_stop(&w->listeners[i]);
}

static void on_retry(uv_timer_t *timer)
{
	struct web *w = timer->data;

	if (!w->draining)
		watch_listeners(w, true);
}

/*
 * libmicrohttpd 0.9 calls on_connection() at once, 1.0 when it runs. When it fails, the descriptor is closed.
 */
static void hand_over(struct web *w, int fd, const struct sockaddr *peer, socklen_t size)
{
	if (MHD_add_connection(w->daemon, fd, peer, size) == MHD_YES)
		w->stats.accepted++;
	else
		w->stats.accept_failures++;
}

static void accept_later(struct web *w)
{
	watch_listeners(w, false);
	uv_timer_start(&w->retry, on_retry, ACCEPT_RETRY_MS, 0);
}

/* false: no more for now. At the limit, or out of descriptors, the oldest connection is closed. */
static bool accept_one(struct web *w, int listener)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int fd;

	if (w->stats.connections >= w->options.max_connections) {
		if (!w->oldest) {
			accept_later(w);
			return false;
		}
		w->stats.closed_for_others++;
		close_oldest(w);
	}
	fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		hand_over(w, fd, (struct sockaddr *)&peer, size);
		return true;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno == EAGAIN)
		return false;
	w->stats.accept_failures++;
	if (w->oldest && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
		close_oldest(w);
		return true;
	}
	accept_later(w);
	return false;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
	struct web *w = poll->data;
	const int fd = w->fds[poll - w->listeners];

	for (int i = 0; i < ACCEPT_AT_ONCE && accept_one(w, fd); i++)
		;
	run(w);
}

/* ---- start and end */

static void on_closed(uv_handle_t *handle)
{
	struct web *w = handle->data;

	if (--w->n_handles == 0)
		free(w);
}

static void watch(struct web *w, uv_handle_t *handle)
{
	handle->data = w;
	w->n_handles++;
}

static struct MHD_Daemon *start_daemon(struct web *w)
{
	const unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
	const bool tls = w->options.tls_cert && w->options.tls_key;
	const struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	const struct MHD_OptionItem of_tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)w->options.tls_cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)w->options.tls_key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(flags | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, w,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)w->options.max_connections + 2u,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, w->options.memory_bytes,
				MHD_OPTION_URI_LOG_CALLBACK, on_target, w, MHD_OPTION_NOTIFY_COMPLETED,
				on_completed, w, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
				MHD_OPTION_ARRAY, tls ? of_tls : none, MHD_OPTION_END);
}

static int start(struct web *w, struct jurat_error *err)
{
	const union MHD_DaemonInfo *info;

	w->daemon = start_daemon(w);
	if (!w->daemon && w->options.tls_cert)
		return jurat_fail(err, -EINVAL,
				  "expected a certificate chain and its private key in PEM, found others");
	info = w->daemon ? MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || uv_poll_init(w->loop, &w->poll, info->epoll_fd) < 0)
		return jurat_fail(err, -EIO, "cannot start the HTTP library");
	watch(w, (uv_handle_t *)&w->poll);
	uv_timer_init(w->loop, &w->timer);
	watch(w, (uv_handle_t *)&w->timer);
	uv_timer_init(w->loop, &w->retry);
	watch(w, (uv_handle_t *)&w->retry);
	if (uv_poll_start(&w->poll, UV_READABLE, on_poll) < 0)
		return jurat_fail(err, -EIO, "cannot watch the HTTP library");
	return 0;
}

int web_new(uv_loop_t *loop, const struct web_options *options, struct web **ret, struct jurat_error *err)
{
	struct web *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return jurat_fail_memory(err);
	w->loop = loop;
	w->options = *options;
	w->newest = &w->oldest;
	r = start(w, err);
	w->options.tls_cert = w->options.tls_key = NULL;
	if (r < 0)
		web_free(w);
	else
		*ret = w;
	return r;
}

int web_listen(struct web *w, int fd)
{
	uv_poll_t *poll = &w->listeners[w->n_listeners];
	int r;

	if (w->n_listeners == WEB_LISTENERS)
		return -ENOSPC;
	r = uv_poll_init(w->loop, poll, fd);
	if (r < 0)
		return r;
	watch(w, (uv_handle_t *)poll);
	w->fds[w->n_listeners++] = fd;
	return uv_poll_start(poll, UV_READABLE, on_listener);
}

static void close_listeners(struct web *w)
{
	for (; w->n_listeners > 0; w->n_listeners--)
		uv_close((uv_handle_t *)&w->listeners[w->n_listeners - 1], on_closed);
	uv_timer_stop(&w->retry);
}

void web_drain(struct web *w, void (*drained)(void *context), void *context)
{
	w->draining = true;
	w->drained = drained;
	w->drained_context = context;
	close_listeners(w);
	(void)run_daemon(w); /* first: who has sent a request by now is not idle */
	for (struct web_connection *c = w->oldest; c; c = c->next)
		if (!c->request)
			end_connection(c);
	run_soon(w);
}

void web_free(struct web *w)
{
	struct web_request *r;

	if (!w)
		return;
	w->drained = NULL;
	close_listeners(w);
	if (w->n_handles >
	    0) { /* start() has come that far; before libmicrohttpd closes what `poll` watches */
		uv_close((uv_handle_t *)&w->poll, on_closed);
		uv_close((uv_handle_t *)&w->timer, on_closed);
		uv_close((uv_handle_t *)&w->retry, on_closed);
	}
	w->closing = true;
	while ((r = w->suspended)) { /* libmicrohttpd does not end with suspended connections */
		if (w->options.closing)
			w->options.closing(w->options.context, r);
		if (!r->is_over)
			web_cut(r);
	}
	if (w->daemon) {
		(void)run_daemon(w); /* sends what has been answered */
		MHD_stop_daemon(w->daemon);
	}
	if (w->n_handles == 0)
		free(w);
}

const struct web_stats *web_stats(const struct web *w)
{
	return &w->stats;
}
