/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_HTTP_H
#define DAEMON_METRICS_HTTP_H

#include <uv.h>

#include "daemon/metrics.h"

/*
 * GET /metrics over HTTP, by libmicrohttpd on the daemon's own loop, without a thread. Connections beyond the
 * limit are not made to wait: the one that has been without a response for longest is closed for each. So
 * neither clients that are slow, silent or read nothing nor many at once keep a scrape waiting.
 */
enum { METRICS_HTTP_CONNECTIONS = 128 };
struct metrics_http;

/*
 * fd          listening; borrowed
 * timeout_ms  for one request, from accept or the last answer
 * describe    appends all but the end mark
 * Returns     0; -EIO libmicrohttpd does not start; -ENOMEM
 */
JURAT_MUST_CHECK int metrics_http_new(uv_loop_t *loop, int fd, uint64_t timeout_ms,
				      void (*describe)(void *context, struct metrics_text *to), void *context,
				      struct metrics_http **ret);
/* Stops; the memory goes when the loop has forgotten it. */
void metrics_http_free(struct metrics_http *h);

#endif
