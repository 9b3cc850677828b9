/* SPDX-License-Identifier: MIT */
#include "daemon/metrics_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 8, TIMEOUT_S = 10, MEMORY_BYTES = 8192 };

struct metrics_http {
	uv_loop_t *loop;
	struct MHD_Daemon *daemon;
	void (*describe)(void *context, struct metrics_text *to);
	void *context;
	uv_poll_t poll; /* of libmicrohttpd's own epoll descriptor */
	uv_timer_t timer;
	unsigned n_handles;
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

	if (!*state) { /* the first of two calls: only the head is there */
		*state = h;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		metrics_print(&text, "only GET\n");
		return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, &text, plain);
	}
	if (strcmp(url, "/metrics") != 0) {
		metrics_print(&text, "there is only /metrics\n");
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

static void on_timer(uv_timer_t *timer);

static void run(struct metrics_http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->daemon);
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		uv_timer_start(&h->timer, on_timer, ms, 0);
	else
		uv_timer_stop(&h->timer);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

int metrics_http_new(uv_loop_t *loop, int fd, void (*describe)(void *context, struct metrics_text *to),
		     void *context, struct metrics_http **ret)
{
	struct metrics_http *h = calloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	if (!h)
		return -ENOMEM;
	h->loop = loop;
	h->describe = describe;
	h->context = context;
	h->daemon =
		MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
				 MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
				 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES, MHD_OPTION_END);
	info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || uv_poll_init(loop, &h->poll, info->epoll_fd) < 0) {
		if (h->daemon) {
			MHD_quiesce_daemon(h->daemon); /* the listening socket is not its own */
			MHD_stop_daemon(h->daemon);
		}
		free(h);
		return -EIO;
	}
	uv_timer_init(loop, &h->timer);
	h->poll.data = h->timer.data = h;
	h->n_handles = 2;
	uv_poll_start(&h->poll, UV_READABLE, on_poll);
	*ret = h;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct metrics_http *h = handle->data;

	if (--h->n_handles == 0)
		free(h);
}

void metrics_http_free(struct metrics_http *h)
{
	if (!h)
		return;
	uv_close((uv_handle_t *)&h->poll, on_closed);
	uv_close((uv_handle_t *)&h->timer, on_closed);
	MHD_quiesce_daemon(h->daemon);
	MHD_stop_daemon(h->daemon);
}
