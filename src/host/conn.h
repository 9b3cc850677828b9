/* SPDX-License-Identifier: MIT */
#ifndef HOST_CONN_H
#define HOST_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/qgs.h"

/*
 * The server side of one QGS client's connection: a state machine driven by events and the time, without
 * socket, event loop or clock, so that tests can try every order of events.
 *
 *	READING - a request -> READY - CONN_ASKED -> ASKING - a reply, CONN_NO_REPLY, time -> SENDING
 *	READING - a request that is wrong -> SENDING
 *	SENDING - all is out -> READING, or after the last request -> LINGERING -> CLOSED
 *
 * Responses are those of Intel's service: bytes that are not a message end the connection without a response;
 * an invalid request, and one that the backend cannot serve, get an error response of fixed size; a plain
 * TDREPORT gets a plain quote or nothing.
 */
enum conn_state {
	CONN_READING, /* pass received bytes to conn_bytes() */
	CONN_READY,   /* pass request, request_size to the backend, then CONN_ASKED */
	CONN_ASKING,  /* the backend is processing the request */
	CONN_SENDING, /* write out, out_size to the socket, then conn_sent() */
	/* nothing more to send: read and discard until the peer closes, so that it receives the response */
	CONN_LINGERING,
	CONN_CLOSED, /* close the socket; `end` says why */
};

/* Events without data; the others are conn_bytes(), conn_reply() and conn_sent(). */
enum conn_event {
	CONN_EOF,      /* the peer has closed its sending side; it may still read */
	CONN_BROKEN,   /* the socket failed */
	CONN_ASKED,    /* the request was passed to the backend */
	CONN_NO_REPLY, /* the backend has no reply */
	CONN_TIME,     /* conn_deadline() may have passed */
	CONN_DRAIN,    /* complete the current request, accept no other */
};

/* Why a connection ended; a label of the metrics. */
enum conn_end {
	CONN_END_NONE,      /* not ended */
	CONN_END_ANSWERED,  /* at least one response was sent */
	CONN_END_UNUSED,    /* the peer left, or the service stopped, before any request */
	CONN_END_MALFORMED, /* received bytes are not a request: no response */
	CONN_END_TRUNCATED, /* the peer left in the middle of a request */
	CONN_END_REFUSED,   /* a plain TDREPORT that got no quote */
	CONN_END_TIMEOUT,
	CONN_END_BROKEN, /* the socket failed, or the peer closed it in the middle of a response */
	CONN_N_ENDS,
};
const char *conn_end_name(enum conn_end end);

struct conn_options {
	uint64_t timeout_ms;   /* from accept, or the last response, to the last byte of the next response */
	uint64_t drain_ms;     /* limit after CONN_DRAIN */
	unsigned max_requests; /* requests per connection; 0: no limit. Intel's service: 1 */
	bool raw_too;          /* also accept plain TDREPORTs */
};

enum {
	CONN_LINGER_MS = 2000,
	CONN_LINGER_BYTES = 64 * 1024,
	CONN_READ_BYTES = 4096, /* limit of one conn_bytes() */
};

struct conn {
	struct conn_options options;
	enum conn_state state;
	enum conn_end end;
	uint64_t deadline;
	uint64_t answer_ms; /* part of the timeout reserved for an error response */

	struct qgs_assembler assembler;
	uint8_t in[QGS_MAX_REQUEST_BYTES];
	uint8_t *rest; /* bytes after the current request, not parsed yet */
	size_t rest_size;
	unsigned n_requests, n_answers;
	bool eof, last, raw;

	/*
	 * CONN_READY and CONN_ASKING: one message without length prefix, inside `in`, checked by qgs_read().
	 */
	const uint8_t *request;
	size_t request_size;
	enum qgs_type request_type;
	uint16_t request_minor;

	uint8_t *reply; /* heap; `out` points into it */
	const uint8_t *out;
	size_t out_size;
	uint32_t code;   /* error_code of the last response, QGS_SUCCESS for a successful one */
	bool bad_reply;  /* the backend's reply was invalid and was replaced with an error */
	bool gave_up;    /* the request timed out: the backend can stop */
	size_t lingered; /* bytes discarded */
	struct jurat_error why;
};

void conn_init(struct conn *c, const struct conn_options *options, uint64_t now_ms);
/* Frees the contents. In CONN_ASKING the backend may still read `request`: wait for it first. */
void conn_done(struct conn *c);
/* Handles an event and returns the new state. An event that is not valid in the state is ignored. */
enum conn_state conn_step(struct conn *c, enum conn_event event, uint64_t now_ms);
/* Handles n received bytes: untrusted, borrowed, at most CONN_READ_BYTES. */
enum conn_state conn_bytes(struct conn *c, const uint8_t *bytes, size_t n, uint64_t now_ms);
/*
 * Handles the backend's reply: a length-prefixed message of n bytes on the heap; takes ownership, even if it
 * is too late.
 */
enum conn_state conn_reply(struct conn *c, uint8_t *reply, size_t n);
/* Records that n bytes of `out` were written to the socket. */
enum conn_state conn_sent(struct conn *c, size_t n, uint64_t now_ms);
/* The time at which CONN_TIME is due. */
uint64_t conn_deadline(const struct conn *c);
/* Whether no part of a request has arrived, so that the connection may be closed. */
bool conn_idle(const struct conn *c);

#endif
