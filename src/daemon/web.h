/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WEB_H
#define DAEMON_WEB_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "daemon/log_id.h"

/*
 * HTTP and HTTPS on the loop, by libmicrohttpd: GET and HEAD only. Bounded against clients of any kind: at
 * the limit of connections the one that has been without an answer for longest is closed; so is each that
 * sends no whole request, or reads no answer, in time. A request has no body.
 */
struct web;
struct web_request;

/* Bytes and headers of an answer, which any number of requests share. Counted: the loop's thread only. */
struct web_content;
/* bytes: n, on the heap, taken also on failure. NULL: out of memory. */
struct web_content *web_content_new(void *bytes, size_t n, const char *type);
/* A copy of a constant or a message, as text/plain. */
struct web_content *web_content_text(const char *text);
/* Announces n bytes and closes the connection after the first half of them. */
struct web_content *web_content_half(void *bytes, size_t n, const char *type);
/* false: a value with characters that a header cannot have, or out of memory. */
JURAT_MUST_CHECK bool web_content_add_header(struct web_content *c, const char *name, const char *value);
void web_content_hold(struct web_content *c);
void web_content_drop(struct web_content *c); /* NULL: nothing */

struct web_options {
	size_t max_connections; /* 1 or more */
	size_t memory_bytes;    /* per connection: a request's line and headers, an answer's headers */
	/* From accept, or the last answer, to the next request line; from that to the end of its answer. */
	uint64_t timeout_ms;
	bool logs;                      /* connections, and requests that are refused before request() */
	const char *tls_cert, *tls_key; /* PEM text, borrowed for web_new(); NULL: plain HTTP */
	/*
	 * Called for each request. Ends in web_answer(), web_answer_text() or web_cut(), once, now or later
	 * from the loop.
	 */
	void (*request)(void *context, struct web_request *request);
	/*
	 * Called by web_free() for each request that waits for web_answer(), whose memory ends then: the last
	 * moment to answer it; otherwise it is cut.
	 */
	void (*closing)(void *context, struct web_request *request);
	void *context;
};

struct web_stats {
	uint64_t accepted, accept_failures, closed_for_others, timeouts, cut;
	uint64_t refused;            /* answered 400 or 405 without options.request() */
	size_t connections, pending; /* now; pending: requests that wait for web_answer() */
};

/* 0; -EINVAL a certificate or key that cannot be used; -EIO; -ENOMEM. `loop` is borrowed. */
JURAT_MUST_CHECK int web_new(uv_loop_t *loop, const struct web_options *options, struct web **ret,
			     struct jurat_error *err);
/* Accepts from `fd`, which the caller closes after web_free() or web_drain(). At most WEB_LISTENERS. */
enum { WEB_LISTENERS = 16 };
JURAT_MUST_CHECK int web_listen(struct web *w, int fd);
/*
 * Accepts no more, closes idle connections, and each other after its answer; calls `drained`, possibly at
 * once, when there is none left.
 */
void web_drain(struct web *w, void (*drained)(void *context), void *context);
/* Closes every connection; the memory is freed when the loop has run. No `drained` is called any more. */
void web_free(struct web *w);
const struct web_stats *web_stats(const struct web *w);

/* Path and query as sent, at most memory_bytes. */
const char *web_request_target(const struct web_request *r);
/* With the client's own id, if it has sent one. */
const struct log_id *web_request_id(struct web_request *r);
/* Of its connection, as a number: address_number(). */
uint64_t web_request_address(const struct web_request *r);
bool web_request_is_head(const struct web_request *r);
/* A value of the caller's, NULL at first. */
void web_request_set_data(struct web_request *r, void *data);
void *web_request_data(const struct web_request *r);

/* The content stays the caller's to drop. NULL: out of memory, as web_cut(). */
void web_answer(struct web_request *r, unsigned status, struct web_content *content);
/* text: copied; retry_after_s > 0: with Retry-After. */
void web_answer_text(struct web_request *r, unsigned status, const char *text, unsigned retry_after_s);
/* Closes the connection without an answer, by a TCP reset. */
void web_cut(struct web_request *r);

#endif
