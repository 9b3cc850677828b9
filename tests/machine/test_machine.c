/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "crypto/x509.h"
#include "guest/guest.h"
#include "jurat/verify.h"
#include "machine/machine.h"
#include "support/fail_memory.h"
#include "uapi/sev.h"
#include "wire/snp_certs.h"
#include "wire/snp_report.h"

enum { TCB_OLDER_BYTE = 0x01 };

static const enum sim_sync all_schemes[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					     SIM_SYNC_V14, SIM_SYNC_NONE };

/* The real world, but a lock that is taken is told at once: the tests' only thread holds it itself. */
struct impatient_env {
	struct base_env base;
	struct base_env_ops ops;
};

static int lock_at_once(struct base_env *env, int fd, enum base_lock_how how, uint64_t wait_ns)
{
	return base_lock(base_env_real(), fd, how, 0);
}

struct fixture {
	char dir[40], blob[64];
	struct impatient_env env;
	struct machine *machine;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->dir, "/tmp/jurat-machine-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	TEXT(f->blob, "%s/certs", f->dir);
	f->env.ops = *base_env_real()->ops;
	f->env.ops.lock = lock_at_once;
	f->env.base.ops = &f->env.ops;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	machine_free(f->machine);
	unlink(f->blob);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void start_machine(struct fixture *f, struct machine_options options)
{
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	struct jurat_error err = { "" };

	machine_free(f->machine);
	f->machine = NULL;
	unlink(f->blob);
	options.env = &f->env.base;
	options.certs_path = f->blob;
	if (machine_new(&options, &f->machine, &err) != 0 || machine_update(f->machine, &publish, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
}

static struct machine_guest *new_guest(struct fixture *f, unsigned n_vcpus)
{
	struct sim_launch launch = { .policy = 0x30000 };
	struct machine_guest *guest;
	struct jurat_error err = { "" };

	if (machine_guest_new(f->machine, &launch, n_vcpus, &guest, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	return guest;
}

/* What the verifier says of a report and the certificates of the same reply; "" when it accepts. */
static const char *judge(struct fixture *f, const uint8_t *report, const uint8_t *certs, size_t certs_size)
{
	struct jurat_snp_evidence evidence = { sizeof(evidence), report, SNP_REPORT_BYTES, certs,
					       certs_size };
	static char reason[64];
	struct jurat_verifier *verifier;
	struct jurat_verdict *verdict;
	const uint8_t *ark;
	size_t n;
	int r;

	assert_int_equal(sim_pki_ca(machine_pki(f->machine), sim_psp_product(machine_psp(f->machine)),
				    SIM_ARK, &ark, &n, NULL),
			 0);
	assert_int_equal(jurat_verifier_new(&verifier, NULL), 0);
	assert_int_equal(jurat_verifier_add_roots(verifier, ark, n, NULL), 0);
	r = jurat_verify_snp(verifier, &evidence, NULL, time(NULL), &verdict, NULL);
	TEXT(reason, "%s", r == 0 ? "" : jurat_verdict_reason_code(verdict, 0));
	jurat_verdict_free(verdict);
	jurat_verifier_free(verifier);
	return reason;
}

static void attest_through_the_guest_half(struct fixture *f, struct machine_guest *guest)
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_SEV_SNP,
					       .via = JURAT_VIA_IOCTL };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_error err = { "" };
	struct jurat_guest *handle;
	uint8_t data[64];

	memset(data, 0x5a, sizeof(data));
	assert_int_equal(guest_open(machine_env(guest, 0), &options, &handle, &err), 0);
	if (jurat_guest_report(handle, data, NULL, &evidence, &err) != 0)
		FAIL_BECAUSE("%s", err.text);
	assert_string_equal(judge(f, evidence.report, evidence.certs, evidence.certs_size), "");
	jurat_evidence_done(&evidence);
	jurat_guest_close(handle);
}

static void every_product_version_key_and_scheme_attests(void **state)
{
	static const uint32_t versions[] = { 2, 3, 4, 5 };
	struct machine_change vlek = { .kind = MACHINE_VLEK_LOAD };
	struct fixture *f = *state;

	for (unsigned product = SNP_MILAN; product < SNP_N_PRODUCTS; product++)
		for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
			for (size_t s = 0; s < ARRAY_SIZE(all_schemes); s++) {
				struct machine_options options = { .sync = all_schemes[s],
								   .psp = { .product = product,
									    .report_version = versions[v] } };

				start_machine(f, options);
				attest_through_the_guest_half(f, new_guest(f, 1));
				assert_int_equal(machine_update(f->machine, &vlek, NULL), 0);
				attest_through_the_guest_half(f, new_guest(f, 2));
			}
}

static void get_report(struct machine_guest *guest, struct jurat_evidence *ret, struct snp_report *ret_report)
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_SEV_SNP,
					       .via = JURAT_VIA_IOCTL };
	struct jurat_guest *handle;
	uint8_t data[64] = { 0 };

	assert_int_equal(guest_open(machine_env(guest, 0), &options, &handle, NULL), 0);
	assert_int_equal(jurat_guest_report(handle, data, NULL, ret, NULL), 0);
	assert_int_equal(snp_report_read(ret->report, ret->report_size, ret_report, NULL), 0);
	jurat_guest_close(handle);
}

/* How many days the leaf of the host's table is good for. */
static int64_t leaf_days(const struct jurat_evidence *evidence, enum snp_cert_kind kind)
{
	struct crypto_cert cert;
	struct snp_certs table;

	assert_int_equal(snp_certs_read(evidence->certs, evidence->certs_size, &table, NULL), 0);
	for (size_t i = 0; i < table.n; i++) {
		if (table.entries[i].kind != kind)
			continue;
		assert_int_equal(
			crypto_cert_read(table.entries[i].data.data, table.entries[i].data.size, &cert, NULL),
			0);
		assert_int_equal(cert.not_before, sim_pki_leaf_begin(time(NULL)));
		return (cert.not_after - cert.not_before) / BASE_DAY_SECONDS;
	}
	return 0;
}

/* As at AWS: what a VLEK signs does not name the chip. What a VCEK signs again afterwards does. */
static void only_reports_of_a_vcek_name_the_chip(void **state)
{
	struct machine_change vlek = { .kind = MACHINE_VLEK_LOAD }, commit = { .kind = MACHINE_COMMIT },
			      newer = { .kind = MACHINE_DOWNLOAD };
	struct snp_tcb tcb = { .boot_loader = 4, .snp = 25, .microcode = 219 };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct fixture *f = *state;
	struct snp_report report;
	uint8_t hwid[64];

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	sim_psp_hwid(machine_psp(f->machine), hwid);
	newer.tcb = snp_tcb_write(SNP_MILAN, &tcb);
	for (unsigned step = 0; step < 3; step++) {
		if (step == 1)
			assert_int_equal(machine_update(f->machine, &vlek, NULL), 0);
		if (step == 2) {
			assert_int_equal(machine_update(f->machine, &newer, NULL), 0);
			assert_int_equal(machine_update(f->machine, &commit, NULL), 0);
		}
		get_report(new_guest(f, 1), &evidence, &report);
		assert_int_equal(bytes_all(report.chip_id, sizeof(report.chip_id), 0), step == 1);
		assert_int_equal(memcmp(report.chip_id, hwid, sizeof(hwid)) == 0, step != 1);
		assert_string_equal(judge(f, evidence.report, evidence.certs, evidence.certs_size), "");
		jurat_evidence_done(&evidence);
		evidence = (struct jurat_evidence){ .size = sizeof(evidence) };
	}
}

static void endorsement_keys_last_as_long_as_amds(void **state)
{
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct machine_change vlek = { .kind = MACHINE_VLEK_LOAD };
	struct fixture *f = *state;
	struct snp_report report;
	int64_t days;

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	get_report(new_guest(f, 1), &evidence, &report);
	days = leaf_days(&evidence, SNP_CERT_VCEK);
	assert_in_range(days, 7 * 365 + 1, 7 * 365 + 2);
	jurat_evidence_done(&evidence);
	evidence = (struct jurat_evidence){ .size = sizeof(evidence) };
	assert_int_equal(machine_update(f->machine, &vlek, NULL), 0);
	get_report(new_guest(f, 1), &evidence, &report);
	assert_in_range(leaf_days(&evidence, SNP_CERT_VLEK), 365, 366);
	jurat_evidence_done(&evidence);
}

/* sim_linux: sev_shares_certs_per_request. A VMM that writes between requests finds private pages (B25). */
static void certificate_pages_are_private_between_requests_since_7_3(void **state)
{
	enum { CERTS_GPA = 4 * SNP_PAGE_BYTES };
	struct fixture *f = *state;

	for (int old = 0; old < 2; old++) {
		struct machine_options options = { .kernel = old ? &sim_linux_6_12 : &sim_linux_7_3 };
		struct machine_guest *guest;

		start_machine(f, options);
		guest = new_guest(f, 1);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(sim_kvm_host_write(machine_guest_vm(guest), CERTS_GPA, "x", 1),
					 old ? 0 : -EFAULT);
			attest_through_the_guest_half(f, guest);
		}
	}
}

/* One SNP_GET_EXT_REPORT of a guest program, with its buffers. */
struct program {
	uint8_t arg[SNP_IOCTL_BYTES], request[SNP_EXT_REPORT_REQ_BYTES], response[SNP_REPORT_RESP_BYTES];
	uint8_t certs[4 * SNP_PAGE_BYTES];
	int result;
	bool done;
};

static int program_read(void *ctx, uint64_t addr, void *to, size_t n)
{
	memcpy(to, (const void *)(uintptr_t)addr, n);
	return 0;
}

static int program_write(void *ctx, uint64_t addr, const void *from, size_t n)
{
	memcpy((void *)(uintptr_t)addr, from, n);
	return 0;
}

static const struct sim_user_memory program_memory = { .read = program_read, .write = program_write };

static void program_done(void *ctx, int result)
{
	struct program *p = ctx;

	assert_false(p->done);
	p->done = true;
	p->result = result;
}

static void program_prepare(struct program *p, uint8_t data, size_t certs_bytes)
{
	memset(p, 0, sizeof(*p));
	memset(p->request, data, 64);
	bytes_put_le(p->request + 96, (uintptr_t)p->certs, 8);
	bytes_put_le(p->request + 104, certs_bytes, 4);
	p->arg[0] = 1;
	bytes_put_le(p->arg + 8, (uintptr_t)p->request, 8);
	bytes_put_le(p->arg + 16, (uintptr_t)p->response, 8);
}

static void program_start(struct program *p, struct machine_guest *guest, unsigned vcpu, uint8_t data)
{
	program_prepare(p, data, sizeof(p->certs));
	assert_int_equal(machine_start(guest, vcpu, &program_memory, UAPI_SNP_GET_EXT_REPORT,
				       (uintptr_t)p->arg, program_done, p),
			 0);
}

static const uint8_t *program_report(const struct program *p)
{
	return p->response + SNP_MSG_REPORT_RSP_HDR_BYTES;
}

static void many_guests_and_vcpus_in_any_order_get_their_own_reports(void **state)
{
	enum { GUESTS = 4, VCPUS = 4, REQUESTS = GUESTS * VCPUS };
	struct fixture *f = *state;
	struct machine_guest *guests[GUESTS];
	struct program *programs = calloc(REQUESTS, sizeof(*programs));
	uint32_t seed = 1;
	unsigned n;

	assert_non_null(programs);
	for (size_t s = 0; s < ARRAY_SIZE(all_schemes); s++) {
		start_machine(f, (struct machine_options){ .sync = all_schemes[s] });
		for (unsigned g = 0; g < GUESTS; g++)
			guests[g] = new_guest(f, VCPUS);
		for (unsigned i = 0; i < REQUESTS; i++)
			program_start(&programs[i], guests[i % GUESTS], i / GUESTS, (uint8_t)(i + 1));
		while ((n = machine_runnable(f->machine)) > 0) {
			seed = seed * 1664525 + 1013904223;
			machine_step(f->machine, (seed >> 8) % n);
		}
		for (unsigned i = 0; i < REQUESTS; i++) {
			assert_true(programs[i].done);
			assert_int_equal(programs[i].result, 0);
			assert_true(bytes_all(program_report(&programs[i]) + 0x50, 64, (uint8_t)(i + 1)));
			assert_string_equal(judge(f, program_report(&programs[i]), programs[i].certs,
						  sizeof(programs[i].certs)),
					    "");
		}
		for (unsigned g = 0; g < GUESTS; g++)
			assert_int_equal(
				sim_psp_message_count(machine_psp(f->machine),
						      sim_kvm_vm_psp_guest(machine_guest_vm(guests[g])), 0),
				2 * VCPUS);
	}
	free(programs);
}

/* Runs one request, changes the TCB after its k-th step. The verdict; NULL when there were fewer steps. */
static const char *change_after_step(struct fixture *f, enum sim_sync sync, unsigned k, int *ret_update)
{
	struct machine_change older = { .kind = MACHINE_CONFIG };
	struct snp_platform_status status;
	struct machine_guest *guest;
	struct program p;
	bool changed = false;

	start_machine(f, (struct machine_options){ .sync = sync });
	assert_int_equal(sim_psp_platform_status(machine_psp(f->machine), &status), 0);
	older.tcb = status.reported_tcb - TCB_OLDER_BYTE;
	guest = new_guest(f, 1);
	program_start(&p, guest, 0, 1);
	for (unsigned step = 0; machine_runnable(f->machine) > 0; step++) {
		if (step == k) {
			*ret_update = machine_update(f->machine, &older, NULL);
			changed = true;
		}
		machine_step(f->machine, 0);
	}
	assert_true(p.done);
	assert_int_equal(p.result, 0);
	return changed ? judge(f, program_report(&p), p.certs, sizeof(p.certs)) : NULL;
}

static void an_update_between_any_two_steps_never_parts_report_and_certificates(void **state)
{
	static const enum sim_sync safe[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					      SIM_SYNC_V14 };
	struct fixture *f = *state;

	for (size_t s = 0; s < ARRAY_SIZE(safe); s++) {
		unsigned updated = 0, kept_out = 0;
		const char *verdict;
		int r = 0;

		for (unsigned k = 0; (verdict = change_after_step(f, safe[s], k, &r)); k++) {
			assert_string_equal(verdict, "");
			updated += r == 0;
			kept_out += r == JURAT_BUSY;
		}
		assert_true(updated > 0);
		if (safe[s] != SIM_SYNC_V14) /* its updater never waits: the guest is told to come back */
			assert_true(kept_out > 0);
	}
}

static void without_synchronisation_a_mismatch_reaches_the_guest(void **state)
{
	struct fixture *f = *state;
	unsigned mismatches = 0;
	const char *verdict;
	int r;

	for (unsigned k = 0; (verdict = change_after_step(f, SIM_SYNC_NONE, k, &r)); k++)
		mismatches += verdict[0] != '\0';
	assert_true(mismatches > 0);
}

static int hold_blob(struct fixture *f)
{
	int fd = open(f->blob, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0), 0);
	return fd;
}

static void wait_for_busy_store(struct fixture *f, enum sim_sync sync)
{
	struct machine_guest *guest;
	struct program p;
	int fd, steps = 0;

	start_machine(f, (struct machine_options){ .sync = sync });
	guest = new_guest(f, 1);
	fd = hold_blob(f);
	program_start(&p, guest, 0, 7);
	while (machine_runnable(f->machine) > 0) {
		if (machine_now_ns(f->machine) >= 5000000000u && fd >= 0) {
			close(fd);
			fd = -1;
		}
		machine_step(f->machine, 0);
		steps++;
	}
	assert_true(p.done);
	assert_int_equal(p.result, 0);
	assert_true(machine_now_ns(f->machine) >= 5000000000u);
	assert_true(steps > 3);
	assert_string_equal(judge(f, program_report(&p), p.certs, sizeof(p.certs)), "");
	assert_int_equal(bytes_get_le(p.arg + 24, 8), 0); /* nothing is copied back on success (B15) */
}

static void a_busy_store_costs_time_but_not_the_key(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_schemes); i++)
		wait_for_busy_store(*state, all_schemes[i]);
}

static void a_minute_of_busy_costs_the_guest_its_key(void **state) /* B4 */
{
	struct fixture *f = *state;
	struct machine_guest *guest;
	struct program p;
	int fd;

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	guest = new_guest(f, 1);
	fd = hold_blob(f);
	program_prepare(&p, 7, sizeof(p.certs));
	assert_int_equal(machine_ioctl(guest, 0, UAPI_SNP_GET_EXT_REPORT, p.arg), -ETIMEDOUT);
	close(fd);
	assert_true(sim_sev_guest_key_wiped(machine_guest_driver(guest)));
	assert_int_equal(machine_ioctl(guest, 0, UAPI_SNP_GET_EXT_REPORT, p.arg), -ENOTTY);
}

static void count_ended(void *ctx, const struct sequence_event *event)
{
	*(unsigned *)ctx += !strcmp(event->text, "open") && !event->unfinished;
}

/* Changes the trace after k steps of a request that finds a busy store. Returns whether it has as many. */
static bool change_trace_after(struct fixture *f, unsigned k, unsigned *ret_ended)
{
	const struct trace_options options = { .sink = count_ended, .ctx = ret_ended };
	struct trace *first, *second;
	struct machine_guest *guest;
	struct program p;
	unsigned steps = 0;
	int fd;

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	guest = new_guest(f, 1);
	assert_int_equal(trace_new(&options, &first), 0);
	assert_int_equal(trace_new(&options, &second), 0);
	for (unsigned i = 0; i < 100; i++) /* with the ids of the first one's steps */
		assert_true(trace_aside(second, "a", "b", "open") > 0);
	machine_set_trace(f->machine, first);
	fd = hold_blob(f);
	program_start(&p, guest, 0, 7);
	while (machine_runnable(f->machine) > 0) {
		if (steps++ == k)
			machine_set_trace(f->machine, second);
		if (machine_now_ns(f->machine) >= 5000000000u && fd >= 0) {
			close(fd);
			fd = -1;
		}
		machine_step(f->machine, 0);
	}
	assert_true(p.done && p.result == 0);
	machine_set_trace(f->machine, NULL);
	assert_int_equal(trace_free(first), 0);
	assert_int_equal(trace_free(second), 0);
	return steps > k;
}

static void a_trace_does_not_end_what_another_one_began(void **state)
{
	unsigned ended = 0, k = 0;

	while (change_trace_after(*state, k, &ended))
		k++;
	assert_true(k > 3);
	assert_int_equal(ended, 0);
}

static void query_size(struct fixture *f, enum sim_sync sync)
{
	struct machine_guest *guest;
	struct program p;

	start_machine(f, (struct machine_options){ .sync = sync });
	guest = new_guest(f, 1);
	program_prepare(&p, 7, 0);
	assert_int_equal(machine_ioctl(guest, 0, UAPI_SNP_GET_EXT_REPORT, p.arg), -EIO);
	assert_true(bytes_get_le(p.arg + 24, 8) == SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0));
	assert_int_equal(bytes_get_le(p.request + 104, 4) % SNP_PAGE_BYTES, 0);
	assert_int_not_equal(bytes_get_le(p.request + 104, 4), 0);
	/* The message was resent as a plain request, so that no counter is used twice (B1). */
	assert_int_equal(sim_psp_message_count(machine_psp(f->machine),
					       sim_kvm_vm_psp_guest(machine_guest_vm(guest)), 0),
			 2);
	program_prepare(&p, 7, sizeof(p.certs));
	assert_int_equal(machine_ioctl(guest, 0, UAPI_SNP_GET_EXT_REPORT, p.arg), 0);
}

static void a_size_query_is_answered_with_the_pages_and_costs_one_message(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_schemes); i++)
		query_size(*state, all_schemes[i]);
}

static void derived_keys_are_the_guests_own(void **state)
{
	struct jurat_snp_key_options options = { .size = sizeof(options) };
	struct fixture *f = *state;
	uint8_t keys[3][32];

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	for (int i = 0; i < 3; i++) {
		struct machine_guest *guest = new_guest(f, 1);
		struct jurat_guest *handle;

		options.fields = i == 2 ? JURAT_SNP_KEY_POLICY : 0;
		assert_int_equal(guest_open(machine_env(guest, 0), NULL, &handle, NULL), 0);
		assert_int_equal(jurat_guest_snp_derive_key(handle, &options, keys[i], NULL), 0);
		jurat_guest_close(handle);
	}
	assert_memory_equal(keys[0], keys[1], 32); /* same inputs on the same chip */
	assert_memory_not_equal(keys[0], keys[2], 32);
}

static void a_guest_that_goes_away_ends_its_requests(void **state)
{
	struct fixture *f = *state;
	struct machine_guest *guest;
	struct program a, b;

	start_machine(f, (struct machine_options){ .sync = SIM_SYNC_UPSTREAM });
	guest = new_guest(f, 1);
	program_start(&a, guest, 0, 1);
	program_start(&b, guest, 0, 2);
	machine_step(f->machine, 0); /* the first waits for the VMM, its lock held */
	machine_guest_free(guest);
	assert_int_equal(a.result, -ENODEV);
	assert_int_equal(b.result, -ENODEV);
	close(hold_blob(f)); /* nobody else has it any more */
}

static void a_machine_without_certificates_gives_the_report_alone(void **state)
{
	struct fixture *f = *state;
	struct program p;

	for (size_t s = 0; s < ARRAY_SIZE(all_schemes); s++) {
		struct machine_options options = { .sync = all_schemes[s] };

		machine_free(f->machine);
		assert_int_equal(machine_new(&options, &f->machine, NULL), 0);
		program_prepare(&p, 1, sizeof(p.certs));
		memset(p.certs, 0xee, sizeof(p.certs));
		assert_int_equal(machine_ioctl(new_guest(f, 1), 0, UAPI_SNP_GET_EXT_REPORT, p.arg), 0);
		assert_true(bytes_all(p.certs, 24, 0));
		assert_string_equal(judge(f, program_report(&p), p.certs, 24), "leaf-missing");
	}
}

/* From firmware to guest program: each allocation of the whole way fails. */
static int attest_without_memory(void *ctx)
{
	struct jurat_guest_options how = { .size = sizeof(how),
					   .tee = JURAT_TEE_SEV_SNP,
					   .via = JURAT_VIA_IOCTL };
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY }, vlek = { .kind = MACHINE_VLEK_LOAD };
	struct sim_launch launch = { .policy = 0x30000 };
	struct fixture *f = ctx;
	struct machine_options options = { .env = &f->env.base, .certs_path = f->blob };
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct machine_guest *guest;
	struct jurat_guest *handle = NULL;
	uint8_t data[64] = { 7 };
	int r;

	unlink(f->blob);
	fail_memory_resume();
	r = machine_new(&options, &f->machine, NULL);
	if (r == 0)
		r = machine_update(f->machine, &publish, NULL);
	if (r == 0)
		r = machine_update(f->machine, &vlek, NULL);
	if (r == 0)
		r = machine_guest_new(f->machine, &launch, 1, &guest, NULL);
	if (r == 0) {
		r = guest_open(machine_env(guest, 0), &how, &handle, NULL);
		if (r == 0)
			r = jurat_guest_report(handle, data, NULL, &evidence, NULL);
		r = r == 0 ? 0 : -ENOMEM; /* what its host lacks reaches a guest as another error */
	}
	fail_memory_pause();
	if (r == 0)
		assert_string_equal(judge(f, evidence.report, evidence.certs, evidence.certs_size), "");
	jurat_evidence_done(&evidence);
	jurat_guest_close(handle);
	machine_free(f->machine);
	f->machine = NULL;
	return r;
}

static void without_memory_there_is_no_report(void **state)
{
	assert_true(fail_memory_each(attest_without_memory, *state) >= 40);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_product_version_key_and_scheme_attests),
		CASE(only_reports_of_a_vcek_name_the_chip),
		CASE(certificate_pages_are_private_between_requests_since_7_3),
		CASE(endorsement_keys_last_as_long_as_amds),
		CASE(many_guests_and_vcpus_in_any_order_get_their_own_reports),
		CASE(an_update_between_any_two_steps_never_parts_report_and_certificates),
		CASE(without_synchronisation_a_mismatch_reaches_the_guest),
		CASE(a_busy_store_costs_time_but_not_the_key),
		CASE(a_minute_of_busy_costs_the_guest_its_key),
		CASE(a_trace_does_not_end_what_another_one_began),
		CASE(a_size_query_is_answered_with_the_pages_and_costs_one_message),
		CASE(derived_keys_are_the_guests_own),
		CASE(a_guest_that_goes_away_ends_its_requests),
		CASE(a_machine_without_certificates_gives_the_report_alone),
		CASE(without_memory_there_is_no_report),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
