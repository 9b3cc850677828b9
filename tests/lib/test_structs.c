/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <jurat/guest.h>
#include <jurat/host.h>
#include <jurat/measure.h>
#include <jurat/sim.h>
#include <jurat/verify.h>

#include "guest/guest.h"
#include "machine/machine.h"
#include "wire/snp_report.h"

/* The rule of include/jurat/error.h for structs with a size, for every struct that crosses the ABI. */

struct world {
	struct machine *machine;
	struct machine_guest *machine_guest;
	struct jurat_guest *guest;
	struct jurat_evidence evidence;
	struct jurat_snp_sim *sim;
	struct jurat_tdx_sim *tdx_sim;
	struct jurat_snp_certs *certs;
	struct jurat_verifier *verifier;
	struct jurat_verdict *snp;
	struct jurat_event_log *log;
	uint8_t log_data[4];
	uint8_t page[4096];
	char dir[32], blob[48];
};

static int write_page(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = context;

	if (gpa > sizeof(w->page) || n > sizeof(w->page) - gpa)
		return -EFAULT;
	memcpy(w->page + gpa, from, n);
	return 0;
}

static int read_page(void *context, uint64_t gpa, void *to, size_t n)
{
	struct world *w = context;

	if (gpa > sizeof(w->page) || n > sizeof(w->page) - gpa)
		return -EFAULT;
	memcpy(to, w->page + gpa, n);
	return 0;
}

/* One call with the struct; what it returns. */

static int guest_options(struct world *w, void *s)
{
	struct jurat_guest *guest = NULL;
	int r = guest_open(machine_env(w->machine_guest, 0), s, &guest, NULL);

	assert_int_equal(guest == NULL, r != 0);
	jurat_guest_close(guest);
	return r;
}

static int report_options(struct world *w, void *s)
{
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	uint8_t data[64] = { 1 };
	int r = jurat_guest_report(w->guest, data, s, &evidence, NULL);

	assert_int_equal(evidence.report == NULL, r != 0);
	jurat_evidence_done(&evidence);
	return r;
}

/* Filled in as far as it is known; what only the caller knows stays. */
static int evidence(struct world *w, void *s)
{
	struct jurat_evidence *e = s;
	uint8_t data[64] = { 2 };
	size_t size = e->size;
	int r = jurat_guest_report(w->guest, data, NULL, e, NULL);

	assert_true(e->size == size);
	if (r == 0) {
		assert_int_equal(e->report_size, SNP_REPORT_BYTES);
		assert_true(e->certs_size > 0);
		if (size > sizeof(*e))
			assert_true(bytes_all(e + 1, size - sizeof(*e), 0));
		jurat_evidence_done(e);
		assert_true(e->size == size &&
			    bytes_all((uint8_t *)s + sizeof(size), size - sizeof(size), 0));
	}
	return r;
}

static int key_options(struct world *w, void *s)
{
	uint8_t key[32];

	return jurat_guest_snp_derive_key(w->guest, s, key, NULL);
}

static int certs_options(struct world *w, void *s)
{
	struct jurat_snp_certs *certs = NULL;
	int r = jurat_snp_certs_new(NULL, s, &certs, NULL);

	(void)w;
	jurat_snp_certs_free(certs);
	return r;
}

static int memory_of_a_request(struct world *w, void *s)
{
	struct jurat_snp_request *request;
	uint64_t answer = 0, npages;
	int r;

	memset(w->page, 1, sizeof(w->page));
	assert_int_equal(jurat_snp_request_new(w->certs, &request, NULL), 0);
	r = jurat_snp_request_serve(request, 0, 1, s, &answer, &npages, NULL);
	assert_int_equal(answer, r == 0 ? 0 : EIO);
	assert_int_equal(w->page[0], r == 0 ? 0 : 1);
	jurat_snp_request_free(request);
	return r;
}

static int open_quotes(const void *options, const void *memory)
{
	struct jurat_tdx_quotes *quotes = NULL;
	int r = jurat_tdx_quotes_open(options, memory, &quotes, NULL);

	jurat_tdx_quotes_close(quotes);
	return r;
}

static int memory_of_quotes(struct world *w, void *s)
{
	(void)w;
	return open_quotes(NULL, s);
}

static int quotes_options(struct world *w, void *s)
{
	struct jurat_guest_memory memory = { sizeof(memory), read_page, write_page, w };

	return open_quotes(s, &memory);
}

static int sim_options(struct world *w, void *s)
{
	struct jurat_snp_sim *sim = NULL;
	int r = jurat_snp_sim_new(s, &sim, NULL);

	(void)w;
	jurat_snp_sim_free(sim);
	return r;
}

static int sim_launch(struct world *w, void *s)
{
	struct jurat_snp_sim_guest *guest = NULL;
	int r = jurat_snp_sim_guest_new(w->sim, s, &guest, NULL);

	jurat_snp_sim_guest_free(guest);
	return r;
}

static int tdx_sim_options(struct world *w, void *s)
{
	struct jurat_tdx_sim *sim = NULL;
	int r = jurat_tdx_sim_new(s, &sim, NULL);

	(void)w;
	jurat_tdx_sim_free(sim);
	return r;
}

static int tdx_sim_launch(struct world *w, void *s)
{
	struct jurat_tdx_sim_td *td = NULL;
	int r = jurat_tdx_sim_td_new(w->tdx_sim, s, &td, NULL);

	jurat_tdx_sim_td_free(td);
	return r;
}

static int snp_evidence(struct world *w, void *s)
{
	return jurat_verify_snp(w->verifier, s, NULL, time(NULL), NULL, NULL);
}

static int tdx_evidence(struct world *w, void *s)
{
	return jurat_verify_tdx(w->verifier, s, NULL, NULL, time(NULL), NULL, NULL);
}

static int snp_tcb(struct world *w, void *s)
{
	struct jurat_snp_tcb *tcb = s;
	int r = jurat_verdict_snp_tcb(w->snp, JURAT_SNP_TCB_CURRENT, tcb);

	assert_int_equal(r == 0, r == 0 && tcb->has_parts && tcb->raw != 0);
	return r;
}

/* Nothing is short here: what counts is that the size is looked at first. test_policy.c has what is. */
static int shortfall(struct world *w, void *s)
{
	return jurat_verdict_shortfall(w->snp, 0, s);
}

/* No quote here: what counts is that the size is looked at first. test_verdict.c has quotes. */
static int tdx_tcb(struct world *w, void *s)
{
	return jurat_verdict_tdx_tcb(w->snp, JURAT_TDX_TCB_PART_ALL, s);
}

/* An image of zeros is no firmware. */
static int measure_snp_options(struct world *w, void *s)
{
	uint8_t digest[48];

	return jurat_measure_snp(s, digest, NULL);
}

static int measure_tdx_options(struct world *w, void *s)
{
	struct jurat_measure_tdx_digests digests = { .size = sizeof(digests) };

	return jurat_measure_tdx(s, &digests, NULL);
}

static int measure_tdx_digests(struct world *w, void *s)
{
	struct jurat_measure_tdx_options options = { .size = sizeof(options),
						     .firmware = w->page,
						     .firmware_size = sizeof(w->page) };

	return jurat_measure_tdx(&options, s, NULL);
}

static int measure_list(struct world *w, void *s)
{
	struct jurat_measure_tdx_digests digests = { .size = sizeof(digests) };
	struct jurat_measure_tdx_options options = { .size = sizeof(options),
						     .firmware = w->page,
						     .firmware_size = sizeof(w->page),
						     .acpi_tables = s };

	return jurat_measure_tdx(&options, &digests, NULL);
}

/* A file that is no key. */
static int id_block(struct world *w, void *s)
{
	uint8_t block[96], auth[4096];

	return jurat_snp_id_block_make(s, "key", 3, NULL, 0, block, auth, NULL, NULL);
}

static int id_block_of_a_check(struct world *w, void *s)
{
	struct jurat_snp_id_keys keys = { .size = sizeof(keys) };

	return jurat_snp_id_block_check("block", 5, "auth", 4, s, &keys, NULL);
}

static int id_keys(struct world *w, void *s)
{
	const struct jurat_snp_id_block block = { .size = sizeof(block) };
	uint8_t bytes[96], auth[4096];

	return jurat_snp_id_block_make(&block, "key", 3, NULL, 0, bytes, auth, s, NULL);
}

/* The members are filled in as far as the caller knows them. */
static int event(struct world *w, void *s)
{
	struct jurat_event *e = s;
	size_t size = e->size;
	int r = jurat_event_log_event(w->log, 0, e);

	if (r == 0)
		assert_true(e->size == size && e->rtmr == 0 && e->extends &&
			    !memcmp(e->data, w->log_data, 4));
	assert_int_equal(jurat_event_log_event(w->log, 1, e), r == 0 ? JURAT_NOT_FOUND : r);
	return r;
}

/* No quote here: test_event_log.c has logs. */
static int tdx_event_log(struct world *w, void *s)
{
	return jurat_verdict_tdx_event_log(w->snp, s);
}

struct row {
	const char *name;
	int (*call)(struct world *w, void *s);
	size_t known;  /* bytes */
	size_t needed; /* up to the end of the last member without a default */
	int good;      /* what a call returns that is not about the size */
	void (*fill)(struct world *w, void *s);
};

static void fill_evidence(struct world *w, void *s)
{
	*(struct jurat_snp_evidence *)s =
		(struct jurat_snp_evidence){ 0, w->evidence.report, w->evidence.report_size,
					     w->evidence.certs, w->evidence.certs_size };
}

static void fill_quote(struct world *w, void *s)
{
	*(struct jurat_tdx_evidence *)s = (struct jurat_tdx_evidence){ 0, w->page, sizeof(w->page) };
}

static void fill_memory(struct world *w, void *s)
{
	*(struct jurat_guest_memory *)s = (struct jurat_guest_memory){ 0, read_page, write_page, w };
}

static void fill_firmware(struct world *w, void *s)
{
	struct jurat_measure_snp_options *o = s;

	o->firmware = w->page;
	o->firmware_size = sizeof(w->page);
	o->vcpu_signature = 0xa00f11;
}

static void fill_tdvf(struct world *w, void *s)
{
	struct jurat_measure_tdx_options *o = s;

	o->firmware = w->page;
	o->firmware_size = sizeof(w->page);
}

#define END(type, member) (offsetof(struct type, member) + sizeof(((struct type *)NULL)->member))
#define ROW(type, needed, call, good, fill)                                                                  \
	{                                                                                                    \
#type, call, sizeof(struct type), END(type, needed), good, fill                              \
	}
static const struct row rows[] = {
	ROW(jurat_guest_options, size, guest_options, 0, NULL),
	ROW(jurat_guest_report_options, size, report_options, 0, NULL),
	ROW(jurat_evidence, certs_size, evidence, 0, NULL),
	ROW(jurat_snp_key_options, size, key_options, 0, NULL),
	ROW(jurat_snp_certs_options, size, certs_options, 0, NULL),
	ROW(jurat_guest_memory, context, memory_of_a_request, 0, fill_memory),
	ROW(jurat_guest_memory, context, memory_of_quotes, 0, fill_memory),
	ROW(jurat_tdx_quotes_options, size, quotes_options, 0, NULL),
	ROW(jurat_snp_sim_options, size, sim_options, 0, NULL),
	ROW(jurat_snp_sim_launch, size, sim_launch, 0, NULL),
	ROW(jurat_tdx_sim_options, size, tdx_sim_options, 0, NULL),
	ROW(jurat_tdx_sim_launch, size, tdx_sim_launch, 0, NULL),
	ROW(jurat_snp_evidence, report_size, snp_evidence, JURAT_REFUSED, fill_evidence),
	ROW(jurat_tdx_evidence, quote_size, tdx_evidence, JURAT_REFUSED, fill_quote),
	ROW(jurat_snp_tcb, microcode, snp_tcb, 0, NULL),
	ROW(jurat_shortfall, advisory_count, shortfall, JURAT_NOT_FOUND, NULL),
	ROW(jurat_tdx_tcb, date, tdx_tcb, JURAT_NOT_FOUND, NULL),
	ROW(jurat_measure_snp_options, vcpu_signature, measure_snp_options, -EBADMSG, fill_firmware),
	ROW(jurat_measure_tdx_options, firmware_size, measure_tdx_options, -EBADMSG, fill_tdvf),
	ROW(jurat_measure_list, count, measure_list, -EBADMSG, NULL),
	ROW(jurat_measure_tdx_digests, missing, measure_tdx_digests, -EBADMSG, NULL),
	ROW(jurat_snp_id_block, measurement, id_block, -EBADMSG, NULL),
	ROW(jurat_snp_id_block, measurement, id_block_of_a_check, -EBADMSG, NULL),
	ROW(jurat_snp_id_keys, has_author_key, id_keys, -EBADMSG, NULL),
	ROW(jurat_event, data_size, event, 0, NULL),
	ROW(jurat_tdx_event_log, kernel_cmdline_count, tdx_event_log, JURAT_NOT_FOUND, NULL),
};

enum { BEYOND = 24 };

/* The struct that a caller says is of `size` bytes: on the heap, so that a read behind it is seen. */
static void *make(struct world *w, const struct row *row, size_t size)
{
	uint8_t whole[512] = { 0 };
	size_t there = size < sizeof(size) ? sizeof(size) : size;

	assert_true(there <= sizeof(whole) && row->known <= sizeof(whole));
	if (row->fill)
		row->fill(w, whole);
	memcpy(whole, &size, sizeof(size));
	return heap_copy(whole, there);
}

static void expect(struct world *w, const struct row *row, void *s, int expected, const char *what)
{
	int r = row->call(w, s);

	if (r != expected)
		FAIL_BECAUSE("%s, %s: %d, expected %d", row->name, what, r, expected);
	free(s);
}

static void any_size_from_an_older_caller_is_read_and_no_other(void **state)
{
	struct world *w = *state;
	char what[32];

	for (const struct row *row = rows; row < rows + ARRAY_SIZE(rows); row++)
		for (size_t size = 0; size <= row->known; size++) {
			bool good = size >= row->needed && size % sizeof(size_t) == 0;

			TEXT(what, "%zu bytes", size);
			expect(w, row, make(w, row, size), good ? row->good : -EINVAL, what);
		}
}

static void a_newer_caller_may_leave_what_is_new_alone(void **state)
{
	struct world *w = *state;

	for (const struct row *row = rows; row < rows + ARRAY_SIZE(rows); row++)
		for (size_t more = sizeof(size_t); more <= BEYOND; more += sizeof(size_t))
			expect(w, row, make(w, row, row->known + more), row->good, "zeros behind it");
}

static void a_newer_caller_who_wants_what_is_new_is_refused(void **state)
{
	struct world *w = *state;
	char what[32];

	for (const struct row *row = rows; row < rows + ARRAY_SIZE(rows); row++)
		for (size_t at = 0; at < BEYOND; at++) {
			uint8_t *s = make(w, row, row->known + BEYOND);

			s[row->known + at] = 1;
			TEXT(what, "byte %zu behind it", at);
			expect(w, row, s, -E2BIG, what);
		}
}

static void what_has_no_default_may_not_be_missing(void **state)
{
	struct world *w = *state;
	struct jurat_guest_memory memory = { sizeof(memory), read_page, NULL, w };

	assert_int_equal(memory_of_a_request(w, NULL), -EINVAL);
	assert_int_equal(memory_of_a_request(w, &memory), -EINVAL);
	assert_int_equal(memory_of_quotes(w, &memory), -EINVAL);
	memory = (struct jurat_guest_memory){ sizeof(memory), NULL, write_page, w };
	assert_int_equal(memory_of_a_request(w, &memory), 0);
	assert_int_equal(memory_of_quotes(w, &memory), -EINVAL);
	assert_int_equal(snp_evidence(w, NULL), -EINVAL);
	assert_int_equal(tdx_evidence(w, NULL), -EINVAL);
}

static struct jurat_event_log *log_of_one_event(void)
{
	struct jurat_event_log *log;
	char json[256];

	TEXT(json,
	     "[{\"imr\": 0, \"event_type\": 4, \"digest\": \"%096d\", \"event\": \"\", \"event_payload\": "
	     "\"00000000\"}]",
	     0);
	assert_int_equal(jurat_event_log_new(json, strlen(json), &log, NULL), 0);
	assert_int_equal(jurat_event_log_count(log), 1);
	return log;
}

static int set_up(void **state)
{
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	struct machine_options options = { .sync = SIM_SYNC_UPSTREAM };
	struct sim_launch launch = { .policy = 0x30000 };
	struct world *w = calloc(1, sizeof(*w));
	struct jurat_snp_evidence evidence;
	uint8_t data[64] = { 3 };

	if (!w)
		return -1;
	TEXT(w->dir, "/tmp/jurat-structs-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->blob, "%s/certs", w->dir);
	options.certs_path = w->blob;
	w->evidence.size = sizeof(w->evidence);
	assert_int_equal(machine_new(&options, &w->machine, NULL), 0);
	assert_int_equal(machine_update(w->machine, &publish, NULL), 0);
	assert_int_equal(machine_guest_new(w->machine, &launch, 1, &w->machine_guest, NULL), 0);
	assert_int_equal(guest_open(machine_env(w->machine_guest, 0), NULL, &w->guest, NULL), 0);
	assert_int_equal(jurat_guest_report(w->guest, data, NULL, &w->evidence, NULL), 0);
	assert_int_equal(jurat_snp_sim_new(NULL, &w->sim, NULL), 0);
	assert_int_equal(jurat_tdx_sim_new(NULL, &w->tdx_sim, NULL), 0);
	assert_int_equal(jurat_snp_certs_new(NULL, NULL, &w->certs, NULL), 0);
	assert_int_equal(jurat_verifier_new(&w->verifier, NULL), 0);
	evidence = (struct jurat_snp_evidence){ .size = sizeof(evidence),
						.report = w->evidence.report,
						.report_size = w->evidence.report_size };
	assert_int_equal(jurat_verify_snp(w->verifier, &evidence, NULL, time(NULL), &w->snp, NULL),
			 JURAT_REFUSED);
	w->log = log_of_one_event();
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	jurat_event_log_free(w->log);
	jurat_verdict_free(w->snp);
	jurat_verifier_free(w->verifier);
	jurat_snp_certs_free(w->certs);
	jurat_snp_sim_free(w->sim);
	jurat_tdx_sim_free(w->tdx_sim);
	jurat_evidence_done(&w->evidence);
	jurat_guest_close(w->guest);
	machine_free(w->machine);
	unlink(w->blob);
	rmdir(w->dir);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_size_from_an_older_caller_is_read_and_no_other),
		cmocka_unit_test(a_newer_caller_may_leave_what_is_new_alone),
		cmocka_unit_test(a_newer_caller_who_wants_what_is_new_is_refused),
		cmocka_unit_test(what_has_no_default_may_not_be_missing),
	};

	return cmocka_run_group_tests_name("structs", tests, set_up, tear_down);
}
