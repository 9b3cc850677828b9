/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "sim/guest/tdx_guest_world.h"
#include "sim/guest/tsm_tdx.h"

/* configfs-tsm over the driver, the driver over a TD. Spec: Linux tdx_report_new(); K2, K4, K8. */

struct tree {
	struct world *w;
	struct sim_tsm *tsm;
	struct sim_tsm_tdx *tdx;
	uint64_t id;
	bool is_later; /* the quote is started, and drive() ends it */
	int send_result;
	void (*done)(void *ctx, int result);
	void *done_ctx;
	unsigned sends;
};

static void drive(struct tree *t)
{
	t->done(t->done_ctx, world_drive(t->w));
}

static int send(void *ctx, struct sim_tdx_quote_request *request, void (*done)(void *ctx, int result),
		void *done_ctx)
{
	struct tree *t = ctx;
	int r;

	t->sends++;
	if (t->send_result < 0)
		return t->send_result;
	r = sim_tdx_guest_start_quote(t->w->guest, request);
	if (r < 0)
		return r;
	t->done = done;
	t->done_ctx = done_ctx;
	if (!t->is_later)
		drive(t);
	return 0;
}

static void start(struct tree *t, uint32_t buffer_bytes, unsigned quirks, size_t outblob_max)
{
	*t = (struct tree){ .w = world_new(SIM_TDX_UPSTREAM, buffer_bytes, quirks) };
	assert_int_equal(sim_tsm_new(&t->tsm, NULL), 0);
	assert_int_equal(sim_tsm_tdx_new(outblob_max, send, t, &t->tdx, NULL), 0);
	assert_int_equal(sim_tsm_register(t->tsm, sim_tsm_tdx_provider(t->tdx), t->tdx), 0);
	assert_int_equal(sim_tsm_mkdir(t->tsm, "e", &t->id), 0);
}

static void start_small(struct tree *t, unsigned quirks)
{
	start(t, TDX_GETQUOTE_LINUX_6_7_BYTES, quirks, SIM_TSM_BLOB_MAX_BYTES);
}

static void end(struct tree *t)
{
	sim_tsm_free(t->tsm);
	sim_tsm_tdx_free(t->tdx);
	world_free(t->w);
}

static void put(struct tree *t, uint8_t value, size_t n)
{
	struct sim_tsm_file *file = NULL;
	uint8_t data[64];

	memset(data, value, sizeof(data));
	assert_int_equal(sim_tsm_open(t->tsm, t->id, SIM_TSM_INBLOB, O_WRONLY, &file), 0);
	assert_int_equal(sim_tsm_write(file, 0, data, n), n);
	assert_int_equal(sim_tsm_close(file), 0);
}

static uint8_t blob[TDX_GETQUOTE_MAX_BYTES];
static size_t blob_size;
static unsigned n_done;

static void keep(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	n_done++;
	*(int *)read->ctx = result;
	blob_size = size;
	if (size > 0)
		memcpy(blob, data, size);
}

static int read_file(struct sim_tsm_file *file)
{
	int result = 1;
	struct sim_tsm_read read = { .done = keep, .ctx = &result };

	n_done = 0;
	sim_tsm_read(file, 0, sizeof(blob), &read);
	assert_int_equal(n_done, 1);
	return result;
}

static int get(struct tree *t, enum sim_tsm_attr attr)
{
	struct sim_tsm_file *file = NULL;
	int result;

	assert_int_equal(sim_tsm_open(t->tsm, t->id, attr, O_RDONLY, &file), 0);
	result = read_file(file);
	sim_tsm_close(file);
	return result;
}

static void the_provider_is_the_kernels(void **state)
{
	struct tree t;

	(void)state;
	start_small(&t, 0);
	for (unsigned attr = 0; attr < SIM_TSM_N_ATTRS; attr++)
		assert_int_equal(sim_tsm_has(t.tsm, t.id, attr),
				 attr == SIM_TSM_INBLOB || attr == SIM_TSM_OUTBLOB ||
					 attr == SIM_TSM_PROVIDER || attr == SIM_TSM_GENERATION);
	assert_int_equal(get(&t, SIM_TSM_PROVIDER), 0);
	assert_int_equal(blob_size, 10);
	assert_memory_equal(blob, "tdx_guest\n", 10);
	end(&t);
}

static void a_report_is_a_quote_over_the_inblob(void **state)
{
	struct tree t;
	struct tdx_getquote request;

	(void)state;
	start_small(&t, 0);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EINVAL); /* of what? */
	put(&t, 0x33, 64);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(blob_size, 5006);
	assert_true(bytes_all(blob, blob_size, 0x51));
	assert_int_equal(tdx_getquote_read(t.w->submitted, t.w->size, &request, NULL), 0);
	assert_true(bytes_all(request.input.data + 128, TDX_REPORT_DATA_BYTES, 0x33));
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), 0); /* the same one */
	assert_int_equal(t.w->quotes, 1);
	put(&t, 0x33, 64);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(t.w->quotes, 2);
	end(&t);
}

static void a_quote_that_takes_its_time_ends_the_read_then(void **state)
{
	struct tree t;
	int result = 1;
	struct sim_tsm_read read = { .done = keep, .ctx = &result };
	struct sim_tsm_file *file = NULL;

	(void)state;
	start_small(&t, 0);
	put(&t, 1, 64);
	t.is_later = true;
	assert_int_equal(sim_tsm_open(t.tsm, t.id, SIM_TSM_OUTBLOB, O_RDONLY, &file), 0);
	n_done = 0;
	sim_tsm_read(file, 0, sizeof(blob), &read);
	assert_int_equal(n_done, 0);
	drive(&t);
	assert_int_equal(n_done, 1);
	assert_int_equal(result, 0);
	assert_int_equal(blob_size, 5006);
	sim_tsm_close(file);
	end(&t);
}

static void an_inblob_of_other_sizes_is_refused(void **state)
{
	struct tree t;

	(void)state;
	start_small(&t, 0);
	for (size_t n = 1; n <= 64; n++) {
		put(&t, 0, n);
		assert_int_equal(get(&t, SIM_TSM_OUTBLOB), n == 64 ? 0 : -EINVAL);
	}
	assert_int_equal(t.w->quotes, 1);
	end(&t);
}

static void a_vmm_that_says_error_is_no_empty_success_K2(void **state)
{
	static const struct {
		unsigned quirks;
		int result;
	} rows[] = {
		{ 0, -EIO },
		{ SIM_TDX_QUIRKS_LINUX, -EIO },
		{ SIM_TDX_QUIRKS_LINUX | W_6_12, 0 }, /* but there it was */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tree t;

		start_small(&t, rows[i].quirks);
		t.w->status = TDX_GETQUOTE_UNAVAILABLE;
		t.w->out_len = t.w->data_bytes = 0;
		put(&t, 1, 64);
		assert_int_equal(get(&t, SIM_TSM_OUTBLOB), rows[i].result);
		assert_int_equal(blob_size, 0);
		end(&t);
	}
}

static void kill_it(struct world *w)
{
	sim_tdx_guest_kill(w->guest);
}

static void the_drivers_errors_pass_and_the_next_read_tries_again_K4(void **state)
{
	struct tree t;

	(void)state;
	start_small(&t, 0);
	put(&t, 1, 64);
	t.w->is_never = true;
	world_at(t.w, 3 * W_S, kill_it);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EINTR);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EBUSY);
	world_complete(t.w);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -ETIMEDOUT);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EBUSY);
	world_complete(t.w);
	t.w->is_never = false;
	t.w->r10 = UAPI_TDVMCALL_RETRY;
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EIO);
	t.w->r10 = 0;
	t.w->out_len = UINT32_MAX;
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EFBIG);
	t.w->out_len = 5006;
	sim_td_fail_tdcall(t.w->td, 1, UAPI_TDCALL_OPERAND_BUSY);
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -EBUSY);
	t.send_result = -ENODEV;
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), -ENODEV);
	t.send_result = 0;
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(blob_size, 5006);
	assert_int_equal(t.sends, 9);
	end(&t);
}

static void a_quote_above_the_attributes_limit_is_too_big(void **state)
{
	static const struct {
		const struct sim_linux *kernel; /* tsm_outblob_max */
		uint32_t quote;
		int result;
	} rows[] = {
		{ &sim_linux_6_12, SIM_TSM_BLOB_MAX_BYTES, 0 },
		{ &sim_linux_6_12, SIM_TSM_BLOB_MAX_BYTES + 1, -EFBIG },
		{ &sim_linux_7_3, SIM_TSM_BLOB_MAX_BYTES + 1, 0 },
		{ &sim_linux_7_3, TDX_GETQUOTE_MAX_BYTES - 24, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tree t;

		start(&t, TDX_GETQUOTE_MAX_BYTES, 0, rows[i].kernel->tsm_outblob_max);
		t.w->out_len = t.w->data_bytes = rows[i].quote;
		put(&t, 1, 64);
		assert_int_equal(get(&t, SIM_TSM_OUTBLOB), rows[i].result);
		assert_int_equal(blob_size, rows[i].result ? 0 : rows[i].quote);
		end(&t);
	}
}

/* Two programs share an entry; the second one's quote is shorter. Nobody sees a mixture. */
static void an_open_file_keeps_the_quote_that_it_read_first_K8(void **state)
{
	struct tree t;
	struct sim_tsm_file *first = NULL;

	(void)state;
	start_small(&t, 0);
	put(&t, 1, 64);
	assert_int_equal(sim_tsm_open(t.tsm, t.id, SIM_TSM_OUTBLOB, O_RDONLY, &first), 0);
	assert_int_equal(read_file(first), 0);
	assert_int_equal(blob_size, 5006);
	put(&t, 2, 64);
	t.w->out_len = t.w->data_bytes = 4000;
	assert_int_equal(get(&t, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(blob_size, 4000);
	assert_int_equal(read_file(first), 0);
	assert_int_equal(blob_size, 5006);
	assert_true(bytes_all(blob, blob_size, 0x51));
	assert_int_equal(t.w->quotes, 2); /* one for each, not one for its size and one for its bytes */
	sim_tsm_close(first);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_provider_is_the_kernels),
		cmocka_unit_test(a_report_is_a_quote_over_the_inblob),
		cmocka_unit_test(a_quote_that_takes_its_time_ends_the_read_then),
		cmocka_unit_test(an_inblob_of_other_sizes_is_refused),
		cmocka_unit_test(a_vmm_that_says_error_is_no_empty_success_K2),
		cmocka_unit_test(the_drivers_errors_pass_and_the_next_read_tries_again_K4),
		cmocka_unit_test(a_quote_above_the_attributes_limit_is_too_big),
		cmocka_unit_test(an_open_file_keeps_the_quote_that_it_read_first_K8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
