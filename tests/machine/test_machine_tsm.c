/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "jurat/verify.h"
#include "machine/machine.h"
#include "sim/guest/tsm_sev.h"
#include "support/fail_memory.h"
#include "uapi/sev.h"
#include "wire/snp_report.h"

/*
 * configfs-tsm of a guest on a whole machine: reads wait while VMGEXITs, exits and the firmware take their
 * course.
 */
struct world {
	char dir[40], blob[64];
	struct machine *machine;
	struct machine_guest *guest;
	struct sim_tsm *tsm;
	struct sim_tsm_sev *sev;
	uint64_t id;
};

static int send(void *ctx, struct sim_sev_request *request, void (*done)(void *ctx, int result),
		void *done_ctx)
{
	struct world *w = ctx;

	return machine_start_request(w->guest, 0, request, done, done_ctx);
}

static int set_up_on(void **state, const struct sim_linux *kernel)
{
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_options options = { .kernel = kernel };
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	*state = w;
	strcpy(w->dir, "/tmp/jurat-tsm-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->blob, "%s/certs", w->dir);
	options.certs_path = w->blob;
	assert_int_equal(machine_new(&options, &w->machine, NULL), 0);
	assert_int_equal(machine_update(w->machine, &publish, NULL), 0);
	assert_int_equal(machine_guest_new(w->machine, &launch, 1, &w->guest, NULL), 0);
	assert_int_equal(sim_tsm_new(&w->tsm, NULL), 0);
	assert_int_equal(sim_tsm_sev_new(0, send, w, &w->sev, NULL), 0);
	assert_int_equal(sim_tsm_register(w->tsm, sim_tsm_sev_provider(w->sev), w->sev), 0);
	return sim_tsm_mkdir(w->tsm, "entry", &w->id);
}

static int set_up(void **state)
{
	return set_up_on(state, NULL);
}

/* Whose driver has all its pages from the start: none are made while memory fails. */
static int set_up_6_12(void **state)
{
	return set_up_on(state, &sim_linux_6_12);
}

static int tear_down(void **state)
{
	struct world *w = *state;

	machine_free(w->machine); /* first: what the provider waits for ends */
	sim_tsm_free(w->tsm);
	sim_tsm_sev_free(w->sev);
	unlink(w->blob);
	rmdir(w->dir);
	free(w);
	return 0;
}

static void put_inblob(struct world *w, uint8_t value)
{
	struct sim_tsm_file *file = NULL;
	uint8_t data[64];

	memset(data, value, sizeof(data));
	assert_int_equal(sim_tsm_open(w->tsm, w->id, SIM_TSM_INBLOB, O_WRONLY, &file), 0);
	assert_int_equal(sim_tsm_write(file, 0, data, sizeof(data)), sizeof(data));
	assert_int_equal(sim_tsm_close(file), 0);
}

struct reader {
	struct sim_tsm_read read;
	struct sim_tsm_file *file;
	unsigned ends;
	int result;
	uint8_t data[SIM_TSM_BLOB_MAX_BYTES];
	size_t size;
};

static void read_done(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size)
{
	struct reader *r = read->ctx;

	r->ends++;
	r->result = result;
	r->size = size;
	if (size > 0)
		memcpy(r->data, data, size);
}

static void start_read(struct world *w, struct reader *r, enum sim_tsm_attr attr)
{
	*r = (struct reader){ .read = { .done = read_done, .ctx = r } };
	assert_int_equal(sim_tsm_open(w->tsm, w->id, attr, O_RDONLY, &r->file), 0);
	sim_tsm_read(r->file, 0, sizeof(r->data), &r->read);
}

static void drive(struct world *w)
{
	while (machine_runnable(w->machine) > 0)
		machine_step(w->machine, 0);
}

static struct reader out, aux;

static void report_and_certificates_of_one_read_verify(void **state)
{
	struct world *w = *state;
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_verifier *verifier = NULL;
	struct snp_report report;
	struct jurat_error err = { "" };
	const uint8_t *ark;
	size_t n = 0;

	put_inblob(w, 0x5a);
	start_read(w, &out, SIM_TSM_OUTBLOB);
	start_read(w, &aux, SIM_TSM_AUXBLOB);
	assert_int_equal(out.ends + aux.ends, 0);
	drive(w);
	assert_int_equal(out.ends, 1);
	assert_int_equal(aux.ends, 1);
	assert_int_equal(out.result | aux.result, 0);
	assert_int_equal(out.size, SNP_REPORT_BYTES);
	assert_true(aux.size > 3 * 24 && aux.size < SIM_SEV_GUEST_CERTS_PAGES * SNP_PAGE_BYTES);
	assert_int_equal(wire_read(&snp_report_layout, out.data, out.size, &report, NULL), 0);
	assert_true(bytes_all(report.report_data, 64, 0x5a));
	evidence.report = out.data;
	evidence.report_size = out.size;
	evidence.certs = aux.data;
	evidence.certs_size = aux.size;
	assert_int_equal(sim_pki_ca(machine_pki(w->machine), sim_psp_product(machine_psp(w->machine)),
				    SIM_ARK, &ark, &n, NULL),
			 0);
	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, ark, n, NULL), 0);
	if (jurat_verify_snp(verifier, &evidence, NULL, time(NULL), NULL, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	jurat_verifier_free(verifier);
	sim_tsm_close(out.file);
	sim_tsm_close(aux.file);
}

static void a_firmware_error_costs_the_key_and_then_there_is_no_device(void **state)
{
	struct world *w = *state;
	uint64_t before = machine_now_ns(w->machine);

	put_inblob(w, 1);
	sim_kvm_inject(machine_kvm(w->machine), SIM_KVM_FAULT_FW_STATUS, 1, SNP_INVALID_PARAM);
	start_read(w, &out, SIM_TSM_OUTBLOB);
	drive(w);
	assert_int_equal(out.result, -EIO); /* and the key is gone, as for any other error of the firmware */
	assert_true(sim_sev_guest_key_wiped(machine_guest_driver(w->guest)));
	assert_int_equal(machine_now_ns(w->machine), before);
	sim_tsm_close(out.file);
	start_read(w, &out, SIM_TSM_OUTBLOB);
	drive(w);
	assert_int_equal(out.result, -ENOTTY);
	sim_tsm_close(out.file);
}

static void reads_end_when_the_guest_goes_away(void **state)
{
	struct world *w = *state;

	put_inblob(w, 1);
	start_read(w, &out, SIM_TSM_OUTBLOB);
	start_read(w, &aux, SIM_TSM_AUXBLOB);
	assert_int_equal(out.ends, 0);
	machine_guest_free(w->guest);
	assert_int_equal(out.ends, 1);
	assert_int_equal(out.result, -ENODEV);
	assert_int_equal(aux.ends, 1);
	assert_int_equal(aux.result, -ENODEV);
	sim_tsm_close(out.file);
	sim_tsm_close(aux.file);
}

/* The machine below has all memory, also what signs for its firmware. */
static struct {
	void (*done)(void *ctx, int result);
	void *ctx;
} sent;

static void answered(void *ctx, int result)
{
	fail_memory_resume();
	sent.done(sent.ctx, result);
	fail_memory_pause();
}

static int send_with_memory(void *ctx, struct sim_sev_request *request, void (*done)(void *ctx, int result),
			    void *done_ctx)
{
	sent.done = done;
	sent.ctx = done_ctx;
	return NEVER_FAILS(send(ctx, request, answered, NULL));
}

static void drive_with_memory(struct world *w)
{
	fail_memory_pause();
	drive(w);
	fail_memory_resume();
}

/* The guest's configfs alone: the machine below it stands. */
static int read_without_memory(void *ctx)
{
	struct world w = *(struct world *)ctx;
	struct sim_tsm_file *file = NULL;
	uint8_t data[64] = { 1 };
	ssize_t n;
	int r;

	w.tsm = NULL;
	w.sev = NULL;
	out = (struct reader){ .read = { .done = read_done, .ctx = &out } };
	fail_memory_resume();
	r = sim_tsm_new(&w.tsm, NULL);
	if (r == 0)
		r = sim_tsm_sev_new(0, send_with_memory, ctx, &w.sev, NULL);
	if (r == 0)
		r = sim_tsm_register(w.tsm, sim_tsm_sev_provider(w.sev), w.sev);
	if (r == 0)
		r = sim_tsm_mkdir(w.tsm, "entry", &w.id);
	if (r == 0)
		r = sim_tsm_open(w.tsm, w.id, SIM_TSM_INBLOB, O_WRONLY, &file);
	if (r == 0) {
		n = sim_tsm_write(file, 0, data, sizeof(data));
		r = n < 0 ? (int)n : 0;
	}
	if (file) { /* Linux hands what was written on when the file is closed */
		int closed = sim_tsm_close(file);

		r = r == 0 ? closed : r;
	}
	if (r == 0)
		r = sim_tsm_open(w.tsm, w.id, SIM_TSM_OUTBLOB, O_RDONLY, &out.file);
	if (r == 0) {
		sim_tsm_read(out.file, 0, sizeof(out.data), &out.read);
		drive_with_memory(&w);
		r = out.result;
	}
	fail_memory_pause();
	if (r == 0)
		assert_memory_equal(out.data + 0x50, data, sizeof(data));
	if (out.file)
		sim_tsm_close(out.file);
	sim_tsm_free(w.tsm);
	sim_tsm_sev_free(w.sev);
	return r;
}

static void without_memory_there_is_no_report(void **state)
{
	assert_true(fail_memory_each(read_without_memory, *state) >= 8);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(report_and_certificates_of_one_read_verify),
		ROW(a_firmware_error_costs_the_key_and_then_there_is_no_device),
		ROW(reads_end_when_the_guest_goes_away),
		cmocka_unit_test_setup_teardown(without_memory_there_is_no_report, set_up_6_12, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
