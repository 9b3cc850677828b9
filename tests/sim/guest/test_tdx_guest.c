/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "machine/td.h"
#include "sim/guest/tdx_guest_world.h"

/* The upstream driver's quotes. Spec: Linux drivers/virt/coco/tdx-guest. K1 to K7 are its known faults. */

#define LINUX_6_12       ((unsigned)SIM_TDX_QUIRKS_LINUX | W_6_12)
#define LINUX_7_0        SIM_TDX_QUIRKS_LINUX
#define SMALL            TDX_GETQUOTE_LINUX_6_7_BYTES
#define LARGE            TDX_GETQUOTE_MAX_BYTES
#define ROOM             (SMALL - TDX_GETQUOTE_HDR_BYTES)
#define UPSTREAM(quirks) world_new(SIM_TDX_UPSTREAM, SMALL, quirks)

static void assert_quote(const struct world *w, size_t n)
{
	assert_int_equal(w->request.quote_size, n);
	assert_true(bytes_all(w->request.quote, n, 0x51));
}

static void assert_no_quote(const struct world *w)
{
	assert_null(w->request.quote);
	assert_int_equal(w->request.quote_size, 0);
}

static void a_quote_that_is_there_at_once_costs_no_second(void **state)
{
	static const uint32_t sizes[] = { 4096, SMALL, TDX_GETQUOTE_SEED_BYTES, LARGE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world *w = world_new(SIM_TDX_UPSTREAM, sizes[i], 0);

		w->is_synchronous = true;
		w->out_len = w->data_bytes = sizes[i] - TDX_GETQUOTE_HDR_BYTES; /* to the last byte */
		assert_int_equal(world_quote(w), 0);
		assert_int_equal(world_elapsed_ns(w), 0);
		assert_quote(w, sizes[i] - TDX_GETQUOTE_HDR_BYTES);
		assert_int_equal(w->gpa, W_BUFFER);
		assert_int_equal(w->size, sizes[i]);
		world_free(w);
	}
}

static void a_request_is_a_fresh_header_a_tdreport_and_zeros(void **state)
{
	struct world *w = UPSTREAM(0);
	struct tdx_getquote request;
	struct tdx_report report;

	(void)state;
	for (unsigned i = 0; i < 2; i++) { /* the second time over what the first one left */
		assert_int_equal(world_quote(w), 0);
		assert_int_equal(world_elapsed_ns(w), W_S);
		assert_int_equal(tdx_getquote_read(w->submitted, w->size, &request, NULL), 0);
		assert_int_equal(request.form, TDX_GETQUOTE_TDREPORT);
		assert_int_equal(request.hdr.status, 0);
		assert_int_equal(request.hdr.out_len, 0);
		assert_true(
			bytes_all(w->submitted + 24 + TDX_REPORT_BYTES, w->size - 24 - TDX_REPORT_BYTES, 0));
		assert_int_equal(tdx_report_read(request.input.data, request.input.size, &report, NULL), 0);
		assert_true(bytes_all(report.mac.report_data, TDX_REPORT_DATA_BYTES, 0x5a));
		assert_int_equal(sim_tdx_verify_report(w->tdx, request.input.data), 0);
	}
	world_free(w);
}

/* K3, with a VMM that completes at 29, 30 and 31 s. */
static void time_is_up_after_thirty_looks_K3(void **state)
{
	static const struct {
		unsigned quirks;
		uint64_t delay_ns;
		int result;
		unsigned elapsed_s;
		size_t quote;
	} rows[] = {
		{ 0, 1, 0, 1, 5006 },
		{ 0, W_S, 0, 1, 5006 },
		{ 0, W_S + 1, 0, 2, 5006 },
		{ 0, 29 * W_S, 0, 29, 5006 },
		{ 0, 30 * W_S, 0, 30, 5006 },
		{ 0, 30 * W_S + 1, -ETIMEDOUT, 30, 0 },
		{ 0, 31 * W_S, -ETIMEDOUT, 30, 0 },
		{ LINUX_7_0, 29 * W_S, 0, 29, 5006 },
		{ LINUX_7_0, 29 * W_S + 1, -ETIMEDOUT, 30, 0 }, /* in time, and refused */
		{ LINUX_7_0, 30 * W_S, -ETIMEDOUT, 30, 0 },
		{ LINUX_7_0, 30 * W_S + 1, -EIO, 30, 0 }, /* the status says so: in flight */
		{ LINUX_7_0, 31 * W_S, -EIO, 30, 0 },
		{ LINUX_6_12, 29 * W_S, 0, 29, 5006 },
		{ LINUX_6_12, 30 * W_S, -ETIMEDOUT, 30, 0 },
		{ LINUX_6_12, 31 * W_S, 0, 30, 0 }, /* a success without a quote */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = UPSTREAM(rows[i].quirks);

		w->delay_ns = rows[i].delay_ns;
		assert_int_equal(world_quote(w), rows[i].result);
		assert_int_equal(world_elapsed_ns(w), rows[i].elapsed_s * W_S);
		assert_int_equal(w->request.quote_size, rows[i].quote);
		if (rows[i].quote)
			assert_quote(w, rows[i].quote);
		world_free(w);
	}
}

/* sim_linux: tdx_ignores_status */
static void a_status_that_is_not_success_is_an_error_K2(void **state)
{
	static const uint64_t statuses[] = { TDX_GETQUOTE_ERROR, TDX_GETQUOTE_UNAVAILABLE, 1,
					     0x8000000000000002, 0xfffffffffffffffe };
	static const unsigned quirks[] = { 0, LINUX_7_0, LINUX_6_12 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		for (size_t q = 0; q < ARRAY_SIZE(quirks); q++)
			for (unsigned synchronous = 0; synchronous < 2; synchronous++) {
				struct world *w = UPSTREAM(quirks[q]);

				w->status = statuses[i];
				w->out_len = w->data_bytes = 0;
				w->is_synchronous = synchronous;
				if (quirks[q] == LINUX_6_12) { /* nothing, and says that it is well */
					assert_int_equal(world_quote(w), 0);
					assert_quote(w, 0);
				} else {
					assert_int_equal(world_quote(w), -EIO);
					assert_no_quote(w);
				}
				w->status = 0; /* and nothing of it stays */
				w->out_len = w->data_bytes = 100;
				assert_int_equal(world_quote(w), 0);
				assert_quote(w, 100);
				world_free(w);
			}
}

static void a_vmm_that_never_marks_in_flight_hands_out_nothing(void **state)
{
	struct world *w = UPSTREAM(LINUX_7_0);

	(void)state;
	w->keeps_status = true; /* the guest's 0 is there when it looks: success, of no bytes */
	assert_int_equal(world_quote(w), 0);
	assert_int_equal(world_elapsed_ns(w), 0);
	assert_quote(w, 0);
	world_free(w);
}

static void the_length_of_the_output_is_bounded_by_the_buffer_K1(void **state)
{
	static const struct {
		uint32_t out_len;
		int result;
	} rows[] = {
		{ 0, 0 },
		{ 1, 0 },
		{ ROOM - 1, 0 },
		{ ROOM, 0 },
		{ ROOM + 1, -EFBIG },
		{ SMALL, -EFBIG },
		{ 0x7fffffff, -EFBIG },
		{ UINT32_MAX - 24, -EFBIG },
		{ UINT32_MAX - 23, -EFBIG },
		{ UINT32_MAX, -EFBIG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = UPSTREAM(LINUX_6_12);

		w->out_len = rows[i].out_len;
		w->data_bytes = ROOM;
		assert_int_equal(world_quote(w), rows[i].result);
		if (rows[i].result == 0)
			assert_quote(w, rows[i].out_len);
		else
			assert_no_quote(w);
		world_free(w);
	}
}

static void an_unbounded_length_lets_private_memory_out_K1(void **state)
{
	static const uint8_t secret[] = "of another part of the kernel";
	struct world *w = UPSTREAM(SIM_TDX_QUIRK_UNBOUNDED_OUT_LEN);

	(void)state;
	assert_int_equal(sim_td_guest_write(w->td, W_BUFFER + SMALL, secret, sizeof(secret)), 0);
	w->data_bytes = ROOM;
	w->out_len = ROOM + sizeof(secret);
	assert_int_equal(world_quote(w), 0);
	assert_int_equal(w->request.quote_size, w->out_len);
	assert_memory_equal(w->request.quote + ROOM, secret, sizeof(secret));
	w->out_len = W_RAM_PAGES * 4096; /* behind all memory */
	assert_int_equal(world_quote(w), -EFAULT);
	w->out_len = 4 * 1024 * 1024 + 1; /* more than a kernel allocates */
	assert_int_equal(world_quote(w), -ENOMEM);
	w->out_len = UINT32_MAX;
	assert_int_equal(world_quote(w), -ENOMEM);
	assert_no_quote(w);
	world_free(w);
}

static void a_buffer_that_stays_in_flight_is_busy_for_ever_K4(void **state)
{
	static const unsigned quirks[] = { 0, LINUX_7_0, LINUX_6_12 };
	static const int results[] = { -ETIMEDOUT, -EIO, 0 };

	(void)state;
	for (size_t q = 0; q < ARRAY_SIZE(quirks); q++) {
		struct world *w = UPSTREAM(quirks[q]);

		w->is_never = true;
		assert_int_equal(world_quote(w), results[q]);
		for (unsigned i = 0; i < 3; i++) {
			w->now_ns += 3600 * W_S;
			assert_int_equal(world_quote(w), -EBUSY);
			assert_int_equal(world_elapsed_ns(w), 0);
		}
		w->request.inblob_size = 63; /* busy comes before all else */
		assert_int_equal(sim_tdx_guest_start_quote(w->guest, &w->request), 0);
		assert_int_equal(world_drive(w), -EBUSY);
		assert_int_equal(w->quotes, 1);
		world_complete(w); /* the VMM thinks of it after all: that quote is nobody's */
		w->is_never = false;
		w->out_len = w->data_bytes = 77;
		assert_int_equal(world_quote(w), 0);
		assert_quote(w, 77);
		world_free(w);
	}
}

static void kill_it(struct world *w)
{
	sim_tdx_guest_kill(w->guest);
}

static void a_signal_ends_the_wait_but_not_the_request_K4(void **state)
{
	struct world *w = UPSTREAM(LINUX_7_0);

	(void)state;
	w->delay_ns = 10 * W_S;
	world_at(w, 7 * W_S + 1, kill_it);
	assert_int_equal(world_quote(w), -EINTR);
	assert_int_equal(world_elapsed_ns(w), 7 * W_S + 1);
	assert_no_quote(w);
	assert_int_equal(world_quote(w), -EBUSY);
	assert_int_equal(w->n_events, 1);
	world_complete(w);
	w->n_events = 0;
	w->delay_ns = 1;
	assert_int_equal(world_quote(w), 0);
	assert_quote(w, 5006);
	world_free(w);
}

/* The sleep is over: what the driver finds then is what counts, and only another sleep ends with -EINTR. */
static void a_signal_as_the_sleep_ends_sees_the_status(void **state)
{
	for (int completed = 0; completed < 2; completed++) {
		struct world *w = UPSTREAM(LINUX_7_0);

		(void)state;
		w->delay_ns = completed ? 7 * W_S - 1 : 10 * W_S;
		world_at(w, 7 * W_S, kill_it);
		assert_int_equal(world_quote(w), completed ? 0 : -EINTR);
		assert_int_equal(world_elapsed_ns(w), 7 * W_S);
		world_free(w);
	}
}

static struct world *watched;
static uint8_t seen_by_module[2 * TDX_GETQUOTE_HDR_BYTES];

/* What the buffer holds while the TDREPORT is made. */
static uint64_t watch_report(void *ctx, const uint8_t data[TDX_REPORT_DATA_BYTES],
			     uint8_t ret[TDX_REPORT_BYTES])
{
	assert_int_equal(sim_td_guest_read(watched->td, W_BUFFER, seen_by_module, sizeof(seen_by_module)), 0);
	return sim_td_mr_report(watched->td, data, ret);
}

static void load_watched(struct world *w)
{
	struct sim_tdx_guest_platform platform = machine_td_guest_platform(w->td);

	platform.mr_report = watch_report;
	watched = w;
	sim_tdx_guest_free(w->guest);
	assert_int_equal(sim_tdx_guest_new(&platform, &w->config, &w->guest, NULL), 0);
	assert_int_equal(world_probe(w), 0);
}

/* sim_linux: tdx_clears_buffer_first */
static void the_header_is_there_before_the_tdreport_since_7_3(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct world *w = world_new_unprobed(SIM_TDX_UPSTREAM, SMALL, old ? LINUX_6_12 : LINUX_7_0);
		uint8_t left[SMALL];

		load_watched(w);
		assert_int_equal(world_quote(w), 0); /* leaves a quote of 0x51 in the buffer */
		assert_int_equal(world_quote(w), 0);
		if (old) {
			assert_true(bytes_all(seen_by_module + TDX_GETQUOTE_HDR_BYTES, TDX_GETQUOTE_HDR_BYTES,
					      0x51));
		} else {
			assert_int_equal(bytes_get_le(seen_by_module, 8), TDX_GETQUOTE_VERSION);
			assert_int_equal(bytes_get_le(seen_by_module + 16, 8), TDX_REPORT_BYTES);
			assert_true(bytes_all(seen_by_module + TDX_GETQUOTE_HDR_BYTES, TDX_GETQUOTE_HDR_BYTES,
					      0));
		}
		assert_int_equal(bytes_get_le(w->submitted, 8), TDX_GETQUOTE_VERSION);
		sim_td_fail_tdcall(w->td, 1, UAPI_TDCALL_OPERAND_BUSY);
		assert_int_equal(world_quote(w), old ? -EIO : -EBUSY);
		assert_int_equal(sim_td_guest_read(w->td, W_BUFFER, left, sizeof(left)), 0);
		assert_int_equal(bytes_all(left, sizeof(left), 0), !old);
		assert_int_equal(left[TDX_GETQUOTE_HDR_BYTES], old ? 0x51 : 0);
		world_free(w);
	}
}

/* sim_linux: tdx_buffer_bytes */
static void the_buffer_has_the_size_of_its_release(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		struct world *w = world_new(SIM_TDX_UPSTREAM, 0, old ? LINUX_6_12 : LINUX_7_0);

		assert_int_equal(world_quote(w), 0);
		assert_int_equal(w->size, old ? 8 * 1024 : 128 * 1024);
		world_free(w);
	}
}

static void a_signal_before_the_wait_ends_it_only_if_there_is_one(void **state)
{
	struct world *w = UPSTREAM(0);
	struct sim_tdx_step_result step;
	struct uapi_tdvmcall regs = { 0 };

	(void)state;
	for (unsigned synchronous = 0; synchronous < 2; synchronous++) {
		uint8_t data[64] = { 0 };
		struct sim_tdx_quote_request request = { .inblob = data, .inblob_size = sizeof(data) };

		world_put(w, TDX_GETQUOTE_STATUS_OFF, 0, 8);
		assert_int_equal(sim_tdx_guest_start_quote(w->guest, &request), 0);
		sim_tdx_guest_kill(w->guest);
		sim_tdx_guest_step(w->guest, 5, &regs, &step);
		assert_int_equal(step.step, SIM_TDX_STEP_TDVMCALL);
		world_put(w, TDX_GETQUOTE_STATUS_OFF, synchronous ? 0 : TDX_GETQUOTE_IN_FLIGHT, 8);
		regs.r10 = 0;
		sim_tdx_guest_step(w->guest, 5, &regs, &step);
		assert_int_equal(step.step, SIM_TDX_STEP_DONE);
		assert_int_equal(step.result, synchronous ? 0 : -EINTR);
		free(request.quote);
	}
	sim_tdx_guest_kill(w->guest); /* of nobody */
	world_free(w);
}

static void a_refused_hypercall_is_an_io_error_also_RETRY_K5_K6(void **state)
{
	static const uint64_t answers[] = {
		UAPI_TDVMCALL_RETRY,       UAPI_TDVMCALL_INVALID_OPERAND,     UAPI_TDVMCALL_GPA_INUSE,
		UAPI_TDVMCALL_ALIGN_ERROR, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, UINT64_MAX
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct world *w = UPSTREAM(LINUX_7_0);

		w->r10 = answers[i];
		assert_int_equal(world_quote(w), -EIO);
		assert_int_equal(world_elapsed_ns(w), 0);
		assert_int_equal(w->quotes, 1); /* not tried again */
		assert_true(sim_tdx_guest_last_r10(w->guest) == answers[i]);
		w->r10 = 0;
		assert_int_equal(world_quote(w), 0);
		world_free(w);
	}
}

static void only_a_loaded_driver_shares_its_buffer_and_nothing_else(void **state)
{
	struct world *w = world_new_unprobed(SIM_TDX_UPSTREAM, SMALL, 0);
	uint8_t bytes[SMALL];

	(void)state;
	assert_int_equal(sim_td_host_read(w->td, W_BUFFER, bytes, 1), -EFAULT);
	assert_int_equal(world_quote(w), -ENODEV);
	assert_int_equal(world_remove(w), -ENODEV);
	assert_int_equal(sim_tdx_guest_ioctl(w->guest, &w->user_memory, UAPI_TDX_CMD_GET_REPORT0, U_ARG),
			 -ENODEV);
	assert_int_equal(world_probe(w), 0);
	assert_int_equal(world_probe(w), -EEXIST);
	assert_int_equal(sim_td_host_read(w->td, W_BUFFER, bytes, SMALL), 0);
	assert_int_equal(sim_td_host_read(w->td, W_BUFFER - 1, bytes, 1), -EFAULT);
	assert_int_equal(sim_td_host_read(w->td, W_BUFFER + SMALL, bytes, 1), -EFAULT);
	assert_int_equal(world_quote(w), 0);
	assert_int_equal(world_remove(w), 0);
	assert_false(sim_tdx_guest_is_loaded(w->guest));
	assert_int_equal(sim_td_host_write(w->td, W_BUFFER, bytes, 1), -EFAULT);
	assert_int_equal(sim_td_guest_read(w->td, W_BUFFER, bytes, SMALL), 0);
	assert_true(bytes_all(bytes, SMALL, 0));
	assert_int_equal(world_probe(w), 0);
	assert_int_equal(world_quote(w), 0);
	world_free(w);
}

/* One MapGPA after the other, answered by hand. Gives the result; *ret_calls how many there were. */
struct map_answer {
	uint64_t r10, r11;
};

static int map_by_hand(struct world *w, const struct map_answer *answers, unsigned *ret_calls)
{
	struct sim_tdx_step_result step;
	struct uapi_tdvmcall regs = { .r10 = 99 };

	for (*ret_calls = 0;; ++*ret_calls) {
		sim_tdx_guest_step(w->guest, 0, &regs, &step);
		if (step.step == SIM_TDX_STEP_DONE)
			return step.result;
		assert_int_equal(step.step, SIM_TDX_STEP_TDVMCALL);
		assert_int_equal(regs.r10, 0);
		assert_int_equal(regs.r11, UAPI_TDVMCALL_MAP_GPA);
		assert_int_equal((regs.r12 & ~(1ull << 47)) + regs.r13, W_BUFFER + SMALL);
		regs.r10 = answers[*ret_calls].r10;
		regs.r11 = answers[*ret_calls].r11;
	}
}

static void pages_that_cannot_be_shared_or_taken_back_are_never_used_again_K7(void **state)
{
#define AT(off) ((1ull << 47 | W_BUFFER) + (off))
#define RETRY(off)                                                                                           \
	{                                                                                                    \
		UAPI_TDVMCALL_RETRY, AT(off)                                                                 \
	}
	static const struct {
		struct map_answer answers[6];
		unsigned calls;
		int result;
	} rows[] = {
		{ { { 0, 0 } }, 1, 0 },
		{ { { UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED, 0 } }, 1, -ENOMEM },
		{ { { UAPI_TDVMCALL_INVALID_OPERAND, AT(0) } }, 1, -ENOMEM },
		{ { RETRY(4096), { 0, 0 } }, 2, 0 },
		{ { RETRY(0), RETRY(0), { 0, 0 } }, 3, 0 },
		{ { RETRY(0), RETRY(0), RETRY(0) }, 3, -ENOMEM },
		{ { RETRY(0), RETRY(0), RETRY(4096), RETRY(4096), RETRY(4096), { 0, 0 } }, 6, 0 },
		{ { RETRY(SMALL) }, 1, -ENOMEM }, /* not of the range */
		{ { RETRY(-1) }, 1, -ENOMEM },
		{ { { UAPI_TDVMCALL_RETRY, W_BUFFER } }, 1, -ENOMEM }, /* without the shared bit */
		{ { RETRY(4096), RETRY(0) }, 2, -ENOMEM },             /* backwards */
		{ { { UAPI_TDVMCALL_RETRY, UINT64_MAX } }, 1, -ENOMEM },
	};
	static const struct map_answer refused = { UAPI_TDVMCALL_INVALID_OPERAND, 0 };
	unsigned calls;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = world_new_unprobed(SIM_TDX_UPSTREAM, SMALL, 0);

		assert_int_equal(sim_tdx_guest_start_probe(w->guest), 0);
		assert_int_equal(map_by_hand(w, rows[i].answers, &calls), rows[i].result);
		assert_int_equal(calls, rows[i].calls);
		assert_int_equal(sim_tdx_guest_is_loaded(w->guest), rows[i].result == 0);
		assert_int_equal(sim_tdx_guest_start_probe(w->guest), rows[i].result ? -ENOMEM : -EEXIST);
		world_free(w);
	}
	struct world *w = UPSTREAM(0);

	w->is_never = true;
	assert_int_equal(world_quote(w), -ETIMEDOUT);
	assert_int_equal(sim_tdx_guest_start_remove(w->guest), 0);
	assert_int_equal(map_by_hand(w, &refused, &calls), -EIO);
	assert_int_equal(calls, 1);
	world_complete(w); /* what the VMM writes late goes where it was to go, and nobody reads it */
	assert_int_equal(world_probe(w), -ENOMEM);
	assert_int_equal(world_quote(w), -ENODEV);
	world_free(w);
}

static void a_vmm_that_writes_after_the_driver_is_gone_finds_no_memory_K7(void **state)
{
	struct world *w = UPSTREAM(0);
	uint8_t byte = 1;

	(void)state;
	w->delay_ns = 40 * W_S;
	assert_int_equal(world_quote(w), -ETIMEDOUT);
	assert_int_equal(world_remove(w), 0);
	for (unsigned off = 0; off < SMALL; off += 4096)
		assert_int_equal(sim_td_host_write(w->td, W_BUFFER + off, &byte, 1), -EFAULT);
	world_free(w);
}

static void what_comes_after_the_look_does_not_change_the_quote(void **state)
{
	struct world *w = UPSTREAM(0);

	(void)state;
	assert_int_equal(world_quote(w), 0);
	w->status = TDX_GETQUOTE_IN_FLIGHT;
	w->out_len = UINT32_MAX;
	w->data_bytes = 0;
	world_complete(w);
	for (unsigned off = 24; off < SMALL; off += 8)
		world_put(w, off, UINT64_MAX, 8);
	assert_quote(w, 5006);
	world_free(w);
}

static void back_in_flight(struct world *w)
{
	world_put(w, TDX_GETQUOTE_STATUS_OFF, TDX_GETQUOTE_IN_FLIGHT, 8);
}

static void forge_header(struct world *w)
{
	world_put(w, 0, UINT64_MAX, 8);
	world_put(w, 16, UINT32_MAX, 4);
}

static void the_status_counts_when_it_is_looked_at_and_nothing_of_the_header_else(void **state)
{
	struct world *w = UPSTREAM(0);

	(void)state;
	w->delay_ns = W_S / 2;
	world_at(w, W_S / 2 + 1, back_in_flight); /* between two looks: as if it had not been done */
	world_at(w, 3 * W_S + 1, world_complete);
	world_at(w, 3 * W_S + 2, forge_header);
	assert_int_equal(world_quote(w), 0);
	assert_int_equal(world_elapsed_ns(w), 4 * W_S);
	assert_quote(w, 5006);
	world_free(w);
}

static void an_inblob_of_other_sizes_is_refused(void **state)
{
	struct world *w = UPSTREAM(0);
	uint8_t data[80] = { 0 };

	(void)state;
	for (size_t n = 0; n <= sizeof(data); n++) {
		struct sim_tdx_quote_request request = { .inblob = data, .inblob_size = n };

		assert_int_equal(sim_tdx_guest_start_quote(w->guest, &request), 0);
		assert_int_equal(world_drive(w), n == 64 ? 0 : -EINVAL);
		assert_int_equal(w->quotes, n >= 64);
		free(request.quote);
	}
	world_free(w);
}

static void every_failing_memory_access_is_an_error_and_leaves_a_driver_that_works(void **state)
{
	struct world *w = UPSTREAM(0);

	(void)state;
	for (unsigned k = 1;; k++) {
		w->accesses = 0;
		w->fail_at = k;
		int r = world_quote(w);

		if (w->accesses < k) {
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -EFAULT);
		assert_no_quote(w);
		w->n_events = 0;
		world_put(w, TDX_GETQUOTE_STATUS_OFF, 0, 8);
		w->fail_at = 0;
		assert_int_equal(world_quote(w), 0);
	}
	assert_true(w->accesses >= 5);
	world_free(w);
}

static void a_driver_that_cannot_be_is_refused(void **state)
{
	static const struct sim_tdx_guest_config rows[] = {
		{ SIM_TDX_SEED + 1, 0, W_BUFFER, SMALL, W_VECTOR },
		{ SIM_TDX_UPSTREAM, 0, W_BUFFER + 1, SMALL, 0 },
		{ SIM_TDX_UPSTREAM, 0, W_BUFFER + 2048, SMALL, 0 },
		{ SIM_TDX_UPSTREAM, 0, W_BUFFER, SMALL - 1, 0 },
		{ SIM_TDX_UPSTREAM, 0, W_BUFFER, 4 * 1024 * 1024 + 4096, 0 },
		{ SIM_TDX_UPSTREAM, 0, UINT64_MAX - 4095, 4096, 0 },
		{ SIM_TDX_UPSTREAM, 0, 1ull << 47, 4096, 0 },
		{ SIM_TDX_UPSTREAM, 0, (1ull << 47) - 4096, SMALL, 0 },
		{ SIM_TDX_SEED, 0, W_BUFFER, SMALL, 31 },
		{ SIM_TDX_SEED, 0, W_BUFFER, SMALL, 0 },
	};
	struct sim_tdx_guest_config good = { SIM_TDX_UPSTREAM, 0, (1ull << 47) - SMALL, SMALL, 0 };
	struct world *w = UPSTREAM(0);
	const struct sim_tdx_guest_platform platform = machine_td_guest_platform(w->td);
	struct sim_tdx_guest *guest = NULL;
	struct jurat_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(sim_tdx_guest_new(&platform, &rows[i], &guest, &err), -EINVAL);
		assert_null(guest);
	}
	assert_int_equal(sim_tdx_guest_new(&platform, &good, &guest, &err), 0);
	sim_tdx_guest_free(guest);
	sim_tdx_guest_free(NULL);
	world_free(w);
}

static void one_thing_at_a_time(void **state)
{
	struct world *w = UPSTREAM(0);
	struct sim_tdx_quote_request second = { 0 };
	struct sim_tdx_step_result step;
	struct uapi_tdvmcall regs = { 0 };
	uint8_t data[64] = { 0 };

	(void)state;
	sim_tdx_guest_step(w->guest, 0, &regs, &step);
	assert_int_equal(step.step, SIM_TDX_STEP_DONE);
	assert_int_equal(step.result, -EINVAL);
	w->request = (struct sim_tdx_quote_request){ .inblob = data, .inblob_size = sizeof(data) };
	assert_int_equal(sim_tdx_guest_start_quote(w->guest, &w->request), 0);
	assert_int_equal(sim_tdx_guest_start_quote(w->guest, &second), -EBUSY);
	assert_int_equal(sim_tdx_guest_start_remove(w->guest), -EBUSY);
	assert_int_equal(sim_tdx_guest_start_probe(w->guest), -EBUSY);
	assert_int_equal(sim_tdx_guest_start_ioctl(w->guest, &w->user_memory, U_ARG), -ENOTTY);
	assert_int_equal(world_drive(w), 0);
	assert_quote(w, 5006);
	sim_tdx_guest_step(w->guest, 0, &regs, &step);
	assert_int_equal(step.result, -EINVAL);
	world_free(w);
}

static void a_step_before_its_time_changes_nothing(void **state)
{
	struct world *w = UPSTREAM(0);
	struct sim_tdx_quote_request request = { 0 };
	struct sim_tdx_step_result step;
	struct uapi_tdvmcall regs = { 0 };
	uint8_t data[64] = { 0 };

	(void)state;
	request = (struct sim_tdx_quote_request){ .inblob = data, .inblob_size = sizeof(data) };
	assert_int_equal(sim_tdx_guest_start_quote(w->guest, &request), 0);
	sim_tdx_guest_step(w->guest, 100, &regs, &step);
	assert_int_equal(step.step, SIM_TDX_STEP_TDVMCALL);
	world_put(w, TDX_GETQUOTE_STATUS_OFF, TDX_GETQUOTE_IN_FLIGHT, 8);
	regs.r10 = 0;
	sim_tdx_guest_step(w->guest, 100, &regs, &step);
	world_put(w, TDX_GETQUOTE_STATUS_OFF, 0, 8);
	for (unsigned i = 0; i < 40; i++) {
		sim_tdx_guest_step(w->guest, 99 + W_S, &regs, &step);
		assert_int_equal(step.step, SIM_TDX_STEP_SLEEP);
		assert_int_equal(step.until_ns, 100 + W_S);
	}
	sim_tdx_guest_step(w->guest, 100 + W_S, &regs, &step);
	assert_int_equal(step.step, SIM_TDX_STEP_DONE);
	assert_int_equal(step.result, 0);
	free(request.quote);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_that_is_there_at_once_costs_no_second),
		cmocka_unit_test(a_request_is_a_fresh_header_a_tdreport_and_zeros),
		cmocka_unit_test(time_is_up_after_thirty_looks_K3),
		cmocka_unit_test(a_status_that_is_not_success_is_an_error_K2),
		cmocka_unit_test(a_vmm_that_never_marks_in_flight_hands_out_nothing),
		cmocka_unit_test(the_length_of_the_output_is_bounded_by_the_buffer_K1),
		cmocka_unit_test(an_unbounded_length_lets_private_memory_out_K1),
		cmocka_unit_test(a_buffer_that_stays_in_flight_is_busy_for_ever_K4),
		cmocka_unit_test(a_signal_ends_the_wait_but_not_the_request_K4),
		cmocka_unit_test(a_signal_as_the_sleep_ends_sees_the_status),
		cmocka_unit_test(the_header_is_there_before_the_tdreport_since_7_3),
		cmocka_unit_test(the_buffer_has_the_size_of_its_release),
		cmocka_unit_test(a_signal_before_the_wait_ends_it_only_if_there_is_one),
		cmocka_unit_test(a_refused_hypercall_is_an_io_error_also_RETRY_K5_K6),
		cmocka_unit_test(only_a_loaded_driver_shares_its_buffer_and_nothing_else),
		cmocka_unit_test(pages_that_cannot_be_shared_or_taken_back_are_never_used_again_K7),
		cmocka_unit_test(a_vmm_that_writes_after_the_driver_is_gone_finds_no_memory_K7),
		cmocka_unit_test(what_comes_after_the_look_does_not_change_the_quote),
		cmocka_unit_test(the_status_counts_when_it_is_looked_at_and_nothing_of_the_header_else),
		cmocka_unit_test(an_inblob_of_other_sizes_is_refused),
		cmocka_unit_test(every_failing_memory_access_is_an_error_and_leaves_a_driver_that_works),
		cmocka_unit_test(a_driver_that_cannot_be_is_refused),
		cmocka_unit_test(one_thing_at_a_time),
		cmocka_unit_test(a_step_before_its_time_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
