/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <uv.h>

#include "daemon/backend.h"
#include "daemon/listen.h"
#include "daemon/metrics.h"

/*
 * QGS over the loop: accepts, moves bytes between sockets and `struct conn`, has requests wait for their
 * turn and the backend take them. Never blocks. When connections or descriptors run out it stops accepting,
 * so that clients wait in the listening socket's queue instead of being refused, and goes on when one closes
 * (or, where the descriptors are lost elsewhere, after a while).
 */
struct server;

struct server_limits {
	struct conn_options conn;
	size_t max_connections, max_per_guest;
	uint64_t max_unsent_bytes;
};

/* 0; -ENOMEM, and `backend` stays the caller's. Otherwise it is the server's; `loop` is borrowed. */
JURAT_MUST_CHECK int server_new(uv_loop_t *loop, const struct server_limits *limits, struct backend *backend,
				struct server **ret);
/* Accepts from `listener`, which stays the caller's and open until the server is free. 0 or -errno. */
JURAT_MUST_CHECK int server_listen(struct server *s, const struct listener *listener);
/* For connections from now on. */
void server_set_limits(struct server *s, const struct server_limits *limits);
/*
 * For requests from now on and for those that still wait. The one before is freed as soon as its last request
 * is answered, and this one once the server has drained.
 */
void server_set_backend(struct server *s, struct backend *backend);
/*
 * Accepts what already waits, then nothing more; `drained` is called, perhaps at once, when no connection is
 * left. Every server is drained before server_free().
 */
void server_drain(struct server *s, void (*drained)(void *context), void *context);
void server_describe(struct server *s, struct metrics_text *to);
/* When the loop has run out: until then it knows the server's handles. */
void server_free(struct server *s);

#endif
