/* SPDX-License-Identifier: MIT */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The common part of two preload libraries: libjurat-vmm.so, which serves certificates and quotes for an
 * unmodified VMM (serve.c), and libjurat-vmm-check.so, which makes the exits of a conformance test
 * (run/vmm/agent/). preload.c exports ioctl(2) and the other functions that create, map, duplicate and close
 * descriptors, tracks KVM's objects, and calls the hooks of the library that it is linked into.
 *
 * The library runs in the VMM's process. It needs libc only. Its constructor only looks up the next
 * functions. None of its descriptors or mappings outlives those of the VMM. It installs no signal handler,
 * and its only output is the log.
 *
 * Objects are identified by the ioctls that create them: a descriptor is a VM's because KVM_CREATE_VM
 * returned it. They are reference-counted, and their memory is never returned to the heap, so that a lookup
 * takes no lock. All locks are held with all signals blocked, because a handler of the VMM may call any
 * function here.
 */

struct vmm_vm;

/* One vCPU. `vm` and `id` never change; `run` is the VMM's mapping of kvm_run, NULL while it has none. */
struct vmm_vcpu {
	struct vmm_vm *vm;
	unsigned long id; /* argument of KVM_CREATE_VCPU: the APIC id */
	_Atomic(uint8_t *) run;
	void *data; /* of the library; its hook vcpu_created sets it */
	struct vmm_vcpu_private *private;
};

struct vmm_vm {
	uint64_t serial;    /* 1, 2 ... in this process */
	unsigned long type; /* argument of KVM_CREATE_VM */
	void *data;         /* of the library; its hook vm_created sets it */
	struct vmm_vm_private *private;
};

/* A memory slot, as set by KVM_SET_USER_MEMORY_REGION or KVM_SET_USER_MEMORY_REGION2; size 0: deleted. */
struct vmm_slot {
	uint32_t slot, flags;
	uint64_t gpa, size, hva;
	bool guest_memfd; /* private pages are in a guest_memfd; shared pages are at hva */
};

/* The functions of the next library, which is libc or another preload library. */
struct vmm_next {
	int (*ioctl)(int fd, unsigned long request, ...);
	int (*close)(int fd);
	void *(*mmap)(void *at, size_t n, int protection, int flags, int fd, int64_t offset);
	int (*munmap)(void *at, size_t n);
	int (*open)(const char *path, int flags, ...);
};
const struct vmm_next *vmm_next(void);

/*
 * The hooks of a library. Each may be NULL. They are called in the VMM's thread, without locks, with
 * references held. The VMM gets their results and errno.
 */
struct vmm_hooks {
	/* KVM_RUN of a known vCPU, as ioctl(2). The hook itself calls vmm_next()->ioctl(fd, KVM_RUN, 0). */
	int (*run)(struct vmm_vcpu *vcpu, int fd);
	/*
	 * Any other KVM ioctl (type 0xae), before it is passed on. For a VM, `vcpu` is NULL; for a vCPU,
	 * `vm` is NULL; for /dev/kvm and unknown descriptors, both are NULL. true: the VMM gets *ret_result
	 * and errno, and the ioctl is not passed on; the tracking and `after` treat the result as the
	 * kernel's.
	 */
	bool (*before)(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		       int *ret_result);
	/*
	 * The same ioctl, after it was passed on or answered, and after the tracking has recorded it. errno
	 * is the ioctl's on entry, and is restored afterwards.
	 */
	void (*after)(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		      int result);
	/* 0; < 0: -errno, for the log only: the object is not tracked */
	int (*vm_created)(struct vmm_vm *vm, int fd);
	void (*vm_gone)(struct vmm_vm *vm); /* the last reference is dropped; frees data */
	int (*vcpu_created)(struct vmm_vcpu *vcpu, int fd);
	void (*vcpu_gone)(struct vmm_vcpu *vcpu);
	/*
	 * In the child of fork(2), before fork(2) returns. The library's threads do not exist there, and its
	 * connections belong to the parent.
	 */
	void (*forked)(void);
	/*
	 * open(2) of a path has returned `fd`, or -1 and errno. Returns what the VMM gets, with errno set.
	 * Called for "/dev/kvm" only.
	 */
	int (*opened)(const char *path, int flags, int fd);
	/*
	 * Whether a descriptor below VMM_OWN_MAX is the library's own, which the VMM has not opened. If so,
	 * close(2) of it fails with EBADF, dup2(2) to it fails with EBUSY, and close_range(2) skips it.
	 */
	bool (*owns)(int fd);
};
enum { VMM_OWN_MAX = 65536 };
extern const struct vmm_hooks vmm_hooks; /* defined by the library */

/*
 * Read and write guest memory through the slots of a VM: `n` bytes within one page, all or none. An aligned
 * write of 4 or 8 bytes is one store. A thread that deletes or unmaps the slot waits until the copy ends.
 *
 * A slot that was deleted recently may be about to be set again, in parts or read-only: the functions wait
 * for that, up to 200 ms.
 *
 * Returns   0; -EFAULT no slot, read-only (write), private by KVM_SET_MEMORY_ATTRIBUTES, or not mapped
 * Threads   any
 */
int vmm_memory_read(struct vmm_vm *vm, uint64_t gpa, void *to, size_t n);
int vmm_memory_write(struct vmm_vm *vm, uint64_t gpa, const void *from, size_t n);
/* Calls `each` for each slot of address space 0, by address. It holds the lock: `each` must not call back. */
void vmm_memory_slots(struct vmm_vm *vm, void (*each)(void *ctx, const struct vmm_slot *slot), void *ctx);

/* References, for a VM that a thread of the library uses after the hook has returned. */
void vmm_vm_get(struct vmm_vm *vm);
void vmm_vm_put(struct vmm_vm *vm);
/* A descriptor of the VM; the VMM may already have closed it. -1: the VMM has closed them all. */
int vmm_vm_fd(struct vmm_vm *vm);
/*
 * ioctl(2) of the VM, such as KVM_SIGNAL_MSI, from a thread of the library. The VMM cannot close the
 * descriptor during the call, so its number cannot refer to another file. -1 and EBADF: the VMM has closed
 * all descriptors of the VM.
 */
int vmm_vm_ioctl(struct vmm_vm *vm, unsigned long request, void *arg);

/*
 * The vCPU's kvm_run: the VMM's mapping, or, if it has none, a mapping of the library's own, which is also
 * stored in *ret_own. The caller passes *ret_own to vmm_run_unmap(), which accepts NULL. Returns NULL if
 * kvm_run cannot be mapped; errno is set.
 */
uint8_t *vmm_run_map(struct vmm_vcpu *vcpu, int fd, uint8_t **ret_own);
void vmm_run_unmap(uint8_t *own);

#endif
