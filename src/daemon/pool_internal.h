/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_POOL_INTERNAL_H
#define DAEMON_POOL_INTERNAL_H

#include "daemon/pool.h"

/* One exchange with a service: connect, send a message, read its answer. pool_attempt.c */
struct attempt;

enum attempt_result {
	ATTEMPT_ANSWERED,  /* `reply` is a framed good response to the request, on the heap, the callee's */
	ATTEMPT_CLOSED,    /* connected, and closed without a response */
	ATTEMPT_FAILED,    /* no connection, no good answer, or not in time */
	ATTEMPT_NO_SOCKET, /* this process could not try */
};

struct attempt_request {
	const struct base_address *to;
	uint64_t timeout_ms;
	const uint8_t *message; /* without its length; stays until the end */
	size_t size;
	enum qgs_type response;
	/* Always called, once, from the loop; never from attempt_new(). */
	void (*ended)(void *context, enum attempt_result result, uint8_t *reply, size_t n, uint32_t code,
		      const char *why);
	void (*freed)(void *context); /* the loop has forgotten it */
	void *context;
};

/* 0; -ENOMEM, and nothing will be called. */
JURAT_MUST_CHECK int attempt_new(uv_loop_t *loop, const struct attempt_request *request,
				 struct attempt **ret);
/* Ends it without a word: only freed() is called. */
void attempt_cancel(struct attempt *a);

#endif
