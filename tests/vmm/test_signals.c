/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_kvm.h"
#include "uapi/kvm.h"
#include "vmm/objects.h"

/*
 * A signal at every instruction of every function: a child does one thing with KVM, its parent walks it
 * through step by step and sends a signal in front of each step. The handler calls back into the library; a
 * lock that the interrupted code holds would never be released.
 */
enum { PAGE = 4096, GPA = 0x100000 };

/* Not static, as in test_objects.c. */
struct guest {
	int fd, vcpu;
	uint8_t *ram, *run;
	struct vmm_vm *vm;
	unsigned vms, vms_gone, vcpus_gone;
	volatile sig_atomic_t handled;
} guest;

static int run(struct vmm_vcpu *vcpu, int fd)
{
	return vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0);
}

static int vm_created(struct vmm_vm *vm, int fd)
{
	guest.vms++;
	guest.vm = vm;
	return 0;
}

static void vm_gone(struct vmm_vm *vm)
{
	guest.vms_gone++;
}

static void vcpu_gone(struct vmm_vcpu *vcpu)
{
	guest.vcpus_gone++;
}

const struct vmm_hooks vmm_hooks = {
	.run = run, .vm_created = vm_created, .vm_gone = vm_gone, .vcpu_gone = vcpu_gone
};

#ifdef __x86_64__

/* Shared with the child: it has done what it was to do. */
static volatile bool *done;

static int set_slot(uint32_t slot, uint64_t gpa, uint64_t size, void *at)
{
	struct uapi_kvm_memory_region r = { slot, 0, gpa, size, (uint64_t)(uintptr_t)at };

	return ioctl(guest.fd, UAPI_KVM_SET_USER_MEMORY_REGION, &r);
}

static uint8_t other_stack[65536];

/* What a VMM's handler may do, with a slot of its own, and a trap at its end. */
static void handler(int signal)
{
	int saved = errno, fd = dup(guest.fd);
	void *page;

	ioctl(guest.vcpu, UAPI_KVM_RUN, 0);
	ioctl(guest.fd, UAPI_KVM_CHECK_EXTENSION, 0);
	set_slot(7, 0x80000000, PAGE, guest.ram + 7 * PAGE);
	mprotect(guest.ram + 7 * PAGE, PAGE, PROT_NONE);
	mprotect(guest.ram + 7 * PAGE, PAGE, PROT_READ | PROT_WRITE);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page, PAGE);
	set_slot(7, 0, 0, NULL);
	close(fd);
	guest.handled++;
	errno = saved;
	__asm__ volatile("int3");
}

/* The things to do; each says whether it did what it does without signals. */
static bool a_vm_is_created(void)
{
	return ioctl(-1, UAPI_KVM_CREATE_VM, 0) >= 0 && guest.vms == 2;
}

static bool a_vcpu_is_created(void)
{
	return ioctl(guest.fd, UAPI_KVM_CREATE_VCPU, 5) >= 0;
}

static bool a_vcpu_runs(void)
{
	return ioctl(guest.vcpu, UAPI_KVM_RUN, 0) == 0;
}

static bool another_ioctl_passes(void)
{
	int n;

	return ioctl(guest.ram[0], FIONREAD, &n) == -1;
}

static bool a_slot_is_set(void)
{
	return set_slot(2, 0x40000000, PAGE, guest.ram + 2 * PAGE) == 0 &&
	       vmm_memory_write(guest.vm, 0x40000000, "x", 1) == 0;
}

static bool a_slot_is_deleted(void)
{
	return set_slot(1, 0, 0, NULL) == 0 && vmm_memory_write(guest.vm, GPA, "x", 1) == -EFAULT;
}

static bool pages_become_private(void)
{
	struct uapi_kvm_memory_attributes a = { GPA, PAGE, UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE, 0 };

	return ioctl(guest.fd, UAPI_KVM_SET_MEMORY_ATTRIBUTES, &a) == 0 &&
	       vmm_memory_write(guest.vm, GPA, "x", 1) == -EFAULT;
}

static bool memory_is_read_and_written(void)
{
	uint64_t value = 42, got = 0;

	return vmm_memory_write(guest.vm, GPA, &value, 8) == 0 &&
	       vmm_memory_read(guest.vm, GPA, &got, 8) == 0 && got == 42;
}

static void ignore(void *ctx, const struct vmm_slot *slot)
{
	*(unsigned *)ctx += slot->slot;
}

static bool slots_are_listed(void)
{
	unsigned sum = 0;

	vmm_memory_slots(guest.vm, ignore, &sum);
	return sum == 1;
}

static bool descriptors_are_duplicated_and_closed(void)
{
	int fd = dup(guest.fd), high = fcntl(guest.vcpu, F_DUPFD_CLOEXEC, 300);

	return dup2(fd, 301) == 301 && dup3(fd, 302, 0) == 302 && close(guest.fd) == 0 &&
	       dup2(fd, guest.fd) == guest.fd && close(fd) == 0 && close(high) == 0 &&
	       close_range(300, 302, 0) == 0 && guest.vms_gone == 0;
}

static bool an_object_is_closed(void)
{
	int vcpu = ioctl(guest.fd, UAPI_KVM_CREATE_VCPU, 5);

	return close(vcpu) == 0 && guest.vcpus_gone == 1;
}

static bool the_last_descriptors_are_closed(void)
{
	int fd = dup2(guest.fd, 4 * 1024 - 2), vcpu = dup2(guest.vcpu, 4 * 1024 - 1);

	return close(guest.fd) == 0 && close(guest.vcpu) == 0 &&
	       close_range((unsigned)fd, (unsigned)vcpu, 0) == 0 && guest.vms_gone == 1;
}

static bool kvm_run_is_mapped_and_unmapped(void)
{
	uint8_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, guest.vcpu, 0);

	return at != MAP_FAILED && munmap(at, PAGE) == 0;
}

static bool memory_of_a_slot_is_unmapped_and_mapped(void)
{
	uint8_t *at = guest.ram + PAGE;

	return munmap(at, PAGE) == 0 && vmm_memory_write(guest.vm, GPA + PAGE, "x", 1) == -EFAULT &&
	       mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == at &&
	       vmm_memory_write(guest.vm, GPA + PAGE, "x", 1) == 0;
}

static bool memory_of_a_slot_is_protected(void)
{
	uint8_t *at = guest.ram + PAGE;

	return mprotect(at, PAGE, PROT_NONE) == 0 &&
	       vmm_memory_write(guest.vm, GPA + PAGE, "x", 1) == -EFAULT &&
	       mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0 &&
	       vmm_memory_write(guest.vm, GPA + PAGE, "x", 1) == 0;
}

static bool memory_of_a_slot_moves(void)
{
	uint8_t *to = guest.ram + 6 * PAGE;

	return mremap(guest.ram + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to &&
	       vmm_memory_write(guest.vm, GPA + PAGE, "x", 1) == -EFAULT;
}

static bool the_vm_gets_an_ioctl_from_the_library(void)
{
	return vmm_vm_ioctl(guest.vm, UAPI_KVM_SIGNAL_MSI, NULL) == 0;
}

static bool kvm_is_opened(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

static bool the_process_forks(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(vmm_memory_write(guest.vm, GPA, "x", 1));
	/* waitpid() is interrupted by the signals, and not restarted. */
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return false;
	return status == 0;
}

static void child(bool (*act)(void))
{
	const stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };
	const struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	bool good;

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(77);
	raise(SIGSTOP);
	good = act();
	*done = true;
	_exit(good && (guest.handled > 20 || test_step() > 1) ? 0 : 1);
}

static void timed_out(int signal)
{
}

/* Goes on, by a step or to the next trap, with a signal or 0. */
static void resume(pid_t pid, int how, int signal)
{
	int status;

	assert_int_equal(ptrace(how, pid, NULL, signal), 0);
	alarm(10);
	if (waitpid(pid, &status, 0) != pid) {
		kill(pid, SIGKILL);
		FAIL_BECAUSE("the handler waits for ever: a lock is held where signals arrive");
	}
	alarm(0);
	if (!WIFSTOPPED(status))
		FAIL_BECAUSE("the child ended with status %#x", status);
	if (WSTOPSIG(status) == SIGUSR1 || WSTOPSIG(status) == SIGCHLD) /* it was blocked; a child's end */
		resume(pid, how, WSTOPSIG(status));
	else
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
}

static bool in_handler(pid_t pid)
{
	struct user_regs_struct regs;

	assert_int_equal(ptrace(PTRACE_GETREGS, pid, NULL, &regs), 0);
	return regs.rsp - (uintptr_t)other_stack < sizeof(other_stack);
}

/* A signal at each instruction; one that is blocked there arrives where it is not any more. */
static void walk_through(bool (*act)(void))
{
	const struct sigaction alarm_action = { .sa_handler = timed_out };
	int status, signal = SIGUSR1;
	size_t steps = 0;
	pid_t pid;

	*done = false;
	pid = fork();
	if (pid == 0)
		child(act);
	sigaction(SIGALRM, &alarm_action, NULL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("ptrace(2) is not permitted here");
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL), 0);
	while (!*done) {
		resume(pid, PTRACE_SINGLESTEP, signal);
		signal = ++steps % test_step() == 0 ? SIGUSR1 : 0;
		if (!in_handler(pid))
			continue;
		resume(pid, PTRACE_CONT, 0);
		while (in_handler(pid))
			resume(pid, PTRACE_SINGLESTEP, 0);
		signal = 0; /* one step forward */
	}
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, 0), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int begin(void **state)
{
	guest = (struct guest){ 0 };
	fake_kvm.fails = 0;
	guest.fd = ioctl(-1, UAPI_KVM_CREATE_VM, 0);
	guest.vcpu = ioctl(guest.fd, UAPI_KVM_CREATE_VCPU, 0);
	guest.run = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, guest.vcpu, 0);
	guest.ram = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return set_slot(1, GPA, 4 * PAGE, guest.ram);
}

static int end(void **state)
{
	munmap(guest.run, PAGE);
	munmap(guest.ram, 8 * PAGE);
	close(guest.vcpu);
	close(guest.fd);
	return 0;
}

#define CASE(NAME)                                                                                           \
	static void NAME##_while_signals_arrive(void **state)                                                \
	{                                                                                                    \
		walk_through(NAME);                                                                          \
	}
#define CASES(X)                                                                                             \
	X(a_vm_is_created)                                                                                   \
	X(a_vcpu_is_created)                                                                                 \
	X(a_vcpu_runs)                                                                                       \
	X(another_ioctl_passes)                                                                              \
	X(a_slot_is_set)                                                                                     \
	X(a_slot_is_deleted)                                                                                 \
	X(pages_become_private)                                                                              \
	X(memory_is_read_and_written)                                                                        \
	X(slots_are_listed)                                                                                  \
	X(descriptors_are_duplicated_and_closed)                                                             \
	X(an_object_is_closed)                                                                               \
	X(the_last_descriptors_are_closed)                                                                   \
	X(kvm_run_is_mapped_and_unmapped)                                                                    \
	X(memory_of_a_slot_is_unmapped_and_mapped)                                                           \
	X(memory_of_a_slot_is_protected)                                                                     \
	X(memory_of_a_slot_moves)                                                                            \
	X(the_vm_gets_an_ioctl_from_the_library)                                                             \
	X(kvm_is_opened)                                                                                     \
	X(the_process_forks)
CASES(CASE)

#define ROW(NAME) cmocka_unit_test_setup_teardown(NAME##_while_signals_arrive, begin, end),
int main(void)
{
	const struct CMUnitTest tests[] = { CASES(ROW) };

	done = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void signals_arrive_at_every_instruction(void **state)
{
	SKIP_BECAUSE("the registers that the walk needs are known on x86-64 only");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(signals_arrive_at_every_instruction) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
