/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fault_env.h"
#include "update/crowd.h"

/*
 * `jurat host` beside guests of other processes that attest without pause: killed at each of its outside
 * effects in turn, with files that fail, and as often as it can.
 */
enum { FEW = 3, MANY = CROWD_MAX, WAIT_MS = 5000 };

enum which { COMMIT, SET_CONFIG, LOAD_VLEK, RECOVER, N_WHICH };
static const char *const names[] = { "commit", "set-config", "load-vlek", "recover" };
static const struct update_request recover = { .kind = UPDATE_RECOVER }, refresh = { .kind = UPDATE_REFRESH };

struct scene {
	struct update_world *w;
	struct crowd *crowd;
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES], vlek[SIM_CERT_MAX_BYTES];
	size_t vlek_size;
	uint64_t highest; /* TCB that reports may have */
};

static void must(struct update_world *w, const struct update_request *request)
{
	int r = world_update(w, NULL, request);

	if (r != 0)
		FAIL_BECAUSE("%d: %s", r, w->err.text);
	assert_int_equal(world_table(w), WORLD_FITS);
}

static void open_scene(struct scene *s, unsigned guests)
{
	*s = (struct scene){ .w = world_new(SNP_MILAN, false) };
	s->w->options.store.wait_ns = WAIT_MS * UINT64_C(1000000);
	s->highest = world_signing(s->w).reported_tcb;
	assert_int_equal(sim_kds_hashstick(s->w->psp, SIM_CSP_ID, s->highest, s->hashstick, NULL), 0);
	assert_int_equal(
		sim_kds_vlek(s->w->psp, s->w->pki, SIM_CSP_ID, s->highest, s->vlek, &s->vlek_size, NULL), 0);
	must(s->w, &refresh);
	s->crowd = crowd_start(s->w, guests);
	crowd_wait(s->crowd);
}

static struct crowd_counts close_scene(struct scene *s)
{
	struct crowd_counts counts = crowd_stop(s->crowd);

	world_free(s->w);
	return counts;
}

static uint64_t lower_than(struct scene *s, unsigned component)
{
	struct snp_tcb tcb;

	assert_true(snp_tcb_read(SNP_MILAN, s->highest, &tcb));
	*snp_tcb_component(&tcb, snp_tcb_component_name(component)) -= 1;
	return snp_tcb_write(SNP_MILAN, &tcb);
}

/* The state from which the next try starts, reached as an operator would, and the request. */
static struct update_request prepare(struct scene *s, enum which which)
{
	struct update_request lower = { .kind = UPDATE_SET_CONFIG,
					.has_tcb = true,
					.tcb = lower_than(s, SNP_TCB_MICROCODE) };
	struct update_request reset = { .kind = UPDATE_SET_CONFIG, .reset = true };

	switch (which) {
	case COMMIT: /* reports the committed TCB again */
		must(s->w, &lower);
		return (struct update_request){ .kind = UPDATE_COMMIT };
	case SET_CONFIG:
		must(s->w, &reset);
		return lower;
	case LOAD_VLEK:
		must(s->w, &lower); /* without a VLEK of before */
		must(s->w, &reset);
		return (struct update_request){ .kind = UPDATE_LOAD_VLEK,
						.hashstick = s->hashstick,
						.hashstick_size = sizeof(s->hashstick),
						.vlek = s->vlek,
						.vlek_size = s->vlek_size };
	default:
		return recover;
	}
}

/* Ended by a signal at its k-th effect; false: it had fewer. */
static bool killed_at(struct scene *s, unsigned k, const struct update_request *request)
{
	struct fault_env env = fault_env_nth(&s->w->env, k, -EIO);
	int status;
	pid_t pid;

	env.kills = true;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(world_update(s->w, &env.base, request) != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return true;
	}
	assert_int_equal(status, 0);
	return false;
}

/* Whatever was interrupted: they agree, recover completes without a service, no lock and no file is left. */
static void check_and_recover(struct scene *s, const char *what, unsigned k)
{
	static const char *const suffixes[] = { STORE_SUFFIXES };
	enum world_table table = world_table(s->w); /* takes the lock at once */
	int r;

	if (table != WORLD_EMPTY && table != WORLD_FITS)
		FAIL_BECAUSE("%s, effect %u: table %d", what, k, table);
	s->w->source_fails = -EHOSTUNREACH;
	r = world_update(s->w, NULL, &recover);
	if (r != 0)
		FAIL_BECAUSE("%s, effect %u: recover: %d, %s", what, k, r, s->w->err.text);
	world_heal(s->w);
	assert_int_equal(world_table(s->w), WORLD_FITS);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		assert_false(world_beside(s->w, suffixes[i]));
	(void)crowd_counts(s->crowd);
}

/* What a commit that was killed after its command has left, for a recover that is killed too. */
static void leave_something(struct scene *s, unsigned at)
{
	struct update_request request = prepare(s, SET_CONFIG);

	assert_true(killed_at(s, at, &request));
}

/* The effect at which a set-config has changed the firmware, and not yet published. */
static unsigned after_the_command(struct scene *s)
{
	for (unsigned k = 1;; k++) {
		struct update_request request = prepare(s, SET_CONFIG);
		uint64_t before = world_signing(s->w).reported_tcb;

		assert_true(killed_at(s, k, &request));
		if (world_signing(s->w).reported_tcb != before) {
			check_and_recover(s, names[SET_CONFIG], k);
			return k;
		}
		check_and_recover(s, names[SET_CONFIG], k);
	}
}

static void killed_at_each_effect_while_guests_attest_they_agree_and_recover_completes(void **state)
{
	struct crowd_counts counts;
	unsigned killed[N_WHICH] = { 0 }, left;
	struct scene s;

	(void)state;
	open_scene(&s, FEW);
	left = after_the_command(&s);
	for (enum which which = COMMIT; which < N_WHICH; which++) {
		for (unsigned k = 1;; k += (unsigned)test_step()) {
			struct update_request request;
			bool was_killed;

			if (which == RECOVER)
				leave_something(&s, left);
			request = prepare(&s, which);
			was_killed = killed_at(&s, k, &request);
			check_and_recover(&s, names[which], k);
			crowd_wait(s.crowd);
			if (!was_killed)
				break;
			killed[which]++;
		}
		assert_true(killed[which] > 20 / test_step());
	}
	counts = close_scene(&s);
	print_message(
		"             killed at effects: commit %u, set-config %u, load-vlek %u, recover %u; replies "
		"%llu, of these without certificates %llu\n",
		killed[COMMIT], killed[SET_CONFIG], killed[LOAD_VLEK], killed[RECOVER],
		(unsigned long long)counts.requests, (unsigned long long)counts.empty);
	assert_int_equal(counts.busy, 0);
}

/*
 * The same in a process that is traced: killed at the n-th entry to or exit from a system call, among them
 * those between two effects. false: it had fewer, or *ret_traced is false: processes cannot be traced here.
 */
static bool killed_at_call(struct scene *s, unsigned n, const struct update_request *request,
			   bool *ret_traced)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(94);
		raise(SIGSTOP);
		_exit(world_update(s->w, NULL, request) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ret_traced = WIFSTOPPED(status) &&
		      ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0;
	for (unsigned i = 0; *ret_traced && i < n && WIFSTOPPED(status); i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, 0), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	if (WIFSTOPPED(status)) {
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return true;
	}
	assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || !*ret_traced));
	return false;
}

static void killed_at_a_system_call_they_agree_too(void **state)
{
	struct crowd_counts counts;
	unsigned killed = 0;
	bool traced = true;
	struct scene s;

	(void)state;
	open_scene(&s, FEW);
	for (enum which which = COMMIT; traced && which < RECOVER; which++)
		for (unsigned n = 1;; n += (unsigned)test_step()) {
			struct update_request request = prepare(&s, which);
			bool was_killed = killed_at_call(&s, n, &request, &traced);

			check_and_recover(&s, names[which], n);
			if (!was_killed || !traced)
				break;
			killed++;
		}
	counts = close_scene(&s);
	if (!traced)
		SKIP_BECAUSE("processes cannot be traced here");
	print_message("             killed at %u system calls; replies %llu\n", killed,
		      (unsigned long long)counts.requests);
	assert_true(killed > 300 / test_step());
}

/* A disk that is full, fails a write or an fsync of a file or of the directory, or has turned read-only. */
static void a_file_system_that_fails_anywhere_is_survived_while_guests_attest(void **state)
{
	static const int errors[] = { -ENOSPC, -EIO, -EROFS };
	struct crowd_counts counts;
	unsigned failed = 0;
	struct scene s;

	(void)state;
	open_scene(&s, FEW);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		for (enum which which = COMMIT; which < RECOVER; which++)
			for (unsigned k = 1;; k += (unsigned)test_step()) {
				struct fault_env env = fault_env_nth(&s.w->env, k, errors[i]);
				struct update_request request = prepare(&s, which);
				int r = world_update(s.w, &env.base, &request);

				if (env.fired && r == 0 && world_table(s.w) != WORLD_FITS)
					FAIL_BECAUSE("%s: success after %s failed", names[which],
						     env.fired_in);
				check_and_recover(&s, env.fired ? env.fired_in : "", k);
				if (!env.fired)
					break;
				failed++;
			}
	counts = close_scene(&s);
	print_message("             %u failures of files; replies %llu, of these without certificates %llu\n",
		      failed, (unsigned long long)counts.requests, (unsigned long long)counts.empty);
	assert_true(failed > 100 / test_step());
}

/* JURAT_GUESTS_SECONDS; without it 10 s, or 2 s in builds that repeat what another has tried. */
static uint64_t duration_ns(void)
{
	const char *seconds = getenv("JURAT_GUESTS_SECONDS");
	unsigned long n = seconds ? strtoul(seconds, NULL, 10) : 0;

	return UINT64_C(1000000000) * (n > 0 ? n : test_step() > 1 ? 2 : 10);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

enum { MIN_UPDATES = 4, MAX_UPDATES = 100000 };

static void sixty_four_guests_and_an_updater_without_pause_never_disagree(void **state)
{
	struct base_env *env = base_env_real();
	static uint64_t pauses[MAX_UPDATES];
	uint64_t start, longest = 0;
	const unsigned guests = test_step() > 1 ? MANY / 4 : MANY;
	struct crowd_counts counts;
	size_t updates = 0;
	struct scene s;

	(void)state;
	open_scene(&s, guests);
	start = base_now_ns(env);
	while ((base_now_ns(env) - start < duration_ns() || updates < MIN_UPDATES) && updates < MAX_UPDATES) {
		struct update_request request = { .kind = UPDATE_SET_CONFIG,
						  .has_tcb = updates % 2 == 0,
						  .reset = updates % 2 == 1,
						  .tcb = lower_than(&s, SNP_TCB_MICROCODE) };
		uint64_t begin = base_now_ns(env), took;

		must(s.w, &request); /* BUSY is starvation */
		took = base_now_ns(env) - begin;
		longest = took > longest ? took : longest;
		pauses[updates++] = s.w->result.pause_ns;
	}
	counts = close_scene(&s);
	qsort(pauses, updates, sizeof(pauses[0]), by_size);
	print_message("             %u guests, %llu s: %llu replies verified, 0 mismatches\n", guests,
		      (unsigned long long)(duration_ns() / 1000000000), (unsigned long long)counts.requests);
	print_message("             longest request %.0f ms (%.0f ms with the wait for a processor), over 2 "
		      "s: %llu\n",
		      (double)counts.max_ns / 1e6, (double)counts.max_with_line_ns / 1e6,
		      (unsigned long long)counts.slow);
	print_message("             %zu updates, longest %.0f ms; pause median %.1f ms, longest %.0f ms\n",
		      updates, (double)longest / 1e6, (double)pauses[updates / 2] / 1e6,
		      (double)pauses[updates - 1] / 1e6);
	assert_int_equal(counts.empty, 0); /* nobody is served the empty table of an update that goes well */
	assert_int_equal(counts.busy, 0);
	assert_int_equal(counts.slow, 0);
	assert_true(counts.requests >= guests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_effect_while_guests_attest_they_agree_and_recover_completes),
		cmocka_unit_test(killed_at_a_system_call_they_agree_too),
		cmocka_unit_test(a_file_system_that_fails_anywhere_is_survived_while_guests_attest),
		cmocka_unit_test(sixty_four_guests_and_an_updater_without_pause_never_disagree),
	};

	return cmocka_run_group_tests_name("update_guests", tests, NULL, NULL);
}
