/* SPDX-License-Identifier: MIT */
#include "host/vmm.h"

#include <errno.h>

#include "host/tdx_quotes.h"

/* Requests that the VMM ends: for a snapshot or migration, and for a VM that starts anew. */

enum { CONNECTED, CONNECTING, BACKING_OFF, WAITING, N_REQUESTS };

/* A VMM with a request in each state in which no thread has it. */
static struct vmm *with_requests_in_every_state(void)
{
	struct vmm *v = vmm_new();

	v->options.grace_ms = NONE;
	v->options.max_connections = 3;
	vmm_open(v);
	v->w->answer_ns = 100 * W_MS;
	assert_int_equal(ask_quote(v, CONNECTED), UAPI_TDVMCALL_SUCCESS);
	v->w->connect_ns = BASE_NEVER;
	assert_int_equal(ask_quote(v, CONNECTING), UAPI_TDVMCALL_SUCCESS);
	v->w->connect_errors[2] = -ECONNREFUSED; /* of the third connect */
	assert_int_equal(ask_quote(v, BACKING_OFF), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(ask_quote(v, WAITING), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), N_REQUESTS);
	for (unsigned i = 0; i < N_REQUESTS; i++)
		assert_int_equal(status_of(v, buf_gpa(i)), QUEUED);
	assert_int_equal(v->n_interrupts, 0);
	return v;
}

static void assert_quiet(struct vmm *v)
{
	assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), 0);
	assert_int_equal(v->w->closed_while_set, 0);
	assert_false(qgs_world_readable(v->w));
	assert_true(qgs_world_next(v->w) == BASE_NEVER);
}

static void cancelling_gives_every_buffer_back_with_an_error(void **state)
{
	struct vmm *v = with_requests_in_every_state();

	(void)state;
	jurat_tdx_quotes_cancel(v->quotes);
	assert_quiet(v);
	assert_int_equal(v->n_interrupts, N_REQUESTS);
	assert_int_equal(v->n_ends, N_REQUESTS);
	for (unsigned i = 0; i < N_REQUESTS; i++) {
		assert_true(status_of(v, buf_gpa(i)) == TDX_GETQUOTE_ERROR ||
			    status_of(v, buf_gpa(i)) == TDX_GETQUOTE_UNAVAILABLE);
		assert_failed_at(v, buf_gpa(i), v->ends[i].status);
		assert_string_equal(v->why[i], "the VMM cancelled the request");
	}
	jurat_tdx_quotes_cancel(v->quotes); /* nothing to do */
	assert_int_equal(v->n_interrupts, N_REQUESTS);
	v->w->connect_ns = v->w->answer_ns = 0;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS); /* and it serves as before */
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(v->n_interrupts, N_REQUESTS + 1);
	vmm_free(v);
}

static void after_a_reset_nothing_is_written_and_nothing_interrupts(void **state)
{
	struct vmm *v = with_requests_in_every_state();
	unsigned stores = v->n_stores;

	(void)state;
	jurat_tdx_quotes_reset(v->quotes);
	assert_quiet(v);
	assert_int_equal(v->n_ends, N_REQUESTS);
	for (unsigned i = 0; i < N_REQUESTS; i++) {
		assert_true(v->ends[i].status == QUEUED);
		assert_int_equal(v->ends[i].out_bytes, 0);
		assert_string_equal(v->why[i], "the VM was reset");
	}
	v->w->now += 60000ull * W_MS; /* what the service still answers is nobody's */
	dispatch(v);
	jurat_tdx_quotes_reset(v->quotes);
	jurat_tdx_quotes_cancel(v->quotes);
	assert_int_equal(v->n_stores, stores);
	assert_int_equal(v->n_interrupts, 0);
	v->w->connect_ns = v->w->answer_ns = 0;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(v->n_interrupts, 0); /* the new guest has not registered */
	vmm_free(v);
}

static void closing_writes_nothing_to_a_vm_that_was_reset(void **state)
{
	struct vmm *v = with_requests_in_every_state();
	unsigned stores = v->n_stores;

	(void)state;
	jurat_tdx_quotes_reset(v->quotes);
	jurat_tdx_quotes_close(v->quotes);
	v->quotes = NULL;
	assert_int_equal(v->n_stores, stores);
	assert_int_equal(v->n_interrupts, 0);
	vmm_free(v);
}

/* As host.h says: a VMM whose threads must not wait keeps the vCPU back itself, until `log` is called. */
static void a_vmm_with_one_thread_does_the_grace_wait_itself(void **state)
{
	static const uint64_t answers_ms[] = { 0, 7, 19, 21, 500 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers_ms); i++) {
		struct vmm *v = vmm_new();
		uint64_t began = v->w->now, until = began + 20ull * W_MS;

		v->options.grace_ms = NONE;
		v->w->answer_ns = answers_ms[i] * W_MS;
		vmm_open(v);
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		while (v->n_ends == 0 && v->w->now < until) {
			uint64_t next = qgs_world_next(v->w);

			v->w->now = next < v->w->now ? v->w->now : next < until ? next : until;
			dispatch(v);
		}
		assert_int_equal(v->w->waits, 0);
		assert_int_equal(v->n_ends, answers_ms[i] < 20);
		assert_int_equal(v->w->now - began, (answers_ms[i] < 20 ? answers_ms[i] : 20) * W_MS);
		run_until_idle(v);
		assert_quote_at(v, buf_gpa(0), 5006);
		assert_int_equal(v->ends[0].gpa, buf_gpa(0));
		vmm_free(v);
	}
}

/* What other threads do meanwhile: another dispatches when data is stored, and waits when the status is. */
static int (*store)(void *context, uint64_t gpa, const void *from, size_t n);

static int store_meanwhile(void *context, uint64_t gpa, const void *from, size_t n)
{
	static bool inside;
	struct vmm *v = context;

	if (n > 8 && !inside) {
		inside = true;
		dispatch(v);
		inside = false;
	}
	if (n == 8 && bytes_get_le(from, 8) != TDX_GETQUOTE_IN_FLIGHT)
		assert_int_equal(pthread_mutex_trylock(&v->quotes->mutex), EBUSY);
	return store(context, gpa, from, n);
}

static void is_told_of_an_end(void *context, uint32_t vcpu, uint8_t vector)
{
	struct vmm *v = context;

	(void)vcpu, (void)vector;
	assert_int_equal(status_of(v, buf_gpa(0)),
			 TDX_GETQUOTE_SUCCESS); /* or it would wait again, for good */
	v->n_interrupts++;
}

static void one_thread_ends_a_request_and_then_interrupts(void **state)
{
	struct vmm *v = vmm_new();

	(void)state;
	v->options.grace_ms = NONE;
	store = v->memory.write;
	v->memory.write = store_meanwhile;
	v->options.notify = is_told_of_an_end;
	v->w->answer_ns = 100 * W_MS;
	vmm_open(v);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(v->n_ends, 1);
	assert_int_equal(v->n_interrupts, 1);
	vmm_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cancelling_gives_every_buffer_back_with_an_error),
		cmocka_unit_test(after_a_reset_nothing_is_written_and_nothing_interrupts),
		cmocka_unit_test(closing_writes_nothing_to_a_vm_that_was_reset),
		cmocka_unit_test(a_vmm_with_one_thread_does_the_grace_wait_itself),
		cmocka_unit_test(one_thread_ends_a_request_and_then_interrupts),
	};

	return cmocka_run_group_tests_name("host_tdx_end", tests, NULL, NULL);
}
