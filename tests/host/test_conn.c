/* SPDX-License-Identifier: MIT */
#include "daemon/messages.h"

#include "host/conn.h"

/* Spec: Intel DCAP qgs_msg_lib and qgs (doc/facts/tdx.md, 3); hazards G of doc/hazards.md. */
static const struct conn_options one = {
	.timeout_ms = 30000, .drain_ms = 5000, .max_requests = 1, .raw_too = true
};
static const struct conn_options many = { .timeout_ms = 30000, .drain_ms = 5000, .raw_too = true };

static enum conn_state bytes(struct conn *c, const uint8_t *p, size_t n, uint64_t now)
{
	uint8_t *copy = heap_copy(p, n);
	enum conn_state state = conn_bytes(c, copy, n, now);

	free(copy);
	return state;
}

static enum conn_state step(struct conn *c, enum conn_event event, uint64_t now)
{
	return conn_step(c, event, now);
}

static enum conn_state reply(struct conn *c, const uint8_t *p, size_t n)
{
	return conn_reply(c, heap_copy(p, n), n);
}

/* As the socket would: all of it. */
static enum conn_state send_all(struct conn *c, uint64_t now)
{
	return conn_sent(c, c->out_size, now);
}

static void begin(struct conn *c, const struct conn_options *options, const uint8_t *p, size_t n)
{
	conn_init(c, options, 0);
	assert_int_equal(bytes(c, p, n, 1), CONN_READY);
	assert_int_equal(step(c, CONN_ASKED, 1), CONN_ASKING);
}

static void every_request_cut_at_every_byte_is_put_together(void **state) /* G1 */
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_quote_req(request), m = message_quote_resp(answer, 0x51);
	struct conn c;

	for (size_t cut = 1; cut < n; cut++) {
		conn_init(&c, &one, 0);
		assert_int_equal(bytes(&c, request, cut, 1), CONN_READING);
		assert_int_equal(bytes(&c, request + cut, n - cut, 2), CONN_READY);
		assert_int_equal(c.request_size, n - 4);
		assert_memory_equal(c.request, request + 4, n - 4);
		conn_done(&c);
	}
	conn_init(&c, &one, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(bytes(&c, request + i, 1, i), i + 1 < n ? CONN_READING : CONN_READY);
	assert_int_equal(step(&c, CONN_ASKED, 2000), CONN_ASKING);
	assert_int_equal(reply(&c, answer, m), CONN_SENDING);
	assert_int_equal(c.out_size, m);
	assert_memory_equal(c.out, answer, m);
	assert_int_equal(send_all(&c, 2002), CONN_LINGERING);
	assert_int_equal(step(&c, CONN_EOF, 2003), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_ANSWERED);
	conn_done(&c);
}

static void a_request_of_any_minor_version_is_taken(void **state)
{
	static const uint16_t minors[] = { 0, 1, 2, 0xffff };
	uint8_t request[MESSAGE_ROOM];
	const size_t n = message_quote_req(request);
	struct conn c;

	for (size_t i = 0; i < ARRAY_SIZE(minors); i++) {
		bytes_put_le(request + 6, minors[i], 2);
		conn_init(&c, &one, 0);
		assert_int_equal(bytes(&c, request, n, 1), CONN_READY);
		assert_int_equal(c.request_minor, minors[i]);
		conn_done(&c);
	}
}

static void bytes_that_are_no_message_end_it_without_an_answer(void **state) /* G4 */
{
	static const struct {
		const char *what;
		unsigned off, size;
		uint64_t value; /* as it lies there, little-endian */
	} rows[] = {
		{ "length 0", 0, 4, 0 },
		{ "length 15, less than a header", 0, 4, 0x0f000000 },
		{ "length 0xffffffff", 0, 4, 0xffffffff },
		{ "length 0xfffffffc: plus 4 wraps", 0, 4, 0xfcffffff },
		{ "length 4093, more than is ever read", 0, 4, 0xfd0f0000 },
		{ "header.size one less", 12, 4, 24 + 1024 - 1 },
		{ "header.size one more", 12, 4, 24 + 1024 + 1 },
		{ "major version 0", 4, 2, 0 },
		{ "major version 2", 4, 2, 2 },
		{ "type 6", 8, 4, 6 },
		{ "type 0xffffffff", 8, 4, 0xffffffff },
		{ "a response", 8, 4, 1 },
		{ "a collateral response", 8, 4, 3 },
		{ "a platform response", 8, 4, 5 },
	};
	uint8_t request[MESSAGE_ROOM];
	struct conn c;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = message_quote_req(request);

		bytes_put_le(request + rows[i].off, rows[i].value, rows[i].size);
		conn_init(&c, &one, 0);
		if (bytes(&c, request, n, 1) != CONN_CLOSED || c.end != CONN_END_MALFORMED)
			FAIL_BECAUSE("%s: state %d, end %d", rows[i].what, c.state, c.end);
		assert_int_equal(c.n_answers, 0);
		assert_int_equal(c.out_size, 0);
		conn_done(&c);
	}
}

static void a_wrong_request_gets_the_fixed_size_error_of_its_kind(void **state) /* G5, G8, G10 */
{
	static const struct {
		const char *what;
		size_t (*make)(uint8_t *to);
		unsigned off;
		uint32_t value, code;
		size_t answer;
	} rows[] = {
		{ "error code in a request", message_quote_req, 16, 1, QGS_E_INVALID_CODE, 28 },
		{ "no report", message_quote_req, 20, 0, QGS_E_INVALID_CODE, 28 },
		{ "report one byte short", message_quote_req, 20, 1023, QGS_E_INVALID_SIZE, 28 },
		{ "report size of 4 GiB", message_quote_req, 20, 0xffffffff, QGS_E_UNEXPECTED, 28 },
		{ "id list that is not there", message_quote_req, 24, 1, QGS_E_INVALID_SIZE, 28 },
		{ "id list that wraps the sum", message_quote_req, 24, 0xfffffc00, QGS_E_UNEXPECTED, 28 },
		{ "no FMSPC", message_collateral_req, 20, 0, QGS_E_INVALID_SIZE, 52 },
		{ "no CA", message_collateral_req, 24, 0, QGS_E_INVALID_SIZE, 52 },
		{ "error code", message_collateral_req, 16, 0x12001, QGS_E_INVALID_CODE, 52 },
		{ "error code", message_platform_req, 16, 7, QGS_E_INVALID_CODE, 32 },
	};
	uint8_t request[MESSAGE_ROOM];
	struct conn c;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = rows[i].make(request);

		bytes_put_le(request + rows[i].off, rows[i].value, 4);
		conn_init(&c, &one, 0);
		if (bytes(&c, request, n, 1) != CONN_SENDING || c.code != rows[i].code)
			FAIL_BECAUSE("%s: state %d, code %#x", rows[i].what, c.state, c.code);
		assert_int_equal(c.out_size, rows[i].answer);
		assert_int_equal(bytes_get_le(c.out + 16, 4), rows[i].code);
		assert_int_equal(bytes_get_le(c.out + 8, 4), bytes_get_le(request + 8, 4) + 1);
		assert_true(bytes_all(c.out + 20, c.out_size - 20, 0) || c.out_size == 52);
		conn_done(&c);
	}
}

static void a_backend_without_an_answer_makes_the_error_of_the_specification(void **state) /* G9 */
{
	static const uint8_t want[] = { 0, 0, 0, 0x18, 1, 0, 1, 0, 1, 0, 0, 0, 0x18, 0,
					0, 0, 1, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0,    0 };
	uint8_t request[MESSAGE_ROOM];
	struct conn c;

	begin(&c, &one, request, message_quote_req(request));
	assert_int_equal(step(&c, CONN_NO_REPLY, 5), CONN_SENDING);
	assert_int_equal(c.out_size, sizeof(want));
	assert_memory_equal(c.out, want, sizeof(want));
	conn_done(&c);
	begin(&c, &one, request, message_platform_req(request));
	assert_int_equal(step(&c, CONN_NO_REPLY, 5), CONN_SENDING);
	assert_int_equal(c.out_size, 4 + 28);
	conn_done(&c);
	begin(&c, &one, request, message_collateral_req(request));
	assert_int_equal(step(&c, CONN_NO_REPLY, 5), CONN_SENDING);
	assert_int_equal(c.out_size, 4 + 48);
	conn_done(&c);
}

static void what_a_backend_sends_that_is_no_answer_never_reaches_the_client(void **state)
{
	static const struct {
		const char *what;
		unsigned off;
		uint32_t value;
	} rows[] = {
		{ "length", 0, 0x10000000 },
		{ "major version", 4, 0x00010002 },
		{ "type of a request", 8, 0 },
		{ "another answer", 8, 5 },
		{ "size", 12, 23 },
		{ "code without a name", 16, 0x12008 },
		{ "id that wraps", 20, ~0u },
		{ "no quote", 24, 0 },
		{ "longer quote", 24, QUOTE_BYTES + 1 },
	};
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	struct conn c;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = message_quote_resp(answer, 1);

		bytes_put_le(answer + rows[i].off, rows[i].value, 4);
		begin(&c, &one, request, message_quote_req(request));
		if (reply(&c, answer, n) != CONN_SENDING || c.code != QGS_E_UNEXPECTED || !c.bad_reply)
			FAIL_BECAUSE("%s got through", rows[i].what);
		assert_int_equal(c.out_size, FRAMED_ERROR);
		conn_done(&c);
	}
	for (size_t n = 0; n < FRAMED_QUOTE_RESP; n++) {
		message_quote_resp(answer, 1);
		begin(&c, &one, request, message_quote_req(request));
		assert_int_equal(reply(&c, answer, n), CONN_SENDING);
		assert_true(c.bad_reply);
		conn_done(&c);
	}
}

static void a_bare_tdreport_gets_a_bare_quote_or_nothing(void **state)
{
	uint8_t report[TDX_REPORT_BYTES + 1] = { 0 }, answer[MESSAGE_ROOM], want[MESSAGE_ROOM];
	size_t n = message_quote_resp(answer, 0x77);
	struct conn c;

	message_tdreport(report);
	message_quote_req(want);
	begin(&c, &many, report, TDX_REPORT_BYTES);
	assert_int_equal(c.request_size, FRAMED_QUOTE_REQ - 4);
	assert_memory_equal(c.request, want + 4, FRAMED_QUOTE_REQ - 4);
	assert_int_equal(reply(&c, answer, n), CONN_SENDING);
	assert_int_equal(c.out_size, QUOTE_BYTES);
	assert_memory_equal(c.out, answer + 28, QUOTE_BYTES);
	assert_int_equal(send_all(&c, 3), CONN_LINGERING); /* its end is the quote's */
	conn_done(&c);

	begin(&c, &one, report, TDX_REPORT_BYTES);
	assert_int_equal(step(&c, CONN_NO_REPLY, 2), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_REFUSED);
	conn_done(&c);

	begin(&c, &one, report, TDX_REPORT_BYTES);
	n = message_quote_error(answer, QGS_E_UNEXPECTED);
	assert_int_equal(reply(&c, answer, n), CONN_CLOSED);
	conn_done(&c);

	begin(&c, &one, report, TDX_REPORT_BYTES);
	assert_int_equal(step(&c, CONN_TIME, 25000), CONN_CLOSED);
	conn_done(&c);

	conn_init(&c, &one, 0); /* 1023: one is missing */
	assert_int_equal(bytes(&c, report, TDX_REPORT_BYTES - 1, 1), CONN_READING);
	assert_int_equal(step(&c, CONN_EOF, 2), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_TRUNCATED);
	conn_done(&c);
	conn_init(&c, &one, 0); /* 1025: as a message it would have 2 GiB */
	assert_int_equal(bytes(&c, report, TDX_REPORT_BYTES + 1, 1), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_MALFORMED);
	conn_done(&c);
	report[1] = report[8] = report[400] = report[1023] =
		0xff; /* subtype, reserved bytes: the service's to refuse */
	begin(&c, &one, report, TDX_REPORT_BYTES);
	conn_done(&c);
}

static void without_raw_mode_a_bare_tdreport_is_no_message(void **state)
{
	struct conn_options options = one;
	uint8_t report[TDX_REPORT_BYTES];
	struct conn c;

	options.raw_too = false;
	message_tdreport(report);
	conn_init(&c, &options, 0);
	assert_int_equal(bytes(&c, report, sizeof(report), 1), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_MALFORMED);
	conn_done(&c);
}

static void a_second_message_is_left_alone_as_by_intels_service(void **state)
{
	uint8_t two[2 * MESSAGE_ROOM], answer[MESSAGE_ROOM];
	size_t n = message_quote_req(two), m = message_quote_resp(answer, 1);
	struct conn c;

	n += message_quote_req(two + n);
	begin(&c, &one, two, n);
	assert_null(c.rest);
	assert_int_equal(reply(&c, answer, m), CONN_SENDING);
	assert_int_equal(send_all(&c, 3), CONN_LINGERING);
	assert_int_equal(bytes(&c, two, n, 4), CONN_LINGERING); /* read and dropped, or closing would reset */
	assert_int_equal(step(&c, CONN_TIME, 3 + CONN_LINGER_MS - 1), CONN_LINGERING);
	assert_int_equal(step(&c, CONN_TIME, 3 + CONN_LINGER_MS), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_ANSWERED);
	conn_done(&c);
}

static void many_messages_in_one_read_are_answered_in_turn(void **state)
{
	uint8_t three[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	size_t n = message_platform_req(three), m = message_platform_resp(answer);
	struct conn c;

	n += message_quote_req(three + n);
	bytes_put_le(three + n - 1052 + 16, 1, 4); /* the second is wrong: it has its error, in its place */
	n += message_platform_req(three + n);
	conn_init(&c, &many, 0);
	assert_int_equal(bytes(&c, three, n, 1), CONN_READY);
	step(&c, CONN_ASKED, 1);
	assert_int_equal(reply(&c, answer, m), CONN_SENDING);
	assert_int_equal(send_all(&c, 3), CONN_SENDING);
	assert_int_equal(c.code, QGS_E_INVALID_CODE);
	assert_int_equal(send_all(&c, 4), CONN_READY);
	step(&c, CONN_ASKED, 4);
	assert_int_equal(step(&c, CONN_EOF, 4), CONN_ASKING); /* half-closed: the answer is still wanted */
	assert_int_equal(reply(&c, answer, m), CONN_SENDING);
	assert_int_equal(send_all(&c, 6), CONN_CLOSED);
	assert_int_equal(c.n_answers, 3);
	assert_int_equal(c.end, CONN_END_ANSWERED);
	conn_done(&c);
}

static void a_reader_that_takes_a_byte_at_a_time_gets_every_byte_once(void **state) /* G3 */
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM], got[MESSAGE_ROOM];
	size_t n = message_quote_resp(answer, 0x3c), i = 0;
	struct conn c;

	begin(&c, &one, request, message_quote_req(request));
	assert_int_equal(reply(&c, answer, n), CONN_SENDING);
	while (c.state == CONN_SENDING) {
		assert_true(i < n);
		got[i++] = *c.out;
		conn_sent(&c, 1, 3);
	}
	assert_int_equal(i, n);
	assert_memory_equal(got, answer, n);
	conn_done(&c);
}

static void time_ends_every_state(void **state)
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_quote_req(request), m = message_quote_resp(answer, 1);
	struct conn c;

	conn_init(&c, &one, 100); /* nothing comes */
	assert_int_equal(conn_deadline(&c), 30100);
	assert_int_equal(step(&c, CONN_TIME, 30099), CONN_READING);
	assert_int_equal(step(&c, CONN_TIME, 30100), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_TIMEOUT);
	conn_done(&c);

	conn_init(&c, &one, 100); /* a byte now and then does not buy time */
	for (size_t i = 0; i < 20; i++)
		bytes(&c, request + i, 1, 100 + i * 1500);
	assert_int_equal(step(&c, CONN_TIME, 30100), CONN_CLOSED);
	conn_done(&c);

	begin(&c, &one, request, n); /* no answer: told in time to be told */
	assert_int_equal(conn_deadline(&c), 25000);
	assert_int_equal(step(&c, CONN_TIME, 24999), CONN_ASKING);
	assert_int_equal(step(&c, CONN_TIME, 25000), CONN_SENDING);
	assert_true(c.gave_up);
	assert_int_equal(c.out_size, FRAMED_ERROR);
	assert_int_equal(reply(&c, answer, m), CONN_SENDING); /* too late: nobody gets it */
	assert_int_equal(c.out_size, FRAMED_ERROR);
	assert_int_equal(step(&c, CONN_TIME, 30000), CONN_CLOSED); /* it does not read either */
	assert_int_equal(c.end, CONN_END_TIMEOUT);
	conn_done(&c);
}

static void each_request_has_its_own_time(void **state)
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_platform_req(request), m = message_platform_resp(answer);
	struct conn c;

	begin(&c, &many, request, n);
	reply(&c, answer, m);
	assert_int_equal(send_all(&c, 20000), CONN_READING);
	assert_int_equal(conn_deadline(&c), 50000);
	assert_int_equal(step(&c, CONN_TIME, 50000), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_ANSWERED); /* at rest: not an error */
	conn_done(&c);
}

static void draining_finishes_what_was_begun(void **state)
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_quote_req(request), m = message_quote_resp(answer, 1);
	struct conn c;

	conn_init(&c, &many, 0); /* nothing was */
	assert_int_equal(step(&c, CONN_DRAIN, 10), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_UNUSED);
	conn_done(&c);

	conn_init(&c, &many, 0); /* half a request */
	bytes(&c, request, 500, 5);
	assert_int_equal(step(&c, CONN_DRAIN, 10), CONN_READING);
	assert_int_equal(bytes(&c, request + 500, n - 500, 11), CONN_READY);
	step(&c, CONN_ASKED, 11);
	assert_int_equal(reply(&c, answer, m), CONN_SENDING);
	assert_int_equal(send_all(&c, 13), CONN_LINGERING); /* and no more, though it may send more */
	conn_done(&c);

	begin(&c, &many, request, n); /* but not for ever */
	assert_int_equal(step(&c, CONN_DRAIN, 1000), CONN_ASKING);
	assert_in_range(conn_deadline(&c), 1001, 5999);
	assert_int_equal(step(&c, CONN_TIME, 6000), CONN_SENDING);
	assert_int_equal(step(&c, CONN_TIME, 6000), CONN_CLOSED);
	conn_done(&c);

	conn_init(&c, &many, 0);
	bytes(&c, request, 500, 5);
	step(&c, CONN_DRAIN, 10);
	assert_int_equal(step(&c, CONN_TIME, 5010), CONN_CLOSED);
	conn_done(&c);
}

static void a_peer_that_leaves_ends_it_in_every_state(void **state)
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_quote_req(request), m = message_quote_resp(answer, 1);
	struct conn c;

	conn_init(&c, &one, 0);
	assert_int_equal(step(&c, CONN_EOF, 1), CONN_CLOSED);
	assert_int_equal(c.end, CONN_END_UNUSED);
	conn_done(&c);
	for (size_t i = 1; i < n; i++) {
		conn_init(&c, &one, 0);
		bytes(&c, request, i, 1);
		assert_int_equal(step(&c, CONN_EOF, 1), CONN_CLOSED);
		assert_int_equal(c.end, CONN_END_TRUNCATED);
		conn_done(&c);
	}
	for (unsigned k = 0; k < 3; k++) {
		conn_init(&c, &one, 0);
		bytes(&c, request, n, 1);
		if (k > 0)
			step(&c, CONN_ASKED, 1);
		if (k > 1)
			reply(&c, answer, m);
		assert_int_equal(step(&c, CONN_BROKEN, 3), CONN_CLOSED);
		assert_int_equal(c.end, CONN_END_BROKEN);
		assert_int_equal(reply(&c, answer, m),
				 CONN_CLOSED); /* a late answer is dropped, not leaked */
		conn_done(&c);
	}
}

static void lingering_reads_only_so_much(void **state)
{
	uint8_t request[MESSAGE_ROOM], block[CONN_READ_BYTES] = { 0 };
	struct conn c;
	size_t n = 0;

	begin(&c, &one, request, message_quote_req(request));
	step(&c, CONN_NO_REPLY, 2);
	send_all(&c, 3);
	while (bytes(&c, block, sizeof(block), 4) == CONN_LINGERING)
		n += sizeof(block);
	assert_int_equal(n, CONN_LINGER_BYTES);
	assert_int_equal(c.end, CONN_END_ANSWERED);
	conn_done(&c);
}

static void events_out_of_place_change_nothing(void **state)
{
	uint8_t request[MESSAGE_ROOM], answer[MESSAGE_ROOM];
	const size_t n = message_quote_req(request), m = message_quote_resp(answer, 1);
	struct conn c;

	conn_init(&c, &one, 0);
	assert_int_equal(step(&c, CONN_ASKED, 1), CONN_READING);
	assert_int_equal(step(&c, CONN_NO_REPLY, 1), CONN_READING);
	assert_int_equal(reply(&c, answer, m), CONN_READING);
	assert_int_equal(conn_sent(&c, 7, 1), CONN_READING);
	assert_int_equal(bytes(&c, request, n, 1), CONN_READY);
	assert_int_equal(bytes(&c, request, n, 1), CONN_READY);
	assert_int_equal(reply(&c, answer, m), CONN_READY);
	assert_int_equal(conn_sent(&c, 7, 1), CONN_READY);
	conn_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_cut_at_every_byte_is_put_together),
		cmocka_unit_test(a_request_of_any_minor_version_is_taken),
		cmocka_unit_test(bytes_that_are_no_message_end_it_without_an_answer),
		cmocka_unit_test(a_wrong_request_gets_the_fixed_size_error_of_its_kind),
		cmocka_unit_test(a_backend_without_an_answer_makes_the_error_of_the_specification),
		cmocka_unit_test(what_a_backend_sends_that_is_no_answer_never_reaches_the_client),
		cmocka_unit_test(a_bare_tdreport_gets_a_bare_quote_or_nothing),
		cmocka_unit_test(without_raw_mode_a_bare_tdreport_is_no_message),
		cmocka_unit_test(a_second_message_is_left_alone_as_by_intels_service),
		cmocka_unit_test(many_messages_in_one_read_are_answered_in_turn),
		cmocka_unit_test(a_reader_that_takes_a_byte_at_a_time_gets_every_byte_once),
		cmocka_unit_test(time_ends_every_state),
		cmocka_unit_test(each_request_has_its_own_time),
		cmocka_unit_test(draining_finishes_what_was_begun),
		cmocka_unit_test(a_peer_that_leaves_ends_it_in_every_state),
		cmocka_unit_test(lingering_reads_only_so_much),
		cmocka_unit_test(events_out_of_place_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
