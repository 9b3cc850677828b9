/* SPDX-License-Identifier: MIT */
#ifndef HOST_QGS_CLIENT_H
#define HOST_QGS_CLIENT_H

#include <stdbool.h>

#include "base/env.h"
#include "base/error.h"
#include "wire/qgs.h"

/*
 * One question to a quoting service: connects, sends, collects the answer, never waits. Whoever owns it calls
 * qgs_client_step() when its descriptor has one of qgs_client_events(), and not later than
 * qgs_client_wake_ns(). A new connection for each question, as Intel's service wants.
 *
 * A service that is being restarted is tried again: one that cannot be connected to up to
 * QGS_CLIENT_CONNECT_TRIES times, one that hangs up before the first byte of its answer once.
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
	struct qgs_assembler answer; /* of answer.want bytes in answer.buf when step says QGS_MESSAGE */
	uint64_t give_up_ns, again_ns;
	enum qgs_client_state state;
	unsigned connects, asks; /* tries, the running one included */
	bool reached;            /* the service has accepted a connection once */
	int fd, poll_fd;         /* -1: none; poll_fd is where fd is set */
};

/*
 * address     as base/address.h, borrowed
 * request     request_size bytes, a framed message; borrowed until done
 * buf         room bytes for the message of the answer, without its length prefix; borrowed until done
 * give_up_ns  when the question has failed, whatever the service does
 */
void qgs_client_init(struct qgs_client *c, struct base_env *env, const char *address, const uint8_t *request,
		     size_t request_size, uint8_t *buf, size_t room, uint64_t give_up_ns);
/* Closes; also a client that was never stepped, or only zeroed. */
void qgs_client_done(struct qgs_client *c);

/*
 * Goes on as far as that is possible without waiting.
 *
 * now         of env's clock
 * Returns     0 call again; QGS_MESSAGE the answer is complete, one framed message and nothing else: its
 *             header agrees with its length, the rest is not judged; -ETIMEDOUT past give_up_ns; -EBADMSG,
 *             -EPROTO, -E2BIG no such message (Q2); -ECONNRESET the service hangs up without a whole answer;
 *             another -errno of connect, send or recv. After anything but 0 the client is at its end
 */
JURAT_MUST_CHECK int qgs_client_step(struct qgs_client *c, uint64_t now, struct jurat_error *err);
/* What to wait for: enum base_events of c->fd; 0: only for the time. */
unsigned qgs_client_events(const struct qgs_client *c);
uint64_t qgs_client_wake_ns(const struct qgs_client *c);
/* Sets the descriptor in poll_fd, if there is one; it is taken out when it is closed. 0 or -errno. */
JURAT_MUST_CHECK int qgs_client_watch(struct qgs_client *c, int poll_fd);

#endif
