/* SPDX-License-Identifier: MIT */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What two preload libraries share: libjurat-vmm.so, which serves certificates and quotes for an unmodified
 * VMM (serve.c), and libjurat-vmm-check.so, which makes the exits of a conformance test (run/vmm/agent/).
 * preload.c exports ioctl(2) and the other functions that create, map, duplicate and close descriptors,
 * keeps track of KVM's objects, and calls the hooks of the library that it is linked into.
 *
 * A library in somebody else's process: libc only, no constructor that does more than find the next
 * functions, no descriptor or mapping of its own that outlives the VMM's, no signal handler, no output but
 * the log.
 *
 * Objects are known by what was asked of them: a descriptor is a VM's because KVM_CREATE_VM returned it,
 * not by its number. They are reference-counted, and their memory is never returned to the heap, so that a
 * lookup takes no lock. All locks are held with all signals blocked: a handler of the VMM may call any
 * function here.
 */

struct vmm_vm;

/* One vCPU. `vm`, `id` never change; `run` is the VMM's own mapping of kvm_run, NULL while it has none. */
struct vmm_vcpu {
	struct vmm_vm *vm;
	unsigned long id; /* argument of KVM_CREATE_VCPU: the APIC id */
	_Atomic(uint8_t *) run;
	void *data; /* of the library, made by its hook vcpu_created */
	struct vmm_vcpu_private *private;
};

struct vmm_vm {
	uint64_t serial;    /* 1, 2 ... in this process */
	unsigned long type; /* argument of KVM_CREATE_VM */
	void *data;         /* of the library, made by its hook vm_created */
	struct vmm_vm_private *private;
};

/* A memory slot, as KVM_SET_USER_MEMORY_REGION and _REGION2 have it; size 0: deleted. */
struct vmm_slot {
	uint32_t slot, flags;
	uint64_t gpa, size, hva;
	bool guest_memfd; /* private pages are elsewhere; hva has the shared ones */
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
 * What a library does. Each may be NULL. Called without locks, in the thread of the VMM, with references
 * held. Results and errno are what the VMM gets.
 */
struct vmm_hooks {
	/* KVM_RUN of a known vCPU, as ioctl(2): has to call vmm_next()->ioctl(fd, KVM_RUN, 0) itself. */
	int (*run)(struct vmm_vcpu *vcpu, int fd);
	/*
	 * Any other ioctl of KVM's kind (type 0xae), before it is passed on; vm or vcpu is NULL for what it
	 * is not, both are for /dev/kvm and for a descriptor that is not known. true: it is answered with
	 * *ret_result and errno, and not passed on; the tracking and `after` take note of the answer as of
	 * the kernel's.
	 */
	bool (*before)(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		       int *ret_result);
	/*
	 * The same ioctl after it was passed on or answered, and after the tracking has taken note of it.
	 * errno is the ioctl's, and restored.
	 */
	void (*after)(struct vmm_vm *vm, struct vmm_vcpu *vcpu, int fd, unsigned long request, void *arg,
		      int result);
	/* 0; < 0: -errno, for the log only: the object is left alone */
	int (*vm_created)(struct vmm_vm *vm, int fd);
	void (*vm_gone)(struct vmm_vm *vm); /* the last reference is dropped; frees data */
	int (*vcpu_created)(struct vmm_vcpu *vcpu, int fd);
	void (*vcpu_gone)(struct vmm_vcpu *vcpu);
	/*
	 * In the child of fork(2), before it returns: threads and connections of the library are the
	 * parent's.
	 */
	void (*forked)(void);
	/*
	 * open(2) of a path has returned `fd`, or -1 and errno. Returns what the VMM gets, with errno set.
	 * Called for "/dev/kvm" only.
	 */
	int (*opened)(const char *path, int flags, int fd);
	/*
	 * Whether a descriptor below VMM_OWN_MAX is the library's own. The VMM has never opened it:
	 * close(2) is answered with EBADF, dup2(2) to it with EBUSY, and close_range(2) passes it over.
	 */
	bool (*owns)(int fd);
};
enum { VMM_OWN_MAX = 65536 };
extern const struct vmm_hooks vmm_hooks; /* defined by the library */

/*
 * Guest memory by the slots of a VM. `n` bytes that do not cross a page, all or none. An aligned write of 4
 * or 8 bytes is one store. The slot cannot vanish during the copy: whoever deletes or unmaps it waits.
 *
 * A slot that was deleted a moment ago may be about to be set anew, in parts or read-only: it is waited for,
 * 200 ms at most.
 *
 * Returns   0; -EFAULT no slot, read-only (write), private by KVM_SET_MEMORY_ATTRIBUTES, or not mapped
 * Threads   any
 */
int vmm_memory_read(struct vmm_vm *vm, uint64_t gpa, void *to, size_t n);
int vmm_memory_write(struct vmm_vm *vm, uint64_t gpa, const void *from, size_t n);
/* Calls `each` for every slot of address space 0, by address, with the lock held: it must not call back. */
void vmm_memory_slots(struct vmm_vm *vm, void (*each)(void *ctx, const struct vmm_slot *slot), void *ctx);

/* References: a VM or vCPU that a thread of the library uses beyond the hook. */
void vmm_vm_get(struct vmm_vm *vm);
void vmm_vm_put(struct vmm_vm *vm);
/* A descriptor of the VM that was open a moment ago; -1: the VMM has closed them all. */
int vmm_vm_fd(struct vmm_vm *vm);
/*
 * ioctl(2) of the VM from a thread of the library, such as KVM_SIGNAL_MSI: the VMM cannot close the
 * descriptor meanwhile, so its number cannot have become another file's. -1 and EBADF: the VMM has closed
 * them all.
 */
int vmm_vm_ioctl(struct vmm_vm *vm, unsigned long request, void *arg);

/*
 * The vCPU's kvm_run: the VMM's mapping, or where it has none one of the library's own, in *ret_own, until
 * vmm_run_unmap(own); NULL there: nothing to undo. Returns NULL if it cannot be mapped; errno is set.
 */
uint8_t *vmm_run_map(struct vmm_vcpu *vcpu, int fd, uint8_t **ret_own);
void vmm_run_unmap(uint8_t *own);

#endif
