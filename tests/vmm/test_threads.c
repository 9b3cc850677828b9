/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uapi/kvm.h"
#include "vmm/calls.h"
#include "vmm/next.h"
#include "vmm/objects.h"

/*
 * Threads that do everything at once, over a next layer of the test's own. Built twice: as it is, and with
 * its sources and those of the core under ThreadSanitizer, which is why it calls what preload.c calls: that
 * tool stands before the same names.
 */
enum { PAGE = 4096, GPA = 0x100000, PAGES = 4, VCPUS = 4 };

static int fake_ioctl(int fd, unsigned long request, ...)
{
	int new_fd;

	switch ((uint32_t)request) {
	case UAPI_KVM_CREATE_VM:
	case UAPI_KVM_CREATE_VCPU:
		new_fd = memfd_create("fake", MFD_CLOEXEC);
		if (new_fd >= 0 && ftruncate(new_fd, PAGE) != 0)
			abort();
		return new_fd;
	case UAPI_KVM_RUN:
		sched_yield();
		return 0;
	default:
		return 0;
	}
}

static void *fake_mmap(void *at, size_t n, int protection, int flags, int fd, int64_t offset)
{
	return mmap(at, n, protection, flags, fd, offset);
}

static const struct next functions = {
	.vmm = { .ioctl = fake_ioctl, .close = close, .mmap = fake_mmap, .munmap = munmap, .open = open },
	.close_range = close_range,
	.closefrom = closefrom,
	.dup = dup,
	.dup2 = dup2,
	.dup3 = dup3,
	.fcntl = fcntl,
	.fcntl64 = fcntl,
	.mprotect = mprotect,
	.pkey_mprotect = pkey_mprotect,
	.mremap = mremap,
};

const struct next *next(void)
{
	return &functions;
}

const struct vmm_next *vmm_next(void)
{
	return &functions.vmm;
}

void *next_pages(size_t n)
{
	void *pages = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED ? NULL : pages;
}

void next_pages_free(void *pages, size_t n)
{
	if (pages)
		munmap(pages, n);
}

static _Atomic(struct vmm_vm *) made;
static _Atomic(unsigned) n_vms, n_vms_gone, n_vcpus, n_vcpus_gone, n_runs, n_copied, n_refused, n_kicks;
static _Atomic(bool) over;

/* As a library that serves: after KVM_RUN it writes into guest memory, and looks into kvm_run. */
static int run(struct vmm_vcpu *vcpu, int fd)
{
	int r = vmm_next()->ioctl(fd, UAPI_KVM_RUN, 0);
	uint64_t value = 1;

	n_runs++;
	if (vmm_memory_write(vcpu->vm, GPA + vcpu->id * 8, &value, 8) == 0)
		n_copied++;
	else
		n_refused++;
	return r;
}

static int vm_created(struct vmm_vm *vm, int fd)
{
	n_vms++;
	vm->data = vm; /* something that only a library with its own order may read elsewhere */
	made = vm;
	return 0;
}

static void vm_gone(struct vmm_vm *vm)
{
	n_vms_gone += vm->data == vm;
}

static int vcpu_created(struct vmm_vcpu *vcpu, int fd)
{
	n_vcpus++;
	vcpu->data = vcpu;
	return 0;
}

static void vcpu_gone(struct vmm_vcpu *vcpu)
{
	n_vcpus_gone += vcpu->data == vcpu && vcpu->vm->data == vcpu->vm;
}

const struct vmm_hooks vmm_hooks = {
	.run = run,
	.vm_created = vm_created,
	.vm_gone = vm_gone,
	.vcpu_created = vcpu_created,
	.vcpu_gone = vcpu_gone,
};

static int set_slot(int vm, uint32_t slot, uint64_t gpa, uint64_t size, void *at)
{
	struct uapi_kvm_memory_region r = { slot, 0, gpa, size, (uint64_t)(uintptr_t)at };

	return call_ioctl(vm, UAPI_KVM_SET_USER_MEMORY_REGION, (unsigned long)&r);
}

static uint8_t *new_ram(void *at)
{
	return call_mmap(at, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

/* A vCPU thread: its own descriptor, its own kvm_run, which a kick writes. */
struct vcpu {
	pthread_t thread;
	int vm, fd;
	unsigned id, rounds;
};
static __thread _Atomic(uint8_t) *own_run;
static __thread int own_vm;

static void kick(int signal)
{
	int saved = errno, fd = call_dup(own_vm);

	if (own_run)
		atomic_store(&own_run[1], 1);
	call_close(fd);
	n_kicks++;
	errno = saved;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;

	own_vm = v->vm;
	for (unsigned i = 0; i < v->rounds; i++) {
		int fd = call_ioctl(v->vm, UAPI_KVM_CREATE_VCPU, v->id), second = call_dup(fd);
		void *mapped = call_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		own_run = mapped;
		for (int k = 0; k < 5; k++) {
			call_ioctl(k % 2 ? fd : second, UAPI_KVM_RUN, 0);
			atomic_store(&own_run[1], 0);
		}
		own_run = NULL;
		call_munmap(mapped, PAGE);
		call_close(fd);
		call_close(second);
	}
	return NULL;
}

static void four_vcpus_with_kicks_while_the_vmm_changes_its_memory(void **state)
{
	const struct sigaction action = { .sa_handler = kick };
	struct vcpu vcpus[VCPUS];
	uint8_t *ram = new_ram(NULL);
	int vm = call_ioctl(-1, UAPI_KVM_CREATE_VM, 0);

	n_vms = n_vms_gone = n_vcpus = n_vcpus_gone = n_runs = 0;
	sigaction(SIGUSR1, &action, NULL);
	for (unsigned i = 0; i < VCPUS; i++) {
		vcpus[i] = (struct vcpu){ .vm = vm, .id = i, .rounds = 60 };
		pthread_create(&vcpus[i].thread, NULL, vcpu_thread, &vcpus[i]);
	}
	for (unsigned i = 0; i < 200; i++) {
		struct uapi_kvm_memory_attributes private = { GPA, PAGE,
							      i % 2 ? UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
							      0 };

		set_slot(vm, 1, GPA, PAGES * PAGE, ram);
		call_ioctl(vm, UAPI_KVM_SET_MEMORY_ATTRIBUTES, (unsigned long)&private);
		pthread_kill(vcpus[i % VCPUS].thread, SIGUSR1);
		call_mprotect(ram, PAGE, i % 3 ? PROT_READ | PROT_WRITE : PROT_NONE);
		new_ram(ram);
		set_slot(vm, 1, 0, 0, NULL);
	}
	for (unsigned i = 0; i < VCPUS; i++)
		pthread_join(vcpus[i].thread, NULL);
	call_close(vm);
	call_munmap(ram, PAGES * PAGE);
	assert_int_equal(n_runs, VCPUS * 60 * 5);
	assert_int_equal(n_vcpus, VCPUS * 60);
	assert_int_equal(n_vcpus_gone, VCPUS * 60);
	assert_int_equal(n_vms_gone, 1);
	assert_true(n_kicks > 0);
}

/* Writes to guest memory all the time, each thread to its own half of it. */
static void *copier(void *arg)
{
	const unsigned *first = arg;
	struct vmm_vm *vm = made;
	uint8_t page[PAGE];

	memset(page, 0xa5, sizeof(page));
	while (!over)
		for (unsigned i = *first; i < *first + PAGES / 2; i++) {
			int r = vmm_memory_write(vm, GPA + i * PAGE, page, PAGE);

			assert_true(r == 0 || r == -EFAULT);
			n_copied += r == 0;
			n_refused += r != 0;
		}
	return NULL;
}

static unsigned halves[2] = { 0, PAGES / 2 };

enum { DELETED, UNMAPPED, MAPPED_ANEW, MADE_PRIVATE, MOVED };

/* Takes the memory away from the guest; returns where the VMM may write what nobody else may. */
static uint8_t *take_away(int vm, uint8_t *ram, int how)
{
	struct uapi_kvm_memory_attributes private = { GPA, PAGES * PAGE, UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE,
						      0 };

	switch (how) {
	case DELETED:
		set_slot(vm, 1, 0, 0, NULL);
		return ram;
	case UNMAPPED: /* and something of the VMM's own is there afterwards, as malloc() would do it */
		call_munmap(ram, PAGES * PAGE);
		return mmap(ram, PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	case MAPPED_ANEW:
		call_mprotect(ram, PAGES * PAGE, PROT_READ);
		mprotect(ram, PAGES * PAGE, 3);
		return ram;
	case MADE_PRIVATE:
		call_ioctl(vm, UAPI_KVM_SET_MEMORY_ATTRIBUTES, (unsigned long)&private);
		return ram;
	default:
		set_slot(vm, 1, GPA * 4, PAGES * PAGE, ram);
		return ram;
	}
}

static void nothing_is_written_once_memory_was_taken_away(void **state)
{
	struct uapi_kvm_memory_attributes shared = { GPA, PAGES * PAGE, 0, 0 };
	int vm = call_ioctl(-1, UAPI_KVM_CREATE_VM, 0);
	uint8_t *ram = new_ram(NULL);
	pthread_t threads[2];

	over = false;
	n_copied = n_refused = 0;
	set_slot(vm, 1, GPA, PAGES * PAGE, ram);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, copier, &halves[i]);
	for (int i = 0; i < 300; i++) {
		unsigned refused = n_refused, copied;
		uint8_t *mine = take_away(vm, ram, i % 5);

		memset(mine, i, PAGES * PAGE);
		while (n_refused < refused + 2 * PAGES) /* each of them has tried */
			sched_yield();
		for (unsigned k = 0; k < PAGES * PAGE; k++)
			if (mine[k] != (uint8_t)i)
				FAIL_BECAUSE("byte %u was written, %d", k, i % 5);
		new_ram(ram);
		call_ioctl(vm, UAPI_KVM_SET_MEMORY_ATTRIBUTES, (unsigned long)&shared);
		set_slot(vm, 1, GPA, PAGES * PAGE, ram);
		copied = n_copied;
		while (n_copied < copied + 2 * PAGES)
			sched_yield();
	}
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	call_close(vm);
	call_munmap(ram, PAGES * PAGE);
}

static void *closer(void *arg)
{
	while (!over) {
		int vm = call_ioctl(-1, UAPI_KVM_CREATE_VM, 0),
		    vcpu = call_ioctl(vm, UAPI_KVM_CREATE_VCPU, 0);

		call_ioctl(vcpu, UAPI_KVM_RUN, 0);
		call_close(vm);
		call_ioctl(vcpu, UAPI_KVM_RUN, 0);
		call_close(vcpu);
	}
	return NULL;
}

/*
 * Numbers that other threads are closing and making anew: lookups see the old object, the new one, or none.
 */
static void numbers_are_looked_up_while_they_become_others(void **state)
{
	pthread_t threads[2];
	unsigned found = 0;

	over = false;
	n_vms = n_vms_gone = n_vcpus = n_vcpus_gone = 0;
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, closer, NULL);
	for (unsigned i = 0; found < 2000; i++) {
		struct object *o = objects_get(3 + (int)(i % 12));

		if (!o) {
			sched_yield();
			continue;
		}
		found++;
		assert_true((object_vm(o) != NULL) != (object_vcpu(o) != NULL));
		if (object_vm(o))
			vmm_vm_fd(object_vm(o));
		objects_put(o);
	}
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(n_vms, n_vms_gone);
	assert_int_equal(n_vcpus, n_vcpus_gone);
}

/* The child has one thread; what the others held in the parent is free in it. */
static void a_process_forks_while_its_threads_copy(void **state)
{
	int vm = call_ioctl(-1, UAPI_KVM_CREATE_VM, 0), status;
	uint8_t *ram = new_ram(NULL);
	pthread_t threads[2];

	over = false;
	set_slot(vm, 1, GPA, PAGES * PAGE, ram);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, copier, &halves[i]);
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			alarm(20);
			_exit(set_slot(vm, 2, 0, PAGE, ram) != 0 || call_munmap(ram, PAGE) != 0 ||
			      vmm_memory_write(made, GPA + PAGE, "x", 1) != 0 || call_close(vm) != 0 ||
			      call_ioctl(-1, UAPI_KVM_CREATE_VM, 0) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	call_close(vm);
	call_munmap(ram, PAGES * PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_vcpus_with_kicks_while_the_vmm_changes_its_memory),
		cmocka_unit_test(nothing_is_written_once_memory_was_taken_away),
		cmocka_unit_test(numbers_are_looked_up_while_they_become_others),
		cmocka_unit_test(a_process_forks_while_its_threads_copy),
	};

	objects_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
