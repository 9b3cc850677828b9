/* SPDX-License-Identifier: MIT */
#include "host/vmm.h"

#include <errno.h>

static void a_quote_within_the_grace_time_is_there_when_the_call_returns(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->answer_ns = 19 * W_MS;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), 0);
	assert_int_equal(v->n_ends, 1);
	assert_true(v->ends[0].in_call);
	assert_int_equal(v->ends[0].took_ns, 19 * W_MS);
	assert_int_equal(v->ends[0].out_bytes, 5006);
	assert_int_equal(v->n_interrupts, 1); /* MigTD waits for it also then */
	assert_false(qgs_world_readable(v->w));
	vmm_free(v);
}

static void a_later_quote_is_in_flight_when_the_call_returns(void **state)
{
	struct vmm *v = vmm_open(vmm_new());
	uint64_t began = v->w->now;

	v->w->answer_ns = 21 * W_MS;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(v, buf_gpa(0)), QUEUED);
	assert_int_equal(v->w->now - began, 20 * W_MS);
	assert_int_equal(v->n_interrupts, 0);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	assert_int_equal(v->w->now - began, 21 * W_MS);
	assert_false(v->ends[0].in_call);
	assert_int_equal(v->n_interrupts, 1);
	assert_int_equal(v->vcpu, 7);
	assert_int_equal(v->vector, VECTOR);
	assert_int_equal(v->w->closed_while_set, 0);
	vmm_free(v);
}

static void no_grace_time_means_no_waiting(void **state)
{
	struct vmm *v = vmm_new();
	uint64_t began = v->w->now;

	v->options.grace_ms = NONE;
	vmm_open(v);
	v->w->answer_ns = 1;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(v, buf_gpa(0)), QUEUED);
	assert_int_equal(v->w->now, began);
	assert_int_equal(v->w->waits, 0);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	vmm_free(v);
}

static void a_signal_ends_the_grace_wait_and_nothing_else(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->answer_ns = 5 * W_MS;
	v->w->signals = 1;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(v, buf_gpa(0)), QUEUED);
	run_until_idle(v);
	assert_quote_at(v, buf_gpa(0), 5006);
	vmm_free(v);
}

static void data_then_length_then_status_are_stores_of_their_own(void **state) /* Q11 */
{
	struct vmm *v = vmm_open(vmm_new());
	const uint64_t gpa = buf_gpa(3);

	assert_int_equal(ask_quote(v, 3), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->n_stores, 5);
	assert_int_equal(v->stores[0].gpa, gpa + 8);
	assert_int_equal(v->stores[0].n, 8);
	assert_true(v->stores[0].value == QUEUED);
	assert_int_equal(v->stores[1].gpa, gpa + 24);
	assert_int_equal(v->stores[2].gpa, gpa + PAGE);
	assert_int_equal(v->stores[1].n + v->stores[2].n, 5006);
	assert_int_equal(v->stores[3].gpa, gpa + 20);
	assert_int_equal(v->stores[3].n, 4);
	assert_int_equal(v->stores[3].value, 5006);
	assert_int_equal(v->stores[4].gpa, gpa + 8);
	assert_int_equal(v->stores[4].n, 8);
	assert_int_equal(v->stores[4].value, 0);
	assert_int_equal(bytes_get_le(at(v, gpa), 8), 1); /* version and in_len are as they were */
	assert_int_equal(bytes_get_le(at(v, gpa) + 16, 4), TDX_REPORT_BYTES);
	vmm_free(v);
}

static void a_buffer_that_is_refused_is_left_alone(void **state)
{
	static const struct {
		uint64_t gpa, size, version;
		uint32_t in_len;
		uint64_t answer;
	} cases[] = {
		/* in QEMU's order */
		{ RAM_GPA, 0, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA + 1, 0, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA + 1, PAGE, 1, 1024, UAPI_TDVMCALL_ALIGN_ERROR },
		{ RAM_GPA + 2048, PAGE, 1, 1024, UAPI_TDVMCALL_ALIGN_ERROR },
		{ RAM_GPA, PAGE + 1, 1, 1024, UAPI_TDVMCALL_ALIGN_ERROR },
		{ RAM_GPA, 24, 1, 0, UAPI_TDVMCALL_ALIGN_ERROR },
		{ RAM_GPA - PAGE, PAGE, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA + (uint64_t)RAM_PAGES * PAGE, PAGE, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ UINT64_MAX - PAGE + 1, 2 * PAGE, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ UINT64_MAX - PAGE + 1, PAGE, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ PAGE, UINT64_MAX - PAGE + 1, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, PAGE, 0, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, PAGE, 2, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, PAGE, 1ull << 32 | 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, 131072 + PAGE, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, 1ull << 32, 1, 1024, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, PAGE, 1, PAGE - 23, UAPI_TDVMCALL_INVALID_OPERAND },
		{ RAM_GPA, PAGE, 1, UINT32_MAX, UAPI_TDVMCALL_INVALID_OPERAND },
	};
	struct vmm *v = vmm_open(vmm_new());

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t answer;

		prepare(v, RAM_GPA, PAGE);
		bytes_put_le(at(v, RAM_GPA), cases[i].version, 8);
		bytes_put_le(at(v, RAM_GPA) + 16, cases[i].in_len, 4);
		answer = get_quote(v, cases[i].gpa, cases[i].size);
		if (answer != cases[i].answer)
			FAIL_BECAUSE("case %zu: %#llx: %s", i, (unsigned long long)answer, v->err.text);
		assert_int_equal(v->n_stores, 0);
		assert_int_equal(jurat_tdx_quotes_outstanding_count(v->quotes), 0);
	}
	(void)get_quote(v, UINT64_MAX - PAGE + 1, 2 * PAGE);
	assert_non_null(strstr(v->err.text, "wrap")); /* whatever the VMM's memory says */
	assert_int_equal(v->n_ends, 0);
	assert_int_equal(v->w->connects, 0);
	vmm_free(v);
}

static void buffers_of_every_size_that_guests_use_are_served(void **state)
{
	static const size_t sizes[] = { PAGE, 2 * PAGE, 4 * PAGE, 32 * PAGE };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t over = 0; over < 2; over++) {
			struct vmm *v = vmm_open(vmm_new());

			/* out_len = size - 24 is the most there can be, and one more is an error (K1, Q2) */
			v->w->quote_size = sizes[i] - 24 + over;
			prepare(v, RAM_GPA, sizes[i]);
			memset(at(v, RAM_GPA + sizes[i]), 0x77, 16);
			assert_int_equal(get_quote(v, RAM_GPA, sizes[i]), UAPI_TDVMCALL_SUCCESS);
			if (over)
				assert_failed_at(v, RAM_GPA, TDX_GETQUOTE_ERROR);
			else
				assert_quote_at(v, RAM_GPA, sizes[i] - 24);
			assert_true(bytes_all(at(v, RAM_GPA + sizes[i]), 16, 0x77));
			assert_int_equal(v->n_interrupts, 1);
			vmm_free(v);
		}
}

static void input_of_any_length_is_passed_on_to_be_judged(void **state)
{
	static const uint32_t lengths[] = { 1, 1023, 1025, PAGE - 24, 2 * PAGE - 24 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct vmm *v = vmm_open(vmm_new());

		v->w->error_code = QGS_E_INVALID_PARAMETER;
		prepare(v, RAM_GPA, BUF_BYTES);
		bytes_put_le(at(v, RAM_GPA) + 16, lengths[i], 4);
		assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
		assert_int_equal(v->w->last_request_size, 28 + lengths[i]);
		assert_failed_at(v, RAM_GPA, TDX_GETQUOTE_ERROR);
		vmm_free(v);
	}
}

static void no_input_is_an_error_and_nobody_is_asked(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	prepare(v, RAM_GPA, BUF_BYTES);
	bytes_put_le(at(v, RAM_GPA) + 16, 0, 4);
	assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, RAM_GPA, TDX_GETQUOTE_ERROR);
	assert_int_equal(v->w->connects, 0);
	assert_int_equal(v->n_interrupts, 1);
	vmm_free(v);
}

/* A guest that speaks to the service itself, as libtdx_attest's ioctl path and MigTD do (Q10). */
static void prepare_framed(struct vmm *v, enum qgs_type type)
{
	uint8_t report[TDX_REPORT_BYTES], frame[2048];
	struct qgs_message m = { .type = type, .minor_version = 1 };
	size_t n = 0;

	qgs_world_tdreport(report, (const uint8_t[64]){ 9, 8, 7 });
	if (type == QGS_QUOTE_REQ)
		m.parts[QGS_PART_REPORT] = bytes_rd(report, sizeof(report));
	assert_int_equal(qgs_write(&m, true, frame, sizeof(frame), &n, NULL), 0);
	assert_int_equal(tdx_getquote_write(frame, n, at(v, RAM_GPA), BUF_BYTES, NULL), 0);
}

static void a_framed_request_is_passed_on_and_answered_in_its_form(void **state) /* Q10 */
{
	struct vmm *v = vmm_open(vmm_new());
	struct qgs_message m;
	uint8_t *data = at(v, RAM_GPA) + TDX_GETQUOTE_DATA_OFF;

	prepare_framed(v, QGS_QUOTE_REQ);
	assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->w->last_request_size, 1052);
	assert_memory_equal(v->w->last_request, "\0\0\4\x18\1\0\1\0\0\0\0\0\x18\4\0\0", 16);
	assert_int_equal(status_of(v, RAM_GPA), TDX_GETQUOTE_SUCCESS);
	assert_int_equal(out_len_of(v, RAM_GPA), 5034);
	assert_memory_equal(data, "\0\0\x13\xa6\1\0\1\0\1\0\0\0\xa6\x13\0\0\0\0\0\0\0\0\0\0\x8e\x13\0\0", 28);
	assert_int_equal(qgs_read(QGS_QUOTE_RESP, data + 4, 5030, &m, NULL), 0);
	for (size_t i = 0; i < 5006; i++)
		assert_int_equal(m.parts[QGS_PART_QUOTE].data[i], qgs_world_quote_byte(i));
	vmm_free(v);
}

static void a_framed_guest_gets_the_service_s_own_error(void **state) /* Q9 */
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->error_code = QGS_E_UNEXPECTED;
	prepare_framed(v, QGS_QUOTE_REQ);
	assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(status_of(v, RAM_GPA), TDX_GETQUOTE_SUCCESS);
	assert_int_equal(out_len_of(v, RAM_GPA), 28);
	assert_int_equal(bytes_get_le(at(v, RAM_GPA) + 24 + 4 + 12, 4), QGS_E_UNEXPECTED);
	assert_int_equal(v->ends[0].qgs_error, QGS_E_UNEXPECTED);
	vmm_free(v);
}

static void a_framed_answer_leaves_room_for_its_length(void **state) /* Q2 */
{
	for (size_t over = 0; over < 2; over++) {
		struct vmm *v = vmm_open(vmm_new());

		v->w->quote_size = BUF_BYTES - 24 - 28 + over;
		prepare_framed(v, QGS_QUOTE_REQ);
		assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
		if (over)
			assert_failed_at(v, RAM_GPA, TDX_GETQUOTE_ERROR);
		else
			assert_int_equal(out_len_of(v, RAM_GPA), BUF_BYTES - 24);
		vmm_free(v);
	}
}

static void an_answer_to_another_question_is_an_error(void **state)
{
	struct vmm *v = vmm_open(vmm_new());

	prepare_framed(v, QGS_PLATFORM_REQ); /* and this service answers everything with a quote */
	assert_int_equal(get_quote(v, RAM_GPA, BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, RAM_GPA, TDX_GETQUOTE_ERROR);
	vmm_free(v);
}

static void the_service_s_error_code_is_kept_for_the_log(void **state) /* Q9 */
{
	struct vmm *v = vmm_open(vmm_new());

	v->w->error_code = QGS_E_OUT_OF_MEMORY;
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
	assert_int_equal(v->ends[0].qgs_error, QGS_E_OUT_OF_MEMORY);
	assert_non_null(strstr(v->why[0], "0x12002"));
	assert_int_equal(v->n_interrupts, 1);
	vmm_free(v);
}

static void answers_that_are_none_end_as_errors(void **state) /* Q2 */
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "", 0 },
		{ "\0\0\0\0", 4 },
		{ "\0\0\0\x17", 4 },
		{ "\xff\xff\xff\xff", 4 },
		/* a good error message with a byte behind it; type 0; selected id that is not there */
		{ "\0\0\0\x18\1\0\1\0\1\0\0\0\x18\0\0\0\1\x20\1\0\0\0\0\0\0\0\0\0!", 29 },
		{ "\0\0\0\x18\1\0\1\0\0\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28 },
		{ "\0\0\0\x19\1\0\1\0\1\0\0\0\x19\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0!", 29 },
		/* success without a quote (K2); a quote longer than its message */
		{ "\0\0\0\x18\1\0\1\0\1\0\0\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28 },
		{ "\0\0\0\x19\1\0\1\0\1\0\0\0\x19\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff!", 29 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vmm *v = vmm_open(vmm_new());

		v->w->has_answer = true;
		v->w->answer = (const uint8_t *)bad[i].bytes;
		v->w->answer_size = bad[i].n;
		assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
		run_until_idle(v);
		assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_ERROR);
		assert_int_equal(v->n_interrupts, 1);
		vmm_free(v);
	}
}

static void a_host_without_a_service_says_so_at_once(void **state)
{
	struct vmm *v = vmm_new();

	v->options.service = NULL;
	vmm_open(v);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_UNAVAILABLE);
	assert_int_equal(v->n_interrupts, 1);
	v->is_private[0] = true;
	assert_int_equal(get_quote(v, buf_gpa(0), BUF_BYTES), UAPI_TDVMCALL_INVALID_OPERAND);
	v->is_private[0] = false;
	/* QEMU does not look at the input then; that its page is missing does not matter */
	prepare(v, buf_gpa(0), BUF_BYTES);
	bytes_put_le(at(v, buf_gpa(0)) + 16, BUF_BYTES - 24, 4);
	v->is_private[1] = true;
	assert_int_equal(get_quote(v, buf_gpa(0), BUF_BYTES), UAPI_TDVMCALL_SUCCESS);
	assert_failed_at(v, buf_gpa(0), TDX_GETQUOTE_UNAVAILABLE);
	vmm_free(v);
}

static void bad_options_are_refused(void **state)
{
	struct vmm *v = vmm_new();
	const struct jurat_tdx_quotes_options good = v->options;
	struct jurat_guest_memory write_only = { sizeof(write_only), NULL, v->memory.write, v };

#define REFUSED(change)                                                                                      \
	do {                                                                                                 \
		v->options = good;                                                                           \
		v->options.change;                                                                           \
		assert_int_equal(                                                                            \
			host_tdx_quotes_open(&v->w->base, &v->options, &v->memory, &v->quotes, NULL),        \
			-EINVAL);                                                                            \
	} while (0)
	REFUSED(service = "/run/qgs.socket");
	REFUSED(service = "tcp:192.0.2.1:4050");
	REFUSED(max_connections = 257);
	REFUSED(max_connections = NONE);
	REFUSED(max_waiting = 1025);
	REFUSED(timeout_ms = NONE);
	v->options = good;
	assert_int_equal(host_tdx_quotes_open(&v->w->base, &good, &write_only, &v->quotes, NULL), -EINVAL);
	assert_int_equal(host_tdx_quotes_open(&v->w->base, &good, NULL, &v->quotes, NULL), -EINVAL);
	vmm_free(v);
}

static void the_vector_is_of_the_last_vcpu_that_asked(void **state) /* Q5 */
{
	static const uint64_t bad[] = { 0, 31, 256, UINT64_MAX, 1ull << 32 | 64 };
	struct vmm *v = vmm_open(vmm_new());

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(jurat_tdx_quotes_setup_notify(v->quotes, bad[i], 1) ==
			    UAPI_TDVMCALL_INVALID_OPERAND);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->vcpu, 7);
	assert_int_equal(jurat_tdx_quotes_setup_notify(v->quotes, 32, 2), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(jurat_tdx_quotes_setup_notify(v->quotes, 255, 3), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->vcpu, 3);
	assert_int_equal(v->vector, 255);
	vmm_free(v);
}

static void a_vmm_that_cannot_interrupt_says_so(void **state)
{
	struct vmm *v = vmm_new();
	uint64_t r[4];

	v->options.notify = NULL;
	assert_int_equal(host_tdx_quotes_open(&v->w->base, &v->options, &v->memory, &v->quotes, NULL), 0);
	assert_true(jurat_tdx_quotes_setup_notify(v->quotes, 32, 2) == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
	assert_int_equal(jurat_tdx_quotes_vmcall_info(v->quotes, 1, r), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(r[0], 0);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->n_interrupts, 0);
	vmm_free(v);
}

static void exits_are_answered_in_kvm_run(void **state) /* Q12 */
{
	struct vmm *v = vmm_new();
	uint8_t run[PAGE], before[PAGE];

	v->options.kernel_tdvmcallinfo_1_r11 = 8;
	v->options.kernel_tdvmcallinfo_1_r12 = 5;
	v->options.user_tdvmcallinfo_1_r11 = 0xff; /* only what this library serves is taken of it */
	vmm_open(v);
#define RUN(reason, nr, word_56, word_64)                                                                    \
	do {                                                                                                 \
		memset(run, 0xa5, sizeof(run));                                                              \
		bytes_put_le(run + 8, reason, 4);                                                            \
		bytes_put_le(run + 40, nr, 8);                                                               \
		bytes_put_le(run + 48, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, 8);                                \
		bytes_put_le(run + 56, word_56, 8);                                                          \
		bytes_put_le(run + 64, word_64, 8);                                                          \
		memcpy(before, run, sizeof(run));                                                            \
	} while (0)
#define HANDLE() jurat_tdx_quotes_handle_exit(v->quotes, (struct kvm_run *)(void *)run, 4, &v->err)
	RUN(40, 0x10002, RAM_GPA, BUF_BYTES);
	prepare(v, RAM_GPA, BUF_BYTES);
	assert_int_equal(HANDLE(), 0);
	assert_int_equal(bytes_get_le(run + 48, 8), 0);
	assert_quote_at(v, RAM_GPA, 5006);
	memset(before + 48, 0, 8);
	assert_memory_equal(run, before, sizeof(run)); /* and nothing else */
	RUN(40, 0x10002, RAM_GPA + 1, BUF_BYTES);
	assert_int_equal(HANDLE(), 0);
	assert_true(bytes_get_le(run + 48, 8) == UAPI_TDVMCALL_ALIGN_ERROR);
	RUN(40, 0x10000, 1, 0);
	assert_int_equal(HANDLE(), 0);
	assert_int_equal(bytes_get_le(run + 48, 8), 0);
	assert_int_equal(bytes_get_le(run + 64, 8), 8 | 2);
	assert_int_equal(bytes_get_le(run + 72, 8), 5);
	assert_true(bytes_all(run + 80, 16, 0));
	RUN(40, 0x10000, 2, 0x55);
	assert_int_equal(HANDLE(), 0);
	assert_true(bytes_get_le(run + 48, 8) == UAPI_TDVMCALL_INVALID_OPERAND);
	assert_memory_equal(run + 56, before + 56, sizeof(run) - 56);
	RUN(40, 0x10004, 0x60, 0);
	assert_int_equal(HANDLE(), 0);
	assert_int_equal(bytes_get_le(run + 48, 8), 0);
	assert_int_equal(ask_quote(v, 0), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(v->vcpu, 4);
	assert_int_equal(v->vector, 0x60);
	RUN(40, 0x10005, 1, 2); /* a leaf to come: what KVM put there stays */
	assert_int_equal(HANDLE(), 0);
	assert_memory_equal(run, before, sizeof(run));
	RUN(50, 0x10002, RAM_GPA, BUF_BYTES); /* trees before Linux 6.16 */
	assert_int_equal(HANDLE(), -EINVAL);
	assert_memory_equal(run, before, sizeof(run));
	vmm_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_within_the_grace_time_is_there_when_the_call_returns),
		cmocka_unit_test(a_later_quote_is_in_flight_when_the_call_returns),
		cmocka_unit_test(no_grace_time_means_no_waiting),
		cmocka_unit_test(a_signal_ends_the_grace_wait_and_nothing_else),
		cmocka_unit_test(data_then_length_then_status_are_stores_of_their_own),
		cmocka_unit_test(a_buffer_that_is_refused_is_left_alone),
		cmocka_unit_test(buffers_of_every_size_that_guests_use_are_served),
		cmocka_unit_test(input_of_any_length_is_passed_on_to_be_judged),
		cmocka_unit_test(no_input_is_an_error_and_nobody_is_asked),
		cmocka_unit_test(a_framed_request_is_passed_on_and_answered_in_its_form),
		cmocka_unit_test(a_framed_guest_gets_the_service_s_own_error),
		cmocka_unit_test(a_framed_answer_leaves_room_for_its_length),
		cmocka_unit_test(an_answer_to_another_question_is_an_error),
		cmocka_unit_test(the_service_s_error_code_is_kept_for_the_log),
		cmocka_unit_test(answers_that_are_none_end_as_errors),
		cmocka_unit_test(a_host_without_a_service_says_so_at_once),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(the_vector_is_of_the_last_vcpu_that_asked),
		cmocka_unit_test(a_vmm_that_cannot_interrupt_says_so),
		cmocka_unit_test(exits_are_answered_in_kvm_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
