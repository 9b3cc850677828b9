/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LOG_ID_H
#define DAEMON_LOG_ID_H

#include <stdint.h>

/*
 * Ids of connections and their requests, for the member `id` of log lines:
 *
 *	9f86d081884c7d65          a connection
 *	9f86d081884c7d65-1        its first request
 *	9f86d081884c7d65-1/ab12   the same, when an HTTP client calls it ab12
 *
 * So a search for a connection's id finds all that concerns it. The numbers of connections begin at random in
 * each process and increase by one: no two processes or connections share one in practice.
 */
enum {
	LOG_ID_PEER_BYTES = 64 + 1, /* a client's own id */
	LOG_ID_BYTES = 16 + 1 + 10 + 1 + LOG_ID_PEER_BYTES
};

struct log_id {
	uint64_t connection;
	unsigned request; /* 0: the connection itself */
	char peer[LOG_ID_PEER_BYTES];
};

/* A new connection. From any thread. */
struct log_id log_id_new(void);
/* `text` holds LOG_ID_BYTES. Returns `text`. */
char *log_id_text(const struct log_id *id, char *text);
/*
 * Takes the client's own id for a request over HTTP: X-Request-Id, if it has 1 to 64 characters, letters,
 * digits and any of "-_.", otherwise the trace id of a traceparent of W3C Trace Context (32 hexadecimal
 * digits); if neither is well-formed, none. Both headers are untrusted and may be NULL.
 */
void log_id_take(struct log_id *id, const char *x_request_id, const char *traceparent);
/* For the response's X-Request-Id: the client's own id, or this service's. `text` holds LOG_ID_BYTES. */
char *log_id_answer(const struct log_id *id, char *text);

#endif
