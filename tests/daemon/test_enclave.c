/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdio.h>
#include <unistd.h>

#include "sim/tdx/tdx_module.h"
#include "wire/tdx_quote.h"

/* `juratd qgs --software-enclave`: the answers are real ones, in the lengths of Intel's service. */
enum { REPLY_ROOM = 64 * 1024 };

static struct world w;

static int set_up(void **state)
{
	world_init(&w);
	return 0;
}

static int tear_down(void **state)
{
	world_done(&w);
	return 0;
}

static void serve(const char *seed)
{
	char listen[128];
	const char *words[] = { "--listen", listen, "--software-enclave", "--workers", "2", "--seed",
				seed,       NULL };

	TEXT(listen, "unix:%s", w.socket);
	world_start(&w, -1, words);
	world_expect(&w, "READY=1");
}

/* A TDREPORT of the platform of that seed. */
static void tdreport(const char *seed, uint8_t fill, uint8_t ret[TDX_REPORT_BYTES])
{
	const struct sim_tdx_options options = { .seed = seed };
	const struct sim_td_params params = { 0 };
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	uint8_t data[TDX_REPORT_DATA_BYTES];

	memset(data, fill, sizeof(data));
	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	assert_int_equal(sim_td_new(platform, &params, 1, &td, NULL), 0);
	assert_int_equal(sim_td_mr_report(td, data, ret), UAPI_TDCALL_SUCCESS);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
}

static size_t ask(const uint8_t *request, size_t n, uint8_t *to)
{
	int fd = world_connect(w.socket);

	world_send(fd, request, n);
	return world_read_all(fd, to, REPLY_ROOM);
}

static void assert_quote(const uint8_t *bytes, size_t n, uint8_t fill)
{
	struct jurat_error err = { "" };
	struct tdx_quote quote;

	if (tdx_quote_read(bytes, n, &quote, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_true(bytes_all(quote.body.report_data, TDX_REPORT_DATA_BYTES, fill));
}

static void a_tdreport_of_its_machine_becomes_a_quote(void **state)
{
	uint8_t request[MESSAGE_ROOM];
	static uint8_t framed[REPLY_ROOM], raw[REPLY_ROOM];
	const size_t n = message_quote_req(request);
	struct qgs_message m;
	size_t size;

	tdreport("one", 0x5a, request + 28);
	serve("one");
	size = ask(request, n, framed);
	assert_true(size > 4);
	assert_int_equal(qgs_read(QGS_QUOTE_RESP, framed + 4, size - 4, &m, NULL), 0);
	assert_int_equal(m.error_code, QGS_SUCCESS);
	assert_int_equal(m.parts[QGS_PART_SELECTED_ID].size, 0);
	assert_quote(m.parts[QGS_PART_QUOTE].data, m.parts[QGS_PART_QUOTE].size, 0x5a);
	size = ask(request + 28, TDX_REPORT_BYTES, raw);
	assert_quote(raw, size, 0x5a);
	assert_int_equal(size, m.parts[QGS_PART_QUOTE].size);
	world_stop(&w);
}

static void a_tdreport_of_another_machine_or_a_changed_one_gets_no_quote(void **state)
{
	uint8_t request[MESSAGE_ROOM], reply[REPLY_ROOM];
	const size_t n = message_quote_req(request);

	serve("one");
	tdreport("two", 1, request + 28);
	assert_int_equal(ask(request, n, reply), FRAMED_ERROR);
	assert_int_equal(bytes_get_le(reply + 16, 4), QGS_E_UNEXPECTED);
	assert_int_equal(ask(request + 28, TDX_REPORT_BYTES, reply), 0);
	for (unsigned i = 0; i < TDX_REPORT_BYTES; i += 61) {
		tdreport("one", 1, request + 28);
		request[28 + i] ^= 0x10;
		assert_int_equal(ask(request, n, reply), FRAMED_ERROR);
	}
	bytes_put_le(request + 20, 512, 4); /* half a report is not one, whatever the message says */
	bytes_put_le(request + 12, 24 + 512, 4);
	bytes_put_le(request, 0x18020000, 4);
	assert_int_equal(ask(request, 28 + 512, reply), FRAMED_ERROR);
	world_stop(&w);
}

/* Whether a file of /proc of the daemon has the text. */
static bool proc_has(const char *name, const char *text)
{
	char path[64], line[512];
	bool has = false;
	FILE *f;

	TEXT(path, "/proc/%d/%s", (int)w.pid, name);
	f = fopen(path, "re");
	if (!f)
		SKIP_BECAUSE("%s of another process cannot be read here", name);
	while (fgets(line, sizeof(line), f))
		has = has || strstr(line, text);
	fclose(f);
	return has;
}

/* Its keys are in no core dump: neither of the whole process nor, should one be forced, in those pages. */
static void its_keys_are_not_dumped(void **state)
{
	serve("one");
	assert_true(proc_has("limits", "Max core file size        0                    0"));
	if (geteuid() == 0) /* nobody else may see it, as it should be */
		assert_true(proc_has("smaps", " dd"));
	world_stop(&w);
}

static void platform_information_has_its_four_zero_bytes(void **state) /* G9 */
{
	uint8_t request[MESSAGE_ROOM], reply[REPLY_ROOM];

	serve("one");
	assert_int_equal(ask(request, message_platform_req(request), reply), FRAMED_PLATFORM_RESP);
	assert_int_equal(bytes_get_le(reply + 12, 4), 64);
	assert_true(bytes_all(reply + 64, 4, 0));
	world_stop(&w);
}

static void collateral_is_four_bytes_longer_for_a_request_of_version_1_0(void **state) /* G9 */
{
	const struct sim_tdx_options options = { .seed = "one" };
	struct sim_tdx_platform *platform;
	uint8_t request[MESSAGE_ROOM];
	static uint8_t reply[REPLY_ROOM];
	struct qgs_message m;
	size_t n, size;

	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	serve("one");
	n = message_collateral_req(request);
	memcpy(request + 28, sim_tdx_identity(platform)->fmspc, 6);
	for (unsigned minor = 0; minor < 2; minor++) {
		bytes_put_le(request + 6, minor, 2);
		size = ask(request, n, reply);
		assert_true(size > 4 + 48);
		assert_int_equal(qgs_read(QGS_COLLATERAL_RESP, reply + 4, size - 4, &m, NULL), 0);
		assert_int_equal(m.error_code, QGS_SUCCESS);
		assert_int_equal(m.tail, minor == 0 ? 4 : 0);
		assert_int_equal(m.parts[QGS_PART_TCB_INFO].data[0], '{');
		assert_int_equal(m.version[0] << 16 | m.version[1], 3 << 16); /* CRLs in hex */
		assert_memory_equal(m.parts[QGS_PART_PCK_CRL].data, "3082", 4);
		for (unsigned i = 0; i < QGS_MAX_PARTS; i++) /* Intel's service counts the NUL of all */
			assert_int_equal(m.parts[i].data[m.parts[i].size - 1], 0);
	}
	request[28] ^= 1; /* another platform's */
	assert_int_equal(ask(request, n, reply), 4 + 48);
	assert_int_equal(bytes_get_le(reply + 16, 4), QGS_E_UNEXPECTED);
	sim_tdx_platform_free(platform);
	world_stop(&w);
}

static void many_at_once_are_spread_over_workers_and_none_is_mixed_up(void **state)
{
	enum { CLIENTS = 200 };
	uint8_t request[MESSAGE_ROOM];
	static uint8_t reply[REPLY_ROOM];
	const size_t n = message_quote_req(request);
	static int fds[CLIENTS];

	serve("one");
	for (unsigned i = 0; i < CLIENTS; i++) {
		tdreport("one", (uint8_t)i, request + 28);
		fds[i] = world_connect(w.socket);
		world_send(fds[i], request, n);
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		size_t size = world_read_all(fds[i], reply, sizeof(reply));

		assert_true(size > 28);
		assert_quote(reply + 28, size - 28, (uint8_t)i);
	}
	world_stop(&w);
}

static void clients_that_leave_before_their_answer_harm_nobody(void **state)
{
	uint8_t request[MESSAGE_ROOM];
	static uint8_t reply[REPLY_ROOM];
	const size_t n = message_quote_req(request);
	size_t size;

	tdreport("one", 9, request + 28);
	serve("one");
	for (unsigned i = 0; i < 100; i++) {
		int fd = world_connect(w.socket);

		world_send(fd, request, n);
		close(fd);
	}
	size = ask(request, n, reply);
	assert_true(size > 28);
	assert_quote(reply + 28, size - 28, 9);
	world_stop(&w);
}

int main(int argc, char **argv)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_tdreport_of_its_machine_becomes_a_quote),
		T(its_keys_are_not_dumped),
		T(a_tdreport_of_another_machine_or_a_changed_one_gets_no_quote),
		T(platform_information_has_its_four_zero_bytes),
		T(collateral_is_four_bytes_longer_for_a_request_of_version_1_0),
		T(many_at_once_are_spread_over_workers_and_none_is_mixed_up),
		T(clients_that_leave_before_their_answer_harm_nobody),
	};

	if (argc < 2)
		return 2;
	world_juratd = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
