/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "guest/guest.h"
#include "machine/qgs_env.h"

/* The host's world of the software machine by itself: when things happen is all that it decides. */
enum { LATENCY_NS = 3000000, LONG_NS = 1000000000, START_NS = 500 };

struct world {
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_qe *qe;
	uint64_t now_ns;
	struct machine_qgs qgs;
	uint8_t request[QGS_FRAME_BYTES + QGS_QUOTE_REQ_BYTES + TDX_REPORT_BYTES];
	size_t request_size;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const uint8_t tdreport[TDX_REPORT_BYTES] = { 0 }; /* answered by an error, which is an answer */

	assert_non_null(w);
	assert_int_equal(sim_pki_intel_new("jurat", &w->pki, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(NULL, &w->platform, NULL), 0);
	assert_int_equal(sim_qe_new(w->platform, w->pki, NULL, &w->qe, NULL), 0);
	w->now_ns = START_NS;
	machine_qgs_init(&w->qgs, w->qe, &w->now_ns, LATENCY_NS);
	w->request_size = guest_qgs_request(tdreport, w->request, sizeof(w->request));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	machine_qgs_done(&w->qgs);
	sim_qe_free(w->qe);
	sim_tdx_platform_free(w->platform);
	sim_pki_intel_free(w->pki);
	free(w);
	return 0;
}

static int connected(struct world *w)
{
	int fd = base_connect(&w->qgs.base, "vsock:2:4050");

	assert_true(fd >= 0);
	assert_int_equal(base_connected(&w->qgs.base, fd), 0);
	return fd;
}

static void an_answer_is_there_after_the_latency_and_not_before(void **state)
{
	struct world *w = *state;
	struct base_env *env = &w->qgs.base;
	int fd = connected(w);
	uint8_t answer[256];
	struct bytes_rd r;
	ssize_t n;

	assert_int_equal(base_send(env, fd, w->request, w->request_size), w->request_size);
	assert_int_equal(machine_qgs_next_ns(&w->qgs), START_NS + LATENCY_NS);
	w->now_ns += LATENCY_NS - 1;
	assert_int_equal(base_recv(env, fd, answer, sizeof(answer)), -EAGAIN);
	assert_int_equal(base_wait(env, fd, BASE_READ, LONG_NS), 1);
	assert_int_equal(w->now_ns, START_NS + LATENCY_NS);
	n = base_recv(env, fd, answer, sizeof(answer));
	assert_true(n > QGS_FRAME_BYTES);
	r = bytes_rd(answer, (size_t)n);
	assert_int_equal(bytes_rd_be32(&r), n - QGS_FRAME_BYTES);
	assert_int_equal(base_recv(env, fd, answer, sizeof(answer)), 0);
	assert_int_equal(base_close(env, fd), 0);
}

static void who_asks_nothing_hears_nothing(void **state)
{
	struct world *w = *state;
	struct base_env *env = &w->qgs.base;
	int fd = connected(w);
	uint8_t byte;

	assert_int_equal(base_recv(env, fd, &byte, 1), -EAGAIN);
	assert_int_equal(base_wait(env, fd, BASE_READ, LONG_NS), 0);
	assert_int_equal(w->now_ns, START_NS + LONG_NS); /* the whole wait */
	assert_int_equal(base_send(env, fd, w->request, w->request_size - 1), w->request_size - 1);
	assert_int_equal(base_recv(env, fd, &byte, 1), -EAGAIN);
	assert_int_equal(machine_qgs_next_ns(&w->qgs), BASE_NEVER);
	assert_int_equal(base_close(env, fd), 0);
}

/* Q2: a length that is none: Intel's service closes the connection, and does so at once. */
static void what_is_no_message_is_hung_up_on_at_once(void **state)
{
	struct world *w = *state;
	struct base_env *env = &w->qgs.base;
	static const uint8_t no_length[QGS_FRAME_BYTES] = { 0xff, 0xff, 0xff, 0xff };
	int fd = connected(w);
	uint8_t byte;

	assert_int_equal(base_send(env, fd, no_length, sizeof(no_length)), sizeof(no_length));
	assert_int_equal(machine_qgs_next_ns(&w->qgs), START_NS);
	assert_int_equal(base_wait(env, fd, BASE_READ, LONG_NS), 1);
	assert_int_equal(w->now_ns, START_NS);
	assert_int_equal(base_recv(env, fd, &byte, 1), 0);
	assert_int_equal(base_close(env, fd), 0);
}

static void the_first_of_many_is_what_happens_next(void **state)
{
	struct world *w = *state;
	struct base_env *env = &w->qgs.base;
	int poll_fd = base_poll_open(env), timer_fd = base_timer_open(env), fds[3];

	for (unsigned i = 0; i < 3; i++) {
		fds[i] = connected(w);
		w->now_ns = START_NS + 3 - i; /* the last asks first */
		assert_int_equal(base_send(env, fds[i], w->request, w->request_size), w->request_size);
	}
	assert_int_equal(machine_qgs_next_ns(&w->qgs), START_NS + 1 + LATENCY_NS);
	assert_int_equal(base_timer_set(env, timer_fd, START_NS + LATENCY_NS), 0);
	assert_int_equal(machine_qgs_next_ns(&w->qgs), START_NS + LATENCY_NS);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, LONG_NS), 1);
	assert_int_equal(w->now_ns, START_NS + LATENCY_NS);
	assert_int_equal(base_timer_set(env, timer_fd, BASE_NEVER), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, LONG_NS), 1);
	assert_int_equal(w->now_ns, START_NS + 1 + LATENCY_NS);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(base_close(env, fds[i]), 0);
	assert_int_equal(base_close(env, timer_fd), 0);
	assert_int_equal(base_close(env, poll_fd), 0);
}

static void there_are_as_many_connections_as_it_says(void **state)
{
	struct world *w = *state;
	struct base_env *env = &w->qgs.base;
	int fds[MACHINE_QGS_CHANNELS];

	for (unsigned i = 0; i < MACHINE_QGS_CHANNELS; i++)
		fds[i] = connected(w);
	assert_int_equal(base_connect(env, "vsock:2:4050"), -EMFILE);
	assert_int_equal(base_close(env, fds[7]), 0);
	assert_int_equal(connected(w), fds[7]);
	assert_int_equal(base_close(env, fds[MACHINE_QGS_CHANNELS - 1] + 1), -EBADF);
	w->qgs.down = true;
	assert_int_equal(base_close(env, fds[7]), 0);
	fds[7] = base_connect(env, "vsock:2:4050");
	assert_int_equal(base_connected(env, fds[7]), -ECONNREFUSED);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_answer_is_there_after_the_latency_and_not_before),
		CASE(who_asks_nothing_hears_nothing),
		CASE(what_is_no_message_is_hung_up_on_at_once),
		CASE(the_first_of_many_is_what_happens_next),
		CASE(there_are_as_many_connections_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
