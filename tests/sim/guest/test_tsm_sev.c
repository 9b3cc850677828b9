/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "sim/guest/tsm_sev.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"

/* A driver that gives what the test set up. */
struct world {
	struct sim_tsm *tsm;
	struct sim_tsm_sev *sev;
	uint64_t id;
	int send_result, result;
	struct snp_msg_report_rsp rsp;
	uint8_t certs[SIM_SEV_GUEST_CERTS_PAGES * SNP_PAGE_BYTES];
	unsigned requests;
	struct snp_msg_report_req message;
	bool is_later;
	struct sim_sev_request *request;
	void (*done)(void *ctx, int result);
	void *done_ctx;
};

static void drive(struct world *w)
{
	struct sim_sev_request *request = w->request;

	if (w->result == 0) {
		memset(request->response, 0x77, request->response_size);
		wire_write(&snp_msg_report_rsp_layout, &w->rsp, request->response);
		memcpy(request->certs, w->certs, sizeof(w->certs));
	}
	w->done(w->done_ctx, w->result);
}

static int send(void *ctx, struct sim_sev_request *request, void (*done)(void *ctx, int result),
		void *done_ctx)
{
	struct world *w = ctx;

	w->requests++;
	assert_int_equal(request->msg_type, SNP_MSG_REPORT_REQ);
	assert_int_equal(request->msg_version, 1);
	assert_int_equal(request->payload_size, SNP_MSG_REPORT_REQ_BYTES);
	assert_int_equal(request->response_size, SNP_REPORT_RESP_BYTES);
	assert_int_equal(request->certs_pages, SIM_SEV_GUEST_CERTS_PAGES);
	assert_true(request->extended);
	assert_int_equal(wire_read(&snp_msg_report_req_layout, request->payload, request->payload_size,
				   &w->message, NULL),
			 0);
	assert_int_equal(wire_check_zero(&snp_msg_report_req_layout, &w->message, NULL), 0);
	w->request = request;
	w->done = done;
	w->done_ctx = done_ctx;
	if (w->send_result < 0)
		return w->send_result;
	if (!w->is_later)
		drive(w);
	return 0;
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w || sim_tsm_new(&w->tsm, NULL) != 0 || sim_tsm_sev_new(2, send, w, &w->sev, NULL) != 0)
		return -1;
	w->rsp.report_size = SNP_REPORT_BYTES;
	*state = w;
	if (sim_tsm_register(w->tsm, sim_tsm_sev_provider(w->sev), w->sev) != 0)
		return -1;
	return sim_tsm_mkdir(w->tsm, "e", &w->id);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	sim_tsm_free(w->tsm);
	sim_tsm_sev_free(w->sev);
	free(w);
	return 0;
}

static void put(struct world *w, enum sim_tsm_attr attr, const void *data, size_t n)
{
	struct sim_tsm_file *file = NULL;

	assert_int_equal(sim_tsm_open(w->tsm, w->id, attr, O_WRONLY, &file), 0);
	assert_int_equal(sim_tsm_write(file, 0, data, n), n);
	assert_int_equal(sim_tsm_close(file), 0);
}

static uint8_t blob[SIM_TSM_BLOB_MAX_BYTES];
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

static int get(struct world *w, enum sim_tsm_attr attr)
{
	int result = 1;
	struct sim_tsm_read read = { .done = keep, .ctx = &result };
	struct sim_tsm_file *file = NULL;

	assert_int_equal(sim_tsm_open(w->tsm, w->id, attr, O_RDONLY, &file), 0);
	n_done = 0;
	sim_tsm_read(file, 0, sizeof(blob), &read);
	assert_int_equal(n_done, 1);
	sim_tsm_close(file);
	return result;
}

static void put_data(struct world *w)
{
	uint8_t data[64];

	memset(data, 0x5a, sizeof(data));
	put(w, SIM_TSM_INBLOB, data, sizeof(data));
}

static void put_entry(struct world *w, unsigned i, uint8_t guid, uint32_t offset, uint32_t length)
{
	uint8_t *entry = w->certs + (size_t)i * SNP_CERTS_ENTRY_BYTES;

	memset(entry, guid, SNP_CERTS_GUID_BYTES);
	bytes_put_le(entry + 16, offset, 4);
	bytes_put_le(entry + 20, length, 4);
}

static void the_provider_is_the_kernels(void **state)
{
	static const char *const there[] = { "inblob",     "outblob",   "auxblob",        "provider",
					     "generation", "privlevel", "privlevel_floor" };
	static const char *const absent[] = { "manifestblob", "service_provider", "service_guid",
					      "service_manifest_version" };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(there); i++)
		assert_true(sim_tsm_lookup(w->tsm, w->id, there[i]) >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		assert_int_equal(sim_tsm_lookup(w->tsm, w->id, absent[i]), -ENOENT);
	assert_int_equal(get(w, SIM_TSM_PROVIDER), 0);
	assert_int_equal(blob_size, 10);
	assert_memory_equal(blob, "sev_guest\n", 10);
	assert_int_equal(get(w, SIM_TSM_PRIVLEVEL_FLOOR), 0);
	assert_memory_equal(blob, "2\n", 2);
}

static void a_report_asks_with_64_bytes_and_the_level_that_was_set_B35(void **state)
{
	struct world *w = *state;

	put_data(w);
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(blob_size, SNP_REPORT_BYTES);
	assert_true(bytes_all(blob, blob_size, 0x77));
	assert_true(bytes_all(w->message.report_data, 64, 0x5a));
	assert_int_equal(w->message.vmpl, 0); /* though the floor is 2 */
	put(w, SIM_TSM_PRIVLEVEL, "3", 1);
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->message.vmpl, 3);
}

static void an_inblob_of_other_sizes_is_refused(void **state)
{
	static const uint8_t zeros[64];
	struct world *w = *state;

	for (size_t n = 1; n < 64; n++) {
		put(w, SIM_TSM_INBLOB, zeros, n);
		assert_int_equal(get(w, SIM_TSM_OUTBLOB), -EINVAL);
	}
	assert_int_equal(w->requests, 0);
}

static void statuses_and_sizes_become_the_kernels_errors(void **state)
{
	static const struct {
		uint32_t status, report_size;
		int result;
	} rows[] = {
		{ 0x16, 0, -EINVAL },
		{ 0x27, 0, -EINVAL },
		{ 0x01, 0, -ENXIO },
		{ 0x15, SNP_REPORT_BYTES, -ENXIO },
		{ UINT32_MAX, 0, -ENXIO },
		{ 0, 4096 - 32, 0 },
		{ 0, 4096 - 31, -ENOMEM },
		{ 0, UINT32_MAX, -ENOMEM },
		{ 0, UINT32_MAX - 31, -ENOMEM }, /* + 32 wraps */
		{ 0, 1, 0 },
		{ 0, 0, 0 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		w->rsp.status = rows[i].status;
		w->rsp.report_size = rows[i].report_size;
		put_data(w);
		assert_int_equal(get(w, SIM_TSM_OUTBLOB), rows[i].result);
		assert_int_equal(blob_size, rows[i].result ? 0 : rows[i].report_size);
		assert_int_equal(get(w, SIM_TSM_AUXBLOB), rows[i].result);
	}
}

static void the_drivers_errors_pass_through(void **state)
{
	static const int errors[] = { -EIO, -ENOTTY, -EBADMSG, -ETIMEDOUT, -ENOMEM };
	struct world *w = *state;

	put_data(w);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		w->result = errors[i];
		assert_int_equal(get(w, SIM_TSM_OUTBLOB), errors[i]);
	}
	w->result = 2; /* B61: the end of the file, as Linux has it */
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(blob_size, 0);
	w->send_result = -ENODEV;
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), -ENODEV);
	w->send_result = w->result = 0;
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), 0);
}

static void the_certificate_table_is_cut_where_it_ends(void **state)
{
	static const struct {
		uint8_t guid[2];
		uint32_t offset[2], length[2];
		size_t size;
	} rows[] = {
		{ { 0, 0 }, { 0, 0 }, { 0, 0 }, 0 },
		{ { 1, 0 }, { 72, 0 }, { 100, 0 }, 172 },
		{ { 1, 2 }, { 100, 72 }, { 7, 8 }, 107 },
		{ { 1, 2 }, { 72, 100 }, { 7, 9 }, 109 },
		{ { 0, 2 }, { 0, 72 }, { 0, 100 }, 0 },   /* ends at the first zeros */
		{ { 0, 2 }, { 0, 72 }, { 1, 100 }, 172 }, /* not all zeros */
		{ { 1, 0 }, { 0, 0 }, { 0, 0 }, 0 },
		{ { 1, 0 }, { 16384, 0 }, { 0, 0 }, 16384 },
		{ { 1, 0 }, { 16384, 0 }, { 1, 0 }, 16384 },
		{ { 1, 0 }, { UINT32_MAX, 0 }, { 0, 0 }, 16384 },
		{ { 1, 0 }, { UINT32_MAX, 0 }, { 5, 0 }, 4 }, /* wraps, as the driver's sum does */
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(w->certs, 0, sizeof(w->certs));
		for (unsigned k = 0; k < 2; k++)
			put_entry(w, k, rows[i].guid[k], rows[i].offset[k], rows[i].length[k]);
		put_data(w);
		assert_int_equal(get(w, SIM_TSM_AUXBLOB), 0);
		assert_int_equal(blob_size, rows[i].size);
		assert_memory_equal(blob, w->certs, blob_size);
	}
	memset(w->certs, 0xff, sizeof(w->certs)); /* no end at all */
	put_data(w);
	assert_int_equal(get(w, SIM_TSM_AUXBLOB), 0);
	assert_int_equal(blob_size, sizeof(w->certs));
}

static void report_and_certificates_come_from_one_request_that_takes_its_time(void **state)
{
	struct world *w = *state;
	int result = 1;
	struct sim_tsm_read read = { .done = keep, .ctx = &result };
	struct sim_tsm_file *file = NULL;

	put_entry(w, 0, 9, 48, 16);
	put_data(w);
	w->is_later = true;
	assert_int_equal(sim_tsm_open(w->tsm, w->id, SIM_TSM_AUXBLOB, O_RDONLY, &file), 0);
	n_done = 0;
	sim_tsm_read(file, 0, sizeof(blob), &read);
	assert_int_equal(n_done, 0);
	drive(w);
	assert_int_equal(n_done, 1);
	assert_int_equal(result, 0);
	assert_int_equal(blob_size, 64);
	sim_tsm_close(file);
	assert_int_equal(get(w, SIM_TSM_OUTBLOB), 0);
	assert_int_equal(w->requests, 1);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(the_provider_is_the_kernels),
		ROW(a_report_asks_with_64_bytes_and_the_level_that_was_set_B35),
		ROW(an_inblob_of_other_sizes_is_refused),
		ROW(statuses_and_sizes_become_the_kernels_errors),
		ROW(the_drivers_errors_pass_through),
		ROW(the_certificate_table_is_cut_where_it_ends),
		ROW(report_and_certificates_come_from_one_request_that_takes_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
