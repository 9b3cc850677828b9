/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "sim/guest/tdx_guest_world.h"

/* The driver that was posted in 2023: an ioctl that hands a program's buffer to the VMM, and an interrupt. */

#define BYTES  TDX_GETQUOTE_SEED_BYTES
#define SEED() world_new(SIM_TDX_SEED, BYTES, 0)

/* The program puts a GetQuote buffer with 1024 bytes of 0x81 together, in `bytes` bytes; 0xee behind it. */
static void fill_user(struct world *w, uint32_t bytes)
{
	uint8_t input[1024];

	memset(input, 0x81, sizeof(input));
	memset(w->user[1], 0xee, sizeof(w->user) - 4096);
	assert_int_equal(tdx_getquote_write(input, sizeof(input), w->user[1], bytes, NULL), 0);
}

static uint64_t user_field(const struct world *w, unsigned off, unsigned size)
{
	return bytes_get_le(w->user[1] + off, size);
}

static void a_quote_is_there_when_the_interrupt_comes(void **state)
{
	struct world *w = SEED();

	(void)state;
	assert_int_equal(w->vector, W_VECTOR);
	fill_user(w, BYTES);
	w->delay_ns = 12345678;
	assert_int_equal(world_ioctl(w, BYTES), 0);
	assert_int_equal(world_elapsed_ns(w), 12345678);
	assert_int_equal(w->size, BYTES);
	assert_int_equal(user_field(w, 0, 8), 1);
	assert_int_equal(user_field(w, 8, 8), 0);
	assert_int_equal(user_field(w, 16, 4), 1024);
	assert_int_equal(user_field(w, 20, 4), 5006);
	assert_true(bytes_all(w->user[1] + 24, 5006, 0x51));
	assert_true(bytes_all(w->submitted + 24, 1024, 0x81));
	world_free(w);
}

static void there_is_no_time_limit(void **state)
{
	struct world *w = SEED();

	(void)state;
	fill_user(w, BYTES);
	w->delay_ns = 3600 * W_S;
	assert_int_equal(world_ioctl(w, BYTES), 0);
	assert_int_equal(world_elapsed_ns(w), 3600 * W_S);
	w->is_never = true;
	assert_int_equal(world_ioctl(w, BYTES), W_STUCK);
	sim_tdx_guest_kill(w->guest); /* not even that */
	assert_int_equal(world_drive(w), W_STUCK);
	assert_int_equal(sim_tdx_guest_start_ioctl(w->guest, &w->user_memory, U_ARG), -EBUSY);
	world_free(w);
}

static void a_completion_without_an_interrupt_is_not_seen(void **state)
{
	struct world *w = SEED();

	(void)state;
	fill_user(w, BYTES);
	w->is_silent = w->is_synchronous = true;
	assert_int_equal(world_ioctl(w, BYTES), W_STUCK);
	sim_td_interrupt(w->vcpu, W_VECTOR + 1);
	assert_int_equal(world_drive(w), W_STUCK);
	sim_td_interrupt(w->vcpu, W_VECTOR);
	assert_int_equal(world_drive(w), 0);
	w->is_silent = false; /* with it, also one that comes before the call returns */
	fill_user(w, BYTES);
	assert_int_equal(world_ioctl(w, BYTES), 0);
	assert_int_equal(world_elapsed_ns(w), 0);
	assert_int_equal(user_field(w, 20, 4), 5006);
	world_free(w);
}

static void spurious(struct world *w)
{
	for (unsigned vector = 32; vector < 256; vector++)
		sim_td_interrupt(w->vcpu, (uint8_t)vector);
}

static void spurious_interrupts_end_nothing(void **state)
{
	struct world *w = SEED();

	(void)state;
	spurious(w);
	fill_user(w, BYTES);
	w->delay_ns = 5 * W_S;
	world_at(w, W_S, spurious);
	world_at(w, 2 * W_S, spurious);
	assert_int_equal(world_ioctl(w, BYTES), 0);
	assert_int_equal(world_elapsed_ns(w), 5 * W_S);
	fill_user(w, BYTES);
	spurious(w); /* before the request is with the VMM, and never again */
	w->is_never = true;
	assert_int_equal(world_ioctl(w, BYTES), W_STUCK);
	world_free(w);
}

static void whatever_the_status_is_the_program_gets_it(void **state)
{
	static const uint64_t statuses[] = { TDX_GETQUOTE_ERROR, TDX_GETQUOTE_UNAVAILABLE, 1 };
	struct world *w = SEED();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		fill_user(w, BYTES);
		w->status = statuses[i];
		w->out_len = i == 2 ? UINT32_MAX : 0;
		w->data_bytes = 0;
		assert_int_equal(world_ioctl(w, BYTES), 0);
		assert_true(user_field(w, 8, 8) == statuses[i]);
		assert_int_equal(user_field(w, 20, 4), w->out_len);
	}
	world_free(w);
}

static void no_more_goes_in_and_out_than_the_program_says(void **state)
{
	struct world *w = SEED();

	(void)state;
	fill_user(w, BYTES);
	assert_int_equal(world_ioctl(w, BYTES), 0);
	fill_user(w, 4096);
	assert_int_equal(world_ioctl(w, 4096), 0);
	assert_int_equal(w->size, BYTES);
	assert_true(bytes_all(w->submitted + 4096, BYTES - 4096, 0)); /* nothing of the quote before */
	assert_true(bytes_all(w->user[1] + 24, 4096 - 24, 0x51));
	assert_true(bytes_all(w->user[2], 3 * 4096, 0xee)); /* cut */
	assert_int_equal(world_ioctl(w, 1), 0);
	assert_true(bytes_all(w->submitted + 1, BYTES - 1, 0));
	world_free(w);
}

static void bad_requests_are_refused(void **state)
{
	static const struct {
		uint64_t len;
		unsigned unreadable, unwritable; /* pages, from 1 */
		int result;
		unsigned quotes;
	} rows[] = {
		{ 0, 0, 0, -EINVAL, 0 },
		{ BYTES + 1, 0, 0, -EINVAL, 0 },
		{ 1ull << 32, 0, 0, -EINVAL, 0 },
		{ UINT64_MAX, 0, 0, -EINVAL, 0 },
		{ BYTES, 1, 0, -EFAULT, 0 },
		{ BYTES, 2, 0, -EFAULT, 0 },
		{ BYTES, 5, 0, -EFAULT, 0 },
		{ BYTES, 6, 0, 0, 1 },
		{ BYTES, 0, 5, -EFAULT, 1 }, /* found out when the quote is there */
		{ BYTES, 0, 1, 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = SEED();

		fill_user(w, BYTES);
		if (rows[i].unreadable)
			w->unreadable[rows[i].unreadable - 1] = true;
		if (rows[i].unwritable)
			w->unwritable[rows[i].unwritable - 1] = true;
		assert_int_equal(world_ioctl(w, rows[i].len), rows[i].result);
		assert_int_equal(w->quotes, rows[i].quotes);
		memset(w->unreadable, 0, sizeof(w->unreadable));
		memset(w->unwritable, 0, sizeof(w->unwritable));
		fill_user(w, BYTES);
		assert_int_equal(world_ioctl(w, BYTES), 0);
		world_free(w);
	}
}

static void a_refused_hypercall_is_an_io_error_K5(void **state)
{
	static const uint64_t answers[] = { UAPI_TDVMCALL_RETRY, UAPI_TDVMCALL_INVALID_OPERAND,
					    UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED };
	struct world *w = SEED();

	(void)state;
	fill_user(w, BYTES);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		w->r10 = answers[i];
		assert_int_equal(world_ioctl(w, BYTES), -EIO);
		assert_true(sim_tdx_guest_last_r10(w->guest) == answers[i]);
	}
	w->r10 = 0;
	assert_int_equal(world_ioctl(w, BYTES), 0);
	world_free(w);
}

static void without_its_interrupt_it_does_not_load(void **state)
{
	struct world *w = world_new_unprobed(SIM_TDX_SEED, BYTES, 0);

	(void)state;
	w->r10 = UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED;
	assert_int_equal(world_probe(w), -EIO);
	assert_false(sim_tdx_guest_is_loaded(w->guest));
	assert_int_equal(world_ioctl(w, BYTES), -ENODEV);
	world_free(w);
}

static void it_has_no_configfs_but_the_report_ioctl(void **state)
{
	struct world *w = SEED();

	(void)state;
	assert_int_equal(world_quote(w), -EOPNOTSUPP);
	assert_int_equal(sim_tdx_guest_ioctl(w->guest, &w->user_memory, UAPI_TDX_CMD_GET_REPORT0, U_ARG), 0);
	assert_int_equal(sim_tdx_guest_ioctl(w->guest, &w->user_memory, 0x5402, U_ARG), -ENOTTY);
	world_free(w);
}

static void every_failing_memory_access_is_an_error_and_leaves_a_driver_that_works(void **state)
{
	struct world *w = SEED();

	(void)state;
	for (unsigned k = 1;; k++) {
		fill_user(w, BYTES);
		w->accesses = 0;
		w->fail_at = k;
		int r = world_ioctl(w, BYTES);

		if (w->accesses < k) {
			assert_int_equal(r, 0);
			break;
		}
		/* An interrupt handler that cannot look has seen nothing. */
		assert_true(r == -EFAULT || r == W_STUCK);
		w->fail_at = 0;
		if (r == W_STUCK) {
			sim_td_interrupt(w->vcpu, W_VECTOR);
			assert_int_equal(world_drive(w), 0);
		}
		assert_int_equal(world_ioctl(w, BYTES), 0);
	}
	assert_true(w->accesses >= 4);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quote_is_there_when_the_interrupt_comes),
		cmocka_unit_test(there_is_no_time_limit),
		cmocka_unit_test(a_completion_without_an_interrupt_is_not_seen),
		cmocka_unit_test(spurious_interrupts_end_nothing),
		cmocka_unit_test(whatever_the_status_is_the_program_gets_it),
		cmocka_unit_test(no_more_goes_in_and_out_than_the_program_says),
		cmocka_unit_test(bad_requests_are_refused),
		cmocka_unit_test(a_refused_hypercall_is_an_io_error_K5),
		cmocka_unit_test(without_its_interrupt_it_does_not_load),
		cmocka_unit_test(it_has_no_configfs_but_the_report_ioctl),
		cmocka_unit_test(every_failing_memory_access_is_an_error_and_leaves_a_driver_that_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
