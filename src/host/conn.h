/* SPDX-License-Identifier: MIT */
#ifndef HOST_CONN_H
#define HOST_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/qgs.h"

/*
 * One connection of a QGS client: a state machine stepped by events and the time, that knows no socket, no
 * loop and no clock, so that every order of events can be tried without them.
 *
 *	READING - a request -> READY - CONN_ASKED -> ASKING - a reply, CONN_NO_REPLY, time -> SENDING
 *	READING - a request that is wrong -> SENDING
 *	SENDING - all is out -> READING, or after the last request -> LINGERING -> CLOSED
 *
 * What is answered, and what is not, is Intel's: bytes that are no message end the connection without an
 * answer; a request that is a message but not a good one, and one that the backend cannot serve, get an error
 * response of fixed size; a bare TDREPORT gets a bare quote or nothing.
 */
enum conn_state {
	CONN_READING,   /* feed what arrives */
	CONN_READY,     /* give request, request_size to the backend, then CONN_ASKED */
	CONN_ASKING,    /* the backend has it */
	CONN_SENDING,   /* write out, out_size to the socket, then conn_sent() */
	CONN_LINGERING, /* no more is sent: read and drop until the peer closes, so that it gets the answer */
	CONN_CLOSED,    /* close the socket; `end` says why */
};

/* Events that carry nothing; the others are conn_bytes(), conn_reply() and conn_sent(). */
enum conn_event {
	CONN_EOF,      /* the peer sends no more; it may still read */
	CONN_BROKEN,   /* the socket failed */
	CONN_ASKED,    /* the request was given to the backend */
	CONN_NO_REPLY, /* the backend has none */
	CONN_TIME,     /* conn_deadline() may have passed */
	CONN_DRAIN,    /* finish what was begun, begin nothing */
};

/* Why a connection ended; a label of the metrics. */
enum conn_end {
	CONN_END_NONE,      /* it has not */
	CONN_END_ANSWERED,  /* at least one answer went out */
	CONN_END_UNUSED,    /* the peer left, or the service stopped, before any request */
	CONN_END_MALFORMED, /* what came is no request: no answer */
	CONN_END_TRUNCATED, /* the peer left in the middle of a request */
	CONN_END_REFUSED,   /* a bare TDREPORT that got no quote */
	CONN_END_TIMEOUT,
	CONN_END_BROKEN, /* the socket failed, or the peer left in the middle of an answer */
	CONN_N_ENDS,
};
const char *conn_end_name(enum conn_end end);

struct conn_options {
	uint64_t timeout_ms;   /* from accept, or the last answer, to the last byte of the next answer */
	uint64_t drain_ms;     /* how long it may go on after CONN_DRAIN */
	unsigned max_requests; /* then the connection ends; 0: no limit. Intel's service takes 1 */
	bool raw_too;          /* also bare TDREPORTs */
};

enum {
	CONN_LINGER_MS = 2000,
	CONN_LINGER_BYTES = 64 * 1024,
	CONN_READ_BYTES = 4096, /* at most so many in one conn_bytes() */
};

struct conn {
	struct conn_options options;
	enum conn_state state;
	enum conn_end end;
	uint64_t deadline;
	uint64_t answer_ms; /* of it, kept for the news that there is no answer */

	struct qgs_assembler assembler;
	uint8_t in[QGS_MAX_REQUEST_BYTES];
	uint8_t *rest; /* bytes behind the request that is being served, not yet looked at */
	size_t rest_size;
	unsigned n_requests, n_answers;
	bool eof, last, raw;

	/* CONN_READY and CONN_ASKING: one message without its length, inside `in`, checked by qgs_read(). */
	const uint8_t *request;
	size_t request_size;
	enum qgs_type request_type;
	uint16_t request_minor;

	uint8_t *reply; /* heap; `out` lies in it */
	const uint8_t *out;
	size_t out_size;
	uint32_t code;   /* error_code of the last answer, QGS_SUCCESS when it was a good one */
	bool bad_reply;  /* the backend's reply was none, and was replaced */
	bool gave_up;    /* the time for an answer was over: the backend need not go on */
	size_t lingered; /* bytes dropped */
	struct jurat_error why;
};

void conn_init(struct conn *c, const struct conn_options *options, uint64_t now_ms);
/* Frees what it holds. In CONN_ASKING the backend still reads `request`: the caller waits for it first. */
void conn_done(struct conn *c);
/* Each event returns the state after it. One that does not fit the state changes nothing. */
enum conn_state conn_step(struct conn *c, enum conn_event event, uint64_t now_ms);
/* n bytes arrived: untrusted, borrowed, up to CONN_READ_BYTES. */
enum conn_state conn_bytes(struct conn *c, const uint8_t *bytes, size_t n, uint64_t now_ms);
/* The backend's reply: a framed message of n bytes on the heap, taken, also when it came too late. */
enum conn_state conn_reply(struct conn *c, uint8_t *reply, size_t n);
/* The socket took n bytes of `out`. */
enum conn_state conn_sent(struct conn *c, size_t n, uint64_t now_ms);
/* When CONN_TIME is due. */
uint64_t conn_deadline(const struct conn *c);
/* Nothing of a request is there: it may be closed without harm. */
bool conn_idle(const struct conn *c);

#endif
