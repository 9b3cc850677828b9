/* SPDX-License-Identifier: MIT */
#include "host/qgs_world.h"

#include <errno.h>

#include "host/qgs_client.h"
#include "support/fault_env.h"

enum { ROOM = 8192, TIMEOUT_NS = 1000 * W_MS };

struct asked {
	int result;
	uint8_t message[ROOM];
	size_t size;
	unsigned connects, steps;
	bool reached;
	uint64_t took_ns;
	struct jurat_error err;
};

static size_t make_request(uint8_t *to, size_t room)
{
	uint8_t report[TDX_REPORT_BYTES];
	struct qgs_message m = { .type = QGS_QUOTE_REQ, .minor_version = 1 };
	size_t n = 0;

	qgs_world_tdreport(report, (const uint8_t[64]){ 1, 2, 3 });
	m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	assert_int_equal(qgs_write(&m, true, to, room, &n, NULL), 0);
	return n;
}

/* Drives one client as its owner would: by its events and its time alone. */
static struct asked ask_through(struct qgs_world *w, struct base_env *env, size_t room)
{
	struct asked a = { 0 };
	uint8_t request[2048], *buf = malloc(room ? room : 1);
	struct qgs_client c;
	uint64_t began = w->now, wake;

	assert_non_null(buf);
	qgs_client_init(&c, env, W_ADDRESS, request, make_request(request, sizeof(request)), buf, room,
			w->now + TIMEOUT_NS);
	while ((a.result = qgs_client_step(&c, w->now, &a.err)) == 0) {
		assert_true(++a.steps < 20000);
		wake = qgs_client_wake_ns(&c);
		assert_true(wake > w->now && wake <= began + TIMEOUT_NS);
		if (c.fd < 0)
			w->now = wake;
		else
			(void)base_wait(&w->base, c.fd, qgs_client_events(&c), wake - w->now);
	}
	assert_int_equal(c.fd, -1); /* at its end it holds nothing */
	if (a.result == QGS_MESSAGE) {
		a.size = c.answer.want;
		assert_true(a.size <= room && a.size <= sizeof(a.message));
		memcpy(a.message, buf, a.size);
	}
	a.reached = c.reached;
	a.connects = w->connects;
	a.took_ns = w->now - began;
	qgs_client_done(&c);
	assert_int_equal(qgs_world_open_fds(w), 0);
	free(buf);
	return a;
}

static struct asked ask(struct qgs_world *w)
{
	return ask_through(w, &w->base, ROOM);
}

static void assert_quote(const struct asked *a, size_t quote_size)
{
	struct qgs_message m;

	assert_int_equal(a->result, QGS_MESSAGE);
	assert_int_equal(qgs_read(QGS_QUOTE_RESP, a->message, a->size, &m, NULL), 0);
	assert_int_equal(m.parts[QGS_PART_QUOTE].size, quote_size);
	for (size_t i = 0; i < quote_size; i++)
		assert_int_equal(m.parts[QGS_PART_QUOTE].data[i], qgs_world_quote_byte(i));
}

static void a_quote_comes_back_over_one_connection(void **state)
{
	struct qgs_world *w = qgs_world_new();
	struct asked a = ask(w);

	assert_quote(&a, 5006);
	assert_int_equal(a.connects, 1);
	assert_int_equal(w->last_request_size, 1052);
	assert_memory_equal(w->last_request, "\0\0\4\x18\1\0\1\0\0\0\0\0\x18\4\0\0\0\0\0\0\0\4\0\0\0\0\0\0",
			    28);
	qgs_world_free(w);
}

static void bytes_may_come_and_go_one_by_one(void **state)
{
	struct qgs_world *w = qgs_world_new();
	struct asked a;

	w->send_room = w->recv_part = 1;
	w->connect_ns = w->answer_ns = 3 * W_MS;
	a = ask(w);
	assert_quote(&a, 5006);
	assert_int_equal(a.took_ns, 6 * W_MS);
	qgs_world_free(w);
}

static void an_error_message_is_an_answer(void **state)
{
	struct qgs_world *w = qgs_world_new();
	struct asked a;

	w->error_code = QGS_E_UNEXPECTED;
	a = ask(w);
	assert_int_equal(a.result, QGS_MESSAGE);
	assert_int_equal(a.size, QGS_QUOTE_RESP_BYTES);
	qgs_world_free(w);
}

static void answers_that_are_none_are_refused(void **state) /* Q2 */
{
	static const struct {
		const char *bytes;
		size_t n;
		int result;
	} bad[] = {
		{ "", 0, -ECONNRESET },
		{ "\0", 1, -ECONNRESET },
		{ "\0\0\0", 3, -ECONNRESET },
		{ "\0\0\0\0", 4, -EBADMSG },
		{ "\0\0\0\x0f", 4, -EBADMSG },
		{ "\xff\xff\xff\xff", 4, -E2BIG },
		{ "\0\0\x20\x01", 4, -E2BIG },
		{ "\x81\0\0\0", 4, -E2BIG },
		{ "\0\0\0\x10\1\0\1\0\5\0\0\0\x11\0\0\0\0\0\0\0", 20, -EBADMSG },
		{ "\0\0\0\x10\2\0\1\0\5\0\0\0\x10\0\0\0\0\0\0\0", 20, -EPROTO },
		{ "\0\0\0\x10\1\0\1\0\6\0\0\0\x10\0\0\0\0\0\0\0", 20, -EPROTO },
		{ "\0\0\0\x10\1\0\1\0\5\0\0\0\x10\0\0\0\0\0\0\0z", 21, -EBADMSG },
		{ "\0\0\0\x11\1\0\1\0\5\0\0\0\x11\0\0\0\0\0\0\0", 20, -ECONNRESET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct qgs_world *w = qgs_world_new();
		struct asked a;

		w->has_answer = true;
		w->answer = (const uint8_t *)bad[i].bytes;
		w->answer_size = bad[i].n;
		a = ask(w);
		if (a.result != bad[i].result)
			FAIL_BECAUSE("case %zu: %d (%s), not %d", i, a.result, a.err.text, bad[i].result);
		assert_true(a.err.text[0] != '\0' && a.reached);
		qgs_world_free(w);
	}
}

static void every_truncated_answer_is_refused(void **state)
{
	struct qgs_world *w = qgs_world_new();
	uint8_t whole[128], quote[40];
	struct qgs_message m = { .type = QGS_QUOTE_RESP, .minor_version = 1 };
	size_t n = 0;

	m.parts[QGS_PART_QUOTE] = bytes_rd(quote, sizeof(quote));
	memset(quote, 3, sizeof(quote));
	assert_int_equal(qgs_write(&m, true, whole, sizeof(whole), &n, NULL), 0);
	w->has_answer = true;
	for (w->answer_size = 0; w->answer_size <= n; w->answer_size++) {
		uint8_t *copy = heap_copy(whole, w->answer_size);
		struct asked a;

		w->answer = copy;
		a = ask(w);
		assert_int_equal(a.result, w->answer_size == n ? QGS_MESSAGE : -ECONNRESET);
		free(copy);
	}
	qgs_world_free(w);
}

static void an_answer_must_fit_its_room_exactly(void **state)
{
	for (size_t less = 0; less < 2; less++) {
		struct qgs_world *w = qgs_world_new();
		struct asked a;

		w->quote_size = 2000;
		a = ask_through(w, &w->base, QGS_QUOTE_RESP_BYTES + 2000 - less);
		assert_int_equal(a.result, less ? -E2BIG : QGS_MESSAGE);
		qgs_world_free(w);
	}
}

static void a_service_that_comes_back_is_asked_again(void **state)
{
	static const int errors[] = { -ECONNREFUSED, -ENOENT, -EAGAIN, -ECONNRESET };

	for (unsigned later = 0; later < 2; later++) {
		struct qgs_world *w = qgs_world_new();
		struct asked a;

		memcpy(later ? w->connected_errors : w->connect_errors, errors, sizeof(errors));
		a = ask(w);
		assert_quote(&a, 5006);
		assert_int_equal(a.connects, 5);
		assert_int_equal(a.took_ns, 750 * W_MS);
		qgs_world_free(w);
	}
}

static void a_service_that_stays_away_is_given_up(void **state) /* Q3 */
{
	for (unsigned later = 0; later < 2; later++) {
		struct qgs_world *w = qgs_world_new();
		struct asked a;

		for (size_t i = 0; i < W_MAX_ERRORS; i++)
			(later ? w->connected_errors : w->connect_errors)[i] = -ECONNREFUSED;
		a = ask(w);
		assert_int_equal(a.result, -ECONNREFUSED);
		assert_int_equal(a.connects, QGS_CLIENT_CONNECT_TRIES);
		assert_false(a.reached);
		qgs_world_free(w);
	}
}

/* A process that gets no processor may try once only: what it has found out is the answer nevertheless. */
static void a_service_that_is_away_until_the_end_is_not_a_slow_one(void **state)
{
	struct qgs_world *w = qgs_world_new();
	uint8_t request[16] = { 0, 0, 0, 12 }, buf[64];
	struct jurat_error err = { "" };
	struct qgs_client c;

	for (size_t i = 0; i < W_MAX_ERRORS; i++)
		w->connect_errors[i] = -ECONNREFUSED;
	qgs_client_init(&c, &w->base, W_ADDRESS, request, sizeof(request), buf, sizeof(buf),
			w->now + TIMEOUT_NS);
	assert_int_equal(qgs_client_step(&c, w->now, &err), 0);
	assert_int_equal(qgs_client_step(&c, w->now + TIMEOUT_NS, &err), -ECONNREFUSED);
	assert_non_null(strstr(err.text, "cannot connect to '" W_ADDRESS));
	assert_false(c.reached);
	qgs_client_done(&c);
	qgs_world_free(w);
}

static void what_waiting_cannot_mend_is_not_tried_again(void **state)
{
	struct qgs_world *w = qgs_world_new();
	struct asked a;

	w->connect_errors[0] = -EACCES;
	a = ask(w);
	assert_int_equal(a.result, -EACCES);
	assert_int_equal(a.connects, 1);
	qgs_world_free(w);
}

static void a_service_that_hangs_up_is_asked_once_more(void **state)
{
	for (unsigned times = 1; times <= 2; times++) {
		struct qgs_world *w = qgs_world_new();
		struct asked a;

		w->hang_ups = times;
		a = ask(w);
		assert_int_equal(a.result, times == 1 ? QGS_MESSAGE : -ECONNRESET);
		assert_int_equal(a.connects, 2);
		qgs_world_free(w);
	}
}

static void a_connection_that_does_not_come_ends_in_time(void **state) /* Q4 */
{
	struct qgs_world *w = qgs_world_new();
	struct asked a;

	w->connect_ns = BASE_NEVER;
	a = ask(w);
	assert_int_equal(a.result, -ETIMEDOUT);
	assert_int_equal(a.took_ns, TIMEOUT_NS);
	assert_false(a.reached);
	qgs_world_free(w);
}

static void a_service_that_says_nothing_ends_in_time(void **state)
{
	struct qgs_world *w = qgs_world_new();
	struct asked a;

	w->answer_ns = BASE_NEVER;
	a = ask(w);
	assert_int_equal(a.result, -ETIMEDOUT);
	assert_int_equal(a.took_ns, TIMEOUT_NS);
	assert_true(a.reached);
	qgs_world_free(w);
}

static void any_failing_call_ends_it_and_leaves_nothing(void **state)
{
	static const int errors[] = { -EIO, -EAGAIN, -ECONNRESET, -EPIPE, -EMFILE };

	for (size_t e = 0; e < ARRAY_SIZE(errors); e++)
		for (unsigned k = 1;; k++) {
			struct qgs_world *w = qgs_world_new();
			struct fault_env env = fault_env_nth(&w->base, k, errors[e]);
			struct asked a;

			w->recv_part = 3000;
			a = ask_through(w, &env.base, ROOM);
			if (errors[e] == -EIO || errors[e] == -EMFILE)
				assert_int_equal(a.result, env.fired && strcmp(env.fired_in, "close")
								   ? errors[e]
								   : QGS_MESSAGE);
			else
				assert_true(a.result == QGS_MESSAGE || a.result == -ECONNRESET);
			qgs_world_free(w);
			if (!env.fired)
				break;
		}
}

static void done_accepts_a_client_that_never_was(void **state)
{
	struct qgs_client c = { 0 };

	qgs_client_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_comes_back_over_one_connection),
		cmocka_unit_test(bytes_may_come_and_go_one_by_one),
		cmocka_unit_test(an_error_message_is_an_answer),
		cmocka_unit_test(answers_that_are_none_are_refused),
		cmocka_unit_test(every_truncated_answer_is_refused),
		cmocka_unit_test(an_answer_must_fit_its_room_exactly),
		cmocka_unit_test(a_service_that_comes_back_is_asked_again),
		cmocka_unit_test(a_service_that_stays_away_is_given_up),
		cmocka_unit_test(a_service_that_is_away_until_the_end_is_not_a_slow_one),
		cmocka_unit_test(what_waiting_cannot_mend_is_not_tried_again),
		cmocka_unit_test(a_service_that_hangs_up_is_asked_once_more),
		cmocka_unit_test(a_connection_that_does_not_come_ends_in_time),
		cmocka_unit_test(a_service_that_says_nothing_ends_in_time),
		cmocka_unit_test(any_failing_call_ends_it_and_leaves_nothing),
		cmocka_unit_test(done_accepts_a_client_that_never_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
