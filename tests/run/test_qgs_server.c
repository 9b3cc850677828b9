/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "run/environment.h"
#include "run/qgs_server.h"
#include "run/temp.h"
#include "uapi/tdx.h"
#include "wire/qgs.h"
#include "wire/tdx_report.h"

/* The quoting service of a run, without a run: a platform, and clients in this process. */
enum { LONG_MS = 1000 * 1000, SHORT_MS = 10, LONGER_MS = 200, MAX_ANSWER = 64 * 1024 };

static const struct run_options options = { .tees = RUN_TDX, .reported = RUN_TDX };
static struct run_platform platform;
static struct run_temp temp;

static int set_up(void **state)
{
	return run_temp_new(&temp, NULL) == 0 && run_platform_init(&platform, &options, temp.path, NULL) == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	run_platform_stop(&platform);
	run_platform_done(&platform);
	run_temp_done(&temp);
	return 0;
}

/*
 * The service's clock, by which a second of silence counts, stands still where no client is to be late,
 * however busy the machine is.
 */
static bool clock_stands;

struct base_env *__real_base_env_real(void);
struct base_env *__wrap_base_env_real(void);

static uint64_t standing_now_ns(struct base_env *env)
{
	return 1ull << 62; /* ahead of the real one, by which the service's timer goes */
}

struct base_env *__wrap_base_env_real(void)
{
	static struct base_env_ops ops;
	static struct base_env standing;

	if (!clock_stands)
		return __real_base_env_real();
	standing = *__real_base_env_real();
	ops = *standing.ops;
	ops.now_ns = standing_now_ns;
	standing.ops = &ops;
	return &standing;
}

static struct run_qgs *new_service(const char *address, unsigned limit_ms)
{
	struct run_qgs *q;

	clock_stands = false;
	assert_int_equal(run_qgs_new(address, &platform, limit_ms, &q, NULL), 0);
	return q;
}

/* A client's socket, with a name as those of a vsock have one. */
static int new_socket(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0);
	return fd;
}

static int new_client(struct run_qgs *q)
{
	int fd = new_socket();

	assert_int_equal(run_qgs_connect(q, fd), 0);
	return fd;
}

static void serve_all(struct run_qgs *q)
{
	struct pollfd ready = { .fd = run_qgs_fd(q), .events = POLLIN };

	while (poll(&ready, 1, 0) > 0)
		run_qgs_serve(q);
}

/* Serves until the end of file, for which it waits. */
static size_t read_all(struct run_qgs *q, int fd, uint8_t answer[MAX_ANSWER])
{
	struct pollfd ready[] = { { .fd = run_qgs_fd(q), .events = POLLIN }, { .fd = fd, .events = POLLIN } };
	size_t got = 0;
	ssize_t n = 1;

	while (n != 0) {
		assert_true(poll(ready, ARRAY_SIZE(ready), -1) > 0);
		if (ready[0].revents)
			run_qgs_serve(q);
		n = recv(fd, answer + got, MAX_ANSWER - got, 0);
		assert_true(n >= 0 || errno == EAGAIN);
		got += n > 0 ? (size_t)n : 0;
	}
	return got;
}

static void ask(struct run_qgs *q, int fd, const struct qgs_message *request, struct qgs_message *ret)
{
	static uint8_t answer[MAX_ANSWER];
	uint8_t bytes[QGS_MAX_REQUEST_BYTES];
	size_t n;

	assert_int_equal(qgs_write(request, true, bytes, sizeof(bytes), &n, NULL), 0);
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
	n = read_all(q, fd, answer);
	assert_true(n > QGS_FRAME_BYTES);
	assert_int_equal(qgs_read((enum qgs_type)(request->type + 1), answer + QGS_FRAME_BYTES,
				  n - QGS_FRAME_BYTES, ret, NULL),
			 0);
}

static void only_a_port_is_a_port(void **state)
{
	static const struct {
		const char *address;
		unsigned port;
	} table[] = {
		{ "vsock:1", 1 },
		{ "vsock:4050", 4050 },
		{ "vsock:65535", 65535 },
		{ "vsock:65536", 0 },
		{ "vsock:", 0 },
		{ "vsock:0", 0 },
		{ "vsock:01", 0 },
		{ "vsock:+1", 0 },
		{ "vsock:1 ", 0 },
		{ "vsock:2:4050", 0 },
		{ "vsock:4294967297", 0 },
		{ "vsock", 0 },
		{ "unix:/a/b", 0 },
		{ "", 0 },
		{ NULL, 0 },
		{ "vsock:\xb2", 0 },
		{ "vsock:65540", 0 },
		{ "vsock:1e3", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(run_qgs_port(table[i].address), table[i].port);
}

static void collateral_is_that_of_the_roots(void **state)
{
	static const char *const names[] = {
		"pck_crl_issuer_chain.pem",  "root_ca_crl.der", "pck_crl.der",
		"tcb_info_issuer_chain.pem", "tcb_info.json",   "qe_identity_issuer_chain.pem",
		"qe_identity.json"
	};
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	struct qgs_message request = qgs_message(QGS_COLLATERAL_REQ), answer;
	struct sim_tdx_platform *same;
	char roots[128], path[PATH_MAX];
	uint8_t text[MAX_ANSWER];
	char hex[BYTES_HEX_SIZE(MAX_ANSWER)];

	TEXT(roots, "%s/roots", temp.path);
	assert_int_equal(mkdir(roots, 0700), 0);
	assert_int_equal(run_roots_tdx(&platform, roots, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(NULL, &same, NULL), 0);
	request.parts[QGS_PART_FMSPC] = bytes_rd(sim_tdx_identity(same)->fmspc, 6);
	request.parts[QGS_PART_PCK_CA] = bytes_rd((const uint8_t *)"platform", 9);
	ask(q, new_client(q), &request, &answer);
	assert_int_equal(answer.error_code, 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *part = (const char *)answer.parts[i].data;
		size_t n, size = answer.parts[i].size - 1; /* all have a NUL */
		FILE *f;

		TEXT(path, "%s/collateral/%s", roots, names[i]);
		f = fopen(path, "r");
		assert_non_null(f);
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
		assert_int_equal(part[size], 0);
		if (strstr(names[i], ".der")) { /* in hex */
			assert_int_equal(2 * n, size);
			bytes_to_hex(text, n, hex);
			assert_memory_equal(hex, part, size);
		} else {
			assert_int_equal(n, size);
			assert_memory_equal(text, part, n);
		}
	}
	request.parts[QGS_PART_FMSPC] = bytes_rd((const uint8_t *)"\1\2\3\4\5\6", 6); /* another platform's */
	ask(q, new_client(q), &request, &answer);
	assert_int_equal(answer.error_code, QGS_E_UNEXPECTED);
	sim_tdx_platform_free(same);
	run_qgs_free(q);
}

static void the_platform_is_described(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	struct qgs_message request = qgs_message(QGS_PLATFORM_REQ), answer;
	struct sim_qe_platform_info info;

	sim_qe_platform_info(machine_td_qe(platform.td), &info);
	ask(q, new_client(q), &request, &answer);
	assert_int_equal(answer.error_code, 0);
	assert_int_equal(answer.version[0], info.qe_isv_svn);
	assert_memory_equal(answer.parts[QGS_PART_CPUSVN].data, info.cpusvn, sizeof(info.cpusvn));
	run_qgs_free(q);
}

static void silent_connections_do_not_keep_others_out_for_ever(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", SHORT_MS);
	int silent[2 * RUN_QGS_CONNECTIONS], half = new_client(q), last;
	struct qgs_message request = qgs_message(QGS_PLATFORM_REQ), answer;
	uint8_t nothing[MAX_ANSWER];

	assert_int_equal(send(half, "\0\0\0\20\1", 5, 0), 5); /* not much better than silence */
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = new_client(q);
	last = new_client(q);
	ask(q, last, &request, &answer);
	assert_int_equal(answer.error_code, 0);
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		assert_int_equal(read_all(q, silent[i], nothing), 0); /* ended, without a word */
		close(silent[i]);
	}
	close(half);
	close(last);
	run_qgs_free(q);
}

static void those_that_come_later_do_not_prolong_the_time(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONGER_MS);
	int first = new_client(q), later[4], n = 0;
	char byte;

	serve_all(q);
	for (; recv(first, &byte, 1, 0) < 0; n++) { /* the test's time limit is the bound */
		if (n >= 4)
			close(later[n % 4]);
		later[n % 4] = new_client(q);
		serve_all(q);
	}
	for (int i = 0; i < 4 && i < n; i++)
		close(later[i]);
	close(first);
	run_qgs_free(q);
}

/* Sixteen that say nothing, or begin to, keep nobody out: after a second the oldest makes place. */
static void silent_connections_stall_nobody(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	struct qgs_message request = qgs_message(QGS_PLATFORM_REQ), answer;
	int silent[RUN_QGS_CONNECTIONS], last;
	uint8_t nothing[MAX_ANSWER];

	for (size_t i = 0; i < ARRAY_SIZE(silent); i++) {
		silent[i] = new_client(q);
		serve_all(q);
		if (i % 2)
			assert_int_equal(send(silent[i], "\0\0\0\20\1", 5, 0), 5);
	}
	serve_all(q);
	last = new_client(q);
	ask(q, last, &request, &answer);
	assert_int_equal(answer.error_code, 0);
	assert_int_equal(read_all(q, silent[0], nothing), 0);
	ask(q, silent[2], &request, &answer); /* and nobody else was ended */
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		close(silent[i]);
	close(last);
	run_qgs_free(q);
}

static int user_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	memcpy(to, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int user_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	memcpy((void *)(uintptr_t)addr, from, n);
	return 0;
}

static void get_report(uint8_t ret[TDX_REPORT_BYTES])
{
	const struct sim_user_memory memory = { .read = user_read, .write = user_write };
	uint8_t request[TDX_REPORT_DATA_BYTES + TDX_REPORT_BYTES] = { 1 };

	assert_int_equal(machine_td_ioctl(platform.td, &memory, UAPI_TDX_CMD_GET_REPORT0, (uintptr_t)request),
			 0);
	memcpy(ret, request + TDX_REPORT_DATA_BYTES, TDX_REPORT_BYTES);
}

/* juratd's answers: to a raw TDREPORT a raw quote, or nothing where there is none. */
static void a_raw_tdreport_is_answered_with_a_raw_quote(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	uint8_t report[TDX_REPORT_BYTES] = { 0 }, answer[MAX_ANSWER];
	static const uint8_t version_4[] = { 4, 0, 2, 0, TDX_REPORT_TYPE, 0, 0, 0 };
	int fd = new_client(q);

	get_report(report);
	assert_int_equal(send(fd, report, sizeof(report), 0), sizeof(report));
	assert_true(read_all(q, fd, answer) > sizeof(report));
	assert_memory_equal(answer, version_4, sizeof(version_4));
	close(fd);
	report[1] ^= 1; /* the enclave's to refuse */
	fd = new_client(q);
	assert_int_equal(send(fd, report, sizeof(report), 0), sizeof(report));
	assert_int_equal(read_all(q, fd, answer), 0);
	close(fd);
	run_qgs_free(q);
}

static void a_socket_that_nobody_listens_on_is_replaced(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct jurat_error err = { "" };
	struct run_qgs *q, *second;
	char address[PATH_MAX];
	int stale = socket(AF_UNIX, SOCK_STREAM, 0);

	TEXT(name.sun_path, "%s/stale", temp.path);
	TEXT(address, "unix:%s", name.sun_path);
	assert_int_equal(bind(stale, (struct sockaddr *)&name, sizeof(name)), 0);
	close(stale);
	q = new_service(address, LONG_MS);
	assert_int_equal(run_qgs_new(address, &platform, LONG_MS, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "another process is listening on it"));
	assert_int_equal(access(name.sun_path, F_OK), 0);
	run_qgs_free(q);
	assert_int_equal(access(name.sun_path, F_OK), -1);
}

/* A burst of honest clients loses nobody: none has been silent for long. */
static void patient_connections_wait_their_turn(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	struct qgs_message request = qgs_message(QGS_PLATFORM_REQ), answer;
	int silent[RUN_QGS_CONNECTIONS], last;
	struct pollfd ready;

	clock_stands = true;
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		silent[i] = new_client(q);
	last = new_client(q);
	assert_int_equal(send(last, "\0\0\0\20\1\0\1\0\4\0\0\0\20\0\0\0\0\0\0\0", 20, 0), 20);
	serve_all(q);
	ready = (struct pollfd){ .fd = last, .events = POLLIN };
	assert_int_equal(poll(&ready, 1, 0), 0);
	close(silent[3]); /* one goes, one comes */
	serve_all(q);
	assert_int_equal(poll(&ready, 1, 0), 1);
	ask(q, silent[7], &request, &answer); /* none was ended meanwhile */
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		if (i != 3)
			close(silent[i]);
	close(last);
	run_qgs_free(q);
}

static void more_than_can_wait_are_refused(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	int waiting[RUN_QGS_WAITING + RUN_QGS_CONNECTIONS], n = 0, over = new_socket();

	clock_stands = true;
	for (; n < RUN_QGS_WAITING; n++)
		waiting[n] = new_client(q);
	assert_int_equal(run_qgs_connect(q, over), -ECONNREFUSED);
	serve_all(q);
	for (; n < RUN_QGS_WAITING + RUN_QGS_CONNECTIONS; n++)
		waiting[n] = new_client(q);
	assert_int_equal(run_qgs_connect(q, over), -ECONNREFUSED);
	while (n > 0)
		close(waiting[--n]);
	serve_all(q);
	assert_int_equal(run_qgs_connect(q, over), 0);
	close(over);
	run_qgs_free(q);
}

static void connecting_again_is_good_until_something_was_said(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	int fd = new_client(q), other = new_client(q), no_socket = open("/dev/null", O_RDONLY);

	clock_stands = true;
	assert_int_equal(run_qgs_connect(q, fd), 0); /* waits */
	serve_all(q);
	assert_int_equal(run_qgs_connect(q, fd), 0); /* accepted */
	assert_int_equal(send(fd, "\0", 1, 0), 1);
	serve_all(q);
	assert_int_equal(run_qgs_connect(q, fd), -EISCONN);
	assert_int_equal(run_qgs_connect(q, other), 0);
	assert_int_equal(run_qgs_connect(q, no_socket), -ENOTSOCK);
	close(fd);
	close(other);
	close(no_socket);
	run_qgs_free(q);
}

static void a_service_that_is_down_refuses(void **state)
{
	struct run_qgs *q;
	int fd = new_socket();

	platform.faults.qgs_down = true;
	q = new_service("vsock:4050", LONG_MS);
	platform.faults.qgs_down = false;
	assert_int_equal(run_qgs_connect(q, fd), -ECONNREFUSED);
	close(fd);
	run_qgs_free(q);
}

static void a_port_has_no_path_and_leaves_nothing(void **state)
{
	struct run_qgs *q = new_service("vsock:4050", LONG_MS);
	char path[PATH_MAX];

	assert_null(run_qgs_path(q));
	TEXT(path, "%s/qgs", temp.path);
	assert_int_equal(access(path, F_OK), -1);
	run_qgs_free(q);
	assert_null(run_qgs_path(NULL));
	run_qgs_free(NULL);
}

/* ---- what is traced */

enum { MAX_LINES = 16 };
struct traced {
	char lines[MAX_LINES]
		  [200]; /* "#REQUEST DEPTH FROM > TO: TEXT -> RESULT" and names of numbers and bytes */
	unsigned n;
};

static void see(void *ctx, const struct sequence_event *e)
{
	struct traced *seen = ctx;
	char data[80] = "";

	for (size_t i = 0; i < e->n_numbers; i++)
		(void)!snprintf(data + strlen(data), sizeof(data) - strlen(data), " %s=%#llx",
				e->numbers[i].name, (unsigned long long)e->numbers[i].value);
	for (size_t i = 0; i < e->n_bytes; i++)
		(void)!snprintf(data + strlen(data), sizeof(data) - strlen(data), " [%s %zu]",
				e->bytes[i].name, e->bytes[i].total);
	assert_true(seen->n < MAX_LINES);
	assert_false(e->unfinished);
	TEXT(seen->lines[seen->n], "#%u %u %s > %s: %s -> %s%s", e->request, e->depth, e->from, e->to,
	     e->text, e->result ? e->result : "", data);
	seen->n++;
}

static void send_and_read(struct run_qgs *q, const void *bytes, size_t n)
{
	uint8_t answer[MAX_ANSWER];
	int fd = new_client(q);

	assert_int_equal(send(fd, bytes, n, 0), n);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	(void)read_all(q, fd, answer);
	close(fd);
}

static void each_connection_and_its_request_are_traced(void **state)
{
	static const char *const expected[] = {
		"#1 0 guest program > quoting service: connection -> answered",
		"#1 1 guest program > quoting service: GET_PLATFORM_INFO_REQ, 16 bytes -> 64 bytes"
		" error_code=0 [QGS request 16] [QGS response 64]",
		"#2 0 guest program > quoting service: connection -> answered",
		"#2 1 guest program > quoting service: GET_QUOTE_REQ, 24 bytes -> 24 bytes: GET_QUOTE_REQ "
		"has 24 "
		"bytes, its parts make 25 error_code=0x12006 [QGS request 24] [QGS response 24]",
		"#3 0 guest program > quoting service: connection -> malformed: GET_PLATFORM_INFO_RESP: not "
		"a request",
		"#4 0 guest program > quoting service: connection -> refused",
		"#4 1 guest program > quoting service: a TDREPORT without a message -> 0 bytes: TDREPORT: "
		"the MAC was "
		"not made on this machine error_code=0x12001 [TDREPORT 1024]",
		"#4 2 quoting service > quoting enclave: checks the TDREPORT's MAC, signs a quote with its "
		"attestation "
		"key -> no quote",
		"#5 0 guest program > quoting service: connection -> truncated",
	};
	static const uint8_t platform_request[] = "\0\0\0\20\1\0\1\0\4\0\0\0\20\0\0\0\0\0\0";
	static const uint8_t no_request[] = "\0\0\0\20\1\0\1\0\5\0\0\0\20\0\0\0\0\0\0";
	static const uint8_t wrong[] = "\0\0\0\30\1\0\1\0\0\0\0\0\30\0\0\0\0\0\0\0\1\0\0\0\0\0\0";
	struct traced seen = { .n = 0 };
	const struct trace_options traced = { .sink = see, .ctx = &seen, .wants_bytes = true };
	uint8_t raw[TDX_REPORT_BYTES] = { TDX_REPORT_TYPE };
	struct run_qgs *q;

	(void)state;
	assert_int_equal(trace_new(&traced, &platform.trace), 0);
	machine_td_set_trace(platform.td, platform.trace);
	q = new_service("vsock:4050", LONG_MS);
	send_and_read(q, platform_request, sizeof(platform_request));
	send_and_read(q, wrong, sizeof(wrong));
	send_and_read(q, no_request, sizeof(no_request));
	send_and_read(q, raw, sizeof(raw));
	send_and_read(q, "\0\0", 2);
	run_qgs_free(q);
	machine_td_set_trace(platform.td, NULL);
	assert_int_equal(trace_free(platform.trace), 0);
	platform.trace = NULL;
	for (unsigned i = 0; i < seen.n; i++)
		assert_string_equal(seen.lines[i], i < ARRAY_SIZE(expected) ? expected[i] : "no more");
	assert_int_equal(seen.n, ARRAY_SIZE(expected));
}

/* A response that is cut, as by the fault qgs-half-close: what passed is what is traced. */
static void a_response_that_is_cut_is_traced_as_it_passed(void **state)
{
	static const uint8_t platform_request[] = "\0\0\0\20\1\0\1\0\4\0\0\0\20\0\0\0\0\0\0";
	struct traced seen = { .n = 0 };
	const struct trace_options traced = { .sink = see, .ctx = &seen, .wants_bytes = true };
	struct run_qgs *q;

	(void)state;
	assert_int_equal(trace_new(&traced, &platform.trace), 0);
	machine_td_set_trace(platform.td, platform.trace);
	platform.faults.qgs_half_close = true;
	q = new_service("vsock:4050", LONG_MS);
	send_and_read(q, platform_request, sizeof(platform_request));
	run_qgs_free(q);
	platform.faults.qgs_half_close = false;
	machine_td_set_trace(platform.td, NULL);
	assert_int_equal(trace_free(platform.trace), 0);
	platform.trace = NULL;
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.lines[0], "#1 0 guest program > quoting service: connection -> broken");
	assert_string_equal(seen.lines[1],
			    "#1 1 guest program > quoting service: GET_PLATFORM_INFO_REQ, 16 bytes -> 30 "
			    "bytes error_code=0 [QGS request 16] [QGS response 30]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_port_is_a_port),
		cmocka_unit_test(collateral_is_that_of_the_roots),
		cmocka_unit_test(the_platform_is_described),
		cmocka_unit_test(silent_connections_do_not_keep_others_out_for_ever),
		cmocka_unit_test(those_that_come_later_do_not_prolong_the_time),
		cmocka_unit_test(silent_connections_stall_nobody),
		cmocka_unit_test(patient_connections_wait_their_turn),
		cmocka_unit_test(a_raw_tdreport_is_answered_with_a_raw_quote),
		cmocka_unit_test(a_socket_that_nobody_listens_on_is_replaced),
		cmocka_unit_test(each_connection_and_its_request_are_traced),
		cmocka_unit_test(a_response_that_is_cut_is_traced_as_it_passed),
		cmocka_unit_test(more_than_can_wait_are_refused),
		cmocka_unit_test(connecting_again_is_good_until_something_was_said),
		cmocka_unit_test(a_service_that_is_down_refuses),
		cmocka_unit_test(a_port_has_no_path_and_leaves_nothing),
	};

	return cmocka_run_group_tests_name("qgs_server", tests, set_up, tear_down);
}
