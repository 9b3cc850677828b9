/* SPDX-License-Identifier: MIT */
#ifndef HOST_QGS_CLIENT_H
#define HOST_QGS_CLIENT_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"
#include "wire/qgs.h"

/*
 * A non-blocking client for one request to a quoting service: connects, sends, receives the response. Its
 * owner calls qgs_client_step() when its descriptor has one of qgs_client_events(), and no later than
 * qgs_client_wake_ns(). Each request has a connection of its own, as Intel's service requires.
 *
 * To survive a restart of the service, it tries to connect up to QGS_CLIENT_CONNECT_TRIES times, and repeats
 * the request once if the service hangs up before the first byte of its response.
 */
enum {
	QGS_CLIENT_CONNECT_TRIES = 5,
	QGS_CLIENT_ASK_TRIES = 2,
	QGS_CLIENT_BACK_OFF_NS = 50 * 1000000, /* doubled each time: 0.75 s in all */
};

enum qgs_client_state { QGS_CLIENT_IDLE, QGS_CLIENT_CONNECTING, QGS_CLIENT_SENDING, QGS_CLIENT_RECEIVING };

struct qgs_client {
	struct base_env *env;
	const char *address;
	const uint8_t *request;
	size_t request_size, sent;
	/* response: answer.want bytes in answer.buf once qgs_client_step() returns QGS_MESSAGE */
	struct qgs_assembler answer;
	uint64_t give_up_ns, again_ns;
	enum qgs_client_state state;
	unsigned connects, asks; /* attempts, including the current one */
	bool reached;            /* the service has accepted a connection before */
	int connect_error;       /* -errno of the last attempt to connect; 0: it did not fail */
	int fd, poll_fd;         /* -1: none; fd is registered in poll_fd */
};

/*
 * address     as base/address.h, borrowed
 * request     request_size bytes, a length-prefixed message; borrowed until done
 * buf         room bytes for the response without its length prefix; borrowed until done
 * give_up_ns  time at which the request fails, whatever the service does
 */
void qgs_client_init(struct qgs_client *c, struct base_env *env, const char *address, const uint8_t *request,
		     size_t request_size, uint8_t *buf, size_t room, uint64_t give_up_ns);
/* Closes the client; also one that was never stepped, or is all zero. */
void qgs_client_done(struct qgs_client *c);

/*
 * Continues as far as possible without blocking.
 *
 * now         of env's clock
 * Returns     0 call again; QGS_MESSAGE the response is complete, one length-prefixed message and nothing
 *             else: its header matches its length, the rest is not checked; -ETIMEDOUT past give_up_ns,
 *             but between two attempts to connect the error of the last one;
 *             -EBADMSG, -EPROTO, -E2BIG not such a message (Q2); -ECONNRESET the service hung up before the
 *             end of its response; another -errno of connect, send or recv. After anything but 0 do not call
 *             it again
 */
JURAT_MUST_CHECK int qgs_client_step(struct qgs_client *c, uint64_t now, struct jurat_error *err);
/* Events to wait for: enum base_events of c->fd; 0: wait for the time only. */
unsigned qgs_client_events(const struct qgs_client *c);
uint64_t qgs_client_wake_ns(const struct qgs_client *c);
/* Registers the descriptor, if any, in poll_fd; it is removed when it is closed. 0 or -errno. */
JURAT_MUST_CHECK int qgs_client_watch(struct qgs_client *c, int poll_fd);

#endif
