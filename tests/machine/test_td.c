/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "crypto/x509.h"
#include "guest/guest.h"
#include "jurat/host.h"
#include "jurat/verify.h"
#include "machine/td.h"
#include "sim/pki/pki.h"
#include "support/fail_memory.h"
#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_quote.h"

enum { MS = 1000000, DAY_S = 86400 };

static struct machine_td *start_machine(const struct machine_td_options *options)
{
	struct machine_td *machine;
	struct jurat_error err = { "" };

	if (machine_td_new(options, &machine, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	return machine;
}

static int attest(struct machine_td *machine, struct jurat_evidence *ret, struct jurat_error *err)
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_TDX,
					       .via = JURAT_VIA_CONFIGFS };
	struct jurat_guest *guest;
	uint8_t data[64];
	int r;

	memset(data, 0x42, sizeof(data));
	assert_int_equal(guest_open(machine_td_env(machine), &options, &guest, err), 0);
	r = jurat_guest_report(guest, data, NULL, ret, err);
	jurat_guest_close(guest);
	return r;
}

/* What the verifier says of a quote with collateral of these statuses; "" when it accepts. */
static const char *judge(struct machine_td *machine, const uint8_t *quote, size_t n,
			 const char *platform_status)
{
	struct sim_collateral_options o = {
		.platform_status = platform_status,
		.module_status = "UpToDate",
		.qe_status = "UpToDate",
		.issued = time(NULL) - DAY_S,
		.next_update = time(NULL) + 29 * DAY_S,
		.evaluation = 1,
	};
	struct jurat_tdx_evidence evidence = { sizeof(evidence), quote, n };
	struct jurat_tdx_collateral *collateral;
	struct jurat_verifier *verifier;
	struct jurat_verdict *verdict;
	struct sim_collateral parts;
	static char reason[64];
	const uint8_t *root;
	size_t root_size;
	int r;

	assert_int_equal(sim_qe_collateral(machine_td_qe(machine), &o, &parts, NULL), 0);
	assert_int_equal(jurat_tdx_collateral_new(&collateral, NULL), 0);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		assert_int_equal(
			jurat_tdx_collateral_add(collateral, parts.parts[i].bytes, parts.parts[i].size, NULL),
			0);
	root = sim_pki_intel_cert(machine_td_pki(machine), SIM_INTEL_ROOT, &root_size);
	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, root, root_size, NULL), 0);
	r = jurat_verify_tdx(verifier, &evidence, collateral, NULL, time(NULL), &verdict, NULL);
	TEXT(reason, "%s", r == 0 ? "" : jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	jurat_tdx_collateral_free(collateral);
	sim_collateral_done(&parts);
	return reason;
}

static void every_generation_of_module_attests(void **state)
{
	static const enum sim_tdx_generation generations[] = { SIM_TDX_10, SIM_TDX_15, SIM_TDX_15EX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		struct machine_td_options options = { .platform.generation = generations[i] };
		struct machine_td *machine = start_machine(&options);
		struct jurat_evidence evidence = { .size = sizeof(evidence) };
		struct jurat_error err = { "" };

		if (attest(machine, &evidence, &err) != 0)
			FAIL_BECAUSE("%s", err.text);
		assert_string_equal(judge(machine, evidence.report, evidence.report_size, "UpToDate"), "");
		assert_string_not_equal(judge(machine, evidence.report, evidence.report_size, "Revoked"), "");
		evidence.report[100] ^= 1;
		assert_string_not_equal(judge(machine, evidence.report, evidence.report_size, "UpToDate"),
					"");
		jurat_evidence_done(&evidence);
		machine_td_free(machine);
	}
}

/* Real ones have 4299 to 4304 bytes of signature data; here TEST stands in six names. */
static void a_quote_has_the_size_and_term_of_real_ones(void **state)
{
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct machine_td *machine = start_machine(NULL);
	struct tdx_quote quote;
	struct crypto_cert pck;
	size_t n = 0;
	const uint8_t *der = sim_qe_pck(machine_td_qe(machine), &n);

	(void)state;
	assert_int_equal(crypto_cert_read(der, n, &pck, NULL), 0);
	assert_int_equal(pck.not_before, sim_pki_leaf_begin(time(NULL)));
	assert_in_range((pck.not_after - pck.not_before) / DAY_S, 7 * 365 + 1, 7 * 365 + 2);
	assert_int_equal(attest(machine, &evidence, NULL), 0);
	assert_int_equal(tdx_quote_read(evidence.report, evidence.report_size, &quote, NULL), 0);
	assert_in_range(evidence.report_size - TDX_QUOTE_HDR_BYTES - TDX_BODY_10_BYTES - 4, 4299, 4440);
	jurat_evidence_done(&evidence);
	machine_td_free(machine);
}

/* How long a program waits for its quote, in the machine's time. */
static uint64_t wait_of(uint32_t grace_ms, uint64_t latency_ns)
{
	struct machine_td_options options = {
		.quirks = SIM_TDX_QUIRKS_LINUX,
		.grace_ms = grace_ms,
		.latency_ns = latency_ns,
	};
	struct machine_td *machine = start_machine(&options);
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	uint64_t before = machine_td_now_ns(machine), waited;

	assert_int_equal(attest(machine, &evidence, NULL), 0);
	waited = machine_td_now_ns(machine) - before;
	jurat_evidence_done(&evidence);
	machine_td_free(machine);
	return waited;
}

static void a_grace_wait_saves_linux_its_second(void **state)
{
	(void)state;
	assert_true(wait_of(0, 4 * MS) < 10 * MS);
	assert_true(wait_of(JURAT_TDX_QUOTES_NONE, 4 * MS) >= 1000 * (uint64_t)MS);
	assert_true(wait_of(0, 50 * MS) >= 1000 * (uint64_t)MS); /* longer than the grace: the guest polls */
	assert_true(wait_of(100, 50 * MS) < 60 * MS);
}

static void without_a_service_the_guest_hears_an_error_and_never_an_empty_quote(void **state) /* K2 */
{
	struct machine_td_options options = { .quirks = SIM_TDX_QUIRKS_LINUX, .no_service = true };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct machine_td *machine;

	(void)state;
	for (int quirks = 0; quirks < 2; quirks++) {
		options.kernel = quirks ? &sim_linux_6_12 : &sim_linux_7_3;
		machine = start_machine(&options);
		assert_true(attest(machine, &evidence, NULL) < 0);
		assert_null(evidence.report);
		/* Nothing stays in flight (K4). */
		assert_true(attest(machine, &evidence, NULL) < 0);
		machine_td_free(machine);
	}
}

struct quote {
	struct sim_tdx_quote_request request;
	int result;
	bool done;
};

static void quote_done(void *ctx, int result)
{
	struct quote *q = ctx;

	assert_false(q->done);
	q->done = true;
	q->result = result;
}

static void requests_queue_for_the_driver(void **state)
{
	struct machine_td *machine = start_machine(NULL);
	struct quote quotes[8] = { 0 };
	uint8_t data[8][64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		memset(data[i], (int)i + 1, sizeof(data[i]));
		quotes[i].request.inblob = data[i];
		quotes[i].request.inblob_size = sizeof(data[i]);
		assert_int_equal(machine_td_start_quote(machine, &quotes[i].request, quote_done, &quotes[i]),
				 0);
	}
	while (machine_td_runnable(machine))
		machine_td_step(machine);
	for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
		struct tdx_quote q;

		assert_true(quotes[i].done);
		assert_int_equal(quotes[i].result, 0);
		assert_int_equal(
			tdx_quote_read(quotes[i].request.quote, quotes[i].request.quote_size, &q, NULL), 0);
		assert_true(bytes_all(q.body.report_data, 64, (uint8_t)(i + 1)));
		free(quotes[i].request.quote);
	}
	machine_td_free(machine);
}

static int own_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	memcpy(to, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int own_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	memcpy((void *)(uintptr_t)addr, from, n);
	return 0;
}

enum { SEED_BUFFER = 16 * 1024 };

/* TDX_CMD_GET_QUOTE of the driver of 2023; buffer: its SEED_BUFFER bytes, as the host leaves them. */
static int seed_quote(struct machine_td *machine, uint8_t *buffer)
{
	static const struct sim_user_memory memory = { .read = own_read, .write = own_write };
	uint8_t report0[64 + TDX_REPORT_BYTES] = { 7 }, arg[16] = { 0 };

	assert_int_equal(machine_td_ioctl(machine, &memory, UAPI_TDX_CMD_GET_REPORT0, (uintptr_t)report0), 0);
	memset(buffer, 0, SEED_BUFFER);
	bytes_put_le(buffer, 1, 8);
	bytes_put_le(buffer + 16, TDX_REPORT_BYTES, 4);
	memcpy(buffer + 24, report0 + 64, TDX_REPORT_BYTES);
	bytes_put_le(arg, (uintptr_t)buffer, 8);
	bytes_put_le(arg + 8, SEED_BUFFER, 8);
	return machine_td_ioctl(machine, &memory, UAPI_TDX_CMD_GET_QUOTE, (uintptr_t)arg);
}

static void the_seeds_driver_is_woken_by_the_interrupt(void **state)
{
	struct machine_td_options options = { .flavour = SIM_TDX_SEED, .grace_ms = JURAT_TDX_QUOTES_NONE };
	struct machine_td *machine = start_machine(&options);
	static uint8_t buffer[SEED_BUFFER];
	struct tdx_quote quote;
	uint32_t out_len;

	(void)state;
	assert_int_equal(seed_quote(machine, buffer), 0);
	assert_int_equal(bytes_get_le(buffer + 8, 8), 0);
	out_len = (uint32_t)bytes_get_le(buffer + 20, 4);
	assert_int_equal(tdx_quote_read(buffer + 24, out_len, &quote, NULL), 0);
	assert_string_equal(judge(machine, buffer + 24, out_len, "UpToDate"), "");
	assert_true(machine_td_now_ns(machine) < 10 * MS); /* nobody polled */
	machine_td_free(machine);
}

/* How often the quoting service was asked, and the last thing that the VMM did. */
struct seen {
	unsigned asked;
	char vmm[256];
};

static void see(void *ctx, const struct sequence_event *event)
{
	struct seen *seen = ctx;

	seen->asked += !strcmp(event->from, "quoting service");
	if (!strcmp(event->from, "VMM") && strcmp(event->to, "quoting service") != 0)
		TEXT(seen->vmm, "%s", event->text);
}

static struct trace *begin_trace(struct machine_td *machine, struct seen *seen)
{
	const struct trace_options options = { .sink = see, .ctx = seen };
	struct trace *trace;

	assert_int_equal(trace_new(&options, &trace), 0);
	machine_td_set_trace(machine, trace);
	return trace;
}

static void end_trace(struct machine_td *machine, struct trace *trace)
{
	machine_td_set_trace(machine, NULL);
	assert_int_equal(trace_free(trace), 0);
}

static void count_ended(void *ctx, const struct sequence_event *event)
{
	*(unsigned *)ctx += !strcmp(event->text, "open") && !event->unfinished;
}

/* Changes the trace after k steps of a quote. Returns whether there were as many. */
static bool change_trace_after(unsigned k, unsigned *ret_ended)
{
	static const uint8_t data[64] = { 1 };
	const struct trace_options options = { .sink = count_ended, .ctx = ret_ended };
	const struct machine_td_options slow = { .latency_ns = 500 * (uint64_t)MS };
	struct machine_td *machine = start_machine(&slow);
	struct quote q = { .request = { .inblob = data, .inblob_size = sizeof(data) } };
	struct trace *first, *second;
	unsigned steps = 0;

	assert_int_equal(trace_new(&options, &first), 0);
	assert_int_equal(trace_new(&options, &second), 0);
	for (unsigned i = 0; i < 100; i++) /* with the ids of the first one's steps */
		assert_true(trace_aside(second, "a", "b", "open") > 0);
	machine_td_set_trace(machine, first);
	assert_int_equal(machine_td_start_quote(machine, &q.request, quote_done, &q), 0);
	for (bool more = true; more; steps++) {
		if (steps == k)
			machine_td_set_trace(machine, second);
		more = machine_td_runnable(machine);
		machine_td_step(machine);
	}
	assert_true(q.done && q.result == 0);
	machine_td_free(machine);
	assert_int_equal(trace_free(first), 0);
	assert_int_equal(trace_free(second), 0);
	free(q.request.quote);
	return steps > k;
}

static void a_trace_does_not_end_what_another_one_began(void **state)
{
	unsigned ended = 0, k = 0;

	(void)state;
	while (change_trace_after(k, &ended))
		k++;
	assert_true(k > 2);
	assert_int_equal(ended, 0);
}

/* One quote by the driver alone: its result, the quote's size, and the seconds that passed. */
static int drive_one(struct machine_td *machine, size_t *ret_size, uint64_t *ret_s)
{
	static const uint8_t data[64] = { 1 };
	struct quote q = { .request = { .inblob = data, .inblob_size = sizeof(data) } };
	uint64_t before = machine_td_now_ns(machine);

	assert_int_equal(machine_td_start_quote(machine, &q.request, quote_done, &q), 0);
	while (machine_td_runnable(machine))
		machine_td_step(machine);
	assert_true(q.done);
	*ret_size = q.request.quote_size;
	*ret_s = (machine_td_now_ns(machine) - before) / (1000 * (uint64_t)MS);
	free(q.request.quote);
	return q.result;
}

/* What Linux makes of it: K2 (an empty quote for none), K3 (the time-out), K4 (the buffer stays away). */
static void a_vmm_that_answers_by_itself_asks_nobody(void **state)
{
	static const struct {
		const struct sim_linux *kernel;
		unsigned quirks;
		uint64_t status;
		int first;
		uint64_t wait_s;
		int second;
	} cases[] = {
		{ &sim_linux_7_3, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_SUCCESS, 0, 0, 0 },
		{ &sim_linux_7_3, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_ERROR, -EIO, 0, -EIO },
		{ &sim_linux_7_3, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_UNAVAILABLE, -EIO, 0, -EIO },
		{ &sim_linux_7_3, SIM_TDX_QUIRKS_LINUX, 5, -EIO, 0, -EIO },
		{ &sim_linux_7_3, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_IN_FLIGHT, -EIO, SIM_TDX_GUEST_POLLS,
		  -EBUSY },
		{ &sim_linux_6_12, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_ERROR, 0, 0, 0 },
		{ &sim_linux_6_12, SIM_TDX_QUIRKS_LINUX, TDX_GETQUOTE_IN_FLIGHT, 0, SIM_TDX_GUEST_POLLS,
		  -EBUSY },
		{ NULL, 0, TDX_GETQUOTE_IN_FLIGHT, -ETIMEDOUT, SIM_TDX_GUEST_POLLS, -EBUSY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine_td_options options = { .kernel = cases[i].kernel,
						      .quirks = cases[i].quirks,
						      .fixed_status = true,
						      .status = cases[i].status };
		struct machine_td *machine = start_machine(&options);
		struct jurat_evidence evidence = { .size = sizeof(evidence) };
		struct seen seen = { 0 };
		struct trace *trace;
		size_t size;
		uint64_t s;
		int r;

		trace = begin_trace(machine, &seen);
		r = drive_one(machine, &size, &s);
		if (r != cases[i].first || size != 0 || s != cases[i].wait_s)
			FAIL_BECAUSE("row %zu: %d, %zu bytes, %llu s", i, r, size, (unsigned long long)s);
		r = drive_one(machine, &size, &s);
		if (r != cases[i].second || size != 0 || s != 0)
			FAIL_BECAUSE("row %zu: then %d, %zu bytes, %llu s", i, r, size,
				     (unsigned long long)s);
		/* Whatever the driver makes of it, jurat's guest half hands out nothing. */
		assert_true(attest(machine, &evidence, NULL) < 0);
		assert_null(evidence.report);
		end_trace(machine, trace);
		assert_int_equal(seen.asked, 0);
		assert_non_null(strstr(seen.vmm, "and no quote"));
		machine_td_free(machine);
	}
}

static void a_service_that_closes_halfway_is_an_error_and_the_next_request_is_asked_anew(void **state)
{
	struct machine_td_options options = { .quirks = SIM_TDX_QUIRKS_LINUX, .half_close = true };
	struct machine_td *machine = start_machine(&options);
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct seen seen = { 0 };
	struct trace *trace;
	size_t size;
	uint64_t s;

	(void)state;
	trace = begin_trace(machine, &seen);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(drive_one(machine, &size, &s), -EIO);
		assert_int_equal(size, 0);
		assert_int_equal(seen.asked, i);
		assert_non_null(strstr(seen.vmm, "0 bytes, then out_len, then status 0x8000000000000000"));
	}
	end_trace(machine, trace);
	assert_true(attest(machine, &evidence, NULL) < 0);
	assert_null(evidence.report);
	machine_td_free(machine);
}

static void the_seeds_driver_hands_on_any_status_and_waits_for_ever_for_none(void **state)
{
	struct machine_td_options options = { .flavour = SIM_TDX_SEED, .half_close = true };
	static const uint64_t statuses[] = { TDX_GETQUOTE_SUCCESS, TDX_GETQUOTE_ERROR, 5 };
	struct machine_td *machine = start_machine(&options);
	static uint8_t buffer[SEED_BUFFER];

	(void)state;
	assert_int_equal(seed_quote(machine, buffer), 0);
	assert_true(bytes_get_le(buffer + 8, 8) == TDX_GETQUOTE_ERROR && bytes_get_le(buffer + 20, 4) == 0);
	machine_td_free(machine);
	options.fixed_status = true;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		options.status = statuses[i];
		machine = start_machine(&options);
		assert_int_equal(seed_quote(machine, buffer), 0);
		assert_true(bytes_get_le(buffer + 8, 8) == statuses[i]);
		assert_int_equal(bytes_get_le(buffer + 20, 4), 0);
		machine_td_free(machine);
	}
	options.status = TDX_GETQUOTE_IN_FLIGHT;
	machine = start_machine(&options);
	assert_int_equal(seed_quote(machine, buffer), -EIO);
	assert_false(machine_td_runnable(machine));
	machine_td_free(machine);
}

static void a_machine_that_goes_away_ends_its_requests(void **state)
{
	struct machine_td_options options = { .grace_ms = JURAT_TDX_QUOTES_NONE };
	struct machine_td *machine = start_machine(&options);
	struct quote q = { .request = { .inblob = (const uint8_t *)&options, .inblob_size = 64 } };

	(void)state;
	assert_int_equal(machine_td_start_quote(machine, &q.request, quote_done, &q), 0);
	machine_td_step(machine); /* the quote is in flight */
	machine_td_free(machine);
	assert_true(q.done);
	assert_int_equal(q.result, -ENODEV);
}

static void a_program_sees_the_files_of_a_td(void **state)
{
	struct machine_td *machine = start_machine(NULL);
	struct base_env *env = machine_td_env(machine);
	static const char report[] = "/sys/kernel/config/tsm/report";
	struct base_stat st;
	int fd;

	(void)state;
	assert_int_equal(base_stat(env, "/dev/tdx_guest", &st), 0);
	assert_int_equal(base_stat(env, report, &st), 0);
	assert_int_equal(base_mkdir(env, "/sys/kernel/config/tsm/report/a", 0700), 0);
	assert_int_equal(base_mkdir(env, "/sys/kernel/config/tsm/report/a", 0700), -EEXIST);
	assert_int_equal(base_mkdir(env, "/tmp/a", 0700), -ENOENT);
	fd = base_open(env, "/sys/kernel/config/tsm/report/a/outblob", O_RDONLY, 0);
	assert_true(fd >= 0);
	assert_int_equal(base_read(env, fd, &st, 1), -EINVAL); /* nothing was written to inblob */
	assert_int_equal(base_close(env, fd), 0);
	assert_int_equal(base_close(env, fd), -EBADF);
	assert_int_equal(base_open(env, "/sys/kernel/config/tsm/report/a/privlevel", O_WRONLY, 0), -ENOENT);
	assert_int_equal(base_open(env, "/sys/kernel/config/tsm/report/a/inblob", O_RDONLY, 0), -EACCES);
	assert_int_equal(base_rmdir(env, "/sys/kernel/config/tsm/report/a"), 0);
	assert_int_equal(base_stat(env, "/sys/kernel/config/tsm/report/a", &st), -ENOENT);
	assert_int_equal(base_open(env, "/etc/passwd", O_RDONLY, 0), -ENOENT);
	machine_td_free(machine);
}

/* From the TDX module to the guest program: each allocation of the whole way fails. */
static int attest_without_memory(void *ctx)
{
	struct jurat_guest_options how = { .size = sizeof(how),
					   .tee = JURAT_TEE_TDX,
					   .via = JURAT_VIA_CONFIGFS };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct machine_td *machine = NULL;
	struct jurat_guest *guest = NULL;
	uint8_t data[64] = { 7 };
	int r;

	(void)ctx;
	fail_memory_resume();
	r = machine_td_new(NULL, &machine, NULL);
	if (r == 0)
		r = guest_open(machine_td_env(machine), &how, &guest, NULL);
	if (r == 0)
		r = jurat_guest_report(guest, data, NULL, &evidence, NULL);
	fail_memory_pause();
	if (r == 0)
		assert_string_equal(judge(machine, evidence.report, evidence.report_size, "UpToDate"), "");
	jurat_evidence_done(&evidence);
	jurat_guest_close(guest);
	machine_td_free(machine);
	return r == 0 ? 0 : -ENOMEM; /* what a host lacks reaches the guest in it as another error */
}

static int collateral_without_memory(void *ctx)
{
	struct machine_td *machine = ctx;
	struct sim_collateral_options o = { .platform_status = "OutOfDate",
					    .module_status = "UpToDate",
					    .qe_status = "UpToDate",
					    .issued = 1767225600,
					    .next_update = 1767225600 + DAY_S,
					    .evaluation = 17 };
	struct sim_collateral parts = { 0 };
	int r;

	fail_memory_resume();
	r = sim_qe_collateral(machine_td_qe(machine), &o, &parts, NULL);
	fail_memory_pause();
	for (unsigned i = 0; r == 0 && i < SIM_N_COLLATERAL_PARTS; i++)
		assert_true(parts.parts[i].size > 0);
	sim_collateral_done(&parts);
	return r;
}

static void without_memory_there_is_no_quote_and_no_collateral(void **state)
{
	struct machine_td *machine = start_machine(NULL);

	(void)state;
	assert_true(fail_memory_each(attest_without_memory, NULL) >= 8);
	assert_true(fail_memory_each(collateral_without_memory, machine) >= 4);
	machine_td_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_generation_of_module_attests),
		cmocka_unit_test(a_quote_has_the_size_and_term_of_real_ones),
		cmocka_unit_test(a_grace_wait_saves_linux_its_second),
		cmocka_unit_test(without_a_service_the_guest_hears_an_error_and_never_an_empty_quote),
		cmocka_unit_test(requests_queue_for_the_driver),
		cmocka_unit_test(the_seeds_driver_is_woken_by_the_interrupt),
		cmocka_unit_test(a_trace_does_not_end_what_another_one_began),
		cmocka_unit_test(a_vmm_that_answers_by_itself_asks_nobody),
		cmocka_unit_test(
			a_service_that_closes_halfway_is_an_error_and_the_next_request_is_asked_anew),
		cmocka_unit_test(the_seeds_driver_hands_on_any_status_and_waits_for_ever_for_none),
		cmocka_unit_test(a_machine_that_goes_away_ends_its_requests),
		cmocka_unit_test(a_program_sees_the_files_of_a_td),
		cmocka_unit_test(without_memory_there_is_no_quote_and_no_collateral),
	};

	return cmocka_run_group_tests_name("td", tests, NULL, NULL);
}
