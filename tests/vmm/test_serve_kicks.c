/* SPDX-License-Identifier: MIT */
#include "vmm/support/world.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/env.h"
#include "vmm/settings.h"

/*
 * A kick in front of each instruction of the library that one exit executes, the first time that it does:
 * the tracer steps through one exit and notes the instructions, then stops another exit at each of them,
 * and delivers the signal there. What is checked is that the VMM sees the kick before the guest is entered
 * again, and the state that it finds afterwards.
 */
enum { GPA = 0x10000, QUOTE_SIZE = 8192, ADDRESSES_MAX = 32768 };

#if defined(__x86_64__)

static struct world *the_world;
static volatile sig_atomic_t is_kicked;

static void kick(int number)
{
	is_kicked = 1;
	the_world->shared[0]++;
	EXPECT(!world_locked(the_world)); /* whenever a handler runs, it might never return */
	__atomic_store_n(world_flag(the_world, 0), 1, __ATOMIC_SEQ_CST);
}

static void guest_entered(int vcpu)
{
	EXPECT(!is_kicked); /* the kick was lost */
}

static void lock_is_held(struct fake_exit *exit)
{
	EXPECT(world_locked(the_world));
}

/* One KVM_RUN of a VMM, which does not enter the guest, and what a VMM does about a kick. */
static void run_once(struct world *w)
{
	EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) == -1 && errno == EINTR);
	if (!is_kicked)
		return;
	is_kicked = 0;
	EXPECT(*world_flag(w, 0) == 1);
	__atomic_store_n(world_flag(w, 0), 0, __ATOMIC_SEQ_CST);
	w->shared[1]++;
}

static void take(struct world *w, struct fake_exit *exit)
{
	fake_kvm_give(w->vcpu[0], exit);
	while (!exit->completed)
		run_once(w);
	EXPECT(!world_locked(w));
	if (is_kicked) /* by now, in what world_locked() calls */
		run_once(w);
	EXPECT(*world_flag(w, 0) == 0 && !is_kicked);
}

static void take_certs(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, 2);

	exit.completing = lock_is_held;
	memset(w->ram + GPA, 0xee, 8192);
	take(w, &exit);
	EXPECT(exit.ret == 0 && memcmp(w->ram + GPA, w->table, w->table_size) == 0);
}

static void take_quote(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, QUOTE_SIZE);

	world_put_report(w, GPA);
	take(w, &exit);
	EXPECT(bytes_get_le(exit.left + KVM_RUN_TDX_ret - 32, 8) == 0);
	while (world_status(w, GPA) == UINT64_MAX)
		base_sleep_ns(base_env_real(), 100000);
	EXPECT(world_status(w, GPA) == 0);
}

static void be_traced(struct world *w, unsigned long type, void (*take_one)(struct world *w))
{
	const struct sigaction action = { .sa_handler = kick }; /* without SA_RESTART */

	EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
	EXPECT(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	the_world = w;
	fake_kvm_on_entry(guest_entered);
	world_create(w, type, 1);
	take_one(w); /* what is done once */
	for (;;) {
		raise(SIGSTOP);
		take_one(w);
	}
}

static void traced_snp(struct world *w)
{
	be_traced(w, UAPI_KVM_X86_SNP_VM, take_certs);
}

static void traced_tdx(struct world *w)
{
	be_traced(w, UAPI_KVM_X86_TDX_VM, take_quote);
}

/* The library's own code in the VMM's process. */
static void find_text(pid_t pid, unsigned long *ret_from, unsigned long *ret_to)
{
	char path[64], line[512];
	FILE *f;

	*ret_from = *ret_to = 0;
	TEXT(path, "/proc/%ld/maps", (long)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "libjurat-vmm") && strstr(line, " r-xp "))
			assert_int_equal(sscanf(line, "%lx-%lx", ret_from, ret_to), 2);
	fclose(f);
	assert_true(*ret_to > *ret_from);
}

static unsigned long pc(pid_t pid)
{
	struct user_regs_struct regs;

	assert_int_equal(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	return regs.rip;
}

static void set_pc(pid_t pid, unsigned long to)
{
	struct user_regs_struct regs;

	assert_int_equal(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	regs.rip = to;
	assert_int_equal(ptrace(PTRACE_SETREGS, pid, NULL, &regs), 0);
}

/*
 * Continues with a signal, and returns the one at which the VMM stops. A kick that waited is delivered
 * then.
 */
static int go_on(struct world *w, pid_t pid, int how, long with)
{
	int status;

	do {
		assert_int_equal(ptrace(how, pid, NULL, (void *)with), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			FAIL_BECAUSE("the VMM ended with %#x, after %u kicks; its log:\n%s", status,
				     w->shared[0], world_log(w));
		with = WSTOPSIG(status);
	} while (with == SIGUSR1);
	return (int)with;
}

/* Steps through one exit. */
static size_t note_addresses(struct world *w, pid_t pid, unsigned long *addresses)
{
	unsigned long from, to, at;
	size_t n = 0, i;

	find_text(pid, &from, &to);
	while (go_on(w, pid, PTRACE_SINGLESTEP, 0) == SIGTRAP) {
		at = pc(pid);
		if (at < from || at >= to)
			continue;
		for (i = 0; i < n && addresses[i] != at; i++)
			;
		if (i == n) {
			assert_true(n < ADDRESSES_MAX);
			addresses[n++] = at;
		}
	}
	return n;
}

static void kick_at(struct world *w, pid_t pid, unsigned long at)
{
	const unsigned kicks = w->shared[0];
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)at, NULL);
	assert_int_equal(errno, 0);
	assert_int_equal(ptrace(PTRACE_POKETEXT, pid, (void *)at, (void *)((word & ~0xffl) | 0xcc)), 0);
	assert_int_equal(go_on(w, pid, PTRACE_CONT, 0), SIGTRAP);
	assert_int_equal(pc(pid), at + 1);
	assert_int_equal(ptrace(PTRACE_POKETEXT, pid, (void *)at, (void *)word), 0);
	set_pc(pid, at);
	assert_int_equal(go_on(w, pid, PTRACE_CONT, SIGUSR1), SIGSTOP);
	assert_int_equal(w->shared[0], kicks + 1); /* the handler ran */
	assert_int_equal(w->shared[1], kicks + 1); /* and the VMM took notice */
	assert_false(world_locked(w));
}

static void kick_everywhere(struct world *w, const char *const *settings, void (*vmm)(struct world *w))
{
	unsigned long *addresses = calloc(ADDRESSES_MAX, sizeof(*addresses));
	const pid_t pid = world_start(w, settings, vmm);
	const size_t step = test_step();
	size_t n, kicked = 0;
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSTOPPED(status))
		SKIP_BECAUSE("ptrace(2) is not permitted here");
	n = note_addresses(w, pid, addresses);
	assert_true(n > 500);
	for (size_t i = 0; i < n; i += step, kicked++)
		kick_at(w, pid, addresses[i]);
	test_say("kicked at %zu of %zu instructions", kicked, n);
	kill(pid, SIGKILL);
	world_wait(w, pid, SIGKILL);
	free(addresses);
}

/* W1 */
static void a_kick_at_any_instruction_of_a_certificate_request_is_seen_and_leaves_no_lock(void **state)
{
	kick_everywhere(*state, NULL, traced_snp);
}

static void a_kick_at_any_instruction_of_getquote_is_seen(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=1000", NULL };

	world_start_service(*state, 0);
	kick_everywhere(*state, settings, traced_tdx);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_kick_at_any_instruction_of_a_certificate_request_is_seen_and_leaves_no_lock),
		T(a_kick_at_any_instruction_of_getquote_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void kicks_need_another_processor(void **state)
{
	SKIP_BECAUSE("breakpoints are x86-64's here, and so are SEV-SNP and TDX");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kicks_need_another_processor) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
