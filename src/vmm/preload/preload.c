/* SPDX-License-Identifier: MIT */
/*
 * The functions that stand before the next library's. On 64-bit systems, which are the only ones with KVM's
 * confidential VMs, glibc has no other names for them: off_t and time_t are 64 bits, so that open64() is
 * open() by another name, and there is no __ioctl_time64(). What libc itself calls inside, such as munmap()
 * from free(), goes past these names, and system calls that a VMM makes without libc do.
 */
#undef _FORTIFY_SOURCE /* its open() is not a function that could be defined here */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/calls.h"
#include "vmm/next.h"
#include "vmm/objects.h"

_Static_assert(sizeof(long) == 8 && sizeof(off_t) == 8, "a 64-bit system");

/* Declared by fortified headers only. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);

__attribute__((constructor)) static void start(void)
{
	next();
	objects_start();
}

#ifdef __GLIBC__
int ioctl(int fd, unsigned long request, ...)
#else
int ioctl(int fd, int request, ...)
#endif
{
	unsigned long arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return call_ioctl(fd, (unsigned long)request, arg);
}

int close(int fd)
{
	return call_close(fd);
}

int close_range(unsigned first, unsigned last, int flags)
{
	return call_close_range(first, last, flags);
}

void closefrom(int first)
{
	call_closefrom(first);
}

int dup(int fd)
{
	return call_dup(fd);
}

int dup2(int fd, int to)
{
	return call_dup2(fd, to);
}

int dup3(int fd, int to, int flags)
{
	return call_dup3(fd, to, flags);
}

int fcntl(int fd, int command, ...)
{
	unsigned long arg;
	va_list ap;

	va_start(ap, command);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return call_fcntl(fd, command, arg);
}

int fcntl64(int fd, int command, ...)
{
	unsigned long arg;
	va_list ap;

	va_start(ap, command);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	return call_fcntl64(fd, command, arg);
}

void *mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	return call_mmap(at, n, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t n, int protection, int flags, int fd, off64_t offset)
{
	return call_mmap(at, n, protection, flags, fd, offset);
}

int munmap(void *at, size_t n)
{
	return call_munmap(at, n);
}

int mprotect(void *at, size_t n, int protection)
{
	return call_mprotect(at, n, protection);
}

int pkey_mprotect(void *at, size_t n, int protection, int key)
{
	return call_pkey_mprotect(at, n, protection, key);
}

void *mremap(void *at, size_t n, size_t to_n, int flags, ...)
{
	void *to;
	va_list ap;

	va_start(ap, flags);
	to = va_arg(ap, void *);
	va_end(ap);
	return call_mremap(at, n, to_n, flags, to);
}

/* The path is read after the kernel has: a pointer that it refuses with EFAULT is not followed. */
static int opened(const char *path, int flags, int fd)
{
	if ((fd < 0 && errno == EFAULT) || strcmp(path, "/dev/kvm") != 0 || !vmm_hooks.opened)
		return fd;
	return vmm_hooks.opened(path, flags, fd);
}

#define MODE(FLAGS)                                                                                          \
	({                                                                                                   \
		mode_t mode_ = 0;                                                                            \
		va_list ap_;                                                                                 \
		va_start(ap_, FLAGS);                                                                        \
		if (__OPEN_NEEDS_MODE(FLAGS))                                                                \
			mode_ = va_arg(ap_, mode_t);                                                         \
		va_end(ap_);                                                                                 \
		mode_;                                                                                       \
	})

int open(const char *path, int flags, ...)
{
	return opened(path, flags, next()->vmm.open(path, flags, MODE(flags)));
}

int open64(const char *path, int flags, ...)
{
	return opened(path, flags, next()->open64(path, flags, MODE(flags)));
}

int openat(int folder, const char *path, int flags, ...)
{
	return opened(path, flags, next()->openat(folder, path, flags, MODE(flags)));
}

int openat64(int folder, const char *path, int flags, ...)
{
	return opened(path, flags, next()->openat64(folder, path, flags, MODE(flags)));
}

int __open_2(const char *path, int flags)
{
	return opened(path, flags, next()->open_2(path, flags));
}

int __open64_2(const char *path, int flags)
{
	return opened(path, flags, next()->open64_2(path, flags));
}

int __openat_2(int folder, const char *path, int flags)
{
	return opened(path, flags, next()->openat_2(folder, path, flags));
}

int __openat64_2(int folder, const char *path, int flags)
{
	return opened(path, flags, next()->openat64_2(folder, path, flags));
}
