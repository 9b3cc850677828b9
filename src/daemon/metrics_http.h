/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_METRICS_HTTP_H
#define DAEMON_METRICS_HTTP_H

#include <uv.h>

#include "daemon/metrics.h"

/* GET /metrics over HTTP, by libmicrohttpd on the daemon's own loop: no thread, few connections. */
struct metrics_http;

/*
 * fd        listening; borrowed
 * describe  appends all but the end mark
 * Returns   0; -EIO libmicrohttpd does not start; -ENOMEM
 */
JURAT_MUST_CHECK int metrics_http_new(uv_loop_t *loop, int fd,
				      void (*describe)(void *context, struct metrics_text *to), void *context,
				      struct metrics_http **ret);
/* Stops; the memory goes when the loop has forgotten it. */
void metrics_http_free(struct metrics_http *h);

#endif
