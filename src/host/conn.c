/* SPDX-License-Identifier: MIT */
#include "host/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "wire/tdx_report.h"

/* The share of a request's time that is reserved for sending an error response. */
enum { ANSWER_SHARE = 6 };

const char *conn_end_name(enum conn_end end)
{
	static const char *const names[CONN_N_ENDS] = {
		[CONN_END_NONE] = "open",           [CONN_END_ANSWERED] = "answered",
		[CONN_END_UNUSED] = "unused",       [CONN_END_MALFORMED] = "malformed",
		[CONN_END_TRUNCATED] = "truncated", [CONN_END_REFUSED] = "refused",
		[CONN_END_TIMEOUT] = "timeout",     [CONN_END_BROKEN] = "broken",
	};

	return names[end];
}

static uint64_t later(uint64_t now, uint64_t ms)
{
	uint64_t sum;

	return __builtin_add_overflow(now, ms, &sum) ? UINT64_MAX : sum;
}

void conn_init(struct conn *c, const struct conn_options *options, uint64_t now_ms)
{
	memset(c, 0, offsetof(struct conn, in));
	memset(&c->rest, 0, sizeof(*c) - offsetof(struct conn, rest));
	c->options = *options;
	c->deadline = later(now_ms, options->timeout_ms);
	c->answer_ms = options->timeout_ms / ANSWER_SHARE;
	qgs_assembler_init(&c->assembler, c->in, sizeof(c->in), options->raw_too);
}

static void drop_reply(struct conn *c)
{
	free(c->reply);
	c->reply = NULL;
	c->out = NULL;
	c->out_size = 0;
}

static void drop_rest(struct conn *c)
{
	free(c->rest);
	c->rest = NULL;
	c->rest_size = 0;
}

void conn_done(struct conn *c)
{
	drop_reply(c);
	drop_rest(c);
}

uint64_t conn_deadline(const struct conn *c)
{
	const bool asks = c->state == CONN_READY || c->state == CONN_ASKING;

	return asks ? c->deadline - c->answer_ms
		    : c->deadline; /* never below 0: the reserve is a share of what was added */
}

bool conn_idle(const struct conn *c)
{
	return c->state == CONN_READING && qgs_assembler_idle(&c->assembler) && c->rest_size == 0;
}

static void end(struct conn *c, enum conn_end why)
{
	drop_reply(c);
	drop_rest(c);
	c->state = CONN_CLOSED;
	c->end = why;
}

/* Ends the connection without a response to the current request. */
static void end_unanswered(struct conn *c, enum conn_end why)
{
	end(c, why == CONN_END_UNUSED && c->n_answers > 0 ? CONN_END_ANSWERED : why);
}

static enum qgs_type response_of(enum qgs_type request)
{
	return (enum qgs_type)(request + 1);
}

/* The error response of Intel's service: the fixed part, all sizes 0. */
static void answer_error(struct conn *c, uint32_t code)
{
	struct qgs_message m = qgs_message(response_of(c->request_type));
	const size_t room = QGS_FRAME_BYTES + QGS_COLLATERAL_RESP_BYTES;
	auto_free uint8_t *bytes = NULL;
	size_t size;

	c->code = code;
	c->last = c->last || c->gave_up;
	if (c->raw) {
		end(c, CONN_END_REFUSED);
		return;
	}
	m.error_code = code;
	bytes = malloc(room);
	if (!bytes || qgs_write(&m, true, bytes, room, &size, &c->why) != 0) {
		end(c, CONN_END_BROKEN);
		return;
	}
	c->reply = take_ptr(bytes);
	c->out = c->reply;
	c->out_size = size;
	c->state = CONN_SENDING;
}

/* Wraps a plain TDREPORT in the equivalent message: backends handle messages only. */
static int wrap_tdreport(struct conn *c)
{
	struct qgs_message m = qgs_message(QGS_QUOTE_REQ);
	uint8_t *to = c->in + TDX_REPORT_BYTES;

	static_assert(sizeof(c->in) >= 2 * TDX_REPORT_BYTES + QGS_QUOTE_REQ_BYTES, "room for both");
	m.parts[QGS_PART_REPORT] = bytes_rd(c->in, TDX_REPORT_BYTES);
	c->request = to;
	return qgs_write(&m, false, to, sizeof(c->in) - TDX_REPORT_BYTES, &c->request_size, &c->why);
}

/* Handles a request that is complete in `in`. */
static void take_request(struct conn *c, bool raw)
{
	struct qgs_message m;
	enum qgs_type type = QGS_QUOTE_REQ;
	int code;

	c->raw = raw;
	c->last = c->last || raw; /* closing the connection marks the end of a plain quote */
	c->n_requests++;
	c->last = c->last || c->n_requests == c->options.max_requests;
	c->request = c->in;
	c->request_size = c->assembler.want;
	if (raw && wrap_tdreport(c) != 0) {
		end(c, CONN_END_MALFORMED);
		return;
	}
	if (qgs_read_type(c->request, c->request_size, &type, &c->why) != 0 || !qgs_is_request(type)) {
		if (!qgs_is_request(type))
			jurat_fail(&c->why, 0, "%s: not a request", qgs_type_name(type));
		end(c, CONN_END_MALFORMED);
		return;
	}
	c->request_type = type;
	c->state = CONN_READY;
	code = qgs_read(type, c->request, c->request_size, &m, &c->why);
	if (code > 0)
		answer_error(c, (uint32_t)code);
	else
		c->request_minor = m.minor_version;
}

static void keep_rest(struct conn *c, const uint8_t *bytes, size_t n)
{
	uint8_t *rest;

	if (n == 0)
		return;
	rest = malloc(n);
	if (!rest) {
		(void)jurat_fail_memory(&c->why);
		end(c, CONN_END_BROKEN);
		return;
	}
	memcpy(rest, bytes, n);
	c->rest = rest;
	c->rest_size = n;
}

static void feed(struct conn *c, const uint8_t *bytes, size_t n)
{
	size_t taken = 0;
	int r = qgs_assembler_feed(&c->assembler, bytes, n, &taken, &c->why);

	if (r < 0)
		end(c, CONN_END_MALFORMED);
	if (r <= 0)
		return;
	take_request(c, r == QGS_RAW_TDREPORT);
	if (c->state != CONN_CLOSED && !c->last)
		keep_rest(c, bytes + taken, n - taken);
}

/* After a response, or when none is due: continues with bytes already read, or ends. */
static void next_request(struct conn *c, uint64_t now_ms)
{
	drop_reply(c);
	if (c->last) {
		drop_rest(c);
		c->deadline = later(now_ms, CONN_LINGER_MS);
		c->state = CONN_LINGERING;
		if (c->eof)
			end(c, CONN_END_ANSWERED);
		return;
	}
	c->deadline = later(now_ms, c->options.timeout_ms);
	c->state = CONN_READING;
	if (c->rest_size > 0) {
		auto_free uint8_t *rest = take_ptr(c->rest);
		size_t n = c->rest_size;

		c->rest_size = 0;
		feed(c, rest, n);
	}
	if (c->state == CONN_READING && c->eof)
		end_unanswered(c, conn_idle(c) ? CONN_END_UNUSED : CONN_END_TRUNCATED);
}

/* `reply` is an untrusted length-prefixed message: only a valid response to this request is forwarded. */
static void take_reply(struct conn *c, uint8_t *reply, size_t n)
{
	struct bytes_rd r = bytes_rd(reply, n);
	uint32_t length = bytes_rd_be32(&r);
	struct qgs_message m;

	c->reply = reply;
	if (r.bad || length != bytes_rd_left(&r) ||
	    qgs_read(response_of(c->request_type), reply + QGS_FRAME_BYTES, length, &m, &c->why) != 0) {
		drop_reply(c);
		c->bad_reply = true;
		answer_error(c, QGS_E_UNEXPECTED);
		return;
	}
	c->code = m.error_code;
	c->out = reply;
	c->out_size = n;
	c->state = CONN_SENDING;
	if (!c->raw)
		return;
	c->out = m.parts[QGS_PART_QUOTE].data;
	c->out_size = m.parts[QGS_PART_QUOTE].size;
	if (m.error_code != QGS_SUCCESS)
		end(c, CONN_END_REFUSED);
}

static void came_eof(struct conn *c)
{
	c->eof = true;
	if (c->state == CONN_LINGERING)
		end(c, CONN_END_ANSWERED);
	else if (c->state == CONN_READING)
		end_unanswered(c, conn_idle(c) ? CONN_END_UNUSED : CONN_END_TRUNCATED);
}

static void drain(struct conn *c, uint64_t now_ms)
{
	uint64_t until = later(now_ms, c->options.drain_ms);

	c->last = true;
	if (c->deadline > until) {
		c->deadline = until;
		c->answer_ms = c->options.drain_ms / ANSWER_SHARE;
	}
	if (conn_idle(c))
		end_unanswered(c, CONN_END_UNUSED);
}

static void check_time(struct conn *c, uint64_t now_ms)
{
	if (now_ms < conn_deadline(c))
		return;
	if (c->state == CONN_LINGERING) {
		end(c, CONN_END_ANSWERED);
	} else if (c->state == CONN_READY || c->state == CONN_ASKING) {
		c->gave_up = true;
		jurat_fail(&c->why, 0, "timed out");
		answer_error(c, QGS_E_UNEXPECTED);
	} else {
		end_unanswered(c, conn_idle(c) && c->n_answers > 0 ? CONN_END_UNUSED : CONN_END_TIMEOUT);
	}
}

enum conn_state conn_bytes(struct conn *c, const uint8_t *bytes, size_t n, uint64_t now_ms)
{
	if (c->state == CONN_READING)
		feed(c, bytes, n);
	else if (c->state == CONN_LINGERING && (c->lingered += n) > CONN_LINGER_BYTES)
		end(c, CONN_END_ANSWERED);
	return c->state;
}

enum conn_state conn_reply(struct conn *c, uint8_t *reply, size_t n)
{
	if (c->state == CONN_ASKING)
		take_reply(c, reply, n);
	else
		free(reply);
	return c->state;
}

enum conn_state conn_sent(struct conn *c, size_t n, uint64_t now_ms)
{
	if (c->state != CONN_SENDING)
		return c->state;
	n = n < c->out_size ? n : c->out_size;
	c->out += n;
	c->out_size -= n;
	if (c->out_size == 0) {
		c->n_answers++;
		next_request(c, now_ms);
	}
	return c->state;
}

enum conn_state conn_step(struct conn *c, enum conn_event event, uint64_t now_ms)
{
	if (c->state == CONN_CLOSED)
		return c->state;
	switch (event) {
	case CONN_EOF:
		came_eof(c);
		break;
	case CONN_BROKEN:
		end(c, c->state == CONN_LINGERING ? CONN_END_ANSWERED : CONN_END_BROKEN);
		break;
	case CONN_ASKED:
		if (c->state == CONN_READY)
			c->state = CONN_ASKING;
		break;
	case CONN_NO_REPLY:
		if (c->state == CONN_ASKING)
			answer_error(c, QGS_E_UNEXPECTED);
		break;
	case CONN_TIME:
		check_time(c, now_ms);
		break;
	case CONN_DRAIN:
		if (c->state != CONN_LINGERING)
			drain(c, now_ms);
		break;
	}
	return c->state;
}
