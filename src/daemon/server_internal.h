/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVER_INTERNAL_H
#define DAEMON_SERVER_INTERNAL_H

#include "daemon/peer.h"
#include "daemon/server.h"

/* What server.c (accepting, backends, the end) and server_client.c (one connection's bytes) share. */
enum { MAX_LISTENERS = 16 };

/* Closed (fd -1) before it is freed: the loop and the backend may still hold it. */
struct client {
	struct server *server;
	struct client *next, **link; /* of all that are open */
	/* Of those whose answer waits for its reader, oldest first. */
	struct client *next_blocked, **link_blocked;
	struct conn conn;
	int fd;
	sa_family_t family;
	struct peer *peer;
	bool may_read, lingering, pumping, drained;
	int watched; /* what `poll` looks for; 0: stopped */
	bool has_poll;
	unsigned n_handles;
	uint64_t timer_at; /* UINT64_MAX: stopped */
	uv_poll_t poll;
	uv_timer_t timer;
	struct backend_job job;
	bool asked; /* `job` waits, or a backend has it */
	uint64_t asked_ns, blocked_bytes;
};

struct server {
	uv_loop_t *loop;
	struct server_limits limits;
	struct backend *backend;
	struct turns turns; /* requests that no backend has taken yet */
	struct peers peers;
	struct client *clients, *blocked, **last_blocked;
	size_t n_clients; /* also those that are closed and wait for the backend */
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

/* Moves a connection on until there is nothing to do but to wait; closes it when it has ended. */
void client_pump(struct client *c);
/* Frees a backend that takes no more requests and has none left. */
void backend_release(struct backend *b);
/* A client is gone: there may be room for another, or nothing left to wait for. */
void server_client_gone(struct server *s);

#endif
