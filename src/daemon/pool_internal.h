/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_INTERNAL_H
#define DAEMON_POOL_INTERNAL_H

#include "daemon/pool.h"

/* One exchange with a service: connect, send a message, read its answer. pool_attempt.c */
struct attempt;

enum attempt_result {
	ATTEMPT_ANSWERED,  /* `reply` is a valid length-prefixed response, on the heap, owned by the callee */
	ATTEMPT_CLOSED,    /* connected, and closed without a response */
	ATTEMPT_FAILED,    /* no connection, no valid response, or timed out */
	ATTEMPT_NO_SOCKET, /* out of descriptors or memory */
};

struct attempt_request {
	const struct base_address *to;
	uint64_t timeout_ms;
	const uint8_t *message; /* without length prefix; borrowed until the end */
	size_t size;
	enum qgs_type response;
	/* Always called, once, from the loop; never from attempt_new(). */
	void (*ended)(void *context, enum attempt_result result, uint8_t *reply, size_t n, uint32_t code,
		      const char *why);
	void (*freed)(void *context); /* its handles are closed */
	void *context;
};

/* 0; -ENOMEM, and no callback will be called. */
JURAT_MUST_CHECK int attempt_new(uv_loop_t *loop, const struct attempt_request *request,
				 struct attempt **ret);
/* Cancels it: only freed() is called. */
void attempt_cancel(struct attempt *a);

#endif
