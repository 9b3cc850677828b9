/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVER_INTERNAL_H
#define DAEMON_SERVER_INTERNAL_H

#include "daemon/peer.h"
#include "daemon/server.h"

/* Shared by server.c (accepting, backends, draining) and server_client.c (one connection's bytes). */
enum { MAX_LISTENERS = 16 };

/* Closed (fd -1) before it is freed: the loop and the backend may still hold it. */
struct client {
	struct server *server;
	struct client *next, **link; /* of all that are open */
	/* List of clients that do not read their response, oldest first. */
	struct client *next_blocked, **link_blocked;
	struct conn conn;
	int fd;
	struct log_id id; /* of the connection and, from its first one on, of its latest request */
	sa_family_t family;
	struct peer *peer;
	bool may_read, lingering, pumping, drained;
	int watched; /* events that `poll` waits for; 0: stopped */
	bool has_poll;
	unsigned n_handles;
	uint64_t timer_at; /* UINT64_MAX: stopped */
	uv_poll_t poll;
	uv_timer_t timer;
	struct backend_job job;
	bool asked;                     /* `job` waits, or a backend has it */
	uint64_t asked_ns, answered_ns; /* when it was asked, how long the answer took */
	uint64_t blocked_bytes;
};

struct server {
	uv_loop_t *loop;
	struct server_limits limits;
	struct backend *backend;
	struct turns turns; /* requests not taken by a backend yet */
	struct peers peers;
	struct client *clients, *blocked, **last_blocked;
	size_t n_clients; /* including closed ones that wait for the backend */
	struct {
		uv_poll_t poll;
		struct listener listener;
	} listeners[MAX_LISTENERS];
	size_t n_listeners;
	bool accepting, draining;
	uv_timer_t retry;
	void (*drained)(void *context);
	void *drained_context;
	struct metrics metrics;
	uint8_t scratch[CONN_READ_BYTES];
};

/* Advances a connection as far as possible; closes it when it has ended. */
void client_pump(struct client *c);
void client_log_accepted(const struct client *c);
/* Frees a backend that accepts no more requests and has none left. */
void backend_release(struct backend *b);
/* Called when a client is freed: accepts another, or completes draining. */
void server_client_gone(struct server *s);

#endif
