/* SPDX-License-Identifier: MIT */
#include "daemon/metrics_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/web.h"

enum { MEMORY_BYTES = 8192 /* more than any request needs */ };

struct metrics_http {
	struct web *web;
	void (*describe)(void *context, struct metrics_text *to);
	void *context;
};

static void answer_metrics(struct metrics_http *h, struct web_request *r)
{
	struct metrics_text text = { 0 };
	struct web_content *content = NULL;

	h->describe(h->context, &text);
	metrics_print_end(&text);
	if (text.failed)
		free(text.text);
	else
		content = web_content_new(text.text, text.size,
					  "application/openmetrics-text; version=1.0.0; charset=utf-8");
	web_answer(r, MHD_HTTP_OK, content);
	web_content_drop(content);
}

static bool is_path(const char *target, const char *path)
{
	const size_t n = strlen(path);

	return strncmp(target, path, n) == 0 && (target[n] == '\0' || target[n] == '?');
}

static void on_request(void *context, struct web_request *r)
{
	const char *target = web_request_target(r);

	if (is_path(target, "/healthz")) /* an answer shows that the loop runs */
		web_answer_text(r, MHD_HTTP_OK, "ok\n", 0);
	else if (is_path(target, "/metrics"))
		answer_metrics(context, r);
	else
		web_answer_text(r, MHD_HTTP_NOT_FOUND, "not found; available: /metrics, /healthz\n", 0);
}

int metrics_http_new(uv_loop_t *loop, int fd, uint64_t timeout_ms,
		     void (*describe)(void *context, struct metrics_text *to), void *context,
		     struct metrics_http **ret)
{
	struct metrics_http *h = calloc(1, sizeof(*h));
	const struct web_options options = { .max_connections = METRICS_HTTP_CONNECTIONS,
					     .memory_bytes = MEMORY_BYTES,
					     .timeout_ms = timeout_ms,
					     .request = on_request,
					     .context = h };
	int r;

	if (!h)
		return -ENOMEM;
	h->describe = describe;
	h->context = context;
	r = web_new(loop, &options, &h->web, NULL);
	if (r == 0)
		r = web_listen(h->web, fd);
	if (r < 0)
		metrics_http_free(h);
	else
		*ret = h;
	return r;
}

void metrics_http_free(struct metrics_http *h)
{
	if (!h)
		return;
	web_free(h->web);
	free(h);
}
