/* SPDX-License-Identifier: MIT */
#include "machine/qgs_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/qgs.h"

/* No descriptors of this process, as those of channels. */
enum { ERROR_CODE_OFF = 12 }; /* in struct qgs_hdr */
enum { POLL_FD = MACHINE_QGS_FIRST_FD - 1, TIMER_FD = MACHINE_QGS_FIRST_FD - 2 };

static struct machine_qgs *self(struct base_env *env)
{
	return (struct machine_qgs *)env;
}

static struct machine_qgs_channel *channel(struct base_env *env, int fd)
{
	return fd >= MACHINE_QGS_FIRST_FD && fd < MACHINE_QGS_FIRST_FD + MACHINE_QGS_CHANNELS
		       ? self(env)->channels[fd - MACHINE_QGS_FIRST_FD]
		       : NULL;
}

static uint64_t q_now_ns(struct base_env *env)
{
	return *self(env)->now_ns;
}

static int q_connect(struct base_env *env, const char *address)
{
	struct machine_qgs *qgs = self(env);

	for (int i = 0; i < MACHINE_QGS_CHANNELS; i++) {
		struct machine_qgs_channel *c;

		if (qgs->channels[i])
			continue;
		c = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->open = !qgs->down;
		c->ready_at_ns = BASE_NEVER;
		qgs_assembler_init(&c->assembler, c->buffer, sizeof(c->buffer), true);
		qgs->channels[i] = c;
		return MACHINE_QGS_FIRST_FD + i;
	}
	return -EMFILE;
}

static int q_connected(struct base_env *env, int fd)
{
	struct machine_qgs_channel *c = channel(env, fd);

	return !c ? -EBADF : c->open ? 0 : -ECONNREFUSED;
}

static void answer(struct machine_qgs *qgs, struct machine_qgs_channel *c)
{
	size_t n = c->assembler.want;
	struct trace_place before = trace_here(qgs->trace);
	uint32_t step;
	int r;

	c->traced = trace_aside(qgs->trace, "VMM", "quoting service", "a request of %zu bytes", n);
	trace_bytes(qgs->trace, c->traced, "QGS request", c->buffer, n);
	(void)trace_go(qgs->trace, trace_in(qgs->trace, c->traced));
	step = trace_call(qgs->trace, "quoting service", "quoting enclave",
			  "checks the TDREPORT's MAC, signs a quote with its attestation key");
	r = qgs->respond
		    ? qgs->respond(qgs->ctx, c->buffer, n, &c->reply, &c->reply_size)
		    : sim_qgs_answer(qgs->qe, qgs->collateral, c->buffer, n, &c->reply, &c->reply_size, NULL);
	trace_end(qgs->trace, step, "%s", r == 0 ? "" : "no answer");
	(void)trace_go(qgs->trace, before);
	if (qgs->half_close)
		c->reply_size /= 2;
	c->closed_by_peer = r != 0;
	c->ready_at_ns = *qgs->now_ns + qgs->latency_ns;
}

/* The VMM has read all, or gives up. Messages are without their length, as the request is. */
static void trace_answered(struct machine_qgs *qgs, struct machine_qgs_channel *c)
{
	const size_t n = c->reply_off > QGS_FRAME_BYTES ? c->reply_off - QGS_FRAME_BYTES : 0;

	if (!c->traced)
		return;
	if (n > 0)
		trace_bytes(qgs->trace, c->traced, "QGS response", c->reply + QGS_FRAME_BYTES, n);
	if (n >= QGS_HDR_BYTES)
		trace_number(qgs->trace, c->traced, "error_code",
			     bytes_get_le(c->reply + QGS_FRAME_BYTES + ERROR_CODE_OFF, 4), TRACE_HEX);
	trace_end(qgs->trace, c->traced, "%zu bytes", n);
	c->traced = 0;
}

static ssize_t q_send(struct base_env *env, int fd, const void *buf, size_t n)
{
	struct machine_qgs_channel *c = channel(env, fd);
	size_t taken = 0;
	int r;

	if (!c || !c->open)
		return c ? -ENOTCONN : -EBADF;
	if (c->reply || c->closed_by_peer)
		return (ssize_t)n; /* one request per connection: anything after it is not read */
	r = qgs_assembler_feed(&c->assembler, buf, n, &taken, NULL);
	if (r == QGS_MESSAGE)
		answer(self(env), c);
	else if (r != 0) {
		c->closed_by_peer = true;
		c->ready_at_ns = *self(env)->now_ns;
	}
	return (ssize_t)n;
}

static bool readable(struct base_env *env, const struct machine_qgs_channel *c)
{
	return c->ready_at_ns <= *self(env)->now_ns;
}

static ssize_t q_recv(struct base_env *env, int fd, void *buf, size_t n)
{
	struct machine_qgs_channel *c = channel(env, fd);
	size_t left;

	if (!c)
		return -EBADF;
	if (!readable(env, c))
		return -EAGAIN;
	left = c->reply_size - c->reply_off;
	n = n < left ? n : left;
	if (n > 0)
		memcpy(buf, c->reply + c->reply_off, n);
	c->reply_off += n;
	if (c->reply_off == c->reply_size)
		trace_answered(self(env), c);
	return (ssize_t)n;
}

static uint64_t next_of_channels(const struct machine_qgs *qgs)
{
	uint64_t first = BASE_NEVER;

	for (int i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (qgs->channels[i] && qgs->channels[i]->ready_at_ns < first)
			first = qgs->channels[i]->ready_at_ns;
	return first;
}

/* Waiting advances virtual time to the event, or to the end of the wait. */
static int q_wait(struct base_env *env, int fd, unsigned events, uint64_t wait_ns)
{
	struct machine_qgs *qgs = self(env);
	struct machine_qgs_channel *c = channel(env, fd);
	uint64_t at = c ? c->ready_at_ns : next_of_channels(qgs);

	if (!c && fd != POLL_FD)
		return -EBADF;
	if (c && (events & BASE_WRITE))
		return 1;
	if (!c && qgs->timer_at_ns < at)
		at = qgs->timer_at_ns;
	if (at <= *qgs->now_ns)
		return 1;
	if (at - *qgs->now_ns > wait_ns) {
		trace_advance(qgs->trace, wait_ns);
		*qgs->now_ns += wait_ns;
		return 0;
	}
	trace_advance(qgs->trace, at - *qgs->now_ns);
	*qgs->now_ns = at;
	return 1;
}

static int q_poll_open(struct base_env *env)
{
	return POLL_FD;
}

static int q_poll_set(struct base_env *env, int poll_fd, int fd, unsigned events)
{
	return 0; /* the caller that steps the machine uses machine_qgs_next_ns() */
}

static int q_timer_open(struct base_env *env)
{
	self(env)->timer_at_ns = BASE_NEVER;
	return TIMER_FD;
}

static int q_timer_set(struct base_env *env, int fd, uint64_t at_ns)
{
	self(env)->timer_at_ns = at_ns;
	return 0;
}

static int q_close(struct base_env *env, int fd)
{
	struct machine_qgs_channel *c = channel(env, fd);

	if (!c)
		return fd == POLL_FD || fd == TIMER_FD ? 0 : -EBADF;
	trace_answered(self(env), c);
	free(c->reply);
	free(c);
	self(env)->channels[fd - MACHINE_QGS_FIRST_FD] = NULL;
	return 0;
}

void machine_qgs_set_trace(struct machine_qgs *qgs, struct trace *trace)
{
	qgs->trace = trace;
	for (size_t i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (qgs->channels[i])
			qgs->channels[i]->traced = 0;
}

void machine_qgs_init(struct machine_qgs *qgs, const struct sim_qe *qe, uint64_t *now_ns, uint64_t latency_ns)
{
	static const struct base_env_ops ops = {
		.now_ns = q_now_ns,
		.close = q_close,
		.connect = q_connect,
		.connected = q_connected,
		.send = q_send,
		.recv = q_recv,
		.wait = q_wait,
		.poll_open = q_poll_open,
		.poll_set = q_poll_set,
		.timer_open = q_timer_open,
		.timer_set = q_timer_set,
	};

	*qgs = (struct machine_qgs){
		.base = { &ops },
		.qe = qe,
		.now_ns = now_ns,
		.latency_ns = latency_ns,
		.timer_at_ns = BASE_NEVER,
	};
}

void machine_qgs_done(struct machine_qgs *qgs)
{
	for (int i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (qgs->channels[i])
			q_close(&qgs->base, MACHINE_QGS_FIRST_FD + i);
}

uint64_t machine_qgs_next_ns(const struct machine_qgs *qgs)
{
	uint64_t first = next_of_channels(qgs);

	return qgs->timer_at_ns < first ? qgs->timer_at_ns : first;
}
