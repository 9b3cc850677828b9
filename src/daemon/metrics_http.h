/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_HTTP_H
#define DAEMON_METRICS_HTTP_H

#include <uv.h>

#include "base/error.h"
#include "daemon/metrics_text.h"

/*
 * GET /metrics over HTTP, with libmicrohttpd on the daemon's own loop, without a thread. A connection beyond
 * the limit does not wait: the one that has had no response for longest is closed for it. So a scrape is not
 * delayed by slow or silent clients, nor by many at once.
 */
enum { METRICS_HTTP_CONNECTIONS = 128 };
struct metrics_http;

/*
 * fd          listening; borrowed
 * timeout_ms  for one request, from accept or the last response
 * describe    appends all but the end mark
 * Returns     0; -EIO libmicrohttpd does not start; -ENOMEM
 */
JURAT_MUST_CHECK int metrics_http_new(uv_loop_t *loop, int fd, uint64_t timeout_ms,
				      void (*describe)(void *context, struct metrics_text *to), void *context,
				      struct metrics_http **ret);
/* Stops it; memory is freed when its handles are closed. */
void metrics_http_free(struct metrics_http *h);

#endif
