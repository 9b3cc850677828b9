/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VMM_FAKE_KVM_H
#define TESTS_VMM_FAKE_KVM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The next library of tests: a shared library between the program, which has the core of src/vmm, and libc.
 * Its ioctl(2) answers KVM's requests: VMs and vCPUs are files in memory, so that everything else about
 * their descriptors is the kernel's. Other requests are the kernel's as well.
 */
struct fake_kvm {
	_Atomic(int) fails;      /* errno of every request of KVM's; 0: they succeed */
	_Atomic(unsigned) calls; /* of KVM's requests */
	_Atomic(int) fd;         /* ... the last one's arguments */
	_Atomic(unsigned long) request, arg;
	int (*run)(int fd);          /* KVM_RUN; NULL: 0 */
	_Atomic(int) mappings_left;  /* then mmap() of anonymous memory fails; < 0: it never does */
	_Atomic(bool) unmapped_last; /* of mmap() and munmap(), the one that was called last */
	void (*during)(int fd, unsigned long request, unsigned long arg); /* in the middle of a request */
};
extern struct fake_kvm fake_kvm;

#endif
