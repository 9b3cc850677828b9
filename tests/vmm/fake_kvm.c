/* SPDX-License-Identifier: MIT */
#undef _FORTIFY_SOURCE
#include "fake_kvm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "uapi/kvm.h"

struct fake_kvm fake_kvm = { .mappings_left = -1 };

/* By system calls: libc's names are the program's. */
static int new_file(size_t size)
{
	int fd = (int)syscall(SYS_memfd_create, "fake", 1u /* MFD_CLOEXEC */);

	if (fd >= 0)
		syscall(SYS_ftruncate, fd, (long)size);
	return fd;
}

int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	if ((request >> 8 & 0xff) != UAPI_KVMIO)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	fake_kvm.fd = fd;
	fake_kvm.request = request;
	fake_kvm.arg = arg;
	fake_kvm.calls++;
	if (fake_kvm.during)
		fake_kvm.during(fd, request, arg);
	if (fake_kvm.fails) {
		errno = fake_kvm.fails;
		return -1;
	}
	switch ((uint32_t)request) {
	case UAPI_KVM_CREATE_VM:
		return new_file(0);
	case UAPI_KVM_CREATE_VCPU:
		return new_file((size_t)3 * 4096);
	case UAPI_KVM_RUN:
		return fake_kvm.run ? fake_kvm.run(fd) : 0;
	default:
		return 0;
	}
}

void *mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset)
{
	if (flags & MAP_ANONYMOUS && fake_kvm.mappings_left >= 0 && fake_kvm.mappings_left-- == 0) {
		fake_kvm.mappings_left = 0;
		errno = ENOMEM;
		return MAP_FAILED;
	}
	fake_kvm.unmapped_last = false;
	return (void *)syscall(SYS_mmap, at, n, protection, flags, fd, offset);
}

int munmap(void *at, size_t n)
{
	fake_kvm.unmapped_last = true;
	return (int)syscall(SYS_munmap, at, n);
}
