/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/vmm/check.h"

/*
 * VMMs with one fault each, over the agent's own KVM: each is caught by the check that is named for the
 * fault, and by no check that has nothing to do with it.
 */
static const char *vmm_path, *library_path;

enum { MAX_CHECKS = 64 };
struct run {
	size_t n;
	struct {
		const struct check *check;
		struct check_result result;
	} checks[MAX_CHECKS];
};

static void report(void *ctx, const struct check *check, const struct check_result *result)
{
	struct run *run = ctx;

	if (!result)
		return;
	assert_true(run->n < MAX_CHECKS);
	run->checks[run->n].check = check;
	run->checks[run->n++].result = *result;
}

static int run_vmm(const char *fault, const char *const *only, size_t n_only, struct run *run,
		   struct jurat_error *err)
{
	char *argv[] = { (char *)(uintptr_t)vmm_path, (char *)(uintptr_t)fault, NULL };
	struct run_options options = { .argv = argv, .tees = RUN_SEV_SNP, .ready_fd = -1 };
	const struct check_options check = { .run = &options,
					     .only = only,
					     .n_only = n_only,
					     .own_kvm = true,
					     .library = library_path,
					     .exits = 30,
					     .report = report,
					     .ctx = run };

	*run = (struct run){ .n = 0 };
	return check_vmm(&check, err);
}

static bool is_in(const char *names, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = names; at && (at = strstr(at, name)); at += n)
		if ((at == names || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
			return true;
	return false;
}

struct faulty {
	const char *fault;
	const char *must; /* checks that fail */
	const char *may;  /* and those that may, by chance */
	bool ends;        /* or stops its vCPUs: later checks are skipped */
	const char *only; /* NULL: all checks */
	const char *says; /* in the text of the check that failed first; NULL: not compared */
};

/* What is answered at once is not read before a lock. */
#define ALL_OF_NO_LOCK "lock-held certificates-match busy-bounded two-vcpus"

static const struct faulty faulty[] = {
	{ "no-lock", ALL_OF_NO_LOCK, NULL },
	{ "flock", ALL_OF_NO_LOCK, NULL },
	{ "drops-early", "lock-held certificates-match two-vcpus", NULL },
	{ "keeps-lock", "lock-dropped", NULL },
	{ "no-immediate-exit", "lock-dropped", "certificates-match" },
	{ "reads-before-lock", "lock-before-read blob-replaced", "certificates-match" },
	{ "no-compare", "blob-replaced", "certificates-match" },
	{ "caches-blob", "certificates-match",
	  "lock-before-read blob-replaced busy-bounded page-count exact-pages huge-npages unaligned-gpa kick "
	  "two-vcpus "
	  "blob-missing "
	  "blob-empty "
	  "blob-truncated blob-fifo blob-unreadable reset" },
	{ "busy-at-once", "busy-bounded", NULL },
	{ "busy-late", "busy-bounded", NULL, .only = "snp-busy-bounded" },
	{ "always-busy", "certificates-match", NULL, .only = "snp-certificates-match" },
	{ "wrong-npages", "size-query too-few-pages page-count", NULL },
	{ "counts-a-page-more", "page-count", NULL },
	{ "copies-too-much", "exact-pages", NULL },
	{ "32-bits", "huge-npages", NULL },
	{ "dies-of-huge", "huge-npages", NULL, .ends = true,
	  .says = "was killed by signal 6 (Aborted) while it handled KVM_EXIT_SNP_REQ_CERTS with gpa 0x" },
	{ "eintr-is-error", "immediate-exit-cleared", NULL, .ends = true,
	  .says = ": EINTR, as after any signal, is not an error" },
	{ "ends-at-first-run", "immediate-exit-cleared", NULL, .ends = true,
	  .says = "it exited with status 1 after a KVM_RUN without such an exit: EINTR, as after any signal, "
		  "is" },
	{ "rounds-gpa", "unaligned-gpa", NULL },
	{ "hole-is-fine", "hole mmio rom end-of-memory", NULL },
	{ "writes-rom", "rom", NULL },
	{ "end-is-fine", "end-of-memory", NULL },
	{ "writes-private", "private", NULL },
	{ "bad-ret", "ret-known", NULL, .ends = true },
	{ "bad-ret-for-size", "ret-known", NULL, .ends = true },
	{ "believes-exit-reason", "stale-exit", NULL, .ends = true, .only = "snp-stale-exit" },
	{ "leaves-immediate-exit", "immediate-exit-cleared", NULL, .ends = true },
	{ "signal-is-error", "kick", NULL },
	{ "one-lock", "two-vcpus", "certificates-match" },
	{ "ends-without-blob", "blob-missing", NULL, .ends = true },
	{ "nothing-without-blob", "blob-missing", NULL },
	{ "nothing-for-empty", "blob-empty", NULL },
	{ "nothing-for-short", "blob-truncated", NULL },
	{ "opens-fifo", "blob-fifo", NULL },
	{ "nothing-if-unreadable", "blob-unreadable blob-fifo", NULL },
	{ "ends-after-request", "lock-held", NULL, .only = "snp-lock-held" },
	{ "ends-after-request", "certificates-match", NULL, .only = "snp-certificates-match" },
	{ "ends-after-request", "unaligned-gpa", NULL, .only = "snp-unaligned-gpa" },
	{ "closes-vcpus", "lock-held", NULL, .only = "snp-lock-held" },
	{ "closes-vcpus", "unaligned-gpa", NULL, .only = "snp-unaligned-gpa" },
	{ "closes-slowly", "unaligned-gpa", NULL, .only = "snp-unaligned-gpa" },
	{ "fails-after-reset", "reset run-fails", NULL },
	{ "keeps-lock-of-failed-run", "run-fails", NULL },
};

static const char *short_name(const struct check *check)
{
	return check->name + strlen("snp-");
}

static unsigned count(const struct run *run, enum check_verdict verdict)
{
	unsigned n = 0;

	for (size_t i = 0; i < run->n; i++)
		n += run->checks[i].result.verdict == verdict;
	return n;
}

static void print(const struct run *run)
{
	static const char *const words[] = { "held", "FAILED", "skipped" };

	for (size_t i = 0; i < run->n; i++)
		test_say("  %s: %s %s", run->checks[i].check->name, words[run->checks[i].result.verdict],
			 run->checks[i].result.text);
}

static void a_good_vmm_passes_all(void **state)
{
	struct jurat_error err = { "" };
	struct run run;
	int r = run_vmm("good", NULL, 0, &run, &err);

	if (r != 0 || count(&run, CHECK_HELD) != run.n)
		print(&run);
	assert_string_equal(err.text, "");
	assert_int_equal(r, 0);
	assert_true(run.n > 20);
	assert_int_equal(count(&run, CHECK_HELD), run.n); /* nothing is skipped in this VM */
	for (size_t i = 0; i < run.n; i++)
		assert_true(run.checks[i].result.exits > 0);
}

static bool says(const struct faulty *f, const struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		if (f->says && run->checks[i].result.verdict == CHECK_FAILED)
			return strstr(run->checks[i].result.text, f->says);
	return true;
}

/* Whether this check's verdict is what the row says. */
static bool is_expected(const struct faulty *f, const struct check *check, const struct check_result *result)
{
	if (is_in(f->must, short_name(check)))
		return result->verdict == CHECK_FAILED && result->text[0] != '\0';
	if (result->verdict == CHECK_FAILED)
		return is_in(f->may, short_name(check));
	return result->verdict == CHECK_HELD || f->ends || strstr(result->text, "never dropped");
}

enum { WORKERS = 6 }; /* most of their time they wait for a VMM that does not answer */

/* Every WORKERS-th row. Whether all are caught as they say. */
static bool are_caught(unsigned worker)
{
	bool all_good = true;

	for (size_t i = worker; i < ARRAY_SIZE(faulty); i += WORKERS) {
		const struct faulty *f = &faulty[i];
		struct jurat_error err = { "" };
		bool good = true;
		struct run run;
		int r = run_vmm(f->fault, &f->only, f->only ? 1 : 0, &run, &err);

		for (size_t k = 0; k < run.n; k++)
			if (!is_expected(f, run.checks[k].check, &run.checks[k].result)) {
				test_say("unexpected: %s", run.checks[k].check->name);
				good = false;
			}
		if (!good || r != 1 || !says(f, &run)) {
			test_say("%s: %d %s", f->fault, r, err.text);
			print(&run);
			all_good = false;
		}
	}
	return all_good;
}

static void each_faulty_vmm_is_caught_by_the_checks_of_its_fault(void **state)
{
	pid_t workers[WORKERS];
	int status, failed = 0;

	fflush(stdout);
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		assert_true(workers[i] >= 0);
		if (workers[i] == 0) {
			status = are_caught(i) ? 0 : 1;
			fflush(stdout);
			_exit(status);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		failed += waitpid(workers[i], &status, 0) != workers[i] || status != 0;
	assert_int_equal(failed, 0);
}

/* The other vCPU calls KVM_RUN for the first time when the test is under way, as firmware starts it. */
static void a_vcpu_that_starts_late_is_waited_for(void **state)
{
	const char *only = "snp-two-vcpus";
	struct jurat_error err = { "" };
	struct run run;

	assert_int_equal(run_vmm("starts-late", &only, 1, &run, &err), 0);
	assert_int_equal(count(&run, CHECK_HELD), 1);
}

/* It was the first, and called KVM_RUN once: the VMM itself waits for an interrupt, as without an irqchip. */
static void a_vcpu_that_the_vmm_halts_is_no_failure(void **state)
{
	const char *const only[] = { "snp-stale-exit", "snp-two-vcpus", "snp-kick" };
	struct jurat_error err = { "" };
	struct run run;

	(void)run_vmm("halts", only, ARRAY_SIZE(only), &run, &err);
	assert_int_equal(run.n, ARRAY_SIZE(only));
	if (count(&run, CHECK_FAILED) > 0 || count(&run, CHECK_SKIPPED) != 1)
		print(&run);
	assert_int_equal(count(&run, CHECK_FAILED), 0);
	assert_int_equal(count(&run, CHECK_SKIPPED), 1);
	assert_int_equal(count(&run, CHECK_HELD), 2);
}

static void a_skipped_check_fails_when_it_was_named(void **state)
{
	const char *only = "snp-private";
	struct jurat_error err = { "" };
	struct run run;

	assert_int_equal(run_vmm("no-private-page", &only, 1, &run, &err), 1);
	assert_int_equal(run.n, 1);
	assert_int_equal(count(&run, CHECK_SKIPPED), 1);
	only = "snp-rom";
	assert_int_equal(run_vmm("no-private-page", &only, 1, &run, &err), 0);
	assert_int_equal(run.n, 1);
	only = "snp-no-such-check";
	assert_int_equal(run_vmm("good", &only, 1, &run, &err), -EINVAL);
	assert_non_null(strstr(err.text, "snp-no-such-check"));
	assert_int_equal(run.n, 0);
}

/* What is no VMM under test, each with the reason. */
static void what_cannot_be_tested_is_an_error(void **state)
{
	static const struct {
		const char *argv[3];
		int r;
		const char *says;
	} cases[] = {
		{ { "/nonexistent/vmm", NULL }, -ENOENT, "cannot run '/nonexistent/vmm'" },
		{ { "true", NULL },
		  -ECHILD,
		  "exited with status 0 before any of its vCPUs ran: if it goes to the background" },
		{ { "sleep", "1000", NULL }, -ETIMEDOUT, "has not made a VM" },
	};

	if (TEST_ADDRESS_SANITIZER)
		SKIP_BECAUSE("a library with sanitizers cannot be preloaded into true(1)");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_options options = { .argv = (char **)(uintptr_t)cases[i].argv,
					       .tees = RUN_SEV_SNP,
					       .ready_fd = -1 };
		struct run run = { .n = 0 };
		const struct check_options check = { .run = &options,
						     .own_kvm = true,
						     .library = library_path,
						     .wait_ms = 200,
						     .report = report,
						     .ctx = &run };
		struct jurat_error err = { "" };

		assert_int_equal(check_vmm(&check, &err), cases[i].r);
		if (!strstr(err.text, cases[i].says))
			FAIL_BECAUSE("expected '%s', found '%s'", cases[i].says, err.text);
		assert_int_equal(run.n, 0);
	}
}

static void every_check_catches_a_faulty_vmm(void **state)
{
	for (const struct check *check = check_snp_list; check->name; check++) {
		bool is_seen = false;

		for (size_t i = 0; i < ARRAY_SIZE(faulty); i++)
			is_seen |= is_in(faulty[i].must, short_name(check));
		if (!is_seen)
			FAIL_BECAUSE("no VMM above fails %s", check->name);
		assert_true(check->says[0] != '\0' && check->spec[0] != '\0' && check->run);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_check_catches_a_faulty_vmm),
		cmocka_unit_test(a_good_vmm_passes_all),
		cmocka_unit_test(a_skipped_check_fails_when_it_was_named),
		cmocka_unit_test(a_vcpu_that_starts_late_is_waited_for),
		cmocka_unit_test(a_vcpu_that_the_vmm_halts_is_no_failure),
		cmocka_unit_test(what_cannot_be_tested_is_an_error),
		cmocka_unit_test(each_faulty_vmm_is_caught_by_the_checks_of_its_fault),
	};

	assert_true(argc > 2);
	vmm_path = argv[1];
	library_path = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
