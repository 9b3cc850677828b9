/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include "crypto/hash.h"
#include "sim/tdx/tdx_module.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"

enum { PAGE = 4096 };

static struct sim_tdx_platform *platform_of(enum sim_tdx_generation generation)
{
	struct sim_tdx_options options = { .generation = generation };
	struct sim_tdx_platform *platform = NULL;

	assert_int_equal(sim_tdx_platform_new(&options, &platform, NULL), 0);
	return platform;
}

static struct sim_td *td_of(struct sim_tdx_platform *platform, const struct sim_td_params *params)
{
	struct sim_td_params none = { 0 };
	struct sim_td *td = NULL;

	assert_int_equal(sim_td_new(platform, params ? params : &none, 64, &td, NULL), 0);
	return td;
}

static void report_of(struct sim_td *td, struct tdx_report *ret, uint8_t bytes[TDX_REPORT_BYTES])
{
	uint8_t data[64];

	memset(data, 0xda, sizeof(data));
	assert_int_equal(sim_td_mr_report(td, data, bytes), UAPI_TDCALL_SUCCESS);
	assert_int_equal(tdx_report_read(bytes, TDX_REPORT_BYTES, ret, NULL), 0);
	assert_int_equal(tdx_report_check_reserved(ret, NULL), 0);
}

static void a_platform_follows_from_its_seed(void **state)
{
	struct sim_tdx_options other = { .seed = "other" }, none = { .seed = "" },
			       wrong = { .generation = 3 };
	struct sim_tdx_platform *a, *b, *c = NULL;

	a = platform_of(SIM_TDX_15);
	b = platform_of(SIM_TDX_10);
	assert_memory_equal(sim_tdx_identity(a), sim_tdx_identity(b), sizeof(struct sim_tdx_identity));
	assert_int_equal(sim_tdx_platform_new(&other, &c, NULL), 0);
	assert_memory_not_equal(sim_tdx_identity(a)->ppid, sim_tdx_identity(c)->ppid, 16);
	assert_memory_not_equal(sim_tdx_identity(a)->qe_id, sim_tdx_identity(a)->ppid, 16);
	sim_tdx_platform_free(a);
	sim_tdx_platform_free(b);
	sim_tdx_platform_free(c);
	sim_tdx_platform_free(NULL);
	c = NULL;
	assert_int_equal(sim_tdx_platform_new(&none, &c, NULL), -EINVAL);
	assert_int_equal(sim_tdx_platform_new(&wrong, &c, NULL), -EINVAL);
	assert_null(c);
}

static void tds_that_cannot_be_are_refused(void **state)
{
	struct sim_tdx_platform *old = platform_of(SIM_TDX_10);
	struct sim_td_params params = { 0 };
	struct sim_td *td = NULL;

	assert_int_equal(sim_td_new(old, &params, 0, &td, NULL), -EINVAL);
	assert_int_equal(sim_td_new(old, &params, (1ull << 47) / PAGE + 1, &td, NULL), -EINVAL);
	params.xfam = 1;
	assert_int_equal(sim_td_new(old, &params, 1, &td, NULL), -EINVAL);
	params.xfam = 0xe7;
	params.servtd_hash[47] = 1;
	assert_int_equal(sim_td_new(old, &params, 1, &td, NULL), -EINVAL);
	assert_null(td);
	params.servtd_hash[47] = 0;
	params.has_gpaw_52 = true;
	assert_int_equal(sim_td_new(old, &params, (1ull << 47) / PAGE + 1, &td, NULL), 0);
	assert_int_equal(sim_td_shared_bit(td), 1ull << 51);
	sim_td_free(td);
	sim_td_free(NULL);
	sim_tdx_platform_free(old);
}

static void each_generation_has_its_report_versions(void **state)
{
	static const struct {
		enum sim_tdx_generation generation;
		bool has_servtd;
		uint8_t version;
		uint64_t valid;
	} rows[] = {
		{ SIM_TDX_10, false, 0, 0x1ff },    { SIM_TDX_15, false, 0, 0x301ff },
		{ SIM_TDX_15, true, 1, 0x301ff },   { SIM_TDX_15EX, false, 3, 0x301ff },
		{ SIM_TDX_15EX, true, 3, 0x301ff },
	};
	static const uint8_t zeros[32];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim_tdx_platform *platform = platform_of(rows[i].generation);
		struct sim_td_params params = { .attributes = 1ull << 28, .xfam = 0xe7 };
		uint8_t bytes[TDX_REPORT_BYTES];
		struct tdx_report report;
		struct sim_td *td;

		memset(params.mrtd, 1, sizeof(params.mrtd));
		memset(params.mrconfigid, 2, sizeof(params.mrconfigid));
		memset(params.mrowner, 3, sizeof(params.mrowner));
		memset(params.mrownerconfig, 4, sizeof(params.mrownerconfig));
		memset(params.servtd_hash, rows[i].has_servtd ? 5 : 0, sizeof(params.servtd_hash));
		td = td_of(platform, &params);
		report_of(td, &report, bytes);
		assert_int_equal(report.mac.version, rows[i].version);
		assert_int_equal(report.tcb.valid, rows[i].valid);
		assert_int_equal(report.td.td_attributes, params.attributes);
		assert_int_equal(report.td.xfam, 0xe7);
		assert_memory_equal(report.td.mrtd, params.mrtd, 48);
		assert_memory_equal(report.td.mrconfigid, params.mrconfigid, 48);
		assert_memory_equal(report.td.mrowner, params.mrowner, 48);
		assert_memory_equal(report.td.mrownerconfig, params.mrownerconfig, 48);
		assert_memory_equal(report.td.servtd_hash, params.servtd_hash, 48);
		assert_true(bytes_all(report.mac.report_data, 64, 0xda));
		assert_int_equal(memcmp(report.td.td_id, zeros, 32) != 0, rows[i].generation == SIM_TDX_15EX);
		sim_td_free(td);
		sim_tdx_platform_free(platform);
	}
}

static void a_report_holds_together_on_its_own_machine_only(void **state)
{
	struct sim_tdx_options elsewhere = { .seed = "elsewhere" }, updated = { 0 };
	struct sim_tdx_tcb tcb;
	struct sim_tdx_platform *here = platform_of(SIM_TDX_15), *there = NULL, *later = NULL;
	struct sim_td *td = td_of(here, NULL);
	uint8_t bytes[TDX_REPORT_BYTES], digest[48];
	struct tdx_report report;

	report_of(td, &report, bytes);
	crypto_sha384(bytes + 256, 239, digest);
	assert_memory_equal(report.mac.tee_tcb_info_hash, digest, 48);
	crypto_sha384(bytes + 512, 512, digest);
	assert_memory_equal(report.mac.tee_info_hash, digest, 48);
	assert_int_equal(sim_tdx_verify_report(here, bytes), 0);
	for (unsigned i = 0; i < 256; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			bytes[i] ^= (uint8_t)bit;
			assert_int_equal(sim_tdx_verify_report(here, bytes), JURAT_REFUSED);
			bytes[i] ^= (uint8_t)bit;
		}
	assert_int_equal(sim_tdx_platform_new(&elsewhere, &there, NULL), 0);
	assert_int_equal(sim_tdx_verify_report(there, bytes), JURAT_REFUSED);
	tcb = *sim_tdx_tcb(here); /* the same machine after a microcode update */
	tcb.cpusvn[0]++;
	updated.tcb = &tcb;
	assert_int_equal(sim_tdx_platform_new(&updated, &later, NULL), 0);
	assert_int_equal(sim_tdx_verify_report(later, bytes), JURAT_REFUSED);
	sim_td_free(td);
	sim_tdx_platform_free(here);
	sim_tdx_platform_free(there);
	sim_tdx_platform_free(later);
}

static void a_new_module_shows_beside_the_one_that_a_td_was_launched_on(void **state)
{
	static const uint8_t newer[16] = { 9, 1, 4 };

	for (unsigned generation = SIM_TDX_15; generation <= SIM_TDX_15EX; generation++) {
		struct sim_tdx_platform *platform = platform_of(generation);
		struct sim_td *td = td_of(platform, NULL), *young;
		uint8_t old[16], bytes[TDX_REPORT_BYTES];
		struct tdx_report report, before;

		memcpy(old, sim_tdx_tcb(platform)->tee_tcb_svn, 16);
		report_of(td, &before, bytes);
		sim_tdx_update_module(platform, newer);
		report_of(td, &report, bytes);
		assert_memory_equal(report.tcb.tee_tcb_svn, old, 16);
		assert_memory_not_equal(report.tcb.mrseam, before.tcb.mrseam, 48);
		if (generation == SIM_TDX_10)
			assert_true(bytes_all(report.tcb.tee_tcb_svn2, 16, 0));
		else
			assert_memory_equal(report.tcb.tee_tcb_svn2, newer, 16);
		young = td_of(platform, NULL);
		report_of(young, &report, bytes);
		assert_memory_equal(report.tcb.tee_tcb_svn, newer, 16);
		sim_td_free(td);
		sim_td_free(young);
		sim_tdx_platform_free(platform);
	}
}

static void rtmrs_are_extended_not_set(void **state)
{
	struct sim_tdx_platform *platform = platform_of(SIM_TDX_15);
	struct sim_td *td = td_of(platform, NULL);
	uint8_t digest[48], both[96] = { 0 }, expected[48], bytes[TDX_REPORT_BYTES];
	struct tdx_report report;

	memset(digest, 0x11, sizeof(digest));
	for (unsigned i = 0; i < 4; i++) {
		memset(both, 0, 48);
		for (unsigned times = 0; times <= i; times++) {
			memcpy(both + 48, digest, 48);
			crypto_sha384(both, sizeof(both), expected);
			memcpy(both, expected, 48);
			assert_int_equal(sim_td_rtmr_extend(td, i, digest), UAPI_TDCALL_SUCCESS);
		}
		report_of(td, &report, bytes);
		assert_memory_equal(tdx_td_info_rtmr(&report.td, i), expected, 48);
	}
	assert_int_equal(sim_td_rtmr_extend(td, 4, digest) >> 40, UAPI_TDCALL_OPERAND_INVALID >> 40);
	assert_int_equal(sim_td_rtmr_extend(td, UINT64_MAX, digest) >> 40, UAPI_TDCALL_OPERAND_INVALID >> 40);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
}

static void a_tdcall_can_be_made_to_fail(void **state)
{
	struct sim_tdx_platform *platform = platform_of(SIM_TDX_15);
	struct sim_td *td = td_of(platform, NULL);
	uint8_t data[64] = { 0 }, digest[48] = { 1 }, bytes[TDX_REPORT_BYTES], untouched[TDX_REPORT_BYTES];
	struct tdx_report report;

	memset(bytes, 0xee, sizeof(bytes));
	memset(untouched, 0xee, sizeof(untouched));
	sim_td_fail_tdcall(td, 2, UAPI_TDCALL_OPERAND_BUSY);
	assert_int_equal(sim_td_mr_report(td, data, bytes), UAPI_TDCALL_SUCCESS);
	memset(bytes, 0xee, sizeof(bytes));
	assert_int_equal(sim_td_mr_report(td, data, bytes), UAPI_TDCALL_OPERAND_BUSY);
	assert_memory_equal(bytes, untouched, sizeof(bytes));
	sim_td_fail_tdcall(td, 1, UAPI_TDCALL_OPERAND_BUSY);
	assert_int_equal(sim_td_rtmr_extend(td, 0, digest), UAPI_TDCALL_OPERAND_BUSY);
	report_of(td, &report, bytes);
	assert_true(bytes_all(report.td.rtmr0, 48, 0));
	sim_td_fail_tdcall(td, 1, UAPI_TDCALL_OPERAND_BUSY);
	sim_td_fail_tdcall(td, 0, UAPI_TDCALL_OPERAND_BUSY);
	assert_int_equal(sim_td_mr_report(td, data, bytes), UAPI_TDCALL_SUCCESS);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
}

static void the_host_sees_shared_pages_only(void **state)
{
	struct sim_tdx_platform *platform = platform_of(SIM_TDX_15);
	struct sim_td *td = td_of(platform, NULL);
	char word[5] = "";

	assert_int_equal(sim_td_guest_write(td, PAGE, "mine", 5), 0);
	assert_int_equal(sim_td_host_read(td, PAGE, word, 5), -EFAULT);
	assert_int_equal(sim_td_host_write(td, PAGE, "his!", 5), -EFAULT);
	assert_int_equal(sim_td_set_shared(td, PAGE, 1, true), 0);
	assert_int_equal(sim_td_guest_write(td, PAGE, "ours", 5), 0);
	assert_int_equal(sim_td_host_read(td, PAGE, word, 5), 0);
	assert_string_equal(word, "ours");
	assert_int_equal(sim_td_host_write(td, PAGE + 1, "aqs", 3), 0);
	assert_int_equal(sim_td_guest_read(td, PAGE, word, 5), 0);
	assert_string_equal(word, "oaqs");
	assert_int_equal(sim_td_host_read(td, 2 * PAGE - 1, word, 2), -EFAULT);
	assert_int_equal(sim_td_host_read(td, UINT64_MAX, word, 2), -EFAULT);
	assert_int_equal(sim_td_guest_read(td, 64 * PAGE, word, 1), -EFAULT);
	sim_td_free(td);
	sim_tdx_platform_free(platform);
}

/* One vCPU whose guest makes the calls that a test wrote down. */
struct guest {
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_td_vcpu *vcpu;
	uint8_t *run;
	struct uapi_tdvmcall calls[4], answers[4];
	unsigned n_calls, next, n_answers;
	uint8_t vectors[8];
	unsigned n_vectors;
	bool was_called;
};

static enum sim_td_wants enter(void *ctx, struct uapi_tdvmcall *regs)
{
	struct guest *g = ctx;

	if (g->was_called)
		g->answers[g->n_answers++] = *regs;
	g->was_called = g->next < g->n_calls;
	if (!g->was_called)
		return SIM_TD_HALT;
	*regs = g->calls[g->next++];
	return SIM_TD_VMCALL;
}

static void interrupt(void *ctx, uint8_t vector)
{
	struct guest *g = ctx;

	g->vectors[g->n_vectors++] = vector;
}

static int set_up(void **state)
{
	static const struct sim_td_guest_ops ops = { enter, interrupt };
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return -1;
	g->platform = platform_of(SIM_TDX_15);
	g->td = td_of(g->platform, NULL);
	if (sim_td_vcpu_new(g->td, &ops, g, &g->vcpu, NULL) != 0)
		return -1;
	g->run = sim_td_vcpu_run(g->vcpu);
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	struct guest *g = *state;

	sim_td_vcpu_free(g->vcpu);
	sim_td_vcpu_free(NULL);
	sim_td_free(g->td);
	sim_tdx_platform_free(g->platform);
	free(g);
	return 0;
}

static void call(struct guest *g, uint64_t r10, uint64_t r11, uint64_t r12, uint64_t r13)
{
	g->calls[g->n_calls++] = (struct uapi_tdvmcall){ r10, r11, r12, r13, 0x1414, 0x1515 };
}

static uint64_t run_field(const struct guest *g, unsigned off)
{
	return bytes_get_le(g->run + off, 8);
}

static void assert_exit(struct guest *g, uint32_t reason)
{
	assert_int_equal(sim_td_run(g->vcpu), 0);
	assert_int_equal(bytes_get_le(g->run + 8, 4), reason);
}

static void get_quote_goes_to_the_vmm_without_its_shared_bit_and_is_answered_by_it(void **state)
{
	struct guest *g = *state;
	uint64_t shared = sim_td_shared_bit(g->td);

	assert_int_equal(shared, 1ull << 47);
	memset(g->run, 0xee, 256);
	g->run[1] = 0;
	call(g, 0, UAPI_TDVMCALL_GET_QUOTE, shared | 0x12345,
	     7); /* alignment and size are the VMM's to judge */
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_int_equal(run_field(g, 32), 0);
	assert_int_equal(run_field(g, 40), 0x10002);
	assert_int_equal(run_field(g, 48), UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
	assert_int_equal(run_field(g, 56), 0x12345);
	assert_int_equal(run_field(g, 64), 7);
	assert_int_equal(run_field(g, 72), 0xeeeeeeeeeeeeeeee); /* not KVM's */
	assert_int_equal(g->run[0], 0xee);
	assert_int_equal(g->n_answers, 0);
	bytes_put_le(g->run + 48, UAPI_TDVMCALL_RETRY, 8);
	assert_exit(g, UAPI_KVM_EXIT_HLT);
	assert_int_equal(g->n_answers, 1);
	assert_int_equal(g->answers[0].r10, UAPI_TDVMCALL_RETRY);
	assert_int_equal(g->answers[0].r11, UAPI_TDVMCALL_GET_QUOTE); /* nothing else is returned */
	assert_int_equal(g->answers[0].r12, shared | 0x12345);
	assert_int_equal(g->answers[0].r13, 7);
}

static void a_vmm_that_does_not_look_has_answered_unsupported(void **state)
{
	struct guest *g = *state;

	call(g, 0, UAPI_TDVMCALL_GET_QUOTE, sim_td_shared_bit(g->td), PAGE);
	call(g, 0, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, 32, 0);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_exit(g, UAPI_KVM_EXIT_HLT);
	assert_int_equal(g->answers[0].r10, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
	assert_int_equal(g->answers[1].r10, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
}

static void what_the_kernel_answers_itself_does_not_exit(void **state)
{
	static const struct {
		uint64_t r10, r11, r12, answer;
	} rows[] = {
		{ 0, 0x10002, 0x1000, UAPI_TDVMCALL_INVALID_OPERAND }, /* private */
		{ 0, 0x10002, 1ull << 51, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0x10004, 31, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0x10004, 256, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0x10004, UINT64_MAX, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0x10000, 0, UAPI_TDVMCALL_SUCCESS },
		{ 0, 0x10000, 2, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0x10005, 0, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ 0, 0x10006, 0, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ 0, 0x110002, 1ull << 47, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ 0, 0x100010002, 1ull << 47, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ 1, 0x10002, 1ull << 47, (uint64_t)-1000 }, /* a vendor's own call */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest *g;
		void *fresh = NULL;

		assert_int_equal(set_up(&fresh), 0);
		g = fresh;
		call(g, rows[i].r10, rows[i].r11, rows[i].r12, PAGE);
		assert_exit(g, UAPI_KVM_EXIT_HLT);
		assert_int_equal(g->answers[0].r10, rows[i].answer);
		tear_down(&fresh);
	}
}

static void event_notify_takes_every_vector_of_an_apic(void **state)
{
	struct guest *g = *state;

	call(g, 0, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, 32, 0);
	call(g, 0, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, 255, 0);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_int_equal(run_field(g, 40), 0x10004);
	assert_int_equal(run_field(g, 56), 32);
	bytes_put_le(g->run + 48, 0, 8);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_int_equal(run_field(g, 56), 255);
	assert_int_equal(g->answers[0].r10, 0);
}

static void call_info_is_the_kernels_for_leaf_0_and_the_vmms_for_leaf_1(void **state)
{
	struct guest *g = *state;

	call(g, 0, UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, 0, 0x1313);
	call(g, 0, UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, 1, 0x1313);
	call(g, 0, UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, 1, 0x1313);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_int_equal(g->answers[0].r10 | g->answers[0].r11 | g->answers[0].r12 | g->answers[0].r13 |
				 g->answers[0].r14,
			 0);
	assert_int_equal(run_field(g, 40), 0x10000);
	assert_int_equal(run_field(g, 48), UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(run_field(g, 56), 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(run_field(g, 64 + 8 * i), 0);
		bytes_put_le(g->run + 64 + 8 * i, 0xa1 + i, 8);
	}
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	assert_int_equal(g->answers[1].r10, UAPI_TDVMCALL_SUCCESS);
	assert_int_equal(g->answers[1].r11, 0xa1);
	assert_int_equal(g->answers[1].r12, 0xa2);
	assert_int_equal(g->answers[1].r13, 0xa3);
	assert_int_equal(g->answers[1].r14, 0xa4);
	assert_exit(g, UAPI_KVM_EXIT_HLT); /* a VMM that says nothing: no leaf is supported */
	assert_int_equal(g->answers[2].r11 | g->answers[2].r12 | g->answers[2].r13 | g->answers[2].r14, 0);
}

static void immediate_exit_completes_and_does_not_enter(void **state)
{
	struct guest *g = *state;

	call(g, 0, UAPI_TDVMCALL_GET_QUOTE, sim_td_shared_bit(g->td), PAGE);
	assert_exit(g, UAPI_KVM_EXIT_TDX);
	bytes_put_le(g->run + 48, UAPI_TDVMCALL_SUCCESS, 8);
	g->run[1] = 1;
	assert_int_equal(sim_td_run(g->vcpu), -EINTR);
	assert_int_equal(bytes_get_le(g->run + 8, 4), UAPI_KVM_EXIT_TDX);
	assert_int_equal(g->n_answers, 0);
	bytes_put_le(g->run + 48, UAPI_TDVMCALL_RETRY, 8); /* too late */
	g->run[1] = 0;
	assert_exit(g, UAPI_KVM_EXIT_HLT);
	assert_int_equal(g->answers[0].r10, UAPI_TDVMCALL_SUCCESS);
}

static void interrupts_are_delivered_once_before_the_guest_runs(void **state)
{
	struct guest *g = *state;

	assert_false(sim_td_interrupt_pending(g->vcpu));
	sim_td_interrupt(g->vcpu, 0x51);
	sim_td_interrupt(g->vcpu, 255);
	sim_td_interrupt(g->vcpu, 0x51);
	assert_true(sim_td_interrupt_pending(g->vcpu));
	assert_int_equal(g->n_vectors, 0);
	g->run[1] = 1;
	assert_int_equal(sim_td_run(g->vcpu), -EINTR);
	assert_int_equal(g->n_vectors, 0);
	g->run[1] = 0;
	assert_exit(g, UAPI_KVM_EXIT_HLT);
	assert_int_equal(g->n_vectors, 2);
	assert_int_equal(g->vectors[0], 255);
	assert_int_equal(g->vectors[1], 0x51);
	assert_exit(g, UAPI_KVM_EXIT_HLT);
	assert_int_equal(g->n_vectors, 2);
	assert_false(sim_td_interrupt_pending(g->vcpu));
}

#define VCPU(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_platform_follows_from_its_seed),
		cmocka_unit_test(tds_that_cannot_be_are_refused),
		cmocka_unit_test(each_generation_has_its_report_versions),
		cmocka_unit_test(a_report_holds_together_on_its_own_machine_only),
		cmocka_unit_test(a_new_module_shows_beside_the_one_that_a_td_was_launched_on),
		cmocka_unit_test(rtmrs_are_extended_not_set),
		cmocka_unit_test(a_tdcall_can_be_made_to_fail),
		cmocka_unit_test(the_host_sees_shared_pages_only),
		VCPU(get_quote_goes_to_the_vmm_without_its_shared_bit_and_is_answered_by_it),
		VCPU(a_vmm_that_does_not_look_has_answered_unsupported),
		cmocka_unit_test(what_the_kernel_answers_itself_does_not_exit),
		VCPU(event_notify_takes_every_vector_of_an_apic),
		VCPU(call_info_is_the_kernels_for_leaf_0_and_the_vmms_for_leaf_1),
		VCPU(immediate_exit_completes_and_does_not_enter),
		VCPU(interrupts_are_delivered_once_before_the_guest_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
