/* SPDX-License-Identifier: MIT */
#include "vmm/support/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"
#include "uapi/tdx.h"
#include "vmm/settings.h"
#include "wire/tdx_getquote.h"

/* The VMM's thread-local data, for which the library's stack is too small. */
static _Thread_local char thread_data[512 * 1024];

enum { GPA = 0x20000, SIZE = 8192, MSI = 0xfee00000 };

static uint64_t answer(const struct fake_exit *exit)
{
	return bytes_get_le(exit->left + KVM_RUN_TDX_ret - 32, 8);
}

static void create(struct world *w, unsigned n_vcpus)
{
	world_create(w, UAPI_KVM_X86_TDX_VM, 0);
	EXPECT(ioctl(w->vm, UAPI_KVM_CREATE_IRQCHIP, 0) == 0);
	for (unsigned i = 0; i < n_vcpus; i++)
		world_add_vcpu(w, i);
}

/* The guest's own wait, which ends when a test's time is over. */
static uint64_t wait_for_status(const struct world *w, uint64_t gpa)
{
	while (world_status(w, gpa) == TDX_GETQUOTE_IN_FLIGHT)
		(void)poll(NULL, 0, 1);
	return world_status(w, gpa);
}

static void has_quote(const struct world *w, uint64_t gpa)
{
	EXPECT(bytes_get_le(w->ram + gpa + TDX_GETQUOTE_OUT_LEN_OFF, 4) == WORLD_QUOTE_BYTES);
	for (size_t i = 0; i < WORLD_QUOTE_BYTES; i++)
		EXPECT(w->ram[gpa + TDX_GETQUOTE_DATA_OFF + i] == 0x51);
}

static void gets_quote_in_call(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);

	create(w, 1);
	world_put_report(w, GPA);
	EXPECT(world_run(w, 0, &exit) == EINTR && exit.had_immediate_exit);
	EXPECT(answer(&exit) == 0 && world_status(w, GPA) == 0 && *world_flag(w, 0) == 0);
	has_quote(w, GPA);
	world_close(w);
}

static void a_quote_that_comes_in_time_is_there_when_the_call_returns(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=10000", NULL };

	world_start_service(*state, 150); /* longer than without the setting */
	world_vmm(*state, settings, gets_quote_in_call);
}

static void asks_for_interrupt(struct world *w, unsigned vcpu, uint64_t vector, uint64_t wants)
{
	struct fake_exit exit = world_quote_exit(0, 0);

	bytes_put_le(exit.body + KVM_RUN_TDX_nr - 32, UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT, 8);
	bytes_put_le(exit.body + KVM_RUN_TDX_SETUP_EVENT_NOTIFY_vector - 32, vector, 8);
	EXPECT(world_run(w, vcpu, &exit) == EINTR);
	EXPECT(answer(&exit) == wants);
}

static void gets_quotes_later(struct world *w)
{
	struct fake_exit exit[WORLD_VCPUS];

	create(w, WORLD_VCPUS);
	asks_for_interrupt(w, 1, 31, UAPI_TDVMCALL_INVALID_OPERAND);
	asks_for_interrupt(w, 1, 256, UAPI_TDVMCALL_INVALID_OPERAND);
	asks_for_interrupt(w, 1, UINT64_MAX, UAPI_TDVMCALL_INVALID_OPERAND);
	asks_for_interrupt(w, 2, 255, 0);
	asks_for_interrupt(w, 3, 0x51, 0);
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		exit[i] = world_quote_exit(GPA + (uint64_t)i * SIZE, SIZE);
		world_put_report(w, GPA + (uint64_t)i * SIZE);
		EXPECT(world_run(w, i, &exit[i]) == EINTR && answer(&exit[i]) == 0);
	}
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		EXPECT(wait_for_status(w, GPA + (uint64_t)i * SIZE) == 0);
		has_quote(w, GPA + (uint64_t)i * SIZE);
	}
	while (__atomic_load_n(&fake_kvm()->n_msis, __ATOMIC_SEQ_CST) < WORLD_VCPUS)
		(void)poll(NULL, 0, 1);
	EXPECT(fake_kvm()->msi_lo == (MSI | 3 << 12) && fake_kvm()->msi_hi == 0);
	EXPECT(fake_kvm()->msi_data == 0x51);
	world_close(w);
}

static void quotes_that_take_longer_are_completed_by_a_thread_with_an_interrupt(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=0", NULL };

	world_start_service(*state, 5);
	world_vmm(*state, settings, gets_quotes_later);
}

/* More than the 8 bits of an APIC ID that fit in the address of an MSI. */
static void has_a_large_apic_id(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);
	uint8_t cap[104] = { 0 };

	thread_data[0] = 1;
	create(w, 0);
	bytes_put_le(cap, UAPI_KVM_CAP_X2APIC_API, 4);
	bytes_put_le(cap + 8, UAPI_KVM_X2APIC_API_USE_32BIT_IDS, 8);
	EXPECT(ioctl(w->vm, UAPI_KVM_ENABLE_CAP, cap) == 0);
	w->vcpu[0] = ioctl(w->vm, UAPI_KVM_CREATE_VCPU, 0x12305ul);
	w->run[0] = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, w->vcpu[0], 0);
	EXPECT(w->run[0] != MAP_FAILED);
	asks_for_interrupt(w, 0, 0x51, 0);
	world_put_report(w, GPA);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	while (__atomic_load_n(&fake_kvm()->n_msis, __ATOMIC_SEQ_CST) < 1)
		(void)poll(NULL, 0, 1);
	EXPECT(fake_kvm()->msi_lo == (MSI | 5 << 12) && fake_kvm()->msi_hi == 0x12300);
	world_close(w);
}

static void an_interrupt_reaches_a_vcpu_whose_apic_id_has_more_than_8_bits(void **state)
{
	world_start_service(*state, 0);
	world_vmm(*state, NULL, has_a_large_apic_id);
}

static void has_no_irqchip(struct world *w)
{
	world_create(w, UAPI_KVM_X86_TDX_VM, 1);
	asks_for_interrupt(w, 0, 0x51, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
}

static void has_no_msi(struct world *w)
{
	fake_kvm()->no_signal_msi = true;
	create(w, 1);
	asks_for_interrupt(w, 0, 0x51, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
}

static void has_split_irqchip(struct world *w)
{
	uint8_t cap[104] = { 0 };

	bytes_put_le(cap, UAPI_KVM_CAP_SPLIT_IRQCHIP, 4);
	world_create(w, UAPI_KVM_X86_TDX_VM, 0);
	EXPECT(ioctl(w->vm, UAPI_KVM_ENABLE_CAP, cap) == 0);
	world_add_vcpu(w, 0);
	asks_for_interrupt(w, 0, 0x51, 0);
}

/* Unless the VMM has enabled otherwise, what is for APIC 256 reaches 0, and what is for 255 all of them. */
static void has_high_ids(struct world *w)
{
	static const struct {
		uint64_t api;
		unsigned id;
		uint64_t wants;
	} rows[] = {
		{ 0, 254, 0 },
		{ 0, 255, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ 0, 256, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ UAPI_KVM_X2APIC_API_USE_32BIT_IDS, 255, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED },
		{ UAPI_KVM_X2APIC_API_USE_32BIT_IDS, 256, 0 },
		{ UAPI_KVM_X2APIC_API_USE_32BIT_IDS | UAPI_KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK, 255, 0 },
	};
	uint8_t cap[104] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_create(w, UAPI_KVM_X86_TDX_VM, 0);
		EXPECT(ioctl(w->vm, UAPI_KVM_CREATE_IRQCHIP, 0) == 0);
		bytes_put_le(cap, UAPI_KVM_CAP_X2APIC_API, 4);
		bytes_put_le(cap + 8, rows[i].api, 8);
		EXPECT(ioctl(w->vm, UAPI_KVM_ENABLE_CAP, cap) == 0);
		world_add_vcpu_of(w, 0, rows[i].id);
		asks_for_interrupt(w, 0, 0x51, rows[i].wants);
		world_close(w);
	}
}

static void an_interrupt_is_promised_only_where_it_can_be_injected(void **state)
{
	world_vmm(*state, NULL, has_no_irqchip);
	world_vmm(*state, NULL, has_no_msi);
	world_vmm(*state, NULL, has_split_irqchip);
	world_vmm(*state, NULL, has_high_ids);
}

static void asks_for_info(struct world *w, uint64_t leaf, uint64_t wants, uint64_t r11)
{
	struct fake_exit exit = world_quote_exit(0, 0);
	const uint8_t *left = exit.left;

	bytes_put_le(exit.body + KVM_RUN_TDX_nr - 32, UAPI_TDVMCALL_GET_TD_VM_CALL_INFO, 8);
	bytes_put_le(exit.body + KVM_RUN_TDX_GET_TDVMCALL_INFO_leaf - 32, leaf, 8);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == wants);
	if (wants != 0)
		return;
	EXPECT(bytes_get_le(left + KVM_RUN_TDX_GET_TDVMCALL_INFO_r11 - 32, 8) == r11);
	EXPECT(bytes_get_le(left + KVM_RUN_TDX_GET_TDVMCALL_INFO_r12 - 32, 8) == (r11 ? 0x12 : 0));
}

static void knows_capabilities(struct world *w)
{
	static struct uapi_kvm_tdx_capabilities capabilities;
	struct uapi_kvm_tdx_cmd c = { .id = UAPI_KVM_TDX_CAPABILITIES, .data = (uintptr_t)&capabilities };

	world_create(w, UAPI_KVM_X86_TDX_VM, 0);
	EXPECT(ioctl(w->vm, UAPI_KVM_MEMORY_ENCRYPT_OP, &c) == 0);
	EXPECT(ioctl(w->vm, UAPI_KVM_CREATE_IRQCHIP, 0) == 0);
	world_add_vcpu(w, 0);
	asks_for_info(w, 1, 0, 0x12);
	asks_for_info(w, 0, UAPI_TDVMCALL_INVALID_OPERAND, 0);
	asks_for_info(w, UINT64_MAX, UAPI_TDVMCALL_INVALID_OPERAND, 0);
}

static void knows_no_capabilities(struct world *w)
{
	world_create(w, UAPI_KVM_X86_TDX_VM, 1);
	asks_for_info(w, 1, 0, 0);
}

static void info_is_what_the_kernel_told_the_vmm(void **state)
{
	world_vmm(*state, NULL, knows_capabilities);
	world_vmm(*state, NULL, knows_no_capabilities);
}

static void makes_other_calls(struct world *w)
{
	static const uint64_t calls[] = { 0, 0x10001, 0x10003, 0x10005, UINT64_MAX };

	create(w, 1);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct fake_exit exit = world_quote_exit(GPA, SIZE);

		bytes_put_le(exit.body + KVM_RUN_TDX_nr - 32, calls[i], 8);
		EXPECT(world_run(w, 0, &exit) == EINTR);
		EXPECT(memcmp(exit.left, exit.body, sizeof(exit.left)) == 0);
	}
}

static void calls_that_are_not_known_keep_kvms_own_answer(void **state)
{
	world_vmm(*state, NULL, makes_other_calls);
}

static const struct {
	uint64_t gpa, size, answer;
} refused[] = {
	{ GPA, 0, UAPI_TDVMCALL_INVALID_OPERAND },
	{ GPA, 128 * 1024 + 4096, UAPI_TDVMCALL_INVALID_OPERAND },
	{ GPA, UINT64_MAX, UAPI_TDVMCALL_ALIGN_ERROR },
	{ GPA, UINT64_MAX - 4095, UAPI_TDVMCALL_INVALID_OPERAND },
	{ GPA + 8, SIZE, UAPI_TDVMCALL_ALIGN_ERROR },
	{ WORLD_RAM_BYTES, SIZE, UAPI_TDVMCALL_INVALID_OPERAND },
	{ WORLD_ROM_GPA, SIZE, UAPI_TDVMCALL_INVALID_OPERAND },
	{ UINT64_MAX - 4095, SIZE, UAPI_TDVMCALL_INVALID_OPERAND },
};

static void is_refused(struct world *w)
{
	create(w, 1);
	world_put_report(w, GPA);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct fake_exit exit = world_quote_exit(refused[i].gpa, refused[i].size);

		EXPECT(world_run(w, 0, &exit) == EINTR);
		EXPECT(answer(&exit) == refused[i].answer);
	}
}

static void numbers_of_the_guest_at_their_extremes_are_refused(void **state)
{
	world_vmm(*state, NULL, is_refused);
}

static void service_is_absent(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);

	create(w, 1);
	world_put_report(w, GPA);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	EXPECT(wait_for_status(w, GPA) == TDX_GETQUOTE_UNAVAILABLE);
	world_close(w); /* after the status comes the log, in another thread where this one was slow */
}

static void without_a_service_a_request_ends_as_unavailable(void **state)
{
	world_vmm(*state, NULL, service_is_absent);
	assert_non_null(strstr(world_log(*state), "cannot connect"));
}

static void tdx_is_the_vmms(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);

	create(w, 1);
	fake_kvm_give(w->vcpu[0], &exit);
	EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) == 0);
	EXPECT(memcmp(w->run[0] + 32, exit.body, sizeof(exit.body)) == 0);
}

static void certs_are_asked_for_in_a_td(struct world *w)
{
	struct fake_exit exit = world_certs_exit(GPA, 2);

	create(w, 1);
	fake_kvm_give(w->vcpu[0], &exit);
	EXPECT(ioctl(w->vcpu[0], UAPI_KVM_RUN, 0) == 0);
	EXPECT(memcmp(w->run[0] + 32, exit.body, sizeof(exit.body)) == 0);
}

static void a_td_has_no_exit_for_certificates(void **state)
{
	world_vmm(*state, NULL, certs_are_asked_for_in_a_td);
}

static void exits_of_tdx_are_the_vmms_without_a_service_and_when_deferred(void **state)
{
	static const char *const no_service[] = { VMM_ENV_QUOTING_SERVICE, NULL };
	static const char *const defer[] = { VMM_ENV_DEFER "=1", NULL };

	world_vmm(*state, no_service, tdx_is_the_vmms);
	world_vmm(*state, defer, tdx_is_the_vmms);
}

static unsigned n_entries(const char *directory)
{
	DIR *d = opendir(directory);
	unsigned n = 0;

	EXPECT(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void ends_in_flight(struct world *w)
{
	const unsigned threads = n_entries("/proc/self/task"), open = n_entries("/proc/self/fd");

	for (unsigned i = 0; i < 20; i++) {
		struct fake_exit exit = world_quote_exit(GPA, SIZE);
		uint8_t *ram;

		create(w, 2);
		ram = w->ram;
		world_put_report(w, GPA);
		EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
		EXPECT(world_status(w, GPA) == TDX_GETQUOTE_IN_FLIGHT);
		EXPECT(n_entries("/proc/self/task") == threads + 1);
		for (unsigned vcpu = 0; vcpu < 2; vcpu++) {
			munmap(w->run[vcpu], 12288);
			close(w->vcpu[vcpu]);
			w->run[vcpu] = NULL;
		}
		close(w->vm);
		/* The memory is the VMM's again: nothing is written to it any more. */
		EXPECT(bytes_get_le(ram + GPA + TDX_GETQUOTE_STATUS_OFF, 8) == TDX_GETQUOTE_IN_FLIGHT);
		close(w->kvm);
		munmap(w->ram, WORLD_RAM_BYTES);
		munmap(w->rom, WORLD_ROM_BYTES);
		EXPECT(n_entries("/proc/self/task") == threads && n_entries("/proc/self/fd") == open);
	}
}

static void a_vm_that_is_closed_ends_its_requests_thread_and_descriptors(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=0", NULL };

	world_start_service(*state, 60000);
	world_vmm(*state, settings, ends_in_flight);
}

static void closes_everything(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE), again = world_quote_exit(GPA + SIZE, SIZE);
	bool before[1024];

	for (int fd = 3; fd < 1024; fd++)
		before[fd] = fcntl(fd, F_GETFD) >= 0;
	create(w, 1);
	world_put_report(w, GPA);
	world_put_report(w, GPA + SIZE);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	for (int fd = 3; fd < 1024; fd++)
		if (!before[fd] && fd != w->kvm && fd != w->vm && fd != w->vcpu[0])
			EXPECT(close(fd) == -1 && errno == EBADF); /* the VMM has opened no other */
	for (int fd = 3; fd < 1024; fd++)
		if (!before[fd] && fcntl(fd, F_GETFD) >= 0 && fd != w->kvm && fd != w->vm && fd != w->vcpu[0])
			EXPECT(dup2(w->kvm, fd) == -1 && errno == EBUSY);
	EXPECT(close_range((unsigned)w->vcpu[0] + 1, ~0u, 0) == 0);
	EXPECT(close_range(2, 1, 0) == -1 && errno == EINVAL);
	closefrom(w->vcpu[0] + 1);
	EXPECT(wait_for_status(w, GPA) == 0);
	has_quote(w, GPA);
	EXPECT(world_run(w, 0, &again) == EINTR && answer(&again) == 0);
	EXPECT(wait_for_status(w, GPA + SIZE) == 0);
	world_close(w);
}

/* W4 */
static void a_vmm_that_closes_what_it_never_opened_closes_nothing_of_the_library(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=0", NULL };

	world_start_service(*state, 20);
	world_vmm(*state, settings, closes_everything);
}

static void note_signal(int number)
{
}

/* A signal that is pending when the wait begins ends it: the VMM need not wait for the service. */
static void is_kicked_in_grace(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);
	const struct itimerspec soon = { .it_value.tv_nsec = 50 * 1000000 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	const uint64_t before = base_now_ns(base_env_real());
	timer_t timer;

	EXPECT(sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = note_signal }, NULL) == 0);
	create(w, 1);
	world_put_report(w, GPA);
	EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	EXPECT(timer_settime(timer, 0, &soon, NULL) == 0);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	EXPECT(base_now_ns(base_env_real()) - before < 5 * 1000000000ull);
	EXPECT(world_status(w, GPA) == TDX_GETQUOTE_IN_FLIGHT);
}

static void a_kick_ends_the_wait_for_a_quote(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=10000", NULL };

	world_start_service(*state, 20000);
	world_vmm(*state, settings, is_kicked_in_grace);
}

static void gets_quote_later(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);

	create(w, 1);
	world_put_report(w, GPA);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	EXPECT(wait_for_status(w, GPA) == 0);
	has_quote(w, GPA);
	world_close(w);
}

static void forks_in_flight(struct world *w)
{
	struct fake_exit exit = world_quote_exit(GPA, SIZE);
	int status = -1;
	pid_t pid;

	create(w, 1);
	world_put_report(w, GPA);
	EXPECT(world_run(w, 0, &exit) == EINTR && answer(&exit) == 0);
	EXPECT(world_status(w, GPA) == TDX_GETQUOTE_IN_FLIGHT);
	pid = fork();
	EXPECT(pid >= 0);
	if (pid == 0) { /* closes its copies, and becomes a VMM of its own */
		const int copies[] = { w->vcpu[0], w->vm, w->kvm };

		munmap(w->run[0], 12288);
		for (size_t i = 0; i < ARRAY_SIZE(copies); i++)
			close(copies[i]);
		EXPECT(world_status(w, GPA) == TDX_GETQUOTE_IN_FLIGHT); /* the parent's memory, too */
		gets_quote_later(w);
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	EXPECT(wait_for_status(w, GPA) == 0);
	has_quote(w, GPA);
	world_close(w);
}

static void a_child_of_fork_leaves_its_parents_requests_alone_and_can_be_a_vmm_itself(void **state)
{
	static const char *const settings[] = { VMM_ENV_GRACE_MS "=0", NULL };

	if (TEST_ADDRESS_SANITIZER)
		SKIP_BECAUSE("AddressSanitizer's allocator may be locked when a thread forks: its child then "
			     "hangs");
	world_start_service(*state, 200);
	world_vmm(*state, settings, forks_in_flight);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		T(a_quote_that_comes_in_time_is_there_when_the_call_returns),
		T(quotes_that_take_longer_are_completed_by_a_thread_with_an_interrupt),
		T(an_interrupt_reaches_a_vcpu_whose_apic_id_has_more_than_8_bits),
		T(an_interrupt_is_promised_only_where_it_can_be_injected),
		T(info_is_what_the_kernel_told_the_vmm),
		T(calls_that_are_not_known_keep_kvms_own_answer),
		T(numbers_of_the_guest_at_their_extremes_are_refused),
		T(without_a_service_a_request_ends_as_unavailable),
		T(a_td_has_no_exit_for_certificates),
		T(exits_of_tdx_are_the_vmms_without_a_service_and_when_deferred),
		T(a_vm_that_is_closed_ends_its_requests_thread_and_descriptors),
		T(a_vmm_that_closes_what_it_never_opened_closes_nothing_of_the_library),
		T(a_kick_ends_the_wait_for_a_quote),
		T(a_child_of_fork_leaves_its_parents_requests_alone_and_can_be_a_vmm_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
