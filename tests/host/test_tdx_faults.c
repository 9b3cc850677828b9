/* SPDX-License-Identifier: MIT */
#include "host/vmm.h"

#include <errno.h>

#include "support/fail_memory.h"
#include "support/fault_env.h"

/* GetQuote when the service, the memory or the world fails, or the guest asks for too much. */

static void a_service_that_stays_away_is_unavailable_for_every_request(void **state) /* Q3 */
{
	struct vmm *v = vmm_open(vmm_new());

	for (unsigned i = 0; i < 40; i++) {
		for (size_t k = 0; k < W_MAX_ERRORS; k++)
			v->w->connect_errors[k] = -ECONNREFUSED;
		v->w->connects = 0;
		assert_int_equal(ask_quote(v, i % 8), UAPI_TDVMCALL_SUCCESS);
		run_until_idle(v);
		assert_failed_at(v, buf_gpa(i % 8), TDX_GETQUOTE_UNAVAILABLE);
	}
	assert_int_equal(v->n_interrupts, 40);
	vmm_free(v);
}

static void a_service_that_restarts_costs_time_only(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->connect_errors[0] = v->w->connect_errors[1] = -ECONNREFUSED;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(v, buf_gpa(0)), QUEUED);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	vmm_free(v);
}

static void a_service_that_says_nothing_ends_before_the_guest_gives_up(void **state) /* K3, K4, Q4, Q7 */
{
	for (unsigned connects = 0; connects < 2; connects++) {
		struct vmm *v = vmm_open(vmm_new());
		uint64_t began = v->w->now;

		v->w->connect_ns = connects ? 0 : BASE_NEVER;
		v->w->answer_ns = BASE_NEVER;
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		run_until_idle(v);
		assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
		assert_true(v->w->now - began == 25000ull * W_MS);
		assert_int_equal(v->n_interrupts, 1);
		/* The buffer is the guest's again. */
		v->w->connect_ns = v->w->answer_ns = 0;
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		assert_quote_at(v, buf_gpa(0), 5006);
		vmm_free(v);
	}
}

static void an_answer_of_the_last_moment_counts_and_a_later_one_does_not(void **state) /* K3 */
{
	static const uint64_t at_ms[] = { 999, 1000, 1001 };

	for (size_t i = 0; i < ARRAY_SIZE(at_ms); i++) {
		struct vmm *v = vmm_new();

		v->options.timeout_ms = 1000;
		v->w->answer_ns = at_ms[i] * W_MS;
		vmm_open(v);
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		run_until_idle(v);
		if (at_ms[i] < 1000)
			assert_quote_at(v, buf_gpa(0), 5006);
		else
			assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
		vmm_free(v);
	}
}

static void more_requests_than_connections_wait_their_turn(void **state) /* K5 */
{
	struct vmm *v = vmm_open(vmm_new());
	unsigned i;

	v->options.grace_ms = NONE;
	v->w->answer_ns = 100 * W_MS;
	for (i = 0; i < 80; i++) {
		assert_int_equal(ask_quote(v, i), UAPI_TDVMCALL_SUCCESS);
		assert_int_equal(status_of(v, buf_gpa(i)), QUEUED);
	}
	assert_int_equal(ask_quote(v, i), UAPI_TDVMCALL_RETRY); /* 16 and 64 */
	assert_int_equal(status_of(v, buf_gpa(i)), 0);
	run_until_idle(v);
	for (i = 0; i < 80; i++)
		assert_quote_at(v, buf_gpa(i), 5006);
	assert_int_equal(v->w->max_open, 16);
	assert_int_equal(v->n_interrupts, 80);
	for (i = 0; i + 1 < 80; i++)
		assert_true(v->ends[i].gpa < v->ends[i + 1].gpa); /* first come, first served */
	vmm_free(v);
}

static void without_a_queue_the_17th_is_told_to_retry(void **state) /* QEMU's own limit */
{
	struct vmm *v = vmm_new();

	v->options.max_waiting = NONE;
	v->options.grace_ms = NONE;
	vmm_open(v);
	v->w->answer_ns = 100 * W_MS;
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(ask_quote(v, i), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(ask_quote(v, 16), UAPI_TDVMCALL_RETRY);
	run_until_idle(v);
	assert_int_equal(ask_quote(v, 16), UAPI_TDVMCALL_SUCCESS);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(16), 5006);
	vmm_free(v);
}

static void a_request_that_never_gets_a_connection_ends_in_time(void **state)
{
	struct vmm *v = vmm_new();

	v->options.max_connections = 1;
	v->options.timeout_ms = 1000;
	vmm_open(v);
	v->w->answer_ns = BASE_NEVER;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ask_quote(v, i), UAPI_TDVMCALL_SUCCESS);
	run_until_idle(v);
	for (unsigned i = 0; i < 3; i++)
		assert_failed_at(v, buf_gpa(i), TDX_GETQUOTE_ERROR);
	assert_int_equal(v->n_interrupts, 3);
	vmm_free(v);
}

static void ask_second(void *context)
{
	assert_int_equal(ask_quote(context, 1), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(context, buf_gpa(1)), QUEUED);
}

static void a_connection_freed_in_the_grace_time_is_used_at_once(void **state) /* K5 */
{
	struct vmm *v = vmm_new();
	uint64_t began = v->w->now;

	v->options.max_connections = 1;
	vmm_open(v);
	v->w->answer_ns = 10 * W_MS;
	v->w->meanwhile = ask_second; /* on another vCPU, while the first waits */
	v->w->context = v;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_quote_at(v, buf_gpa(0), 5006);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(1), 5006);
	assert_int_equal(v->w->now - began, 20 * W_MS);
	vmm_free(v);
}

static void ask_second_and_let_it_expire(void *context)
{
	struct vmm *v = context;

	ask_second(v);
	v->w->now += 2000ull * W_MS; /* the first vCPU's thread does not run for long */
	assert_true(qgs_world_readable(v->w));
	dispatch(v);
	assert_failed_at(v, buf_gpa(1), TDX_GETQUOTE_ERROR);
	assert_int_equal(status_of(v, buf_gpa(0)), QUEUED); /* that one is its thread's */
}

static void a_waiting_request_ends_in_time_whatever_other_threads_do(void **state)
{
	struct vmm *v = vmm_new();

	v->options.max_connections = 1;
	v->options.timeout_ms = 1000;
	vmm_open(v);
	v->w->answer_ns = 10 * W_MS;
	v->w->meanwhile = ask_second_and_let_it_expire;
	v->w->context = v;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
	assert_int_equal(v->n_interrupts, 2);
	vmm_free(v);
}

static void no_slot_is_lost_on_memory_that_is_not_there(void **state) /* Q1 */
{
	struct vmm *v = vmm_new();

	v->options.max_waiting = NONE;
	vmm_open(v);
	for (unsigned i = 0; i < 100; i++) {
		prepare(v, RAM_GPA, BUF_BYTES);
		bytes_put_le(at(v, RAM_GPA) + 16, BUF_BYTES - 24, 4);
		v->is_private[1] = true; /* the second page of the input */
		assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_INVALID_OPERAND);
		assert_int_equal(status_of(v, RAM_GPA), 0);
		assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), 0);
	}
	v->is_private[1] = false;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_quote_at(v, buf_gpa(0), 5006);
	vmm_free(v);
}

static void buffers_that_overlap_are_refused_until_the_first_is_done(void **state) /* Q6 */
{
	static const struct {
		int pages_before;
		unsigned pages;
		bool refused;
	} cases[] = {
		{ 0, 2, true }, { 0, 1, true },  { -1, 1, true },  { 1, 2, true },
		{ 1, 4, true }, { 1, 1, false }, { -2, 1, false }, { 3, 2, false },
	};
	struct vmm *v = vmm_open(vmm_new());
	const uint64_t gpa = buf_gpa(8);

	v->w->answer_ns = 1000 * W_MS;
	assert_int_equal(ask_quote(v, 8), UAPI_TDVMCALL_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t other = gpa - (uint64_t)(int64_t)cases[i].pages_before * PAGE;
		uint64_t first = bytes_get_le(at(v, gpa) + 16, 4);

		if (!cases[i].refused || other < gpa)
			prepare(v, other, PAGE);
		bytes_put_le(at(v, other), 1, 8);
		bytes_put_le(at(v, other) + 16, 64, 4);
		assert_int_equal(get_quote(v, other, (uint64_t)cases[i].pages * PAGE),
				 cases[i].refused ? UAPI_TDVMCALL_GPA_INUSE : UAPI_TDVMCALL_SUCCESS);
		bytes_put_le(at(v, gpa) + 16, first, 4);
	}
	run_until_idle(v);
	assert_quote_at(v, gpa, 5006);
	assert_int_equal(ask_quote(v, 8), UAPI_TDVMCALL_SUCCESS);
	vmm_free(v);
}

static void the_buffer_may_be_used_again_as_soon_as_its_status_is_seen(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	for (unsigned i = 0; i < 50; i++) {
		v->w->answer_ns = i % 2 ? 0 : 30 * W_MS;
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		run_until_idle(v);
		assert_quote_at(v, buf_gpa(0), 5006);
	}
	vmm_free(v);
}

static void what_the_guest_changes_afterwards_is_not_looked_at(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->answer_ns = 100 * W_MS;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	memset(at(v, buf_gpa(0)) + 16, 0xff, 4);
	memset(at(v, buf_gpa(0)) + 24, 0xee, 1024);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(v->w->last_request[28], TDX_REPORT_TYPE);
	vmm_free(v);
}

static void memory_taken_away_in_flight_ends_the_request_all_the_same(void **state)
{
	for (unsigned page = 0; page < 2; page++) {
		struct vmm *v = vmm_open(vmm_new());

		v->w->answer_ns = 100 * W_MS;
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		v->is_private[page] = true;
		run_until_idle(v);
		assert_int_equal(v->n_ends, 1);
		assert_int_equal(v->n_interrupts, 1);
		assert_true(v->ends[0].status == TDX_GETQUOTE_ERROR && v->ends[0].out_bytes == 0);
		assert_true(v->why[0][0] != '\0');
		if (page == 1)
			assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
		vmm_free(v);
	}
}

static void ending_the_vmm_ends_every_request(void **state)
{
	struct vmm *v = vmm_new();

	v->options.max_connections = 2;
	vmm_open(v);
	v->w->answer_ns = BASE_NEVER;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(ask_quote(v, i), UAPI_TDVMCALL_SUCCESS);
	jurat_tdx_quotes_close(v->quotes);
	v->quotes = NULL;
	for (unsigned i = 0; i < 5; i++) {
		assert_true(status_of(v, buf_gpa(i)) == TDX_GETQUOTE_ERROR ||
			    status_of(v, buf_gpa(i)) == TDX_GETQUOTE_UNAVAILABLE);
		assert_int_equal(out_len_of(v, buf_gpa(i)), 0);
	}
	assert_int_equal(v->n_interrupts, 5);
	vmm_free(v);
}

/* Terminal, or refused and untouched; nothing outstanding; and the next request is served. */
static void assert_consistent(struct vmm *v, unsigned i, uint64_t answer)
{
	uint64_t status = status_of(v, buf_gpa(i));

	assert_true(status != QUEUED || answer != UAPI_TDVMCALL_SUCCESS || v->fail_access);
	if (answer == UAPI_TDVMCALL_SUCCESS && status == TDX_GETQUOTE_SUCCESS)
		assert_quote_at(v, buf_gpa(i), 5006);
	assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), 0);
}

static void no_failing_call_of_the_world_loses_a_request(void **state) /* Q1, Q3, Q4 */
{
	for (unsigned late = 0; late < 2; late++)
		for (unsigned k = 1;; k++) {
			struct vmm *v = vmm_new();
			struct fault_env env = fault_env_nth(&v->w->base, 0, -EIO);
			uint64_t answers[4];

			v->options.max_connections = 2;
			vmm_open_in(v, &env.base);
			env.at = env.calls + k;
			v->w->answer_ns = late ? 30 * W_MS : 0;
			for (unsigned i = 0; i < ARRAY_SIZE(answers); i++)
				answers[i] = ask_quote(v, i);
			run_until_idle(v);
			for (unsigned i = 0; i < ARRAY_SIZE(answers); i++) {
				assert_int_equal(answers[i], UAPI_TDVMCALL_SUCCESS);
				assert_consistent(v, i, answers[i]);
			}
			assert_int_equal(v->n_ends, ARRAY_SIZE(answers));
			assert_int_equal(v->n_interrupts, ARRAY_SIZE(answers));
			env.at = 0;
			assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
			run_until_idle(v);
			assert_quote_at(v, buf_gpa(0), 5006);
			jurat_tdx_quotes_close(v->quotes);
			v->quotes = NULL;
			vmm_free(v);
			if (!env.fired)
				break;
			assert_true(k < 1000);
		}
}

static void no_failing_access_to_memory_loses_a_slot(void **state) /* Q1 */
{
	for (unsigned late = 0; late < 2; late++)
		for (unsigned k = 1;; k++) {
			struct vmm *v = vmm_open(vmm_new());
			uint64_t answer;
			bool fired;

			v->fail_access = k;
			v->w->answer_ns = late ? 30 * W_MS : 0;
			answer = ask_quote(v, 0);
			run_until_idle(v);
			assert_consistent(v, 0, answer);
			assert_int_equal(v->n_ends, answer == UAPI_TDVMCALL_SUCCESS);
			assert_int_equal(v->n_interrupts, answer == UAPI_TDVMCALL_SUCCESS);
			fired = v->accesses >= k;
			v->fail_access = 0;
			assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
			run_until_idle(v);
			assert_quote_at(v, buf_gpa(0), 5006);
			vmm_free(v);
			if (!fired)
				break;
			assert_true(k < 100);
		}
}

static void opening_fails_whole_or_not_at_all(void **state)
{
	for (unsigned k = 1;; k++) {
		struct vmm *v = vmm_new();
		struct fault_env env = fault_env_nth(&v->w->base, k, -EMFILE);
		int r = host_tdx_quotes_open(&env.base, &v->options, &v->memory, &v->quotes, &v->err);

		assert_int_equal(r, env.fired ? -EMFILE : 0);
		if (r < 0)
			assert_true(!v->quotes && qgs_world_open_fds(v->w) == 0);
		jurat_tdx_quotes_close(v->quotes);
		v->quotes = NULL;
		vmm_free(v);
		if (!env.fired)
			break;
	}
}

/* Opening fails whole; a request that was taken on ends, and the next one gets its quote. */
static int quote_without_memory(void *ctx)
{
	struct vmm *v = vmm_new();
	int r;

	(void)ctx;
	prepare(v, buf_gpa(0), BUF_BYTES);
	fail_memory_resume();
	r = host_tdx_quotes_open(&v->w->base, &v->options, &v->memory, &v->quotes, &v->err);
	if (r == 0) {
		get_quote(v, buf_gpa(0), BUF_BYTES);
		run_until_idle(v);
	}
	fail_memory_pause();
	if (r == 0) {
		assert_true(status_of(v, buf_gpa(0)) != QUEUED);
		ask_quote(v, 1);
		run_until_idle(v);
		assert_quote_at(v, buf_gpa(1), v->w->quote_size);
	}
	vmm_free(v);
	return r;
}

static void without_memory_a_request_ends_and_the_next_gets_its_quote(void **state)
{
	assert_true(fail_memory_each(quote_without_memory, NULL) >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_that_stays_away_is_unavailable_for_every_request),
		cmocka_unit_test(a_service_that_restarts_costs_time_only),
		cmocka_unit_test(a_service_that_says_nothing_ends_before_the_guest_gives_up),
		cmocka_unit_test(an_answer_of_the_last_moment_counts_and_a_later_one_does_not),
		cmocka_unit_test(more_requests_than_connections_wait_their_turn),
		cmocka_unit_test(without_a_queue_the_17th_is_told_to_retry),
		cmocka_unit_test(a_request_that_never_gets_a_connection_ends_in_time),
		cmocka_unit_test(a_connection_freed_in_the_grace_time_is_used_at_once),
		cmocka_unit_test(a_waiting_request_ends_in_time_whatever_other_threads_do),
		cmocka_unit_test(no_slot_is_lost_on_memory_that_is_not_there),
		cmocka_unit_test(buffers_that_overlap_are_refused_until_the_first_is_done),
		cmocka_unit_test(the_buffer_may_be_used_again_as_soon_as_its_status_is_seen),
		cmocka_unit_test(what_the_guest_changes_afterwards_is_not_looked_at),
		cmocka_unit_test(memory_taken_away_in_flight_ends_the_request_all_the_same),
		cmocka_unit_test(ending_the_vmm_ends_every_request),
		cmocka_unit_test(no_failing_call_of_the_world_loses_a_request),
		cmocka_unit_test(no_failing_access_to_memory_loses_a_slot),
		cmocka_unit_test(opening_fails_whole_or_not_at_all),
		cmocka_unit_test(without_memory_a_request_ends_and_the_next_gets_its_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
