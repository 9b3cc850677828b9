/* SPDX-License-Identifier: MIT */
/*
 * A VMM for the tests of `jurat run --vmm`: good_vmm [FAULT]. A VM of two vCPUs that halt, RAM and a ROM;
 * certificates and quotes are served by libjurat-host, of $JURAT_VMM_CERTS and $JURAT_VMM_QUOTING_SERVICE.
 * FAULT is one of enum tdx_wrong, "good" without one; "serves-nothing": it knows neither exit, as any VMM
 * that libjurat-vmm.so is for; "late": it creates its second vCPU when the first has run for a while, and
 * runs it later still.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jurat/host.h>

#include "base/bytes.h"
#include "tdx_vmm.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"

enum { VCPUS = 2, RAM_BYTES = 32 << 20, ROM_BYTES = 4096 };

static const uint64_t rom_gpa = 0xfffff000;
static int vm;
static uint8_t *ram, *rom;
static struct tdx_vmm tdx;
static struct jurat_snp_certs *certs;
static bool serves_nothing, is_late;

static void fail(const char *what)
{
	fprintf(stderr, "good_vmm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void stop(unsigned reason)
{
	fprintf(stderr, "good_vmm: unknown exit reason %u\n", reason);
	exit(1);
}

static void *map(size_t n, int fd)
{
	void *at = mmap(NULL, n, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED,
			fd, 0);

	if (at == MAP_FAILED)
		fail("mmap");
	return at;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	if (gpa >= rom_gpa && n <= ROM_BYTES && gpa - rom_gpa <= ROM_BYTES - n)
		memcpy(to, rom + (gpa - rom_gpa), n);
	else if (gpa > RAM_BYTES - n)
		return -EFAULT;
	else
		memcpy(to, ram + gpa, n);
	return 0;
}

/* A guest polls the status of its buffer: 4 and 8 aligned bytes are one store. */
static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	uint8_t *to = ram + gpa;

	if (gpa > RAM_BYTES - n)
		return -EFAULT;
	if (n == 8 && gpa % 8 == 0)
		__atomic_store_n((uint64_t *)(void *)to, bytes_get_le(from, 8), __ATOMIC_RELEASE);
	else if (n == 4 && gpa % 4 == 0)
		__atomic_store_n((uint32_t *)(void *)to, (uint32_t)bytes_get_le(from, 4), __ATOMIC_RELEASE);
	else
		memcpy(to, from, n);
	return 0;
}

static const struct jurat_guest_memory memory = { sizeof(memory), read_guest, write_guest, NULL };

static void interrupt(void *context, uint32_t vcpu, uint8_t vector)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000 | (vcpu & 0xff) << 12,
			       .address_hi = vcpu & 0xffffff00,
			       .data = vector };

	ioctl(vm, KVM_SIGNAL_MSI, &msi);
}

static void *dispatch(void *ctx)
{
	struct pollfd ready = { .fd = tdx_vmm_fd(&tdx), .events = POLLIN };

	while (poll(&ready, 1, -1) >= 0 || errno == EINTR)
		tdx_vmm_dispatch(&tdx);
	return NULL;
}

static void *run_vcpu(void *ctx)
{
	const unsigned long id = (unsigned long)(uintptr_t)ctx;
	const int kvm_run_bytes = 4096;
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	struct jurat_snp_request *request;
	struct jurat_error err;
	struct kvm_run *run;
	int vcpu;

	if (is_late && id > 0)
		(void)poll(NULL, 0, 300);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, id);
	if (vcpu < 0 || ioctl(vcpu, KVM_SET_MP_STATE, &runnable) < 0)
		fail("vCPU");
	run = map((size_t)kvm_run_bytes, vcpu);
	if (jurat_snp_request_new(certs, &request, NULL) < 0)
		fail("request");
	if (is_late && id > 0)
		(void)poll(NULL, 0, 300);
	for (;;) {
		const int e = ioctl(vcpu, KVM_RUN, 0) < 0 ? -errno : 0;

		jurat_snp_request_handle_ran(request, run, e, 0);
		if (serves_nothing && e == 0 && run->exit_reason != KVM_EXIT_HLT &&
		    run->exit_reason != KVM_EXIT_SHUTDOWN)
			stop(run->exit_reason);
		if (e == -EINTR && tdx.options.wrong != TDX_BELIEVES_STALE)
			continue;
		if (e == 0 && run->exit_reason == UAPI_KVM_EXIT_SNP_REQ_CERTS) {
			if (jurat_snp_request_handle_exit(request, run, &memory, &err) < 0)
				fail(err.text);
		} else if ((e == 0 || e == -EINTR) && run->exit_reason == UAPI_KVM_EXIT_TDX) {
			tdx_vmm_exit(&tdx, run, (uint32_t)id);
		} else if (e == 0 && run->exit_reason == KVM_EXIT_SHUTDOWN) {
			tdx_vmm_reset(&tdx);
		} else if (e == 0 && run->exit_reason != KVM_EXIT_HLT) {
			stop(run->exit_reason);
		} else if (e < 0 && e != -EINTR && e != -EAGAIN) {
			errno = -e;
			fail("KVM_RUN");
		}
	}
	return NULL;
}

static void make_vm(void)
{
	const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	struct kvm_userspace_memory_region slots[] = {
		{ 0, 0, 0, RAM_BYTES, (uintptr_t)ram },
		{ 1, KVM_MEM_READONLY, rom_gpa, ROM_BYTES, (uintptr_t)rom },
	};

	memset(rom, 0xf4, ROM_BYTES); /* hlt */
	memcpy(rom + 0xff0, "\xf4\xeb\xfd", 3);
	if (kvm < 0)
		fail("/dev/kvm");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0)
		fail("KVM_CREATE_VM");
	for (unsigned i = 0; i < 2; i++)
		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slots[i]) < 0)
			fail("KVM_SET_USER_MEMORY_REGION");
}

int main(int argc, char **argv)
{
	struct tdx_vmm_options options = {
		.service = getenv("JURAT_VMM_QUOTING_SERVICE"),
		.memory = memory,
		.interrupt = interrupt,
		.timeout_ms = 2000,
	};
	int wrong;
	pthread_t threads[VCPUS + 1];

	serves_nothing = argc > 1 && strcmp(argv[1], "serves-nothing") == 0;
	is_late = argc > 1 && strcmp(argv[1], "late") == 0;
	wrong = argc > 1 && !serves_nothing && !is_late ? tdx_wrong_of(argv[1]) : TDX_GOOD;
	if (wrong < 0)
		return fprintf(stderr, "good_vmm: no fault '%s'\n", argv[1]), 2;
	options.wrong = (enum tdx_wrong)wrong;
	ram = map(RAM_BYTES, -1);
	rom = map(ROM_BYTES, -1);
	if (jurat_snp_certs_new(getenv("JURAT_VMM_CERTS"), NULL, &certs, NULL) < 0 ||
	    tdx_vmm_open(&tdx, &options) < 0)
		return 1;
	make_vm();
	if (pthread_create(&threads[VCPUS], NULL, dispatch, NULL) != 0)
		fail("thread");
	for (uintptr_t i = 0; i < VCPUS; i++)
		if (pthread_create(&threads[i], NULL, run_vcpu, (void *)i) != 0)
			fail("thread");
	pthread_join(threads[0], NULL);
	return 0;
}
