/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/env.h"
#include "run/vmm/check.h"

/*
 * The checks of KVM_EXIT_TDX through the whole conformance test: session, agent, and a VMM that is a process
 * of its own (good_vmm.c) on KVM or on the test's own. Usage: test_vmm_tdx AGENT GOOD_VMM
 * LIBJURAT_VMM
 */
enum { MAX_CHECKS = 64 };

static char *agent, *good_vmm, *libjurat_vmm;

struct outcome {
	const struct check *check;
	struct check_result result;
	uint64_t began_ns, took_ns;
};

static struct {
	size_t n;
	struct outcome all[MAX_CHECKS];
} outcomes;

static void report(void *ctx, const struct check *check, const struct check_result *result)
{
	struct outcome *o = &outcomes.all[outcomes.n];

	assert_true(outcomes.n < MAX_CHECKS);
	if (!result) {
		o->began_ns = base_now_ns(base_env_real());
		return;
	}
	o->took_ns = base_now_ns(base_env_real()) - o->began_ns;
	o->check = check;
	o->result = *result;
	outcomes.n++;
}

/* Runs good_vmm with a fault under the checks that are named; NULL: all of TDX. */
static int try(const char *fault, const char *only, bool own_kvm)
{
	char *argv[] = { good_vmm, (char *)(uintptr_t)fault, NULL };
	const struct run_options run = { .argv = argv, .tees = RUN_TDX, .reported = RUN_TDX };
	const struct check_options options = {
		.run = &run,
		.only = &only,
		.n_only = only ? 1 : 0,
		.own_kvm = own_kvm,
		.library = agent,
		.report = report,
	};
	struct jurat_error err = { "" };
	int r;

	outcomes.n = 0;
	r = check_vmm(&options, &err);
	if (r < 0)
		FAIL_BECAUSE("%s", err.text);
	return r;
}

static void expect_all(const char *fault, bool own_kvm)
{
	const int r = try(fault, NULL, own_kvm);
	size_t held = 0, skipped = 0;

	for (size_t i = 0; i < outcomes.n; i++) {
		const struct outcome *o = &outcomes.all[i];

		held += o->result.verdict == CHECK_HELD;
		skipped += o->result.verdict == CHECK_SKIPPED;
		test_say("%s: %s, %u ms, %u exits %s", o->check->name,
			 o->result.verdict == CHECK_HELD     ? "held"
			 : o->result.verdict == CHECK_FAILED ? "FAILED"
							     : "skipped",
			 (unsigned)(o->took_ns / 1000000), (unsigned)o->result.exits, o->result.text);
		if (o->result.verdict == CHECK_SKIPPED)
			assert_true(o->check->slow);
	}
	assert_int_equal(r, 0);
	assert_true(held > 20);
	assert_int_equal(held + skipped, outcomes.n);
	assert_int_equal(skipped, 1); /* tdx-service-silent, which is not named */
}

static void a_good_vmm_passes_on_the_tests_own_kvm(void **state)
{
	expect_all("good", true);
}

static void a_good_vmm_passes_on_the_machines_kvm(void **state)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		SKIP_BECAUSE("/dev/kvm cannot be opened: %s", strerror(errno));
	close(kvm);
	expect_all("good", false);
}

/* The library between the VMM and the agent serves what the VMM has never heard of. */
static void a_vmm_that_serves_nothing_passes_below_the_library(void **state)
{
	assert_int_equal(try("serves-nothing", "tdx-quote", true), 1);
	assert_int_equal(outcomes.all[0].result.verdict, CHECK_FAILED);
	assert_non_null(strstr(outcomes.all[0].result.text, "exited with status 1"));
	/* By its name, in LD_LIBRARY_PATH: LD_PRELOAD takes no path that has spaces. */
	assert_int_equal(setenv("LD_PRELOAD", strrchr(libjurat_vmm, '/') + 1, 1), 0);
	assert_int_equal(setenv("JURAT_VMM_LOG", "/dev/null", 1), 0);
	expect_all("serves-nothing", true);
}

static int without_the_library(void **state)
{
	return unsetenv("LD_PRELOAD") == 0 && unsetenv("JURAT_VMM_LOG") == 0 ? 0 : -1;
}

/* As on a machine that is busy with something else. */
static void a_vcpu_whose_thread_comes_late_is_waited_for(void **state)
{
	assert_int_equal(try("late", "tdx-two-vcpus", true), 0);
	assert_int_equal(outcomes.all[0].result.verdict, CHECK_HELD);
}

static void what_takes_long_runs_when_it_is_named(void **state)
{
	assert_int_equal(try("good", "tdx-service-silent", true), 0);
	assert_int_equal(outcomes.n, 1);
	assert_int_equal(outcomes.all[0].result.verdict, CHECK_HELD);
}

static void wrong_vmms_are_caught(void **state)
{
	static const struct {
		const char *fault, *check, *text;
	} table[] = {
		{ "always-invalid", "tdx-quote", "found INVALID_OPERAND" },
		{ "keeps-preset", "tdx-quote", "which is what KVM presets" },
		{ "frames-twice", "tdx-quote-framed", "not to be put into another one" },
		{ "never-in-flight", "tdx-in-flight-first", "GetQuote returned" },
		{ "status-first", "tdx-status-last", "the end of the quote had not been written" },
		{ "leaks-slots", "tdx-refused-slots", "found RETRY" },
		{ "retries-at-1", "tdx-sixteen", "found RETRY" },
		{ "takes-overlap", "tdx-overlap", "for the same buffer" },
		{ "believes-stale", "tdx-stale-exit", "EINTR" },
		{ "one-vcpu", "tdx-two-vcpus", "which is what KVM presets" },
		{ "error-is-error", "tdx-service-absent", "quoting service unavailable" },
		{ "never-ends", "tdx-service-dies", "in flight after 5000 ms" },
		{ "quiet-on-error", "tdx-notify", "no KVM_SIGNAL_MSI came" },
		{ "wrong-vcpu", "tdx-notify", "found MSI data 0x51 for vCPU" },
		{ "says-more", "tdx-vmcall-info", "answers SUBFUNC_UNSUPPORTED" },
		{ "answers-unknown", "tdx-unknown-call", "expected SUBFUNC_UNSUPPORTED" },
	};
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct outcome *o = &outcomes.all[0];

		if (try(table[i].fault, table[i].check, true) == 1 && outcomes.n == 1 &&
		    o->result.verdict == CHECK_FAILED && strstr(o->result.text, table[i].text))
			continue;
		test_say("%s, %s: verdict %d, '%s'", table[i].fault, table[i].check, o->result.verdict,
			 o->result.text);
		all = false;
	}
	assert_true(all);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_vmm_passes_on_the_tests_own_kvm),
		cmocka_unit_test(a_good_vmm_passes_on_the_machines_kvm),
		cmocka_unit_test_teardown(a_vmm_that_serves_nothing_passes_below_the_library,
					  without_the_library),
		cmocka_unit_test(a_vcpu_whose_thread_comes_late_is_waited_for),
		cmocka_unit_test(what_takes_long_runs_when_it_is_named),
		cmocka_unit_test(wrong_vmms_are_caught),
	};

	assert(argc == 4);
	agent = argv[1];
	good_vmm = argv[2];
	libjurat_vmm = argv[3];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
