/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_kvm.h"
#include "uapi/kvm.h"
#include "vmm/objects.h"

/*
 * What the library saw, and what it answers. Not static: libc's headers say of ioctl(2) and others that
 * they do not call back, so that a compiler takes a static variable for unchanged.
 */
struct seen {
	unsigned vms, vms_gone, vcpus, vcpus_gone, runs, befores, afters, forks;
	struct vmm_vm *vm; /* of the last hook */
	struct vmm_vcpu *vcpu;
	int fd, result, error;
	unsigned long request;
	bool answers; /* before() answers with `answer` and `answer_error` */
	int answer, answer_error;
	int refuses; /* what vm_created() and vcpu_created() return */
} seen;

static int run(struct vmm_vcpu *vcpu, int fd)
{
	seen.runs++;
	seen.vcpu = vcpu;
	seen.fd = fd;
	return vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0);
}

static bool before(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		   int *ret_result)
{
	seen.befores++;
	seen.vm = vm;
	seen.vcpu = vcpu;
	seen.fd = fd;
	seen.request = request;
	if (!seen.answers)
		return false;
	*ret_result = seen.answer;
	errno = seen.answer_error;
	return true;
}

static void after(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		  int result)
{
	seen.afters++;
	seen.result = result;
	seen.error = errno;
	errno = ERANGE; /* is nobody's */
}

static int vm_created(struct vmm_vm *vm, int fd)
{
	seen.vms++;
	seen.vm = vm;
	return seen.refuses;
}

static void vm_gone(struct vmm_vm *vm)
{
	seen.vms_gone++;
	errno = ERANGE;
}

static int vcpu_created(struct vmm_vcpu *vcpu, int fd)
{
	seen.vcpus++;
	seen.vcpu = vcpu;
	return seen.refuses;
}

static void vcpu_gone(struct vmm_vcpu *vcpu)
{
	seen.vcpus_gone++;
	errno = ERANGE;
}

static void forked(void)
{
	seen.forks++;
}

const struct vmm_hooks vmm_hooks = {
	.run = run,
	.before = before,
	.after = after,
	.vm_created = vm_created,
	.vm_gone = vm_gone,
	.vcpu_created = vcpu_created,
	.vcpu_gone = vcpu_gone,
	.forked = forked,
};

static int begin(void **state)
{
	seen = (struct seen){ 0 };
	fake_kvm.fails = 0;
	fake_kvm.run = NULL;
	fake_kvm.during = NULL;
	fake_kvm.mappings_left = -1;
	return 0;
}

static int new_vm(void)
{
	int vm = ioctl(-1, UAPI_KVM_CREATE_VM, UAPI_KVM_X86_SNP_VM);

	assert_true(vm >= 0);
	return vm;
}

static int new_vcpu(int vm, unsigned long id)
{
	int vcpu = ioctl(vm, UAPI_KVM_CREATE_VCPU, id);

	assert_true(vcpu >= 0);
	return vcpu;
}

/* Which object KVM_CHECK_EXTENSION of the descriptor finds. */
static struct vmm_vm *vm_of(int fd)
{
	seen.vm = NULL;
	ioctl(fd, UAPI_KVM_CHECK_EXTENSION, 0);
	return seen.vm;
}

static bool runs(int fd)
{
	unsigned n = seen.runs;

	ioctl(fd, UAPI_KVM_RUN, 0);
	return seen.runs > n;
}

static void a_vm_and_its_vcpus_are_known_until_all_descriptors_are_closed(void **state)
{
	int vm = new_vm(), first, second;
	struct vmm_vm *known = vm_of(vm);

	assert_non_null(known);
	assert_int_equal(known->type, UAPI_KVM_X86_SNP_VM);
	assert_true(known->serial > 0);
	first = new_vcpu(vm, 0);
	second = new_vcpu(vm, 7);
	assert_int_equal(seen.vcpus, 2);
	assert_true(runs(second));
	assert_int_equal(seen.vcpu->id, 7);
	assert_ptr_equal(seen.vcpu->vm, known);
	assert_int_equal(seen.fd, second);
	close(vm);
	assert_null(vm_of(vm));
	assert_true(runs(first));
	close(first);
	assert_int_equal(seen.vcpus_gone, 1);
	assert_int_equal(seen.vms_gone, 0);
	assert_false(runs(first));
	close(second);
	assert_int_equal(seen.vcpus_gone, 2);
	assert_int_equal(seen.vms_gone, 1);
}

static void hooks_and_tracking_leave_errno_alone(void **state)
{
	int vm = new_vm();

	seen.answers = true;
	seen.answer = -1;
	seen.answer_error = EXDEV;
	errno = 0;
	assert_int_equal(ioctl(vm, UAPI_KVM_CREATE_IRQCHIP, 0), -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(seen.error, EXDEV);
	assert_int_equal(seen.result, -1);
	seen.answers = false;
	fake_kvm.fails = ENXIO;
	assert_int_equal(ioctl(vm, UAPI_KVM_CREATE_IRQCHIP, 0), -1);
	assert_int_equal(errno, ENXIO);
	fake_kvm.fails = 0;
	errno = 0;
	close(new_vcpu(vm, 0));
	assert_int_equal(errno, 0);
	close(vm);
	assert_int_equal(errno, 0); /* vm_gone() changed it */
	assert_int_equal(seen.vms_gone, 1);
}

static void an_answer_of_the_library_is_not_passed_on_and_makes_objects(void **state)
{
	unsigned calls = fake_kvm.calls;
	int answer = memfd_create("own", MFD_CLOEXEC), vm, vcpu;

	seen.answers = true;
	seen.answer = answer;
	vm = ioctl(1000, UAPI_KVM_CREATE_VM, UAPI_KVM_X86_TDX_VM);
	assert_int_equal(vm, answer);
	assert_int_equal(seen.vms, 1);
	assert_null(seen.vcpu);
	seen.answer = memfd_create("own", MFD_CLOEXEC);
	vcpu = ioctl(vm, UAPI_KVM_CREATE_VCPU, 3);
	assert_int_equal(vcpu, seen.answer);
	assert_int_equal(seen.vcpus, 1);
	assert_int_equal(fake_kvm.calls, calls);
	seen.answers = false;
	assert_true(runs(vcpu));
	close(vcpu);
	close(vm);
	assert_int_equal(seen.vms_gone, 1);
}

static void what_kvm_refuses_is_no_object(void **state)
{
	int vm = new_vm();

	fake_kvm.fails = EMFILE;
	assert_int_equal(ioctl(5, UAPI_KVM_CREATE_VM, 0), -1);
	assert_int_equal(ioctl(vm, UAPI_KVM_CREATE_VCPU, 0), -1);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(seen.vms, 1);
	assert_int_equal(seen.vcpus, 0);
	fake_kvm.fails = 0;
	close(vm);
}

static void what_the_library_refuses_is_left_alone(void **state)
{
	int vm, vcpu;

	seen.refuses = -ENOMEM;
	vm = new_vm();
	assert_int_equal(seen.vms, 1);
	assert_null(vm_of(vm));
	vcpu = new_vcpu(vm, 0);
	assert_int_equal(seen.vcpus, 0);
	assert_false(runs(vcpu));
	assert_int_equal(fake_kvm.request, UAPI_KVM_RUN);
	close(vcpu);
	close(vm);
	seen.refuses = 0;
	vm = new_vm();
	seen.refuses = -ENOMEM;
	vcpu = new_vcpu(vm, 0);
	assert_false(runs(vcpu));
	close(vcpu);
	close(vm);
	assert_int_equal(seen.vms_gone, 1);
	assert_int_equal(seen.vcpus_gone, 0);
}

static void requests_of_other_types_and_of_other_descriptors_pass(void **state)
{
	int pair[2], n = -1, vm = new_vm();
	unsigned befores;

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(write(pair[1], "abc", 3), 3);
	befores = seen.befores;
	assert_int_equal(ioctl(pair[0], FIONREAD, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(seen.befores, befores);
	assert_int_equal(ioctl(vm, TIOCGWINSZ, &n), -1);
	assert_int_equal(errno, ENOTTY);
	/*
	 * KVM's, of a descriptor that is none of the objects: the library sees it, and it is passed on as
	 * it was.
	 */
	assert_int_equal(ioctl(pair[0], UAPI_KVM_GET_REGS, 0x1234), 0);
	assert_int_equal(seen.befores, befores + 1);
	assert_null(seen.vm);
	assert_null(seen.vcpu);
	assert_int_equal(fake_kvm.fd, pair[0]);
	assert_int_equal(fake_kvm.request, UAPI_KVM_GET_REGS);
	assert_int_equal(fake_kvm.arg, 0x1234);
	assert_false(runs(pair[0]));
	assert_false(runs(vm)); /* a VM is no vCPU */
	assert_false(runs(-1));
	assert_false(runs(1 << 30));
	close(pair[0]);
	close(pair[1]);
	close(vm);
}

/* libc's prototype says unsigned long; a VMM may have the number in an int, as musl's says. */
static void a_request_with_the_sign_of_an_int_is_the_same_request(void **state)
{
	int vm = new_vm();

	ioctl(vm, (unsigned long)(int)UAPI_KVM_MEMORY_ENCRYPT_OP, 0);
	assert_int_equal(seen.request, UAPI_KVM_MEMORY_ENCRYPT_OP);
	assert_int_equal((uint32_t)fake_kvm.request, UAPI_KVM_MEMORY_ENCRYPT_OP);
	close(vm);
}

/* Each way to get one more number of a descriptor. */
static int by_dup(int fd)
{
	return dup(fd);
}

static int by_dup2(int fd)
{
	return dup2(fd, 500);
}

static int by_dup3(int fd)
{
	return dup3(fd, 501, O_CLOEXEC);
}

static int by_fcntl(int fd)
{
	return fcntl(fd, F_DUPFD, 502);
}

static int by_fcntl_cloexec(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 503);
}

static int by_fcntl64(int fd)
{
	return fcntl64(fd, F_DUPFD_CLOEXEC, 2000);
}

static int (*const duplicates[])(int fd) = {
	by_dup, by_dup2, by_dup3, by_fcntl, by_fcntl_cloexec, by_fcntl64
};

static void a_duplicate_is_the_same_object(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(duplicates); i++) {
		int vm = new_vm(), vcpu = new_vcpu(vm, 4), vm2, vcpu2;
		struct vmm_vm *known = vm_of(vm);

		seen.vms_gone = seen.vcpus_gone = 0;
		vm2 = duplicates[i](vm);
		assert_true(vm2 >= 0);
		assert_ptr_equal(vm_of(vm2), known);
		close(vm);
		assert_ptr_equal(vm_of(vm2), known);
		assert_int_equal(vmm_vm_fd(known), vm2);
		close(vm2);
		vcpu2 = duplicates[i](vcpu);
		close(vcpu);
		assert_true(runs(vcpu2));
		assert_int_equal(seen.vcpu->id, 4);
		assert_int_equal(seen.vcpus_gone, 0);
		close(vcpu2);
		assert_int_equal(seen.vcpus_gone, 1);
		assert_int_equal(seen.vms_gone, 1);
	}
}

static void a_duplicate_that_fails_or_changes_nothing_loses_nothing(void **state)
{
	int vm = new_vm();
	struct vmm_vm *known = vm_of(vm);

	assert_int_equal(dup2(999, vm), -1);
	assert_int_equal(errno, EBADF);
	assert_ptr_equal(vm_of(vm), known);
	assert_int_equal(dup3(999, vm, O_CLOEXEC), -1);
	assert_ptr_equal(vm_of(vm), known);
	assert_int_equal(dup2(vm, vm), vm);
	assert_ptr_equal(vm_of(vm), known);
	assert_int_equal(dup3(vm, vm, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(vm_of(vm), known);
	assert_int_equal(dup(-1), -1);
	assert_int_equal(fcntl(999, F_DUPFD, 0), -1);
	assert_int_equal(fcntl(vm, F_GETFD),
			 FD_CLOEXEC); /* other commands pass, with and without an argument */
	assert_int_equal(fcntl(vm, F_SETFD, 0), 0);
	assert_int_equal(fcntl64(vm, F_GETFD), 0);
	assert_int_equal(seen.vms_gone, 0);
	close(vm);
	assert_int_equal(seen.vms_gone, 1);
}

static void a_duplicate_replaces_what_had_the_number(void **state)
{
	int first = new_vm(), second = new_vm(), plain = memfd_create("plain", 0);
	struct vmm_vm *kept = vm_of(second);

	assert_int_equal(dup2(second, first), first);
	assert_int_equal(seen.vms_gone, 1);
	assert_ptr_equal(vm_of(first), kept);
	assert_int_equal(dup2(plain, first), first);
	assert_null(vm_of(first));
	assert_int_equal(seen.vms_gone, 1);
	assert_int_equal(dup3(plain, second, 0), second);
	assert_int_equal(seen.vms_gone, 2);
	close(first);
	close(second);
	close(plain);
}

static void descriptors_that_were_never_open_can_be_closed(void **state)
{
	static const int numbers[] = { -1, 900, 1 << 22, INT32_MAX, INT32_MIN };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(close(numbers[i]), -1);
		assert_int_equal(errno, EBADF);
	}
}

/* The number of an object that was closed by a system call becomes an object's anew, or another file's. */
static void a_number_that_was_closed_behind_our_back_is_used_again(void **state)
{
	int vm = new_vm(), vcpu = new_vcpu(vm, 1), plain;

	assert_int_equal(syscall(SYS_close, vcpu), 0);
	assert_int_equal(new_vcpu(vm, 2), vcpu);
	assert_int_equal(seen.vcpus_gone, 1);
	assert_true(runs(vcpu));
	assert_int_equal(seen.vcpu->id, 2);
	assert_int_equal(syscall(SYS_close, vcpu), 0);
	plain = memfd_create("plain", 0);
	assert_int_equal(plain, vcpu);
	close(plain);
	assert_int_equal(seen.vcpus_gone, 2);
	assert_int_equal(syscall(SYS_close, vm), 0);
	plain = dup(0);
	assert_int_equal(plain, vm);
	assert_null(vm_of(plain));
	assert_int_equal(seen.vms_gone, 1);
	close(plain);
}

static void close_range_and_closefrom_close_objects(void **state)
{
	int vm = new_vm(), vcpu = new_vcpu(vm, 0);

	assert_int_equal(dup2(vm, 3000), 3000);
	assert_int_equal(dup2(vcpu, 3001), 3001);
	close(vm);
	close(vcpu);
	assert_int_equal(close_range(3000, 3001, CLOSE_RANGE_CLOEXEC), 0); /* closes nothing */
	assert_true(runs(3001));
	assert_int_equal(close_range(3001, 3000, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_true(runs(3001));
	assert_int_equal(close_range(3001, ~0u, 0), 0);
	assert_int_equal(seen.vcpus_gone, 1);
	assert_non_null(vm_of(3000));
	closefrom(3000);
	assert_int_equal(seen.vms_gone, 1);
	assert_null(vm_of(3000));
}

static void there_are_many_vms(void **state)
{
	enum { N = 200 };
	int vms[N], vcpus[N];
	struct vmm_vm *known[N];

	for (int round = 0; round < 3; round++) {
		seen = (struct seen){ 0 };
		for (int i = 0; i < N; i++) {
			vms[i] = new_vm();
			known[i] = vm_of(vms[i]);
			vcpus[i] = new_vcpu(vms[i], (unsigned long)i);
		}
		for (int i = 0; i < N; i++) {
			assert_true(runs(vcpus[i]));
			assert_int_equal(seen.vcpu->id, i);
			assert_ptr_equal(seen.vcpu->vm, known[i]);
			assert_true(i == 0 || known[i]->serial > known[i - 1]->serial);
		}
		for (int i = 0; i < N; i += 2)
			close(vms[i]);
		for (int i = N - 1; i >= 0; i--)
			close(vcpus[i]);
		assert_int_equal(seen.vcpus_gone, N);
		assert_int_equal(seen.vms_gone, N / 2);
		for (int i = 1; i < N; i += 2)
			close(vms[i]);
		assert_int_equal(seen.vms_gone, N);
	}
}

static int closed_meanwhile;
static unsigned gone_meanwhile;

static void *close_it(void *arg)
{
	close(*(int *)arg);
	return NULL;
}

static void close_in_another_thread(int fd, unsigned long request, unsigned long arg)
{
	pthread_t thread;

	if (request != UAPI_KVM_RUN)
		return;
	pthread_create(&thread, NULL, close_it, &closed_meanwhile);
	pthread_join(thread, NULL);
	gone_meanwhile = seen.vcpus_gone;
}

static void a_vcpu_that_is_closed_in_the_middle_of_kvm_run_stays_until_its_end(void **state)
{
	int vm = new_vm(), vcpu = new_vcpu(vm, 0);

	close(vm);
	closed_meanwhile = vcpu;
	fake_kvm.during = close_in_another_thread;
	assert_true(runs(vcpu));
	assert_int_equal(gone_meanwhile, 0);
	assert_int_equal(seen.vcpus_gone, 1);
	assert_int_equal(seen.vms_gone, 1);
}

static void a_reference_keeps_a_vm_but_none_of_its_descriptors(void **state)
{
	int vm = new_vm();
	struct vmm_vm *known = vm_of(vm);

	vmm_vm_get(known);
	assert_int_equal(vmm_vm_fd(known), vm);
	assert_int_equal(vmm_vm_ioctl(known, UAPI_KVM_SIGNAL_MSI, known), 0);
	assert_int_equal(fake_kvm.request, UAPI_KVM_SIGNAL_MSI);
	assert_int_equal(fake_kvm.fd, vm);
	close(vm);
	assert_int_equal(seen.vms_gone, 0);
	assert_int_equal(vmm_vm_fd(known), -1);
	assert_int_equal(vmm_vm_ioctl(known, UAPI_KVM_SIGNAL_MSI, known), -1);
	assert_int_equal(errno, EBADF);
	vmm_vm_put(known);
	assert_int_equal(seen.vms_gone, 1);
}

/* A thread that closes a VM, and how far it is. */
struct closing {
	pthread_t thread;
	_Atomic(pid_t) tid;
	_Atomic(bool) closed;
	int fd;
	bool closed_early;
} closing;

static void *close_the_vm(void *arg)
{
	closing.tid = (pid_t)syscall(SYS_gettid);
	close(closing.fd);
	closing.closed = true;
	return NULL;
}

static char state_of(pid_t tid)
{
	char path[64], text[256] = "", *end;
	FILE *f;

	TEXT(path, "/proc/self/task/%d/stat", (int)tid);
	f = fopen(path, "re");
	if (f) {
		assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
		fclose(f);
	}
	end = strrchr(text, ')');
	return end ? end[2] : 'S';
}

/* In the middle of the library's ioctl: waits until the other thread waits, or has closed it. */
static void close_during_an_interrupt(int fd, unsigned long request, unsigned long arg)
{
	if (request != UAPI_KVM_SIGNAL_MSI)
		return;
	pthread_create(&closing.thread, NULL, close_the_vm, NULL);
	while (closing.tid == 0 || (!closing.closed && state_of(closing.tid) != 'S'))
		sched_yield();
	closing.closed_early = closing.closed;
}

static void a_vm_is_not_closed_while_the_library_has_an_ioctl_of_it(void **state)
{
	int vm = new_vm();
	struct vmm_vm *known = vm_of(vm);

	memset(&closing, 0, sizeof(closing));
	closing.fd = vm;
	vmm_vm_get(known);
	fake_kvm.during = close_during_an_interrupt;
	assert_int_equal(vmm_vm_ioctl(known, UAPI_KVM_SIGNAL_MSI, known), 0);
	pthread_join(closing.thread, NULL);
	assert_false(closing.closed_early);
	assert_true(closing.closed);
	vmm_vm_put(known);
	assert_int_equal(seen.vms_gone, 1);
}

static void kvm_run_is_the_mapping_of_the_vmm_or_one_of_our_own(void **state)
{
	int vm = new_vm(), vcpu = new_vcpu(vm, 0);
	struct vmm_vcpu *known;
	uint8_t *own, *run, *theirs, *moved;

	assert_true(runs(vcpu));
	known = seen.vcpu;
	run = vmm_run_map(known, vcpu, &own);
	assert_non_null(own);
	assert_ptr_equal(run, own);
	run[1] = 42;
	vmm_run_unmap(own);
	assert_null(known->run); /* ours is not the VMM's */
	theirs = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	assert_int_equal(theirs[1], 42);
	assert_ptr_equal(vmm_run_map(known, vcpu, &own), theirs);
	assert_null(own);
	vmm_run_unmap(own);
	assert_ptr_equal(known->run, theirs);
	moved = mremap(theirs, 3 * 4096, 4 * 4096, MREMAP_MAYMOVE);
	assert_ptr_equal(known->run, moved);
	assert_int_equal(munmap((char *)moved + 1, 4096), -1); /* refused: it stays */
	assert_ptr_equal(known->run, moved);
	assert_int_equal(munmap(moved, 4 * 4096), 0);
	assert_null(known->run);
	/* what is no kvm_run: another page, a private copy, one that cannot be written */
	theirs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 4096);
	assert_null(known->run);
	munmap(theirs, 4096);
	theirs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, vcpu, 0);
	assert_null(known->run);
	munmap(theirs, 4096);
	theirs = mmap(NULL, 4096, PROT_READ, MAP_SHARED, vcpu, 0);
	assert_null(known->run);
	munmap(theirs, 4096);
	theirs = mmap64(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	assert_ptr_equal(known->run, theirs);
	assert_ptr_equal(
		mmap(theirs, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		theirs);
	assert_null(known->run); /* something else is there now */
	close(vcpu);
	close(vm);
	munmap(theirs, 4096);
}

/* A child that ends with 0 if `child` does not assert. */
static void in_child(pid_t (*make)(void), void (*child)(void *arg), void *arg)
{
	int status;
	pid_t pid = make();

	assert_true(pid >= 0);
	if (pid == 0) {
		child(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, __WALL), pid);
	assert_int_equal(status, 0);
}

#define CHILD_ASSERT(WHAT)                                                                                   \
	do {                                                                                                 \
		if (!(WHAT))                                                                                 \
			_exit(__LINE__ % 200 + 1);                                                           \
	} while (0)

static void child_of_fork(void *arg)
{
	int vm = *(int *)arg, other;

	CHILD_ASSERT(seen.forks == 1);
	CHILD_ASSERT(vm_of(vm));
	close(vm);
	CHILD_ASSERT(seen.vms_gone == 1);
	other = new_vm();
	CHILD_ASSERT(vm_of(other));
	CHILD_ASSERT(new_vcpu(other, 0) >= 0);
}

static void a_child_of_fork_has_objects_of_its_own(void **state)
{
	int vm = new_vm();

	in_child(fork, child_of_fork, &vm);
	assert_int_equal(seen.forks, 0);
	assert_non_null(vm_of(vm));
	close(vm);
	assert_int_equal(seen.vms_gone, 1);
}

static pid_t clone_itself(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void child_of_clone(void *arg)
{
	CHILD_ASSERT(seen.forks == 0);
	CHILD_ASSERT(vm_of(new_vm()));
	CHILD_ASSERT(seen.forks == 1);
}

static void a_child_of_clone_that_makes_a_vm_has_objects_of_its_own(void **state)
{
	int vm = new_vm();

	in_child(clone_itself, child_of_clone, &vm);
	close(vm);
}

/* Such as of posix_spawn(3) and of programs that close everything before they execute another. */
static void what_a_child_of_vfork_closes_stays_the_parents(void **state)
{
	int vm = new_vm(), vcpu = new_vcpu(vm, 0), status;
	pid_t pid = vfork();

	if (pid == 0) {
		close(vm);
		dup2(vcpu, 700);
		dup2(2, vcpu);
		closefrom(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_non_null(vm_of(vm));
	assert_true(runs(vcpu));
	assert_false(runs(700)); /* the child's number */
	assert_int_equal(seen.vcpus_gone, 0);
	close(vcpu);
	close(vm);
	assert_int_equal(seen.vms_gone, 1);
}

static void without_memory_nothing_is_known_and_everything_passes(void **state)
{
	int vm, n = 0, all[64];

	fake_kvm.mappings_left = 0;
	do { /* those on the list of free ones are still there */
		vm = new_vm();
		all[n++] = vm;
	} while (vm_of(vm) && n < 64);
	fake_kvm.mappings_left = -1;
	assert_null(vm_of(vm));
	assert_int_equal(ioctl(vm, UAPI_KVM_CREATE_IRQCHIP, 0), 0);
	while (n > 0)
		close(all[--n]);
	vm = new_vm();
	assert_non_null(vm_of(vm));
	close(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ROW(NAME) cmocka_unit_test_setup(NAME, begin)
		ROW(without_memory_nothing_is_known_and_everything_passes),
		ROW(a_vm_and_its_vcpus_are_known_until_all_descriptors_are_closed),
		ROW(hooks_and_tracking_leave_errno_alone),
		ROW(an_answer_of_the_library_is_not_passed_on_and_makes_objects),
		ROW(what_kvm_refuses_is_no_object),
		ROW(what_the_library_refuses_is_left_alone),
		ROW(requests_of_other_types_and_of_other_descriptors_pass),
		ROW(a_request_with_the_sign_of_an_int_is_the_same_request),
		ROW(a_duplicate_is_the_same_object),
		ROW(a_duplicate_that_fails_or_changes_nothing_loses_nothing),
		ROW(a_duplicate_replaces_what_had_the_number),
		ROW(descriptors_that_were_never_open_can_be_closed),
		ROW(a_number_that_was_closed_behind_our_back_is_used_again),
		ROW(close_range_and_closefrom_close_objects),
		ROW(there_are_many_vms),
		ROW(a_vcpu_that_is_closed_in_the_middle_of_kvm_run_stays_until_its_end),
		ROW(a_reference_keeps_a_vm_but_none_of_its_descriptors),
		ROW(a_vm_is_not_closed_while_the_library_has_an_ioctl_of_it),
		ROW(kvm_run_is_the_mapping_of_the_vmm_or_one_of_our_own),
		ROW(a_child_of_fork_has_objects_of_its_own),
		ROW(a_child_of_clone_that_makes_a_vm_has_objects_of_its_own),
		ROW(what_a_child_of_vfork_closes_stays_the_parents),
#undef ROW
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
