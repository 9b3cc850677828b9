/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <malloc.h>

#include "sim/tdx/tdx_module.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

/* MapGPA, GetQuote's operands, both address widths, what a TD costs. test_tdx_module.c has the rest. */

#define PAGE   4096ull
#define BIT(n) (1ull << (n))

enum { PAGES = 64, CHUNK_PAGES = 512, MANY_PAGES = 3 * CHUNK_PAGES };

struct guest {
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_td_vcpu *vcpu;
	struct uapi_tdvmcall regs; /* the call; then its answer */
	bool wants, was_called, is_interrupted;
};

static enum sim_td_wants enter(void *ctx, struct uapi_tdvmcall *regs)
{
	struct guest *g = ctx;

	if (g->was_called)
		g->regs = *regs;
	g->was_called = g->wants;
	g->wants = false;
	if (!g->was_called)
		return SIM_TD_HALT;
	*regs = g->regs;
	if (g->is_interrupted)
		sim_td_interrupt(g->vcpu, 0x51);
	return SIM_TD_VMCALL;
}

static void begin_with(struct guest *g, bool has_gpaw_52, uint64_t pages)
{
	static const struct sim_td_guest_ops ops = { .enter = enter };
	const struct sim_td_params params = { .has_gpaw_52 = has_gpaw_52 };

	*g = (struct guest){ 0 };
	assert_int_equal(sim_tdx_platform_new(NULL, &g->platform, NULL), 0);
	assert_int_equal(sim_td_new(g->platform, &params, pages, &g->td, NULL), 0);
	assert_int_equal(sim_td_vcpu_new(g->td, &ops, g, &g->vcpu, NULL), 0);
}

static void begin(struct guest *g, bool has_gpaw_52)
{
	begin_with(g, has_gpaw_52, PAGES);
}

static void end(struct guest *g)
{
	sim_td_vcpu_free(g->vcpu);
	sim_td_free(g->td);
	sim_tdx_platform_free(g->platform);
}

/* Gives exit_reason. */
static uint32_t call(struct guest *g, uint64_t leaf, uint64_t r12, uint64_t r13)
{
	g->regs = (struct uapi_tdvmcall){ .r11 = leaf, .r12 = r12, .r13 = r13 };
	g->wants = true;
	assert_int_equal(sim_td_run(g->vcpu), 0);
	return (uint32_t)bytes_get_le((uint8_t *)sim_td_vcpu_run(g->vcpu) + 8, 4);
}

static void map_gpa_shares_what_lies_in_memory(void **state)
{
	static const struct {
		uint64_t gpa, size, answer;
	} rows[] = {
		{ BIT(47), PAGE, UAPI_TDVMCALL_SUCCESS },
		{ BIT(47) | 63 * PAGE, PAGE, UAPI_TDVMCALL_SUCCESS },
		{ BIT(47), 64 * PAGE, UAPI_TDVMCALL_SUCCESS },
		{ 0, 64 * PAGE, UAPI_TDVMCALL_SUCCESS },
		{ BIT(47), 65 * PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47) | 64 * PAGE, PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 65 * PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47), 0, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47) - PAGE, 2 * PAGE, UAPI_TDVMCALL_INVALID_OPERAND }, /* private and shared */
		{ 0, BIT(47) + PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(48), PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(51), PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47), UINT64_MAX, UAPI_TDVMCALL_INVALID_OPERAND }, /* wraps */
		{ BIT(47), UINT64_MAX - BIT(47) + 1, UAPI_TDVMCALL_INVALID_OPERAND },
		{ UINT64_MAX - PAGE + 1, PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ 0, 0, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47) | PAGE, 0, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(48) | 1, PAGE, UAPI_TDVMCALL_INVALID_OPERAND }, /* before alignment */
		{ BIT(47) - PAGE + 1, 2 * PAGE, UAPI_TDVMCALL_INVALID_OPERAND },
		{ BIT(47) | 1, PAGE, UAPI_TDVMCALL_ALIGN_ERROR },
		{ BIT(47) | 2048, PAGE, UAPI_TDVMCALL_ALIGN_ERROR },
		{ BIT(47), PAGE - 1, UAPI_TDVMCALL_ALIGN_ERROR },
		{ BIT(47), 1, UAPI_TDVMCALL_ALIGN_ERROR },
	};
	uint8_t byte;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool shared = rows[i].answer == UAPI_TDVMCALL_SUCCESS && rows[i].gpa & BIT(47);
		uint64_t gpa = rows[i].gpa & ~BIT(47);
		struct guest g;

		begin(&g, false);
		assert_int_equal(call(&g, UAPI_TDVMCALL_MAP_GPA, rows[i].gpa, rows[i].size),
				 UAPI_KVM_EXIT_HLT);
		assert_true(g.regs.r10 == rows[i].answer);
		/* Where it failed. What succeeds leaves R11 alone. */
		assert_true(g.regs.r11 == (rows[i].answer ? rows[i].gpa : UAPI_TDVMCALL_MAP_GPA));
		for (uint64_t page = 0; page < PAGES; page++)
			assert_int_equal(sim_td_host_read(g.td, page * PAGE, &byte, 1),
					 shared && page * PAGE >= gpa && page * PAGE < gpa + rows[i].size
						 ? 0
						 : -EFAULT);
		end(&g);
	}
}

static unsigned count_shared(const struct guest *g)
{
	unsigned n = 0;
	uint8_t byte;

	for (uint64_t page = 0; page < MANY_PAGES; page++)
		n += sim_td_host_read(g->td, page * PAGE, &byte, 1) == 0;
	return n;
}

/* 2 MiB at a time: what was done stays done, and R11 says where to go on. */
static void map_gpa_goes_in_chunks(void **state)
{
	static const struct {
		uint64_t first, pages;
		bool is_interrupted;
		uint64_t answer, r11;
		unsigned shared;
	} rows[] = {
		{ 0, MANY_PAGES, false, UAPI_TDVMCALL_SUCCESS, UAPI_TDVMCALL_MAP_GPA, MANY_PAGES },
		{ 0, MANY_PAGES, true, UAPI_TDVMCALL_RETRY, BIT(47) | CHUNK_PAGES * PAGE, CHUNK_PAGES },
		{ 7, CHUNK_PAGES + 1, true, UAPI_TDVMCALL_RETRY, BIT(47) | (7 + CHUNK_PAGES) * PAGE,
		  CHUNK_PAGES },
		{ 7, CHUNK_PAGES, true, UAPI_TDVMCALL_SUCCESS, UAPI_TDVMCALL_MAP_GPA, CHUNK_PAGES },
		{ CHUNK_PAGES, MANY_PAGES, false, UAPI_TDVMCALL_INVALID_OPERAND, BIT(47) | MANY_PAGES * PAGE,
		  2 * CHUNK_PAGES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest g;

		begin_with(&g, false, MANY_PAGES);
		g.is_interrupted = rows[i].is_interrupted;
		assert_int_equal(
			call(&g, UAPI_TDVMCALL_MAP_GPA, BIT(47) | rows[i].first * PAGE, rows[i].pages * PAGE),
			UAPI_KVM_EXIT_HLT);
		assert_true(g.regs.r10 == rows[i].answer);
		assert_true(g.regs.r11 == rows[i].r11);
		assert_int_equal(count_shared(&g), rows[i].shared);
		end(&g);
	}
}

static void a_fatal_error_is_a_system_event_with_the_guests_registers(void **state)
{
	struct guest g;
	const uint8_t *run;

	(void)state;
	begin(&g, false);
	run = sim_td_vcpu_run(g.vcpu);
	assert_int_equal(call(&g, UAPI_TDVMCALL_REPORT_FATAL_ERROR, BIT(63) | 5, 0x4000),
			 UAPI_KVM_EXIT_SYSTEM_EVENT);
	assert_int_equal(bytes_get_le(run + KVM_RUN_SYSTEM_EVENT_type, 4), UAPI_KVM_SYSTEM_EVENT_TDX_FATAL);
	assert_int_equal(bytes_get_le(run + KVM_RUN_SYSTEM_EVENT_ndata, 4), 16);
	assert_int_equal(bytes_get_le(run + KVM_RUN_SYSTEM_EVENT_data + 8 * 11, 8),
			 UAPI_TDVMCALL_REPORT_FATAL_ERROR);
	assert_true(bytes_get_le(run + KVM_RUN_SYSTEM_EVENT_data + 8 * 12, 8) == (BIT(63) | 5));
	assert_int_equal(bytes_get_le(run + KVM_RUN_SYSTEM_EVENT_data + 8 * 13, 8), 0x4000);
	end(&g);
}

static void a_page_that_changes_is_zero_afterwards(void **state)
{
	struct guest g;
	char word[5];

	(void)state;
	begin(&g, false);
	assert_int_equal(sim_td_guest_write(g.td, PAGE, "mine", 5), 0);
	call(&g, UAPI_TDVMCALL_MAP_GPA, BIT(47) | PAGE, PAGE);
	assert_int_equal(sim_td_host_read(g.td, PAGE, word, 5), 0);
	assert_true(bytes_all(word, 5, 0));
	assert_int_equal(sim_td_host_write(g.td, PAGE, "ours", 5), 0);
	call(&g, UAPI_TDVMCALL_MAP_GPA, BIT(47) | PAGE, PAGE); /* it is already */
	assert_int_equal(sim_td_guest_read(g.td, PAGE, word, 5), 0);
	assert_string_equal(word, "ours");
	call(&g, UAPI_TDVMCALL_MAP_GPA, PAGE, PAGE);
	assert_int_equal(sim_td_guest_read(g.td, PAGE, word, 5), 0);
	assert_true(bytes_all(word, 5, 0));
	end(&g);
}

static void get_quote_has_a_shared_address_and_any_size(void **state)
{
	static const struct {
		bool has_gpaw_52;
		uint64_t gpa, size, exit_gpa; /* exit_gpa UINT64_MAX: none */
	} rows[] = {
		{ false, BIT(47) | PAGE, 8192, PAGE },
		{ false, BIT(47) | PAGE, 0, PAGE },
		{ false, BIT(47) | PAGE, UINT64_MAX, PAGE },
		{ false, BIT(47) | 0x12345, 7, 0x12345 },
		{ false, BIT(47), 8192, 0 },
		{ false, BIT(47) | 64 * PAGE, 8192, 64 * PAGE }, /* no memory there */
		{ false, UINT64_MAX, 8192, UINT64_MAX - BIT(47) },
		{ false, PAGE, 8192, UINT64_MAX },
		{ false, 0, 0, UINT64_MAX },
		{ false, BIT(51) | PAGE, 8192, UINT64_MAX },
		{ true, BIT(51) | PAGE, 8192, PAGE },
		{ true, BIT(51) | BIT(47), UINT64_MAX, BIT(47) },
		{ true, BIT(47) | PAGE, 8192, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest g;
		struct kvm_run_tdx_get_quote run;
		bool exits = rows[i].exit_gpa != UINT64_MAX;
		uint32_t reason;

		begin(&g, rows[i].has_gpaw_52);
		reason = call(&g, UAPI_TDVMCALL_GET_QUOTE, rows[i].gpa, rows[i].size);
		assert_int_equal(reason, exits ? UAPI_KVM_EXIT_TDX : UAPI_KVM_EXIT_HLT);
		if (!exits) {
			assert_true(g.regs.r10 == UAPI_TDVMCALL_INVALID_OPERAND);
			end(&g);
			continue;
		}
		assert_int_equal(wire_read(&kvm_run_tdx_get_quote_layout, sim_td_vcpu_run(g.vcpu),
					   KVM_RUN_TDX_GET_QUOTE_BYTES, &run, NULL),
				 0);
		assert_int_equal(run.nr, UAPI_TDVMCALL_GET_QUOTE);
		assert_true(run.ret == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
		assert_true(run.gpa == rows[i].exit_gpa && run.size == rows[i].size);
		assert_int_equal(sim_td_run(g.vcpu), 0);
		assert_true(g.regs.r10 == UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
		end(&g);
	}
}

/* SOURCE: Python's hashlib, SHA-384(48 zeros || 00 .. 2f), then of that || 48 times 11. */
static void rtmr_extend_gives_the_known_answers(void **state)
{
	static const char *const want[] = {
		"fe83f742d1cab5c709a0c424729831fbff9b5bb9748a618f"
		"0b6ea04fe1fde4d546f4040e7fc9587b2e6badada6c941b0",
		"ac930cc7a90ac8d8c2833abfea4d4d54d8c39461057ca59a"
		"897ad9103f1f7cff8a5e73a71001b7949931435e30f5f1c3",
	};
	struct guest g;
	uint8_t digest[TDX_MR_BYTES], data[TDX_REPORT_DATA_BYTES] = { 0 }, bytes[TDX_REPORT_BYTES];
	char hex[BYTES_HEX_SIZE(TDX_MR_BYTES)];
	struct tdx_report report;

	(void)state;
	begin(&g, false);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < sizeof(digest); k++)
			digest[k] = i ? 0x11 : (uint8_t)k;
		assert_int_equal(sim_td_rtmr_extend(g.td, 2, digest), UAPI_TDCALL_SUCCESS);
		assert_int_equal(sim_td_mr_report(g.td, data, bytes), UAPI_TDCALL_SUCCESS);
		assert_int_equal(tdx_report_read(bytes, sizeof(bytes), &report, NULL), 0);
		assert_string_equal(bytes_to_hex(report.td.rtmr2, TDX_MR_BYTES, hex), want[i]);
	}
	end(&g);
}

/* As for SNP guests: ten thousand fit in a process. */
static void a_td_that_does_nothing_costs_two_pages_at_most(void **state)
{
	enum { N = 100, BUDGET_BYTES = 8192 };
	static const struct sim_td_guest_ops ops = { .enter = enter };
	static const struct sim_td_params params;
	struct sim_tdx_platform *platform;
	struct sim_td *tds[N];
	struct sim_td_vcpu *vcpus[N];
	struct mallinfo2 before, after;

	(void)state;
	assert_int_equal(sim_tdx_platform_new(NULL, &platform, NULL), 0);
	before = mallinfo2();
	for (unsigned i = 0; i < N; i++) {
		assert_int_equal(sim_td_new(platform, &params, 1 << 20, &tds[i], NULL), 0);
		assert_int_equal(sim_td_vcpu_new(tds[i], &ops, NULL, &vcpus[i], NULL), 0);
	}
	after = mallinfo2();
	assert_true(after.uordblks - before.uordblks < (size_t)N * BUDGET_BYTES);
	for (unsigned i = 0; i < N; i++) {
		sim_td_vcpu_free(vcpus[i]);
		sim_td_free(tds[i]);
	}
	sim_tdx_platform_free(platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_gpa_shares_what_lies_in_memory),
		cmocka_unit_test(map_gpa_goes_in_chunks),
		cmocka_unit_test(a_fatal_error_is_a_system_event_with_the_guests_registers),
		cmocka_unit_test(a_page_that_changes_is_zero_afterwards),
		cmocka_unit_test(get_quote_has_a_shared_address_and_any_size),
		cmocka_unit_test(rtmr_extend_gives_the_known_answers),
		cmocka_unit_test(a_td_that_does_nothing_costs_two_pages_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
