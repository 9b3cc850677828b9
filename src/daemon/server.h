/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <uv.h>

#include "daemon/backend.h"
#include "daemon/listen.h"
#include "daemon/metrics.h"

/*
 * QGS server on the loop: accepts connections, moves bytes between sockets and `struct conn`, and queues
 * requests for the backend. Never blocks. When connections or descriptors run out it stops accepting, so that
 * clients wait in the listen backlog instead of being refused, and resumes when a connection closes (or after
 * a while, in case the descriptors are used elsewhere).
 */
struct server;

struct server_limits {
	struct conn_options conn;
	size_t max_connections, max_per_guest;
	uint64_t max_unsent_bytes;
};

/* 0, and the server owns `backend`; -ENOMEM, and the caller still does. `loop` is borrowed. */
JURAT_MUST_CHECK int server_new(uv_loop_t *loop, const struct server_limits *limits, struct backend *backend,
				struct server **ret);
/* Accepts from `listener`, which the caller owns and keeps open until the server is freed. 0 or -errno. */
JURAT_MUST_CHECK int server_listen(struct server *s, const struct listener *listener);
/* Applies to new connections. */
void server_set_limits(struct server *s, const struct server_limits *limits);
/*
 * Applies to new requests and to those that are still waiting. The previous backend is freed when its last
 * request is answered, and this one when the server has drained.
 */
void server_set_backend(struct server *s, struct backend *backend);
/*
 * Accepts the connections in the backlog, then no more; `drained` is called, possibly at once, when no
 * connection is left. Drain every server before server_free().
 */
void server_drain(struct server *s, void (*drained)(void *context), void *context);
/* Whether the backend's workers make no progress, for the watchdog. `now_ms`: of uv_hrtime(). */
bool server_stalled(const struct server *s, uint64_t now_ms);
void server_describe(struct server *s, struct metrics_text *to);
/* Call it after the loop has ended, which uses the server's handles until then. */
void server_free(struct server *s);

#endif
