/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "run/temp.h"
#include "run/vmm/qgs_faults.h"
#include "wire/qgs.h"

/* The quoting service of `jurat run --vmm` on its own, and clients in this process. */
enum { MAX_ANSWER = 256 * 1024, BEHIND_HEADER = QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES };

static const struct run_options options = { .tees = RUN_TDX, .reported = RUN_TDX };
static struct run_platform platform;
static struct run_temp temp;
static struct qgs_faults *service;
static struct sockaddr_un name = { .sun_family = AF_UNIX };

static int set_up(void **state)
{
	if (run_temp_new(&temp, NULL) != 0 || run_platform_init(&platform, &options, temp.path, NULL) != 0)
		return -1;
	TEXT(name.sun_path, "%s/qgs", temp.path);
	return qgs_faults_new(name.sun_path, &platform, &service, NULL);
}

static int tear_down(void **state)
{
	qgs_faults_free(service);
	run_platform_stop(&platform);
	run_platform_done(&platform);
	run_temp_done(&temp);
	return 0;
}

static int connect_client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static void behave(struct qgs_fault fault)
{
	assert_int_equal(qgs_faults_set(service, &fault, NULL), 0);
}

/* Sends a request for a quote over `report_data`. */
static int ask(uint8_t report_data)
{
	uint8_t data[TDX_REPORT_DATA_BYTES] = { report_data }, report[TDX_REPORT_BYTES],
		bytes[QGS_MAX_REQUEST_BYTES];
	struct qgs_message request = qgs_message(QGS_QUOTE_REQ);
	size_t n;
	int fd = connect_client();

	assert_true(fd >= 0);
	assert_int_equal(sim_td_mr_report(machine_td_module(platform.td), data, report), 0);
	request.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	assert_int_equal(qgs_write(&request, true, bytes, sizeof(bytes), &n, NULL), 0);
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
	return fd;
}

static void serve_all(void)
{
	struct pollfd ready = { .fd = qgs_faults_fd(service), .events = POLLIN };

	while (poll(&ready, 1, 0) > 0)
		qgs_faults_serve(service);
}

/* Serves until the service has closed the connection. Returns the bytes, and of how many reads they came. */
static size_t read_all(int fd, uint8_t answer[MAX_ANSWER], unsigned *ret_reads)
{
	struct pollfd ready[] = { { .fd = qgs_faults_fd(service), .events = POLLIN },
				  { .fd = fd, .events = POLLIN } };
	size_t got = 0;
	ssize_t n = 1;

	*ret_reads = 0;
	while (n != 0) {
		assert_true(poll(ready, ARRAY_SIZE(ready), -1) > 0);
		if (ready[0].revents)
			qgs_faults_serve(service);
		n = recv(fd, answer + got, MAX_ANSWER - got, 0);
		assert_true(n >= 0 || errno == EAGAIN);
		got += n > 0 ? (size_t)n : 0;
		*ret_reads += n > 0;
	}
	close(fd);
	return got;
}

static uint8_t answer[MAX_ANSWER];
static unsigned reads;

static size_t answer_to(struct qgs_fault fault)
{
	behave(fault);
	return read_all(ask(1), answer, &reads);
}

static int read_answer(size_t n, struct qgs_message *ret)
{
	assert_true(n >= QGS_FRAME_BYTES);
	return qgs_read(QGS_QUOTE_RESP, answer + QGS_FRAME_BYTES, n - QGS_FRAME_BYTES, ret, NULL);
}

static void a_good_service_answers_with_a_quote(void **state)
{
	const uint64_t before = qgs_faults_requests(service);
	struct qgs_message m;

	assert_int_equal(read_answer(answer_to((struct qgs_fault){ QGS_GOOD }), &m), 0);
	assert_int_equal(m.error_code, QGS_SUCCESS);
	assert_true(m.parts[QGS_PART_QUOTE].size > 4000);
	assert_int_equal(qgs_faults_requests(service), before + 1);
	assert_int_equal(qgs_faults_open(service), 0);
}

static void quotes_are_padded_with_zeros(void **state)
{
	enum { BIG = 130000 };
	struct qgs_message good, m;
	static uint8_t quote[MAX_ANSWER];
	size_t n = answer_to((struct qgs_fault){ QGS_GOOD }), size;

	assert_int_equal(read_answer(n, &good), 0);
	size = good.parts[QGS_PART_QUOTE].size;
	memcpy(quote, good.parts[QGS_PART_QUOTE].data, size);
	assert_int_equal(read_answer(answer_to((struct qgs_fault){ QGS_GOOD, .quote_bytes = BIG }), &m), 0);
	assert_int_equal(m.parts[QGS_PART_QUOTE].size, BIG);
	assert_memory_equal(m.parts[QGS_PART_QUOTE].data, quote, 600); /* signatures are made anew */
	assert_true(bytes_all(m.parts[QGS_PART_QUOTE].data + size, BIG - size, 0));
}

static void an_absent_service_has_no_socket_and_comes_back(void **state)
{
	behave((struct qgs_fault){ QGS_ABSENT });
	assert_int_equal(connect_client(), -ENOENT);
	behave((struct qgs_fault){ QGS_REFUSES });
	assert_int_equal(connect_client(), -ECONNREFUSED);
	behave((struct qgs_fault){ QGS_ABSENT });
	assert_int_equal(connect_client(), -ENOENT);
	assert_true(answer_to((struct qgs_fault){ QGS_GOOD }) > BEHIND_HEADER);
}

static void a_slow_service_takes_its_time(void **state)
{
	enum { DELAY_MS = 30 };
	const uint64_t before = base_now_ns(base_env_real());

	assert_true(answer_to((struct qgs_fault){ QGS_SLOW, .delay_ms = DELAY_MS }) > BEHIND_HEADER);
	assert_true(base_now_ns(base_env_real()) - before >= DELAY_MS * 1000000ull);
}

static void what_is_held_is_answered_when_it_is_released(void **state)
{
	int held[2], good;

	behave((struct qgs_fault){ QGS_HELD });
	held[0] = ask(1);
	held[1] = ask(2);
	serve_all();
	behave((struct qgs_fault){ QGS_GOOD });
	good = ask(3);
	assert_true(read_all(good, answer, &reads) > BEHIND_HEADER);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		assert_true(recv(held[i], answer, 1, MSG_PEEK) < 0 && errno == EAGAIN);
	assert_int_equal(qgs_faults_open(service), 2);
	qgs_faults_release(service);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		/* without serving: the response is in the socket */
		assert_true(recv(held[i], answer, MAX_ANSWER, 0) > BEHIND_HEADER);
		close(held[i]);
	}
	assert_int_equal(qgs_faults_open(service), 0);
}

static void a_silent_service_keeps_the_connection_until_the_client_leaves(void **state)
{
	int fd;

	behave((struct qgs_fault){ QGS_SILENT });
	fd = ask(1);
	serve_all();
	assert_true(recv(fd, answer, 1, 0) < 0 && errno == EAGAIN);
	assert_int_equal(qgs_faults_open(service), 1);
	close(fd);
	serve_all();
	assert_int_equal(qgs_faults_open(service), 0);
}

static void pieces_come_one_by_one(void **state)
{
	struct qgs_message m;

	assert_int_equal(read_answer(answer_to((struct qgs_fault){ QGS_PIECES }), &m), 0);
	assert_int_equal(m.error_code, QGS_SUCCESS);
	assert_true(reads > 64);
}

static void an_error_has_its_code(void **state)
{
	static const uint32_t codes[] = { QGS_E_UNEXPECTED, QGS_E_OUT_OF_MEMORY, QGS_E_INVALID_CODE };
	struct qgs_message m;

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		assert_int_equal(
			read_answer(answer_to((struct qgs_fault){ QGS_ERROR, .code = codes[i] }), &m), 0);
		assert_int_equal(m.error_code, codes[i]);
	}
}

static void a_connection_is_closed_after_any_number_of_bytes(void **state)
{
	static const size_t after[] = { 0, 1, 3, 4, 20, BEHIND_HEADER, 4000 };

	for (size_t i = 0; i < ARRAY_SIZE(after); i++)
		assert_int_equal(answer_to((struct qgs_fault){ QGS_CLOSES, .after = after[i] }), after[i]);
}

static void bytes_can_follow_a_response(void **state)
{
	struct qgs_message m;
	size_t n = answer_to((struct qgs_fault){ QGS_TRAILS });

	assert_int_equal(read_answer(n - 4096, &m), 0);
	assert_true(bytes_all(answer + n - 4096, 4096, 0));
}

/* What no client may take for a quote; each kind differs from the others. */
static void no_garbage_is_a_response(void **state)
{
	static uint8_t seen[32][BEHIND_HEADER];
	uint8_t buf[MAX_ANSWER];
	struct qgs_assembler a;
	struct qgs_message m;
	unsigned kinds = 0;
	size_t n, taken;
	int r;

	for (; qgs_garbage_name(kinds); kinds++) {
		n = answer_to((struct qgs_fault){ QGS_GARBAGE, .garbage = kinds });
		assert_true(n >= BEHIND_HEADER && kinds < ARRAY_SIZE(seen));
		memcpy(seen[kinds], answer, BEHIND_HEADER);
		for (unsigned k = 0; k < kinds; k++)
			assert_memory_not_equal(seen[k], seen[kinds], BEHIND_HEADER);
		qgs_assembler_init(&a, buf, sizeof(buf), false);
		r = qgs_assembler_feed(&a, answer, n, &taken, NULL);
		if (r == QGS_MESSAGE && taken == n && qgs_read(QGS_QUOTE_RESP, buf, a.want, &m, NULL) == 0)
			FAIL_BECAUSE("%s is a response", qgs_garbage_name(kinds));
	}
	assert_true(kinds > 10);
}

static void clients_that_leave_or_send_garbage_harm_nobody(void **state)
{
	int silent, wrong;

	behave((struct qgs_fault){ QGS_GOOD });
	silent = connect_client();
	wrong = connect_client();
	assert_true(silent >= 0 && send(wrong, "\xff\xff\xff\xff", 4, MSG_NOSIGNAL) == 4);
	close(connect_client());
	assert_int_equal(read_all(wrong, answer, &reads), 0);
	assert_true(answer_to((struct qgs_fault){ QGS_GOOD }) > BEHIND_HEADER);
	assert_int_equal(qgs_faults_open(service), 1);
	close(silent);
	serve_all();
	assert_int_equal(qgs_faults_open(service), 0);
}

static void wrong_arguments_are_refused(void **state)
{
	const struct run_platform no_td = { 0 };
	char path[200];
	struct qgs_faults *q = NULL;

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(qgs_faults_new("x", &no_td, &q, NULL), -EINVAL);
	assert_int_equal(qgs_faults_new(path, &platform, &q, NULL), -ENAMETOOLONG);
	assert_int_equal(qgs_faults_new("/nonexistent/qgs", &platform, &q, NULL), -ENOENT);
	assert_null(q);
	qgs_faults_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_service_answers_with_a_quote),
		cmocka_unit_test(quotes_are_padded_with_zeros),
		cmocka_unit_test(an_absent_service_has_no_socket_and_comes_back),
		cmocka_unit_test(a_slow_service_takes_its_time),
		cmocka_unit_test(what_is_held_is_answered_when_it_is_released),
		cmocka_unit_test(a_silent_service_keeps_the_connection_until_the_client_leaves),
		cmocka_unit_test(pieces_come_one_by_one),
		cmocka_unit_test(an_error_has_its_code),
		cmocka_unit_test(a_connection_is_closed_after_any_number_of_bytes),
		cmocka_unit_test(bytes_can_follow_a_response),
		cmocka_unit_test(no_garbage_is_a_response),
		cmocka_unit_test(clients_that_leave_or_send_garbage_harm_nobody),
		cmocka_unit_test(wrong_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
