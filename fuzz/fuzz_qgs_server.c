/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "host/conn.h"
#include "support/fuzz.h"

/*
 * A hostile client and a hostile backend, in any order and at any time: what goes out is always a message of
 * the protocol or a bare quote, never more than was asked for, and nothing is kept beyond its limit.
 */
/* The whole answer, when the machine has just begun to send it. */
static void check_answer(const struct conn *c)
{
	struct qgs_message m;
	struct bytes_rd r = bytes_rd(c->out, c->out_size);

	if (c->raw) {
		FUZZ_REACHED("a bare quote");
		return;
	}
	must(bytes_rd_be32(&r) == c->out_size - QGS_FRAME_BYTES);
	must(qgs_read((enum qgs_type)(c->request_type + 1), c->out + QGS_FRAME_BYTES,
		      c->out_size - QGS_FRAME_BYTES, &m, NULL) == 0);
	must(m.error_code == c->code);
	if (c->code == QGS_SUCCESS)
		FUZZ_REACHED("an answer with what was asked for");
	else
		FUZZ_REACHED("an answer with an error code");
}

static void check(const struct conn *c)
{
	must(c->n_answers <= c->n_requests);
	must(c->options.max_requests == 0 || c->n_requests <= c->options.max_requests);
	must(c->rest_size <= CONN_READ_BYTES);
	must((c->state == CONN_CLOSED) == (c->end != CONN_END_NONE));
	must(c->state != CONN_CLOSED || (!c->reply && !c->rest));
	must((c->state == CONN_SENDING) == (c->out_size > 0));
	if (c->state == CONN_READY || c->state == CONN_ASKING) {
		must(c->request >= c->in && c->request + c->request_size <= c->in + sizeof(c->in));
		must(qgs_is_request(c->request_type));
	}
}

/* Bytes for an event; a good reply now and then, or none would ever be sent. */
static uint8_t *take(struct bytes_rd *r, const struct conn *c, bool good_reply, size_t *ret_n)
{
	size_t n = bytes_rd_le16(r) % (CONN_READ_BYTES + 1), left = bytes_rd_left(r);
	uint8_t *bytes = malloc(8192);

	must(bytes != NULL);
	if (good_reply) {
		static const uint8_t fill[4000];
		struct qgs_message m = qgs_message((enum qgs_type)(c->request_type + 1));

		for (unsigned i = 0; i < qgs_n_parts(m.type); i++)
			m.parts[i] = bytes_rd(fill, 1 + n / QGS_MAX_PARTS);
		must(qgs_write(&m, true, bytes, 8192, ret_n, NULL) == 0);
		return bytes;
	}
	n = n < left ? n : left;
	bytes_rd_copy(r, bytes, n);
	*ret_n = n;
	return bytes;
}

/* What happens to the machine; the numbers are those of the corpus. */
enum op { OP_BYTES, OP_EOF, OP_BROKEN, OP_ASKED, OP_REPLY, OP_NO_REPLY, OP_SENT, OP_TIME, OP_DRAIN, N_OPS };

static void happen(struct conn *c, struct bytes_rd *r, uint8_t byte, uint64_t now)
{
	static const enum conn_event events[N_OPS] = {
		[OP_EOF] = CONN_EOF,           [OP_BROKEN] = CONN_BROKEN, [OP_ASKED] = CONN_ASKED,
		[OP_NO_REPLY] = CONN_NO_REPLY, [OP_TIME] = CONN_TIME,     [OP_DRAIN] = CONN_DRAIN,
	};
	const enum op op = (enum op)(byte % N_OPS);
	uint8_t *bytes;
	size_t n;

	if (op == OP_BYTES) {
		bytes = take(r, c, false, &n);
		conn_bytes(c, bytes, n, now);
		free(bytes);
	} else if (op == OP_REPLY) {
		bytes = take(r, c, c->state == CONN_ASKING && byte & 0x40, &n);
		conn_reply(c, bytes, n);
	} else if (op == OP_SENT) {
		conn_sent(c, bytes_rd_le16(r), now);
	} else {
		conn_step(c, events[op], now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_rd r = bytes_rd(data, size);
	const uint8_t how = bytes_rd_u8(&r);
	const struct conn_options options = {
		.timeout_ms = 30000, .drain_ms = 5000, .max_requests = how & 3, .raw_too = how & 4
	};
	struct conn *c = malloc(sizeof(*c)); /* on the heap, for the sanitizer's sake */
	uint64_t now = 0;

	must(c != NULL);
	conn_init(c, &options, now);
	while (bytes_rd_left(&r) > 0) {
		const uint8_t op = bytes_rd_u8(&r);
		const enum conn_state before = c->state;

		now += (uint64_t)(op >> 4) * 700;
		happen(c, &r, op, now);
		check(c);
		if (c->state == CONN_SENDING && before != CONN_SENDING)
			check_answer(c);
	}
	/* However it stands, time ends it: twice, for the first time an error may go out. */
	conn_step(c, CONN_TIME, UINT64_MAX);
	conn_step(c, CONN_TIME, UINT64_MAX);
	must(c->state == CONN_CLOSED || c->state == CONN_LINGERING);
	conn_done(c);
	free(c);
	return 0;
}
